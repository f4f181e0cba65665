"""The header of a model file, and all that can be checked before any number is read.

A safetensors file is

    8 bytes   the length n of the header, little-endian
    n bytes   the header, a JSON object: for each tensor its dtype, its shape and where its data
              begin and end, and under "__metadata__" an object of strings
    the rest  the data of the tensors, without gaps

and a model file is one whose metadata are ``format`` ("tidegate"), ``version`` (of the library
that wrote it), ``kind`` (of estimator), ``spec`` and ``preparation`` (JSON objects), and
``checksum`` (of all that the file holds; the files of long ago have none). Nothing in it is code,
and nothing in it is believed: every size is held against the size of the file.

Format: https://huggingface.co/docs/safetensors. Its own library takes the last of two tensors of
one name and writes metadata in random order; here, a name may come once, and equal models are
equal files.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections import Counter
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

FORMAT = "tidegate"
LARGEST = 100_000_000
"""Bytes of a header, as in safetensors' own library."""
DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "U8": np.dtype("u1"),
}
KEYS = {"format", "version", "kind", "spec", "preparation"}
CHECKSUM = "checksum"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,199}")
"""What a tensor may be called."""


class Flaw(Exception):
    """What is wrong with a file, as the end of a sentence that its name begins."""


@dataclass(frozen=True)
class Entry:
    """A tensor that the header announces."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    """Where its data begin, in bytes after the header."""

    @property
    def size(self) -> int:
        """Its data, in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


@dataclass(frozen=True)
class Header:
    """A header that holds together: every tensor has a good name, and its data are in the file."""

    kind: str
    version: str
    metadata: dict[str, str]
    """All of them, as they are written."""
    spec: dict[str, Any]
    preparation: dict[str, Any]
    entries: dict[str, Entry]
    """In the order of their data."""


def header_length(start: bytes, file_size: int) -> int:
    """The length of the header, from the first 8 bytes of a file of ``file_size`` bytes."""
    if file_size == 0:
        raise Flaw("is empty")
    if start.startswith(b"PK\x03\x04"):
        raise Flaw("is a zip archive, not a safetensors file")
    # a header of 640 bytes starts like a pickle of protocol 2, but has zeros where that goes on
    if re.match(rb"\x80[\x02-\x05]", start) and start[2:] != bytes(6):
        raise Flaw("is a pickle, which could run any code and is never read")
    if len(start) < 8:
        raise Flaw(f"is no safetensors file: it has only {file_size} bytes")
    length: int = struct.unpack("<Q", start)[0]
    if length > LARGEST:
        raise Flaw("is no safetensors file")
    if not 2 <= length <= file_size - 8:
        raise Flaw(
            f"is no whole safetensors file: its header should have {length} bytes, "
            f"the file has {file_size}"
        )
    return length


def parse_header(text: bytes, data_size: int) -> Header:
    """The header in ``text``, checked against the ``data_size`` bytes that follow it."""
    if text[:1] != b"{":
        raise Flaw("is no safetensors file: its header does not begin with '{'")
    try:
        header = parse_object(text.decode("utf-8"), "its header")
    except UnicodeDecodeError:
        raise Flaw("is damaged: its header is not UTF-8") from None
    metadata = _metadata(header.pop("__metadata__", None))
    entries = {name: _entry(name, value) for name, value in header.items()}
    # an empty tensor begins where the next one does
    entries = dict(sorted(entries.items(), key=lambda item: (item[1].begin, item[1].size)))
    end = 0
    for name, entry in entries.items():
        if entry.begin != end:
            raise Flaw(f"is damaged: the data of {name} begin at {entry.begin}, not at {end}")
        end += entry.size
    if end != data_size:
        raise Flaw(f"is cut off or damaged: it has {data_size} bytes of data, {end} are expected")
    return Header(
        kind=metadata["kind"],
        version=metadata["version"],
        metadata=metadata,
        spec=parse_object(metadata["spec"], "its spec"),
        preparation=parse_object(metadata["preparation"], "its preparation"),
        entries=entries,
    )


def parse_object(text: str, title: str) -> dict[str, Any]:
    """A JSON object whose keys come once and whose numbers are finite; ``title`` names it."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(items)
        if len(result) < len(items):
            counts = Counter(key for key, _ in items)
            raise Flaw(
                f"is damaged: {title} has the key {short(counts.most_common(1)[0][0])} twice"
            )
        return result

    def constant(word: str) -> NoReturn:
        raise Flaw(f"is damaged: {title} holds {word}, which is no JSON number")

    def number(digits: str) -> float:
        value = float(digits)
        return value if math.isfinite(value) else constant(digits[:40])

    try:
        value = json.loads(
            text, object_pairs_hook=pairs, parse_constant=constant, parse_float=number
        )
    except (ValueError, RecursionError):  # not JSON, a number of thousands of digits, too deep
        raise Flaw(f"is damaged: {title} is not JSON") from None
    if not isinstance(value, dict):
        raise Flaw(f"is damaged: {title} is no JSON object")
    return value


def short(value: Any) -> str:
    """What the file says, as one short line."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _metadata(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise Flaw("was not written by tidegate: its metadata do not say so")
    if bad := [key for key, text in value.items() if not isinstance(text, str)]:
        raise Flaw(f"is damaged: {short(bad[0])} in its metadata is no string")
    if odd_ones := value.keys() - {CHECKSUM} ^ KEYS:
        odd = min(odd_ones)
        fault = "is missing" if odd in KEYS else "is unknown"
        raise Flaw(
            f"is damaged, or from another version than this one: {short(odd)} {fault} in the "
            f"metadata of version {short(value.get('version'))}"
        )
    return value


def _entry(name: str, value: Any) -> Entry:
    if not NAME.fullmatch(name):
        raise Flaw(f"is damaged: a tensor cannot be called {short(name)}")
    if not isinstance(value, dict) or value.keys() != {"dtype", "shape", "data_offsets"}:
        raise Flaw(f"is damaged: {name} needs dtype, shape and data_offsets, and nothing else")
    dtype = DTYPES.get(value["dtype"]) if isinstance(value["dtype"], str) else None
    if dtype is None:
        raise Flaw(
            f"is damaged: {name} is of type {short(value['dtype'])}, not of {', '.join(DTYPES)}"
        )
    shape, offsets = value["shape"], value["data_offsets"]
    if not _sizes(shape) or len(shape) > 8:
        raise Flaw(f"is damaged: {name} cannot have the shape {short(shape)}")
    if not _sizes(offsets) or len(offsets) != 2:
        raise Flaw(f"is damaged: {name} cannot have the data_offsets {short(offsets)}")
    entry = Entry(dtype, tuple(shape), offsets[0])
    if entry.size != offsets[1] - offsets[0]:
        raise Flaw(
            f"is damaged: {name} of shape {short(shape)} needs {entry.size} bytes of data, "
            f"and has {offsets[1] - offsets[0]}"
        )
    return entry


def _sizes(value: Any) -> bool:
    """Whether it is a list of whole numbers that can be sizes."""
    # type(), because True is an int too; the bound keeps NumPy from refusing [0, 2**60]
    return isinstance(value, list) and all(type(n) is int and 0 <= n < 2**40 for n in value)
