"""Words of the command line as numbers."""

from __future__ import annotations

import pytest
import typer

from tidegate.cli.values import one_of, percent, whole


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "seven", "", "1e3", "nan"])
def test_no_whole_number(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=f"from 1 up, got '{text}'"):
        whole(1)(text)


@pytest.mark.parametrize("text", ["0", "100", "-5", "nan", "inf", "x"])
def test_no_percent(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=f"below 100, got '{text}'"):
        percent(text)


def test_what_is_well() -> None:
    assert (whole(0)("0"), percent("99.9"), one_of("a", "b")("b")) == (0, 99.9, "b")
    with pytest.raises(typer.BadParameter, match="expected one of a, b, got 'c'"):
        one_of("a", "b")("c")
