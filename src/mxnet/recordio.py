"""RecordIO: files of byte strings, with or without an index, and what the records of images hold."""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
from collections import namedtuple
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from mxnet.errors import FileFormatError, MXNetError, NameLookupError
from mxnet.files import access_error
from mxnet.historic import lend
from mxnet.ops.tools.opencv import decode_as, encode

if TYPE_CHECKING:
    from typing_extensions import Buffer, Self

__all__ = [
    "IRHeader",
    "MXIndexedRecordIO",
    "MXRecordIO",
    "Records",
    "count_labels",
    "pack",
    "pack_img",
    "read_image_list",
    "read_index",
    "unpack",
    "unpack_img",
]

_MAGIC = struct.pack("<I", 0xCED7230A)
_HEAD = struct.Struct("<4sI")
_LENGTH = (1 << 29) - 1
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)
_FORMAT = "IfQQ"
_HEADER = struct.Struct(f"<{_FORMAT}")
_SIZE = _HEADER.size

HEADER = namedtuple("HEADER", ["flag", "label", "id", "id2"])  # noqa: PYI024 - labels are of several types
IRHeader = HEADER
"""How an image record begins: how many labels follow (0: `label` is the only one), label, two numbers."""


class RecordValueError(MXNetError, ValueError):
    """A value is none of those that are allowed."""


class RecordUseError(MXNetError, AssertionError):
    """A record file was used otherwise than it was opened for (MXNet asserts)."""


