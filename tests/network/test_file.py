"""A model file comes back as it was; anything else is refused in one line, and nothing is run."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from model_files import FLAT, META, SPEC, forge, parts, refusal, tensors
from tidegate.data import Spans
from tidegate.errors import ModelFileError
from tidegate.network import Network, load_network, save_network
from tidegate.network.file import (
    ModelFile,
    ModelFileNotFoundError,
    parameters_of,
    read_model,
    write_model,
)


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
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_comes_back_to_the_bit(
    tmp_path: Path, dtype: Literal["float32", "float64"]
) -> None:
    network = Network(SPEC.but(dtype=dtype), seed=3)
    rows, spans = np.random.default_rng(0).normal(size=(9, 2)), Spans([0, 4], [9, 3])
    save_network(tmp_path / "m", network, META)
    loaded = load_network(tmp_path / "m")
    assert loaded.spec == network.spec
    again, output = (n.forward(rows, spans).output for n in (loaded, network))
    assert again.tobytes() == output.tobytes()


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
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_flipped_bytes_are_refused(model: Path, data: st.DataObject) -> None:
    """The checksum tells, if nothing else does; a flip that changes no meaning does no harm."""
    good, meant = parts(model), read_model(model)
    whole = bytearray(model.read_bytes())
    original = bytes(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        header = data.draw(st.booleans(), label="in the header")
        last = len(whole) - len(good[1]) if header else len(whole)
        whole[data.draw(st.integers(0, last - 1))] ^= data.draw(st.integers(1, 255))
    model.write_bytes(whole)
    try:
        found = read_model(model)
    except ModelFileError as error:
        assert str(error).startswith(str(model))
        assert str(error).isprintable()
    else:
        assert (found.meta, found.spec_json) == (meant.meta, meant.spec_json)
        assert found.tensors.keys() == meant.tensors.keys()
        for name, array in found.tensors.items():
            assert array.tobytes() == meant.tensors[name].tobytes()
    finally:
        model.write_bytes(original)


def test_a_changed_number_is_told_by_the_checksum(model: Path) -> None:
    whole = bytearray(model.read_bytes())
    whole[-3] ^= 1  # still a finite number
    model.write_bytes(whole)
    assert "is damaged: its checksum is" in refusal(model)


def test_the_order_of_a_file_is_free_and_the_checksum_may_be_missing(model: Path) -> None:
    meant = read_model(model)
    with safetensors.safe_open(model, "numpy") as file:
        metadata = file.metadata()
    for kept in (metadata, {k: v for k, v in metadata.items() if k != "checksum"}):
        safetensors.numpy.save_file(dict(reversed(meant.tensors.items())), model, kept)
        found = read_model(model)
        assert parameters_of(found)[1].tobytes() == FLAT.tobytes()
        assert found.meta == META


@given(st.binary(max_size=200), st.binary(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    said = refusal(model, "classifier")
    assert said.endswith("holds a 'forecaster', not a 'classifier'; give a file that holds one")
    assert "cannot be read" not in said


def test_a_table_in_place_of_a_model(tmp_path: Path) -> None:
    (tmp_path / "rain.csv").write_text("date,rain\n2024-01-01,3\n")
    assert "rain.csv is no safetensors file; give a file" in refusal(tmp_path / "rain.csv")


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
