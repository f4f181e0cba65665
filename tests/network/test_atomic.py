"""A file is written whole or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from model_files import SPEC, tensors
from tidegate.errors import ArgumentError, ModelFileError
from tidegate.network.atomic import replacing
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
    for path in (tmp_path, tmp_path / "no" / "m", "/dev/null"):
        with pytest.raises(ModelFileError, match="cannot be written"):
            write_model(path, "k", {}, {}, {})
    assert not os.listdir(tmp_path)
    assert not os.path.isfile("/dev/null")


@pytest.mark.parametrize("path", [None, 3, b"m", ""])
def test_a_path_that_is_none_is_refused(path: Any) -> None:
    with pytest.raises(ArgumentError, match=f"expected the path of a file to write, got {path!r}"):
        write_model(path, "k", {}, {}, {})
