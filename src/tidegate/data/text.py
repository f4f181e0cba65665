"""A file of text: its bytes, or one line on why it cannot be one."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import BinaryIO

from ..errors import DataError

LONGEST = 100_000
"""Characters in a line, at most."""

_PACKED = {
    b"\x1f\x8b": "compressed with gzip",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"PAR1": "a Parquet file",
}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROL = bytes([*range(9), *range(14, 32)])
_OTHERS = bytes(set(range(256)) - set(_CONTROL))


def read_text(path: str, stdin: BinaryIO | None = None, *, table: bool = True) -> tuple[str, bytes]:
    """How errors call the file, and its text: UTF-8 without a mark, each line ended by ``\\n``.

    Args:
        path: of a file in UTF-8, or in UTF-16 with a byte order mark; ``-`` for standard input.
        stdin: what to read instead of standard input.
        table: whether it must be a table, whose lines are not too long.

    Raises:
        DataError: where there is no such file, it cannot be read, is empty, or holds no text.
    """
    name = "stdin" if path == "-" else path
    try:
        data = _all_of(stdin or sys.stdin.buffer) if path == "-" else Path(path).read_bytes()
    except FileNotFoundError:
        raise DataError(f"{name}: there is no such file; check the path") from None
    except IsADirectoryError:
        raise DataError(f"{name}: this is a folder; name a file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{name}: cannot be read ({reason})") from None
    data = _as_utf8(name, data).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not data.strip():
        needed = "a header line, then rows" if table else "text to learn from"
        raise DataError(f"{name}: the file is empty; expected {needed}")
    for number, line in enumerate(data.split(b"\n") if table and len(data) > LONGEST else (), 1):
        if len(line) > LONGEST:
            raise DataError(
                f"{name}, line {number}: has {len(line):,} characters, and {LONGEST:,} are the "
                f"most; is this a CSV file?"
            )
    return name, data if data.endswith(b"\n") else data + b"\n"


def _all_of(stdin: BinaryIO) -> bytes:
    """What comes from standard input, until its end or Ctrl-C."""
    if hasattr(signal, "siginterrupt"):  # polars lets a read go on after Ctrl-C, without an end
        signal.siginterrupt(signal.SIGINT, True)
    return stdin.read()


def _as_utf8(name: str, data: bytes) -> bytes:
    for start, kind in _PACKED.items():
        if data.startswith(start):
            raise DataError(f"{name}: this is {kind}; unpack it, or save it as CSV or text")
    if data.startswith(_UTF16):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeError:
            raise DataError(f"{name}: begins as UTF-16 but is not; save it as UTF-8") from None
    data = data.removeprefix(b"\xef\xbb\xbf")
    control = data.translate(None, _OTHERS)[:1]
    if control:
        raise DataError(
            f"{_at(name, data, data.index(control))}: holds the byte 0x{control[0]:02x}, so this "
            f"is no text; give a file in UTF-8"
        )
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"{_at(name, data, error.start)}: is not in UTF-8 (byte 0x{data[error.start]:02x}); "
            f"save the file as UTF-8"
        ) from None
    return data


def _at(name: str, data: bytes, place: int) -> str:
    before = data[:place].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    line = before.count(b"\n") + 1
    return f"{name}, line {line}"
