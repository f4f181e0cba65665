"""The model file: tensors, spec and preparation in one safetensors file, see `header.py`.

Reading runs nothing from the file, and checks header, names, shapes, types and sizes against the
file's real size before it makes room for a number; then that every number is finite, and that the
checksum is that of what was written.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import struct
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from io import BufferedReader
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, ModelFileError
from .atomic import replacing
from .header import (
    CHECKSUM,
    DTYPES,
    FORMAT,
    LARGEST,
    Entry,
    Flaw,
    Header,
    header_length,
    parse_header,
    parse_object,
    short,
)
from .parameters import flatten, layout
from .spec import NetworkSpec
from .subject import Burst

if TYPE_CHECKING:
    from .network import Network

StrPath = str | os.PathLike[str]
Tensors = Mapping[str, NDArray[Any]]
BURST = "learnt.burst"
"""The name of a tensor: the four numbers of a `Burst`."""


class ModelFileNotFoundError(ModelFileError, FileNotFoundError):
    """There is no file of that name."""


@dataclass(frozen=True)
class ModelFile:
    """What a model file holds."""

    kind: str
    meta: dict[str, Any]
    """The preparation: scaling, vocabulary, columns, frequency."""
    spec_json: dict[str, Any]
    tensors: dict[str, NDArray[Any]]
    version: str
    """Of the library that wrote the file."""
    path: str
    """Where it was read from."""


def check_format(file: ModelFile, found: Any, known: int) -> None:
    """Sees to it that what a file holds is written as it is read now.

    Args:
        file: that is read.
        found: the format that it names.
        known: the only one that is read.

    Raises:
        ModelFileError: if it is another; it says which.
    """
    if found == known:
        return
    title = f"{_title(file.path)} is of format {short(found)}, written by tidegate {file.version}"
    if type(found) is int and found > known:
        raise ModelFileError(f"{title}, and this one reads {known}: use a newer tidegate")
    raise ModelFileError(f"{title}, an older one than the {known} of today: fit and save it again")


def write_model(
    path: StrPath, kind: str, spec_json: dict[str, Any], tensors: Tensors, meta: dict[str, Any]
) -> None:
    """Writes a model file, whole or not at all: see `atomic.replacing`.

    Args:
        path: where to; a file that is there is replaced.
        kind: of estimator; `read_model` asks for it.
        spec_json: the network, `NetworkSpec.to_json`.
        tensors: float32, float64, int32, int64 or uint8, all finite. The parameters of the network
            by their names; anything else with a dot in its name.
        meta: the preparation, plain JSON values with finite numbers.

    Raises:
        ModelFileError: if something cannot be held by a model file, or written to ``path``.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = f"{folder}/model.safetensors"
        ...     write_model(path, "demo", {}, {"some.numbers": np.arange(3.0)}, {"columns": ["y"]})
        ...     read_model(path, "demo").tensors
        {'some.numbers': array([0., 1., 2.])}
    """
    try:
        arrays = {name: _storable(name, array) for name, array in tensors.items()}
        header = _header(kind, spec_json, arrays, meta)
        # what could not be read back is not written
        parse_header(header, sum(array.nbytes for array in arrays.values()))
    except Flaw as flaw:
        raise ModelFileError(f"{_title(path)} is not written: the model {flaw}") from None
    try:
        with replacing(path) as file:
            file.write(struct.pack("<Q", len(header)))
            file.write(header)
            for array in arrays.values():
                file.write(array.data)
    except OSError as error:
        raise ModelFileError(
            f"{_title(path)} cannot be written: {error.strerror or error}; "
            f"check the folder, its permissions and the space on the disk"
        ) from None


def read_model(path: StrPath, kind: str | None = None) -> ModelFile:
    """What the model file at ``path`` holds.

    Args:
        path: the file.
        kind: what it must be; None for any.

    Raises:
        ModelFileError: if it is no sound model file of that kind; the message names it.
        ModelFileNotFoundError: if there is no such file; a FileNotFoundError too.
    """
    try:
        with _open(path) as file:
            size = os.fstat(file.fileno()).st_size
            length = header_length(file.read(8), size)
            header = parse_header(file.read(length), size - 8 - length)
            _check_kind(path, header, kind)
            tensors = {name: _tensor(file, name, e) for name, e in header.entries.items()}
            _check_sum(header, tensors)
    except Flaw as flaw:
        raise ModelFileError(
            f"{_title(path)} {flaw}; give a file that tidegate saved, or save it again"
        ) from None
    except FileNotFoundError:
        raise ModelFileNotFoundError(
            f"{_title(path)} does not exist; check the name and the folder"
        ) from None
    except ModelFileError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        raise ModelFileError(
            f"{_title(path)} cannot be read: {getattr(error, 'strerror', None) or error}; "
            f"check the name and its permissions"
        ) from None
    return ModelFile(
        header.kind, header.preparation, header.spec, tensors, header.version, os.fspath(path)
    )


def parameters_of(model: ModelFile, prefix: str = "") -> tuple[NetworkSpec, NDArray[Any]]:
    """The network in a model file: its spec, and its parameters flat.

    Tensors with a dot in their name are left alone: they are not the network's.

    Args:
        model: the file.
        prefix: what the names of its parameters begin with, where it holds several networks.

    Raises:
        ModelFileError: if the spec makes no sense, or the tensors are not those that it asks for.
    """
    try:
        spec = NetworkSpec.from_json(model.spec_json)
        named = {
            name.removeprefix(prefix): array
            for name, array in model.tensors.items()
            if name.startswith(prefix)
        }
        found = {name: array for name, array in named.items() if "." not in name}
        # shapes are compared before anything of the spec's size is made
        expected = dict(layout(spec))
        for name, array in found.items():
            if array.shape == expected.get(name) and array.dtype != np.dtype(spec.dtype):
                raise ArgumentError(
                    f"parameter {name!r} must be of {spec.dtype}, got {array.dtype}"
                )
        for name, shape in expected.items():
            if name not in found or found[name].shape != shape:
                has = f"has the shape {found[name].shape}" if name in found else "is missing"
                raise ArgumentError(f"parameter {name!r} must have the shape {shape}, but {has}")
        return spec, flatten(spec, found)
    except ArgumentError as error:
        raise ModelFileError(
            f"{_title(model.path)} does not hold the network that it describes: {error}"
        ) from None


def tensors_of(network: Network) -> dict[str, NDArray[Any]]:
    """What a model file holds of a network: its parameters and, if its gradient exploded while it
    learnt, what was seen of that."""
    if network.burst is None:
        return network.params
    return {**network.params, BURST: np.array(astuple(network.burst), np.float64)}


def network_of(model: ModelFile, prefix: str = "") -> Network:
    """The network that `tensors_of` described. Arguments and errors: as `parameters_of`."""
    from .network import Network

    spec, parameters = parameters_of(model, prefix)
    network = Network(spec, parameters=parameters)
    seen = model.tensors.get(prefix + BURST)
    if seen is not None:
        if seen.dtype != np.float64 or seen.shape != (4,) or seen.min() < 0:
            raise ModelFileError(
                f"{_title(model.path)} is damaged: what it says of its training is nothing that "
                f"can be; give another file, or save it again"
            )
        update, norm, lag, size = seen.tolist()
        network.burst = Burst(int(update), norm, int(lag), size)
    return network


def save_network(path: StrPath, network: Network, meta: dict[str, Any] | None = None) -> None:
    """Writes a network alone, as a model file of kind ``network``. Raises: as `write_model`."""
    write_model(path, "network", network.spec.to_json(), tensors_of(network), meta or {})


def load_network(path: StrPath) -> Network:
    """The network that `save_network` wrote; it computes the same bits. Raises: as `read_model`."""
    return network_of(read_model(path, "network"))


# ---- writing -------------------------------------------------------------------------------------


def _storable(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """The array as it lies in the file: little-endian, contiguous."""
    array = np.asarray(array)
    if array.dtype.newbyteorder("<") not in DTYPES.values():
        raise Flaw(
            f"holds {short(name)} of type {array.dtype}, which a model file has no place for"
        )
    # reshape: ascontiguousarray makes a vector of a single number
    array = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)
    _check_finite(name, array)
    return array


def _header(kind: str, spec: dict[str, Any], arrays: Tensors, meta: dict[str, Any]) -> bytes:
    """The header's bytes, padded with blanks so that the data begin at a multiple of 8."""
    metadata = {
        "format": FORMAT,
        "version": library_version(),
        "kind": kind,
        "spec": _json(spec, "spec"),
        "preparation": _json(meta, "preparation"),
    }
    header: dict[str, Any] = {
        "__metadata__": {**metadata, CHECKSUM: checksum(metadata, arrays)},
    }
    end = 0
    codes = {dtype: code for code, dtype in DTYPES.items()}
    for name, array in arrays.items():
        begin, end = end, end + array.nbytes
        header[name] = {
            "dtype": codes[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [begin, end],
        }
    text = _json(header, "header").encode()
    text += b" " * (-len(text) % 8)
    if len(text) > LARGEST:
        raise Flaw(f"has a spec and preparation of {len(text)} bytes; at most {LARGEST} fit")
    return text


def checksum(metadata: Mapping[str, str], tensors: Tensors) -> str:
    """Eight digits that tell whether a file holds what was written, in whatever order it stands: a
    CRC-32 of its metadata, but for the checksum itself, and of each tensor's name, type, shape and
    data."""
    found = crc32(
        json.dumps(sorted(item for item in metadata.items() if item[0] != CHECKSUM)).encode()
    )
    for name in sorted(tensors):
        array = tensors[name]
        array = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        found = crc32(f"{name} {array.dtype.str} {tensors[name].shape}".encode(), found)
        found = crc32(array.reshape(-1).view(np.uint8).data, found)
    return f"{found:08x}"


def _json(value: Any, title: str) -> str:
    try:
        text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise Flaw(f"has a {title} that JSON cannot hold: {error}") from None
    parse_object(text, f"its {title}")  # a key 1 beside a key "1"
    return text


def library_version() -> str:
    """The release of tidegate that is in use."""
    from importlib import metadata

    try:
        return metadata.version("tidegate")
    except metadata.PackageNotFoundError:  # used from its source folder, not installed
        return "unknown"


# ---- reading -------------------------------------------------------------------------------------


def _open(path: StrPath) -> BufferedReader:
    """The file, if it is a regular one; opening does not wait for the other end of a pipe."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    raise OSError(errno.EINVAL, "it is no regular file")


def _check_kind(path: StrPath, header: Header, kind: str | None) -> None:
    if kind is not None and header.kind != kind:
        raise ModelFileError(
            f"{_title(path)} holds a {short(header.kind)}, not a {kind!r}; give a file that holds "
            f"one"
        )


def _tensor(file: BufferedReader, name: str, entry: Entry) -> NDArray[Any]:
    """One tensor's data, which follow those of the one before it."""
    try:
        array = np.empty(entry.shape, entry.dtype)
    except MemoryError:
        raise Flaw(f"does not fit into memory: {name} needs {entry.size} bytes") from None
    if array.nbytes and file.readinto(array.reshape(-1).view(np.uint8).data) != array.nbytes:
        raise Flaw(f"ended while it was read, in the data of {name}")
    _check_finite(name, array)
    return array.astype(entry.dtype.newbyteorder("="), copy=False)


def _check_sum(header: Header, tensors: Tensors) -> None:
    written = header.metadata.get(CHECKSUM)
    found = checksum(header.metadata, tensors)
    if written not in (None, found):
        raise Flaw(f"is damaged: its checksum is {short(written)}, and what it holds has {found!r}")


def _check_finite(name: str, array: NDArray[Any]) -> None:
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise Flaw(f"has {array[place]} in {name} at {list(place)}")


def _title(path: StrPath) -> str:
    text = os.fsdecode(path)
    return text if text.isprintable() and text else repr(text)
