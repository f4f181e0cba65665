"""A header that is not what it must be is refused in one line, before anything is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_files import forge, parts, refusal
from tidegate.network.file import (
    read_model,
)


def entry(dtype: Any = "F32", shape: Any = (1,), offsets: Any = (0, 4)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("a.b", None, "needs dtype, shape and data_offsets"),
        ("a.b", {**entry(), "code": "x"}, "nothing else"),
        ("a.b", entry(dtype="F16"), "is of type 'F16'"),
        ("a.b", entry(dtype=["F32"]), "is of type ['F32']"),
        ("a.b", entry(dtype="BF16" * 999), "is of type 'BF16"),
        ("a.b", entry(shape=[-1]), "cannot have the shape [-1]"),
        ("a.b", entry(shape=[1.0]), "cannot have the shape [1.0]"),
        ("a.b", entry(shape=[True]), "cannot have the shape [True]"),
        ("a.b", entry(shape="1"), "cannot have the shape '1'"),
        ("a.b", entry(shape=[1] * 9), "cannot have the shape"),
        ("a.b", entry(shape=[0, 2**62], offsets=[0, 0]), "cannot have the shape"),
        ("a.b", entry(shape=[2**39] * 8), "needs"),
        ("a.b", entry(shape=[2**30, 2**30, 16]), "needs 73786976294838206464 bytes"),
        ("a.b", entry(offsets=[0, 8]), "needs 4 bytes of data, and has 8"),
        ("a.b", entry(offsets=[4, 0]), "needs 4 bytes of data, and has -4"),
        ("a.b", entry(offsets=[4, 8]), "begin at 4, not at 0"),
        ("a.b", entry(offsets=[0]), "cannot have the data_offsets"),
        ("a.b", entry(offsets=[-4, 0]), "cannot have the data_offsets"),
        ("a.b", entry(offsets=[0, 2**70]), "cannot have the data_offsets"),
        ("a.b", entry(offsets={"0": 4}), "cannot have the data_offsets"),
        ("", entry(), "cannot be called ''"),
        ("../../etc/passwd", entry(), "cannot be called"),
        ("a\nb", entry(), r"cannot be called 'a\nb'"),
        ("a" * 201, entry(), "cannot be called"),
        ("\ud800", entry(), r"cannot be called '\ud800'"),
    ],
)
def test_entries(tmp_path: Path, model: Path, name: str, value: Any, message: str) -> None:
    metadata = parts(model)[0]["__metadata__"]
    forge(tmp_path / "m", {"__metadata__": metadata, name: value}, bytes(4))
    assert message in refusal(tmp_path / "m")
    # and it is this entry that is refused
    header = {"__metadata__": metadata, "a.b": entry()}
    forge(tmp_path / "m", header, bytes(4))
    assert read_model(tmp_path / "m").tensors == {"a.b": np.zeros(1)}


def test_data_may_neither_overlap_nor_leave_gaps(tmp_path: Path, model: Path) -> None:
    metadata = parts(model)[0]["__metadata__"]
    for second, data in (((0, 4), 4), ((2, 6), 6), ((5, 9), 9), ((4, 8), 12), ((4, 8), 7)):
        header = {"__metadata__": metadata, "a.b": entry(), "c.d": entry(offsets=second)}
        assert "damaged" in refusal(forge(tmp_path / "m", header, bytes(data)))
    # the order of the header is free, and empty tensors take no room
    header = {
        "__metadata__": metadata,
        "c.d": entry(offsets=(4, 8)),
        "a.b": entry(),
        "e.f": entry(shape=[0], offsets=(4, 4)),
    }
    data = np.array([1, 2], "<f4").tobytes()
    found = read_model(forge(tmp_path / "m", header, data)).tensors
    assert {name: array.tolist() for name, array in found.items()} == {
        "a.b": [1.0],
        "e.f": [],
        "c.d": [2.0],
    }


def test_keys_come_once_at_every_level(tmp_path: Path, model: Path) -> None:
    header, data = parts(model)
    text = json.dumps(header)

    def twice(old: str, new: str) -> str:
        assert text.count(old) == 1
        return text.replace(old, new)

    shape = '"head_bias": {"dtype": "F32", '
    for forged in (
        twice('"residuals.y"', '"head_bias"'),
        twice(shape, shape + '"dtype": "F32", '),
        twice('"kind": "forecaster"', '"kind": "a", "kind": "forecaster"'),
        twice('{\\"columns\\":', '{\\"scale\\": 2, \\"columns\\":'),
        twice('\\"layers\\":1', '\\"layers\\":1,\\"layers\\":1'),
        twice('\\"smoothing\\":0.0', '\\"smoothing\\":0.0,\\"kind\\":\\"mae\\"'),
        twice('{"__metadata__"', '{"__metadata__": {}, "__metadata__"'),
    ):
        assert "twice" in refusal(forge(tmp_path / "m", forged, data))


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_in_json_are_finite(tmp_path: Path, model: Path, word: str) -> None:
    header, data = parts(model)
    header["__metadata__"]["preparation"] = f'{{"scale": [{word}]}}'
    assert f"holds {word}" in refusal(forge(tmp_path / "m", header, data))


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "1" * 100_000, "[]", "3", "", "{", "{'a': 1}"]
)
def test_json_that_is_none(tmp_path: Path, model: Path, text: str) -> None:
    header, data = parts(model)
    for key in ("spec", "preparation"):
        forged = {**header, "__metadata__": {**header["__metadata__"], key: text}}
        assert "JSON" in refusal(forge(tmp_path / "m", forged, data))
    refusal(forge(tmp_path / "m", text, data))


def test_metadata(tmp_path: Path, model: Path) -> None:
    header, data = parts(model)
    metadata = header.pop("__metadata__")
    for changed, message in (
        (None, "not written by tidegate"),
        ([], "not written by tidegate"),
        ({**metadata, "format": "pt"}, "not written by tidegate"),
        ({**metadata, "kind": 3}, "'kind' in its metadata is no string"),
        (
            {**metadata, "future": "x", "version": "99.0"},
            "'future' is unknown in the metadata of version '99.0'",
        ),
        ({k: v for k, v in metadata.items() if k != "spec"}, "'spec' is missing"),
    ):
        forged = {"__metadata__": changed, **header}
        assert message in refusal(forge(tmp_path / "m", forged, data))
