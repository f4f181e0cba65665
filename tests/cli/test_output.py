"""Whether a result can be written is told before the work begins."""

from __future__ import annotations

import os
import socket
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


def test_devices_and_pipes_are_places(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    check_places({"--out": str(tmp_path / "pipe"), "--save": "/dev/null", "--report": "/dev/null"})


def test_a_socket_is_refused_before_the_work_begins(tmp_path: Path) -> None:
    """A file takes the place of what is there, and would do so to a socket, too."""
    place = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(place)
        with pytest.raises(ArgumentError, match=r"s is a disk or a socket; .* or - for stdout$"):
            check_place(place, "--out")
        with pytest.raises(ArgumentError, match=r"^--save .* the name of a file$"):
            check_places({"--save": place})


def test_what_is_no_result_does_not_go_to_stdout() -> None:
    check_place("-", "--out")
    for option, stdout in (("--save", None), ("--report", None), ("--out", False)):
        with pytest.raises(ArgumentError, match=f"^{option} - is not stdout.*; name a file$"):
            check_place("-", option, stdout=stdout)


def test_a_file_of_results_holds_what_its_name_says() -> None:
    for out, json in (("a.JSON", False), ("a.csv", True)):
        with pytest.raises(ArgumentError, match=f"^--out {out}: "):
            check_ending(out, json)
    for out, json in (("a.json", True), ("a.csv", False), ("a", True), ("-", True), (None, False)):
        check_ending(out, json)
