"""Files that appear whole or not at all; devices and pipes are written to as they are."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ..errors import ArgumentError

OPEN = ("/dev/fd/", "/dev/stdout", "/dev/stderr", "/proc/")
"""What names of files that a process has open begin with."""


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A new binary file that takes the place of ``path`` when the block ends without an error.

    It is written beside ``path`` under another name, brought to the disk, and renamed; then the
    folder is brought to the disk too. After an error or a crash ``path`` is what it was before, and
    after an error nothing else is left behind. A link is followed, and the mode of an
    existing file is kept. A device such as ``/dev/null`` or ``/dev/stdout``, and a pipe, get the
    bytes as they are written: there is nothing to replace.

    Raises:
        ArgumentError: if ``path`` is none.
        OSError: if ``path`` is a folder, a disk or a socket, or the disk refuses.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with replacing(Path(folder) / "notes") as file:
        ...         _ = file.write(b"all of it")
        ...     (Path(folder) / "notes").read_bytes()
        b'all of it'
    """
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise ArgumentError(f"expected the path of a file to write, got {path!r}")
    if is_stream(path):
        # of a file that a shell has opened, as 2>> does, what is there stays
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND), "wb") as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    mode = _mode(target)
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.tmp")
    # 0o666 and the umask: what any other new file gets
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            if mode is not None:
                os.chmod(temporary, mode)
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(target.parent)


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether a path leads to what bytes flow into: a device or a pipe, or what a process has open.

    Example:
        >>> is_stream("/dev/null"), is_stream("notes.txt")
        (True, False)
    """
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    if stat.S_ISREG(mode):  # /dev/stdout, where a shell sends it to a file
        return os.path.abspath(path).startswith(OPEN)
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def _mode(target: Path) -> int | None:
    """The permissions of the file that will be replaced; None if there is none."""
    try:
        found = target.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if not stat.S_ISREG(found.st_mode):  # to replace a disk would do harm
        raise OSError(errno.EINVAL, "Not a regular file", str(target))
    return stat.S_IMODE(found.st_mode)


def _sync_folder(folder: Path) -> None:
    """Brings the new name to the disk, where the system can."""
    if os.name == "nt":
        return  # a folder cannot be opened there
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems
            raise
    finally:
        os.close(handle)
