"""A model file comes back as it was; anything else is refused in one line, and nothing is run."""

from __future__ import annotations

import io
import json
import os
import pickle
import stat
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tidegate.errors import ModelFileError
from tidegate.network import Loss, NetworkSpec, NumberInput
from tidegate.network.atomic import replacing
from tidegate.network.file import (
    ModelFile,
    ModelFileNotFoundError,
    parameters_of,
    read_model,
    write_model,
)
from tidegate.network.initial import initial
from tidegate.network.parameters import views

SPEC = NetworkSpec(NumberInput(2), cell="gru", hidden=3, outputs=1, loss=Loss("mse"))
FLAT = initial(SPEC, seed=0)
META = {"columns": ["y", "sunshine ☀"], "scale": 0.1, "rows": 12, "gaps": None, "log": False}


def tensors() -> dict[str, np.ndarray]:
    return {**views(SPEC, FLAT), "residuals.y": np.arange(6.0).reshape(2, 3)}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    write_model(path, "forecaster", SPEC.to_json(), tensors(), META)
    return path


def parts(path: Path) -> tuple[dict[str, Any], bytes]:
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def forge(path: Path, header: dict[str, Any] | str | bytes, data: bytes = b"") -> Path:
    text = header if isinstance(header, str | bytes) else json.dumps(header)
    text = text.encode() if isinstance(text, str) else text
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def refusal(path: Path, kind: str | None = None) -> str:
    """The error's message: one line that begins with the file and says what to do."""
    with pytest.raises(ModelFileError) as caught:
        parameters_of(read_model(path, kind))
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.isprintable(), "one line"
    assert len(message) < len(str(path)) + 400
    return message


# ---- there and back ------------------------------------------------------------------------------


def test_there_and_back(model: Path) -> None:
    found = read_model(model, "forecaster")
    assert (found.kind, found.meta, found.path) == ("forecaster", META, str(model))
    assert list(found.tensors) == list(tensors())
    for name, array in tensors().items():
        assert found.tensors[name].dtype == array.dtype
        np.testing.assert_array_equal(found.tensors[name], array)
        found.tensors[name][...] = 0  # one's own, and writable
    spec, flat = parameters_of(read_model(model))
    assert spec == SPEC
    assert flat.tobytes() == FLAT.tobytes()


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}\.[a-z_]{1,8}", fullmatch=True),
        st.sampled_from(["f4", "f8", "i4", "i8", "u1", ">f4", ">i8"]).flatmap(
            lambda kind: hnp.arrays(
                kind,
                hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
                elements={"allow_nan": False, "allow_infinity": False} if "f" in kind else None,
            )
        ),
        max_size=4,
    ),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ),
)
@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_any_tensors_and_any_json_come_back(
    tmp_path: Path, arrays: dict[str, np.ndarray], value: Any
) -> None:
    path = tmp_path / "model.safetensors"
    write_model(path, "anything", {}, arrays, {"value": value})
    found = read_model(path)
    assert found.meta == {"value": value}
    # The reader of the format's own library sees the same numbers.
    for read in (found.tensors, safetensors.numpy.load_file(path)):
        assert set(read) == set(arrays)
        for name, array in arrays.items():
            assert read[name].dtype == array.dtype.newbyteorder("=")
            assert read[name].shape == array.shape
            np.testing.assert_array_equal(read[name], array)


def test_reads_what_the_formats_own_library_writes(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    texts = {"spec": json.dumps(SPEC.to_json()), "preparation": json.dumps(META)}
    metadata = {"format": "tidegate", "version": "9", "kind": "forecaster", **texts}
    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors().items()}
    safetensors.numpy.save_file(contiguous, path, metadata)
    found = read_model(path, "forecaster")
    assert (found.meta, found.version) == (META, "9")
    assert parameters_of(found)[1].tobytes() == FLAT.tobytes()