class Records:
    """The records of a file by where they begin, read from memory that the file is mapped to.

    Parameters
    ----------
    path : str
        The file.

    Raises
    ------
    FileAccessError
        If it cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._bytes: bytes | mmap.mmap = b""
        try:
            with open(self.path, "rb") as file:
                if os.fstat(file.fileno()).st_size:  # nothing cannot be mapped
                    self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise access_error(error, f"Cannot read {self.path!r}") from None

    def __reduce__(self) -> Any:
        return Records, (self.path,)

    def read(self, offset: int) -> tuple[bytes, int]:
        """Return the record that begins at an offset, and where the next one begins.

        Raises
        ------
        FileFormatError
            If no whole record begins there.
        """
        (flag, begin, end), *more = self._parts(offset)
        record = self._bytes[begin:end]
        if flag != _WHOLE:  # the payload held the file's own mark, at which it was cut
            record = _MAGIC.join([record, *(self._bytes[begin:end] for _, begin, end in more)])
            end = more[-1][2]
        return record, _aligned(end)

    def begin(self, offset: int, size: int) -> bytes:
        """Return the first bytes of the record that begins at an offset, without reading what follows."""
        (flag, begin, end), *_ = self._parts(offset)
        if flag != _WHOLE and end - begin < size:
            return self.read(offset)[0][:size]
        return self._bytes[begin : min(end, begin + size)]

    def offsets(self) -> Iterator[int]:
        """Yield where each record begins, from the first to the last."""
        offset = 0
        while offset < len(self._bytes):
            yield offset
            *_, (_, _, end) = self._parts(offset)
            offset = _aligned(end)

    def whole(self) -> Iterator[tuple[int, int]]:
        """Yield where whole records begin and end; what is damaged between them is passed over."""
        offset = 0
        while offset < len(self._bytes):
            try:
                *_, (_, _, end) = self._parts(offset)
            except FileFormatError:
                offset = self._next_mark(offset + 4)
            else:
                yield offset, _aligned(end)
                offset = _aligned(end)

    def _next_mark(self, offset: int) -> int:
        """Return where the next mark stands, at a multiple of four bytes; the end if none does."""
        found = self._bytes.find(_MAGIC, offset)
        while found % 4 and found >= 0:
            found = self._bytes.find(_MAGIC, found + 1)
        return found if found >= 0 else len(self._bytes)

    @property
    def size(self) -> int:
        """How many bytes the file has."""
        return len(self._bytes)

    def is_end(self, offset: int) -> bool:
        """Return whether the file ends there."""
        return offset >= len(self._bytes)

    def _parts(self, offset: int) -> Iterator[tuple[int, int, int]]:
        """Yield the parts of a record: which one it is, and where its bytes begin and end."""
        start, expected = offset, (_WHOLE, _FIRST)
        while True:
            if not 0 <= offset <= len(self._bytes) - _HEAD.size:
                raise self._error(offset, "the file ends here, within a record")
            magic, word = _HEAD.unpack_from(self._bytes, offset)
            flag, begin = word >> 29, offset + _HEAD.size
            end = begin + (word & _LENGTH)
            if magic != _MAGIC:
                raise self._error(offset, f"expected the mark of a record, {_MAGIC.hex()}, got {magic.hex()}")
            if flag not in expected:
                raise self._error(offset, f"a part of kind {flag} does not continue the record at {start}")
            if end > len(self._bytes):
                raise self._error(
                    offset,
                    f"a record of {word & _LENGTH} bytes, but only {len(self._bytes) - begin} are left",
                )
            yield flag, begin, end
            if flag in (_WHOLE, _LAST):
                return
            offset, expected = _aligned(end), (_MIDDLE, _LAST)

    def _error(self, offset: int, what: str) -> FileFormatError:
        return FileFormatError(f"{self.path!r} is damaged, or no RecordIO file: at byte {offset}, {what}.")


def _aligned(end: int) -> int:
    return (end + 3) & ~3


class MXRecordIO:
    """A file of byte strings, written or read one after the other.

    Reading looks into memory that the file is mapped to, so a forked process reads on from where it is; a
    writer may only be used by the process that opened it.

    Parameters
    ----------
    uri : str
        The file.
    flag : {'r', 'w'}
        Whether it is read or written; writing empties the file.

    Examples
    --------
    >>> import os, tempfile
    >>> import mxnet as mx
    >>> path = os.path.join(tempfile.mkdtemp(), "data.rec")
    >>> records = mx.recordio.MXRecordIO(path, "w")
    >>> records.write(b"one")
    >>> records.close()
    >>> records = mx.recordio.MXRecordIO(path, "r")
    >>> records.read(), records.read()
    (b'one', None)
    """

    def __init__(self, uri: str, flag: str) -> None:
        self.uri = os.fspath(uri)
        self.flag = flag
        self.is_open = False
        self.writable = False
        self.pid: int | None = None
        self.handle: Any = None
        self._position = 0
        self.open()

    def open(self) -> None:
        """Open the file, at its start."""
        if self.flag not in ("r", "w"):
            raise RecordValueError(f"Invalid flag {self.flag!r}: a record file is opened for 'r' or 'w'.")
        self.writable = self.flag == "w"
        self.handle = _opened(self.uri) if self.writable else Records(self.uri)
        self._position = 0
        self.pid = os.getpid()
        self.is_open = True

    def close(self) -> None:
        """Close the file."""
        if self.writable and self.is_open:
            self.handle.close()
        self.handle = None
        self.is_open = False
        self.pid = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):  # it was never open
            self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "handle": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self.is_open:
            self.open()

    def reset(self) -> None:
        """Go back to the start; a file that is written is emptied."""
        self.close()
        self.open()

    def write(self, buf: Buffer) -> None:
        """Append a record, a byte string."""
        self._expect(writable=True)
        self.handle.write(_record(bytes(buf)))

    def read(self) -> bytes | None:
        """Return the next record; None at the end."""
        self._expect(writable=False)
        if self.handle.is_end(self._position):
            return None
        record, self._position = self.handle.read(self._position)
        return bytes(record)

    def _expect(self, *, writable: bool) -> None:
        doing = "written to" if writable else "read from"
        if not self.is_open:
            raise MXNetError(f"{self.uri!r} is closed, so it cannot be {doing}: call open() or reset().")
        if self.writable != writable:
            raise RecordUseError(f"{self.uri!r} was opened with flag {self.flag!r}, so it cannot be {doing}.")
        if writable and self.pid != os.getpid():
            raise MXNetError(
                f"Forbidden operation in multiple processes: {self.uri!r} is written by the process that "
                "opened it, and would be spoilt by another."
            )


class MXIndexedRecordIO(MXRecordIO):
    """A record file with an index, a second file that says where the record of each key begins.

    It is a ``torch.utils.data.Dataset``, too: ``records[i]`` is the i-th record of the index.

    Parameters
    ----------
    idx_path : str
        The index, a text of lines ``key<tab>offset``.
    uri : str
        The file of records.
    flag : {'r', 'w'}
    key_type : callable, default int
        What makes keys from their text.
    """

    def __init__(self, idx_path: str, uri: str, flag: str, key_type: Any = int) -> None:
        self.idx_path = os.fspath(idx_path)
        self.idx: dict[Any, int] = {}
        self.keys: list[Any] = []
        self.key_type = key_type
        self.fidx: IO[bytes] | None = None
        super().__init__(uri, flag)

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, position: int) -> bytes:
        return self.read_idx(self.keys[position])

    def open(self) -> None:
        """Open both files."""
        super().open()
        if self.writable:
            self.idx, self.keys, self.fidx = {}, [], _opened(self.idx_path)
        else:
            self.idx = read_index(self.idx_path, self.key_type)
            self.keys = list(self.idx)

    def close(self) -> None:
        """Close both files."""
        super().close()
        if self.fidx is not None:
            self.fidx.close()
            self.fidx = None

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "fidx": None}

    def seek(self, idx: Any) -> None:
        """Go to the record of a key, which is what `read` returns next."""
        self._expect(writable=False)
        if idx not in self.idx:
            raise NameLookupError(f"{self.idx_path!r} has no key {idx!r}, but {len(self.idx)} others.")
        self._position = self.idx[idx]

    def tell(self) -> int:
        """Return where the next record will be written."""
        self._expect(writable=True)
        position: int = self.handle.tell()
        return position

    def read_idx(self, idx: Any) -> bytes:
        """Return the record of a key."""
        self.seek(idx)
        record, self._position = self.handle.read(self._position)
        return bytes(record)

    def write_idx(self, idx: Any, buf: Buffer) -> None:
        """Append a record, and its key to the index."""
        key = self.key_type(idx)
        position = self.tell()
        self.write(buf)
        assert self.fidx is not None
        self.fidx.write(f"{key}\t{position}\n".encode())
        self.idx[key] = position
        self.keys.append(key)


def read_index(path: str, key_type: Any = int) -> dict[Any, int]:
    """Return where the record of each key begins, as the index of a record file says.

    Raises
    ------
    FileFormatError
        If a line is not ``key<tab>offset``.
    """
    index = {}
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                try:
                    key, offset = line.rstrip("\n").split("\t")
                    index[key_type(key)] = int(offset)
                except ValueError:
                    raise FileFormatError(
                        f"{path!r}, line {number}: expected a key, a tab and an offset, got {line[:60]!r}."
                    ) from None
    except UnicodeDecodeError:
        raise FileFormatError(f"{path!r} is no index of a record file: it is no text.") from None
    except OSError as error:
        raise access_error(error, f"Cannot read {path!r}") from None
    return index


def read_image_list(path: str) -> dict[int, tuple[Any, str]]:
    """Return the labels and the path of each key, from a file of lines with tabs between.

    Raises
    ------
    FileFormatError
        If a line is not key, labels and path.
    """
    listed = {}
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    key, first, *more, name = line.rstrip("\r\n").split("\t")
                    labels = [first, *more]
                    listed[int(key)] = np.array(labels, "float32"), name
                except ValueError:
                    raise FileFormatError(
                        f"{path!r}, line {number}: expected a key, labels and a path with tabs between, got "
                        f"{line[:60]!r}."
                    ) from None
    except UnicodeDecodeError:
        raise FileFormatError(f"{path!r} is no list of images: it is no text.") from None
    except OSError as error:
        raise access_error(error, f"Cannot read {path!r}") from None
    return listed


def _opened(path: str) -> IO[bytes]:
    # Without a buffer, so that what a forked process inherits is not written twice.
    try:
        return open(path, "wb", buffering=0)
    except OSError as error:
        raise access_error(error, f"Cannot write {path!r}") from None


def _record(payload: bytes) -> bytes:
    """Return how a byte string is stored: in parts, where it holds the mark at a multiple of four bytes."""
    parts, begin, search = [], 0, payload.find(_MAGIC)
    while search >= 0:
        if search % 4 == 0:
            parts.append(payload[begin:search])
            begin = search + 4
        search = payload.find(_MAGIC, search + (4 if search % 4 == 0 else 1))
    parts.append(payload[begin:])
    stored = []
    for i, part in enumerate(parts):
        if len(part) > _LENGTH:
            raise MXNetError(f"A record may have {_LENGTH} bytes, got {len(payload)}.")
        kind = _WHOLE if len(parts) == 1 else _FIRST if i == 0 else _LAST if i == len(parts) - 1 else _MIDDLE
        stored += [_HEAD.pack(_MAGIC, kind << 29 | len(part)), part, bytes(-len(part) % 4)]
    return b"".join(stored)


def pack(header: Any, s: bytes) -> bytes:
    """Return an image record: a header and a byte string.

    Parameters
    ----------
    header : IRHeader or tuple
        ``(flag, label, id, id2)``. Several labels are float32 numbers that follow the header; `flag` becomes
        their number, or 0.
    s : bytes

    Examples
    --------
    >>> unpack(pack(IRHeader(0, [1, 2.5], 7, 0), b"image"))
    (HEADER(flag=2, label=array([1. , 2.5], dtype=float32), id=7, id2=0), b'image')
    """
    _, label, *numbers = header
    if np.ndim(label) == 0 and not isinstance(label, str):
        return _HEADER.pack(0, label, *numbers) + s
    try:
        labels = np.asarray(label, "<f4")
    except ValueError:
        raise RecordValueError(f"Labels are numbers, got {label!r}.") from None
    return _HEADER.pack(labels.size, 0, *numbers) + labels.tobytes() + s


def unpack(s: bytes) -> tuple[IRHeader, bytes]:
    """Return the header of an image record, and what comes after it.

    Raises
    ------
    FileFormatError
        If it is too short for its header or its labels.
    """
    if len(s) < _HEADER.size:
        raise FileFormatError(
            f"An image record begins with a header of {_HEADER.size} bytes, but this one has {len(s)} in all."
        )
    header = IRHeader(*_HEADER.unpack_from(s))
    end = _HEADER.size + 4 * header.flag
    if end > len(s):
        raise FileFormatError(
            f"An image record states {header.flag} labels, which take {end} bytes, but it has {len(s)}."
        )
    if header.flag > 0:
        header = header._replace(label=np.frombuffer(s, "<f4", header.flag, _HEADER.size))
    return header, s[end:]


def count_labels(begin: bytes) -> int:
    """Return how many labels an image record has, of which at least the header is given."""
    if len(begin) < _HEADER.size:
        return 0
    flag: int = _HEADER.unpack_from(begin)[0]
    return max(flag, 1)


def unpack_img(s: bytes, iscolor: int = -1) -> tuple[IRHeader, Any]:
    """Return the header of an image record, and its image as an array (height, width, channels) of uint8.

    Parameters
    ----------
    s : bytes
    iscolor : int, optional
        1 for colours, blue first, 0 for grey (height, width), -1 for what the file has.
    """
    header, encoded = unpack(s)
    return header, decode_as(encoded, iscolor, "The record")


def pack_img(header: Any, img: Any, quality: int = 95, img_fmt: str = ".jpg") -> bytes:
    """Return an image record.

    Parameters
    ----------
    header : IRHeader or tuple
    img : numpy.ndarray
        Of uint8, (height, width, 3) with blue first, or (height, width).
    quality : int
        JPEG's quality from 1 to 100, or how hard PNG compresses, from 0 to 9.
    img_fmt : {'.jpg', '.jpeg', '.png'}
        Or another format that OpenCV writes.
    """
    return pack(header, encode(img, quality, img_fmt))


lend(__name__)
