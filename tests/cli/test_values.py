"""Words of the command line as numbers."""

from __future__ import annotations

import pytest
import typer

from tidegate.cli.values import between, one_of, seasons, whole


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "seven", "", "1e3", "nan"])
def test_no_whole_number(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=f"from 1 up, got '{text}'"):
        whole(1)(text)


@pytest.mark.parametrize("text", ["0", "100", "-5", "nan", "inf", "x"])
def test_no_percent(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=f"below 100, got '{text}'"):
        between(100)(text)


@pytest.mark.parametrize("text", ["0", "24,0", "-1", "1.5", "", "24,", "1,2,3", "week"])
def test_no_season(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=f"such as 24,168, got '{text}'"):
        seasons(text)


def test_what_is_well() -> None:
    assert (whole(0)("0"), between(100)("99.9"), one_of("a", "b")("b")) == (0, 99.9, "b")
    with pytest.raises(typer.BadParameter, match="expected one of a, b, got 'c'"):
        one_of("a", "b")("c")
    assert (seasons("24"), seasons("24, 168"), seasons((7,))) == ((24,), (24, 168), (7,))
