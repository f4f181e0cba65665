"""Whether a result can be written is told before the work begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidegate.cli.output import check_ending, check_place
from tidegate.errors import ArgumentError


@pytest.mark.parametrize("name", ["rain.parquet", "rain.XLSX", "rain.feather"])
def test_text_is_not_written_under_the_name_of_another_table(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArgumentError, match=r"only text; end its name in \.csv"):
        check_place(str(tmp_path / name), "--out")


@pytest.mark.parametrize("name", ["rain.csv", "rain.json", "rain", "rain.txt", "rain.2015.csv"])
def test_other_names_are_free(tmp_path: Path, name: str) -> None:
    check_place(str(tmp_path / name), "--out")


def test_a_file_of_results_holds_what_its_name_says() -> None:
    for out, json in (("a.JSON", False), ("a.csv", True)):
        with pytest.raises(ArgumentError, match=f"^--out {out}: "):
            check_ending(out, json)
    for out, json in (("a.json", True), ("a.csv", False), ("a", True), ("-", True), (None, False)):
        check_ending(out, json)
