"""Whether a result can be written is told before the work begins."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tidegate.cli.output import check_ending, check_place, check_places
from tidegate.errors import ArgumentError


@pytest.mark.parametrize("name", ["rain.parquet", "rain.XLSX", "rain.feather"])
def test_text_is_not_written_under_the_name_of_another_table(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArgumentError, match=r"only text; end its name in \.csv"):
        check_place(str(tmp_path / name), "--out")


@pytest.mark.parametrize("name", ["rain.csv", "rain.json", "rain", "rain.txt", "rain.2015.csv"])
def test_other_names_are_free(tmp_path: Path, name: str) -> None:
    check_place(str(tmp_path / name), "--out")


def test_a_pipe_is_refused_before_the_work_begins(tmp_path: Path) -> None:
    """A file takes the place of what is there, and would do so to a pipe, too."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ArgumentError, match=r"pipe is a device or a pipe; .* or - for stdout$"):
        check_place(str(tmp_path / "pipe"), "--out")
    with pytest.raises(ArgumentError, match=r"^--save .* the name of a file$"):
        check_places({"--save": str(tmp_path / "pipe")})


def test_a_file_of_results_holds_what_its_name_says() -> None:
    for out, json in (("a.JSON", False), ("a.csv", True)):
        with pytest.raises(ArgumentError, match=f"^--out {out}: "):
            check_ending(out, json)
    for out, json in (("a.json", True), ("a.csv", False), ("a", True), ("-", True), (None, False)):
        check_ending(out, json)
