"""Archives of models, tar or zip, read into memory: nothing is unpacked, followed or executed."""

from __future__ import annotations

import io
import os
import posixpath
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mxnet.errors import FileFormatError, MXNetError
from mxnet.files import FileAccessError

__all__ = ["is_archive", "read_archive"]

_MOST_MEMBERS = 10_000
_MOST_BYTES = 1 << 30
"""What an archive may always unpack to."""
_MOST_GROWTH = 100
"""How many times its own size a larger one may unpack to; weights hardly shrink."""
_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")


def is_archive(path: str | os.PathLike[str]) -> bool:
    """Whether a path is that of an archive, by its name."""
    return os.fspath(path).endswith(_SUFFIXES) and Path(path).is_file()


def read_archive(path: str | os.PathLike[str]) -> dict[str, bytes]:
    """Return the files of an archive by their paths within it.

    Parameters
    ----------
    path : path
        A tar (of any compression) or zip file. A zip within it, as some services make them, is read too: its
        files stand beside the others.

    Raises
    ------
    FileFormatError
        If it is no archive, damaged, or hostile: with links, paths that lead outside, or far more bytes than
        it has itself.
    FileAccessError
        If it cannot be read.
    """
    name = os.fspath(path)
    try:
        size = Path(path).stat().st_size
        with open(path, "rb") as file:
            return _Reader(name, size).files(file)
    except OSError as error:
        raise FileAccessError(error.errno, f"Cannot read {name!r}: {error.strerror or error}.") from None


class _Reader:
    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.left = max(_MOST_BYTES, _MOST_GROWTH * size)
        self.members = 0

    def files(self, file: BinaryIO) -> dict[str, bytes]:
        """Return the files of an archive that is open."""
        found: dict[str, bytes] = {}
        try:
            is_zip = zipfile.is_zipfile(file)
            file.seek(0)
            for member, contents in self._zipped(file) if is_zip else self._tarred(file):
                found[member] = contents
                if contents[:4] == b"PK\x03\x04" and "." not in posixpath.basename(member):
                    inner = dict(self._zipped(io.BytesIO(contents)))
                    found |= {key: value for key, value in inner.items() if key not in found}
        except MXNetError:
            raise
        except Exception as error:  # tarfile, zipfile and their decompressors have many
            raise FileFormatError(f"{self.name!r} is no archive, or damaged: {error}.") from None
        return found

    def _tarred(self, file: BinaryIO) -> Iterator[tuple[str, bytes]]:
        with tarfile.open(fileobj=file, mode="r|*") as archive:
            for member in archive:
                self._count(member.name)
                if member.isdir():
                    continue
                if not member.isreg():
                    raise FileFormatError(
                        f"{self.name!r} has {member.name!r}, which is a link or device; only files are read."
                    )
                self._spend(member.name, member.size)
                part = archive.extractfile(member)
                assert part is not None
                contents = part.read()
                if len(contents) != member.size:
                    raise FileFormatError(
                        f"{self.name!r} ends within {member.name!r}: {len(contents)} of {member.size} bytes."
                    )
                yield self._path(member.name), contents

    def _zipped(self, file: BinaryIO) -> Iterator[tuple[str, bytes]]:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                self._count(member.filename)
                if member.is_dir():
                    continue
                self._spend(member.filename, member.file_size)
                with archive.open(member) as part:
                    contents = part.read(member.file_size + 1)
                if len(contents) != member.file_size:
                    raise FileFormatError(
                        f"{self.name!r}: {member.filename!r} has not the {member.file_size} bytes it says."
                    )
                yield self._path(member.filename), contents

    def _count(self, member: str) -> None:
        self.members += 1
        if self.members > _MOST_MEMBERS:
            raise FileFormatError(
                f"{self.name!r} has more than {_MOST_MEMBERS} members, {member!r} among them."
            )

    def _spend(self, member: str, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise FileFormatError(f"{self.name!r} unpacks to too many bytes: {member!r} alone takes {size}.")

    def _path(self, member: str) -> str:
        """Return the path within the archive; refuse one that leads outside of it."""
        path = posixpath.normpath(member.replace("\\", "/"))
        if path.startswith(("/", "../")) or path == ".." or path[1:2] == ":":
            raise FileFormatError(f"{self.name!r} has {member!r}, a path that leads out of the archive.")
        return path
