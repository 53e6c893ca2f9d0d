"""Files are replaced as a whole or not at all: a crash while saving never costs the file that was there."""

from __future__ import annotations

import contextlib
import io
import os
import re
import secrets
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from mxnet.errors import MXNetError

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FileAccessError", "FileMissingError", "access_error", "atomic_write", "read_file", "reading"]


class FileAccessError(MXNetError, OSError):
    """A file could not be opened, read or written."""

    def __init__(self, errno: int | None, message: str) -> None:
        OSError.__init__(self, errno, message)

    def _reason(self) -> str:  # the sentence alone, without the number that OSError puts before it
        return self.strerror or super()._reason()


class FileMissingError(FileAccessError, FileNotFoundError):
    """There is no such file."""


def access_error(error: OSError, what: str) -> FileAccessError:
    """Return what is raised instead of the error of the system: what failed, and why."""
    kind = FileMissingError if isinstance(error, FileNotFoundError) else FileAccessError
    return kind(error.errno, f"{what}: {error.strerror}.")


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file for writing that takes the place of `path` only when the block ends without an error.

    The bytes go to a file beside the target, which is flushed to the disk and then renamed. When the block
    raises, the new file is removed and the old one is as it was; what a writer that was killed left beside
    this target goes with the next one. A symbolic link keeps pointing at the file that is replaced; a target
    that is no regular file (a pipe, ``/dev/stdout``) is written to directly.

    Parameters
    ----------
    path : str or path-like
        The file to write.

    Yields
    ------
    file : binary file

    Raises
    ------
    FileAccessError
        If the folder does not exist or cannot be written to.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "greeting")
    >>> with atomic_write(path) as file:
    ...     _ = file.write(b"hello")
    >>> read_file(path)
    b'hello'
    """
    target = Path(path).resolve()
    mode = _mode_of(target)
    if mode is not None and not stat.S_ISREG(mode):
        with _opened(target, os.O_WRONLY, path) as file:
            yield file
        return
    _remove_abandoned(target)
    beside, file, lock = _new_beside(target, path)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            beside.chmod(stat.S_IMODE(mode))
        beside.replace(target)
    except BaseException:  # also when interrupted: nothing half-written stays behind
        beside.unlink(missing_ok=True)
        raise
    finally:
        lock.close()


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Return the bytes of a file; one that cannot be read is an `MXNetError` that is an `OSError` too."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise access_error(error, f"Cannot read {os.fspath(path)!r}") from None


@contextlib.contextmanager
def reading(path: str | os.PathLike[str]) -> Iterator[tuple[BinaryIO, int]]:
    """Open a file to be read in pieces, and say how many bytes it has; errors are those of `read_file`."""
    try:
        with Path(path).open("rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode):
                yield file, status.st_size
            else:  # of a pipe, nobody knows before its end
                contents = file.read()
                yield io.BytesIO(contents), len(contents)
    except OSError as error:
        raise access_error(error, f"Cannot read {os.fspath(path)!r}") from None


def _new_beside(target: Path, path: str | os.PathLike[str]) -> tuple[Path, BinaryIO, BinaryIO]:
    """Return a new file beside the target, open, and what holds its lock until it is closed, too."""
    while True:
        beside = target.with_name(f"{target.name}.{secrets.token_hex(6)}.tmp")
        file = _opened(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, path)
        lock = file if sys.platform == "win32" else os.fdopen(os.dup(file.fileno()), "wb")
        with contextlib.suppress(OSError):  # some file systems have no locks
            _lock(file, wait=True)
        if os.fstat(file.fileno()).st_nlink:
            return beside, file, lock
        file.close()  # another writer took it for abandoned before it had a lock
        lock.close()


def _remove_abandoned(target: Path) -> None:
    """Remove the files beside the target whose writers are gone: those that nobody has a lock on."""
    abandoned = re.compile(rf"{re.escape(target.name)}\.[0-9a-f]{{12}}\.tmp")
    with contextlib.suppress(OSError):
        for name in filter(abandoned.fullmatch, os.listdir(target.parent)):
            with contextlib.suppress(OSError):
                _remove_unless_locked(target.with_name(name))


def _remove_unless_locked(path: Path) -> None:
    if sys.platform == "win32":  # an open file cannot be removed
        path.unlink()
    else:
        with path.open("r+b") as file:
            _lock(file, wait=False)
            path.unlink()


def _lock(file: BinaryIO, *, wait: bool) -> None:
    """Lock a file for as long as it is open.

    Raises
    ------
    OSError
        If that cannot be done, or another has the lock and we do not wait.
    """
    if sys.platform != "win32":
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _mode_of(target: Path) -> int | None:
    try:
        return target.stat().st_mode
    except OSError:
        return None


def _opened(target: Path, flags: int, path: str | os.PathLike[str]) -> BinaryIO:
    try:
        descriptor = os.open(target, flags | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        raise access_error(error, f"Cannot write {os.fspath(path)!r}") from None
    return os.fdopen(descriptor, "wb")
