"""What is read as text, and one line on what cannot be."""

from __future__ import annotations

import gzip
import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tidegate.data.text import LONGEST, read_text
from tidegate.errors import DataError


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,2\n",
        b"a,b\n1,2",
        b"\xef\xbb\xbfa,b\n1,2\n",
        b"a,b\r\n1,2\r\n",
        b"a,b\r1,2\r",
        "a,b\n1,2\n".encode("utf-16"),
        b"\xfe\xff" + "a,b\r\n1,2\r\n".encode("utf-16-be"),
    ],
)
def test_one_text_in_many_forms(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rain.csv"
    path.write_bytes(data)
    assert read_text(str(path)) == (str(path), b"a,b\n1,2\n")
    assert read_text("-", io.BytesIO(data)) == ("stdin", b"a,b\n1,2\n")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("é\n".encode())))
    assert read_text("-") == ("stdin", "é\n".encode())


@pytest.mark.skipif(not hasattr(signal, "siginterrupt"), reason="signals are others on Windows")
def test_ctrl_c_while_standard_input_waits() -> None:
    code = """if True:
        import os, signal, threading
        from tidegate.data.text import read_text

        class Waiting:
            def read(self):
                press = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
                press.start()
                return os.read(os.pipe()[0], 1)

        signal.signal(signal.SIGINT, signal.default_int_handler)
        import polars  # has a handler of its own, before that one
        read_text("-", Waiting())
        """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr.endswith("KeyboardInterrupt\n")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "rain.csv: the file is empty; expected a header line, then rows"),
        (b" \r\n\t\n", "rain.csv: the file is empty; expected a header line, then rows"),
        (b"\xef\xbb\xbf", "rain.csv: the file is empty; expected a header line, then rows"),
        (
            b"a,b\n1,\x00\n",
            "rain.csv, line 2: holds the byte 0x00, so this is no text; give a file in UTF-8",
        ),
        (
            b"\x89PNG\r\n\x1a\n\x00",
            "rain.csv, line 2: holds the byte 0x1a, so this is no text; give a file in UTF-8",
        ),
        (
            "a;b\r\n1;2\r\nü;3\r\n".encode("latin-1"),
            "rain.csv, line 3: is not in UTF-8 (byte 0xfc); save the file as UTF-8",
        ),
        (b"\xff\xfea", "rain.csv: begins as UTF-16 but is not; save it as UTF-8"),
        (
            gzip.compress(b"a,b\n1,2\n", mtime=0),
            "rain.csv: this is compressed with gzip; unpack it, or save it as CSV or text",
        ),
        (
            b"PK\x03\x04....",
            "rain.csv: this is a zip archive or an Excel workbook; unpack it, or save it as CSV or "
            "text",
        ),
        (b"PAR1....", "rain.csv: this is a Parquet file; unpack it, or save it as CSV or text"),
        (
            b"a,b\n" + b"x" * 1_000_000 + b"\n1,2\n",
            "rain.csv, line 2: has 1,000,000 characters, and 100,000 are the most; "
            "is this a CSV file?",
        ),
    ],
)
def test_no_text(
    data: bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rain.csv").write_bytes(data)
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_text("rain.csv")


def test_the_longest_line() -> None:
    line = b"x" * LONGEST + b"\n"
    assert read_text("-", io.BytesIO(line * 2))[1] == line * 2
    with pytest.raises(DataError, match="line 2: has 100,001 characters"):
        read_text("-", io.BytesIO(line + b"y" + line))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"/none.csv: there is no such file; check the path$"):
        read_text(str(tmp_path / "none.csv"))
    with pytest.raises(DataError, match=r": this is a folder; name a file in it$"):
        read_text(str(tmp_path))
    with pytest.raises(DataError, match=r"^a\x00b: cannot be read \(.*null byte.*\)$"):
        read_text("a\0b")
    (tmp_path / "file").write_text("a,b\n")
    with pytest.raises(DataError, match=r": cannot be read \(Not a directory\)$"):
        read_text(str(tmp_path / "file" / "x.csv"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "rain.csv"
    path.write_text("a,b\n")
    path.chmod(0)
    with pytest.raises(DataError, match=r"rain.csv: cannot be read \(Permission denied\)$"):
        read_text(str(path))
