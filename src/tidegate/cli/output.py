"""Where results go: files that appear whole or not at all, or stdout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..errors import ArgumentError, DataError
from ..network.atomic import is_stream, replacing

OTHER_TABLES = {".parquet", ".feather", ".arrow", ".xls", ".xlsx", ".ods"}
"""Endings of tables that are no text: a file of that name would not be what it says."""


def check_places(places: dict[str, str | None], *sources: str | None) -> None:
    """That files can be written, and that none of them is another.

    Args:
        places: the path of each, by its option; None and "-" are well.
        sources: what is read.

    Raises:
        ArgumentError: as `check_place`, and if two options name one file.
    """
    seen: dict[Path, str] = {}
    for option, path in places.items():
        check_place(path, option, *sources)
        if path is None or (path == "-" and option == "--out") or is_stream(path):
            continue
        other = seen.setdefault(Path(path).resolve(), option)
        if other != option:
            raise ArgumentError(f"{other} and {option} are both {path}; give one another name")


def check_place(
    path: str | None, option: str, *sources: str | None, stdout: bool | None = None
) -> None:
    """That a file can be written, before the work begins rather than after it.

    Args:
        path: the file; a device as /dev/null or a pipe is well, and so is None.
        option: that names it.
        sources: what is read.
        stdout: whether "-" stands for stdout; None if the option is ``--out``.

    Raises:
        ArgumentError: if ``path`` is a folder, a disk or a socket, lies in no folder, may not be
            written, ends like a table that is no text, is one of the files that are read, or is "-"
            and that is no stdout.
    """
    stdout = option == "--out" if stdout is None else stdout
    if path is None or (path == "-" and stdout):
        return
    if path == "-":
        raise ArgumentError(f"{option} - is not stdout, which is for results; name a file")
    target = Path(path)
    if is_stream(target):
        if not os.access(target, os.W_OK):
            raise ArgumentError(f"{option} {path} may not be written to")
        return
    folder = target.parent
    if not path or target.is_dir():
        raise ArgumentError(f"{option} {path!r} is a folder; give the name of a file in it")
    if target.exists() and not target.is_file():
        hint = ", or - for stdout" if stdout else ""
        raise ArgumentError(f"{option} {path} is a disk or a socket; give the name of a file{hint}")
    if not folder.is_dir():
        raise ArgumentError(f"{option} {path}: there is no folder {folder}; make it first")
    if not os.access(folder, os.W_OK):
        raise ArgumentError(f"{option} {path}: the folder {folder} may not be written to")
    if option == "--out" and target.suffix.lower() in OTHER_TABLES:
        raise ArgumentError(
            f"--out {path}: no {target.suffix} files are written, only text; end its name in .csv, "
            f"or in .json with --json"
        )
    for source in sources:
        read = source not in (None, "-") and target.exists() and Path(str(source)).exists()
        if read and target.samefile(str(source)):
            raise ArgumentError(f"{option} {path} is a file that is read; give another name")


def check_ending(out: str | None, json: bool, plain: str = ".csv") -> None:
    """That a file of results holds what its name says.

    Args:
        out: its path; None and "-" are well.
        json: whether it is to hold JSON.
        plain: how it may end where it does not.

    Raises:
        ArgumentError: for a ``.json`` file without ``--json``, or a ``.csv`` file with it.
    """
    ending = "" if out is None else Path(out).suffix.lower()
    if ending == ".json" and not json:
        raise ArgumentError(f"--out {out}: add --json for JSON, or end its name in {plain}")
    if ending == ".csv" and json:
        raise ArgumentError(f"--out {out}: --json writes JSON; end its name in .json")


def write(text: str, path: str) -> None:
    """Writes text to a file, or to stdout for "-". Raises: DataError if it cannot be written."""
    if path == "-":
        sys.stdout.write(text)
        return
    try:
        with replacing(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise DataError(
            f"{path} cannot be written: {error.strerror or error}; "
            f"check the folder, its permissions and the space on the disk"
        ) from None