def test_equal_models_are_equal_files(model: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_model(other, "forecaster", SPEC.to_json(), tensors(), META)
    assert other.read_bytes() == model.read_bytes()


def test_what_is_not_contiguous_is_written_as_it_reads(tmp_path: Path) -> None:
    array = np.arange(12.0).reshape(3, 4).T[::2]
    write_model(tmp_path / "m", "k", {}, {"a.b": array}, {})
    np.testing.assert_array_equal(read_model(tmp_path / "m").tensors["a.b"], array)


# ---- damage --------------------------------------------------------------------------------------


def test_cut_off_anywhere(model: Path) -> None:
    data = model.read_bytes()
    for length in [*range(0, len(data), 7), len(data) - 1]:
        model.write_bytes(data[:length])
        refusal(model)
    model.write_bytes(data + b"\0")
    assert "damaged" in refusal(model)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_flipped_bytes_never_crash(model: Path, data: st.DataObject) -> None:
    """A flip may change a number or a word, which no reader can know; it never does more."""
    good = parts(model)
    whole = bytearray(model.read_bytes())
    original = bytes(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        header = data.draw(st.booleans(), label="in the header")
        last = len(whole) - len(good[1]) if header else len(whole)
        whole[data.draw(st.integers(0, last - 1))] ^= data.draw(st.integers(1, 255))
    model.write_bytes(whole)
    try:
        found = read_model(model)
        parameters_of(found)
    except ModelFileError as error:
        assert str(error).startswith(str(model))
        assert str(error).isprintable()
    else:
        assert all(np.isfinite(array).all() for array in found.tensors.values())
    finally:
        model.write_bytes(original)


@given(st.binary(max_size=200), st.binary(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_junk(tmp_path: Path, junk: bytes, header: bytes) -> None:
    (tmp_path / "junk").write_bytes(junk)
    refusal(tmp_path / "junk")
    forge(tmp_path / "junk", b"{" + header, junk)
    refusal(tmp_path / "junk")


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("a pickle was run",))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_not_run(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(Trap(), protocol))
    message = refusal(path)
    if protocol >= 2:
        assert "is a pickle" in message


def test_archives_and_arrays_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    np.savez(path, weight=np.zeros(3))
    assert "is a zip archive" in refusal(path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data.pkl", pickle.dumps(Trap()))
    path.write_bytes(buffer.getvalue())
    assert "is a zip archive" in refusal(path)
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    refusal(path)


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert "is empty" in refusal(tmp_path / "empty")
    assert "folder" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe")  # must not wait for a writer
    assert "no regular file" in refusal(tmp_path / "pipe")
    with pytest.raises(ModelFileNotFoundError, match=r"nothing does not exist; check") as caught:
        read_model(tmp_path / "nothing")
    assert isinstance(caught.value, FileNotFoundError)
    assert isinstance(caught.value, ModelFileError)
    with pytest.raises(ModelFileError, match="cannot be read"):
        read_model("a\0b")


def test_another_kind(model: Path) -> None:
    assert "holds a 'forecaster', not a 'classifier'" in refusal(model, "classifier")


def test_a_plain_safetensors_file(tmp_path: Path) -> None:
    safetensors.numpy.save_file({"weight": np.zeros(3)}, tmp_path / "m")
    assert "not written by tidegate" in refusal(tmp_path / "m")
    safetensors.numpy.save_file({"weight": np.zeros(3)}, tmp_path / "m", {"format": "pt"})
    assert "not written by tidegate" in refusal(tmp_path / "m")


# ---- forged headers ------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 3, 10**9, 2**63, 2**64 - 1])
def test_header_lengths(tmp_path: Path, length: int) -> None:
    path = tmp_path / "m"
    path.write_bytes(struct.pack("<Q", length) + b"{}" + bytes(50))
    refusal(path)


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


def test_a_network_gets_what_its_spec_asks_for(model: Path) -> None:
    sound = read_model(model)

    def refused(**changes: Any) -> str:
        changed = ModelFile(**{**vars(sound), **changes})
        with pytest.raises(ModelFileError) as caught:
            parameters_of(changed)
        assert str(caught.value).startswith(str(model))
        return str(caught.value)

    weights = sound.tensors
    bias = weights["head_bias"]
    missing = {name: array for name, array in weights.items() if name != "head_bias"}
    assert "'head_bias' must have the shape (1,), but is missing" in refused(tensors=missing)
    assert "no parameter 'other'" in refused(tensors={**weights, "other": bias})
    assert "has the shape (1, 1)" in refused(tensors={**weights, "head_bias": bias[None]})
    assert "float64" in refused(tensors={**weights, "head_bias": bias.astype("f8")})
    assert "no entry 'surprise'" in refused(spec_json={**sound.spec_json, "surprise": 1})
    assert "needs the entry 'input'" in refused(spec_json={})


def test_a_huge_spec_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    huge = SPEC.but(hidden=2**31 - 1, layers=1000)
    write_model(tmp_path / "m", "forecaster", huge.to_json(), tensors(), META)
    tracemalloc.start()
    assert "must have the shape" in refusal(tmp_path / "m")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none(tmp_path: Path, model: Path, value: float) -> None:
    header, data = parts(model)
    begin, end = header["residuals.y"]["data_offsets"]
    bad = np.arange(6.0)
    bad[4] = value
    forge(tmp_path / "m", header, data[:begin] + bad.tobytes() + data[end:])
    assert f"has {value} in residuals.y at [1, 1]" in refusal(tmp_path / "m")


# ---- writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "meta", "message"),
    [
        (np.array([1, np.nan]), {}, "has nan in a.b at [1]"),
        (np.array(["a"]), {}, "of type <U1"),
        (np.array([object()]), {}, "of type object"),
        (np.array([1j]), {}, "of type complex128"),
        (np.array([True]), {}, "of type bool"),
        (np.zeros(1), {"a": np.nan}, "has a preparation that JSON cannot hold"),
        (np.zeros(1), {"a": object()}, "has a preparation that JSON cannot hold"),
        (np.zeros(1), {1: 2, "1": 3}, "has the key '1' twice"),
    ],
)
def test_what_cannot_be_read_back_is_not_written(
    model: Path, array: np.ndarray, meta: Any, message: str
) -> None:
    before = model.read_bytes()
    with pytest.raises(ModelFileError) as caught:
        write_model(model, "forecaster", {}, {"a.b": array}, meta)
    assert str(caught.value).startswith(f"{model} is not written: ")
    assert message in str(caught.value)
    assert model.read_bytes() == before
    assert os.listdir(model.parent) == [model.name]


def test_a_tensor_needs_a_proper_name(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="cannot be called 'a b'"):
        write_model(tmp_path / "m", "k", {}, {"a b": np.zeros(1)}, {})
    with pytest.raises(ModelFileError, match="metadata"):
        write_model(tmp_path / "m", "k", {}, {"__metadata__": np.zeros(1)}, {})
    assert not os.listdir(tmp_path)


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
