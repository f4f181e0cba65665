"""A file is written whole or not at all."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from model_files import SPEC, tensors
from tidegate.errors import ArgumentError, ModelFileError
from tidegate.network.atomic import is_stream, replacing
from tidegate.network.file import (
    read_model,
    write_model,
)


@pytest.mark.parametrize("function", ["fsync", "replace", "chmod"])
def test_a_failed_write_leaves_the_old_file(
    model: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    before = model.read_bytes()

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, function, full)
    with pytest.raises(ModelFileError, match=r"cannot be written: No space left on device; check"):
        write_model(model, "forecaster", SPEC.to_json(), tensors(), {})
    monkeypatch.undo()
    assert model.read_bytes() == before
    assert os.listdir(model.parent) == [model.name]


def test_an_interrupted_write_leaves_the_old_file(model: Path) -> None:
    before = model.read_bytes()
    with pytest.raises(KeyboardInterrupt), replacing(model) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert model.read_bytes() == before
    assert os.listdir(model.parent) == [model.name]


def test_a_killed_write_leaves_the_old_file(model: Path) -> None:
    before = model.read_bytes()
    code = (
        "import os, sys; from tidegate.network.atomic import replacing\n"
        "with replacing(sys.argv[1]) as file:\n"
        "    file.write(b'half'); file.flush(); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", code, model], check=False)
    assert done.returncode == 9
    assert model.read_bytes() == before


def test_file_and_folder_reach_the_disk_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def noted_replace(*args: Any) -> None:
        done.append("rename")
        replace(*args)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    write_model(tmp_path / "m", "k", {}, {}, {})
    assert done == ["file", "rename", "folder"]


def test_modes_and_links_are_kept(model: Path, tmp_path: Path) -> None:
    umask = os.umask(0o022)
    try:
        write_model(tmp_path / "new", "k", {}, {}, {})
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o644
    model.chmod(0o600)
    (tmp_path / "link").symlink_to(model)
    write_model(tmp_path / "link", "k", {}, {}, {})
    assert (tmp_path / "link").is_symlink()
    assert read_model(model).kind == "k"
    assert stat.S_IMODE(model.stat().st_mode) == 0o600


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        place = tmp_path / "s"
        server.bind(str(place))
        for path in (tmp_path, tmp_path / "no" / "m", place):
            with pytest.raises(ModelFileError, match="cannot be written"):
                write_model(path, "k", {}, {}, {})
    assert os.listdir(tmp_path) == ["s"]


def test_a_device_gets_the_bytes_and_stays_one() -> None:
    write_model("/dev/null", "k", {}, {}, {})
    assert is_stream("/dev/null") and not os.path.isfile("/dev/null")


def test_a_pipe_gets_the_bytes(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with replacing(f"/dev/fd/{writer}") as file:
        file.write(b"all of it")
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        assert stream.read() == b"all of it"


def test_a_file_that_is_open_already_keeps_what_is_in_it(tmp_path: Path) -> None:
    """As of ``--out /dev/stdout >> log``."""
    with open(tmp_path / "log", "wb") as log:
        log.write(b"before, ")
        log.flush()
        with replacing(f"/dev/fd/{log.fileno()}") as file:
            file.write(b"after")
    assert (tmp_path / "log").read_bytes() == b"before, after"


@pytest.mark.parametrize("path", [None, 3, b"m", ""])
def test_a_path_that_is_none_is_refused(path: Any) -> None:
    with pytest.raises(ArgumentError, match=f"expected the path of a file to write, got {path!r}"):
        write_model(path, "k", {}, {}, {})
