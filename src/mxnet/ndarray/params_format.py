"""The ``.params`` format: lists and dictionaries of arrays in a file, as every MXNet has written them.

All numbers are little-endian. A file is a magic number, the arrays one after another, and their names. Four
layouts of one array are in use; each starts with a number that tells which it is.
"""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NoReturn

import numpy as np

from mxnet.context import Context
from mxnet.dtype import CODES, NAMES, numpy_type, torch_dtype
from mxnet.errors import FileFormatError
from mxnet.ir.storage import Stored
from mxnet.lazy import torch
from mxnet.ndarray.sparse_format import SparseFormatError, check_parts

if TYPE_CHECKING:
    Piece = bytes | memoryview
    from torch import Tensor

__all__ = ["array_pieces", "file_pieces", "load_array", "load_file"]

LIST_MAGIC: Final = 0x112
V1, V2, V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
"""What an array starts with: since 0.9, since 1.0 (sparse too), since 1.6 (arrays without dimensions too)."""

STYPES: Final = {0: "default", 1: "row_sparse", 2: "csr"}
MAX_NDIM: Final = 64


# ---------------------------------------------------------------------------------------------------- writing


def file_pieces(arrays: Sequence[tuple[Stored, Context]], names: Sequence[str]) -> Iterator[Piece]:
    """Yield the contents of a file of arrays, which are somewhere; without names it is a list."""
    yield struct.pack("<QQQ", LIST_MAGIC, 0, len(arrays))
    for array, context in arrays:
        yield from array_pieces(array, context)
    yield struct.pack("<Q", len(names))
    for name in names:
        yield struct.pack("<Q", len(name.encode())) + name.encode()


def array_pieces(array: Stored, context: Context) -> Iterator[Piece]:
    """Yield one array as it stands in a file."""
    code = {name: number for number, name in STYPES.items()}[array.stype]
    ndim = len(array.shape)
    values, aux = array.parts[0], array.parts[:0:-1]  # in a file, row starts come before columns
    # An array without dimensions is known only to the layout of 1.6 and later.
    head = [struct.pack("<Ii", V2 if ndim else V3, code)]
    if array.stype != "default":
        head.append(_dump_shape(values.shape))
    head.append(_dump_shape(array.shape))
    dtype = CODES[str(values.dtype).removeprefix("torch.")]
    head.append(struct.pack("<iii", context.device_typeid, context.device_id, dtype))
    head += [struct.pack("<i", CODES["int64"]) + _dump_shape(each.shape) for each in aux]
    yield b"".join(head)
    yield from map(_values_of, (values, *aux))


def _dump_shape(shape: tuple[int, ...]) -> bytes:
    return struct.pack(f"<I{len(shape)}q", len(shape), *shape)


def _values_of(tensor: Tensor) -> memoryview:
    """Return the bytes of a tensor, which are not copied where they are as in a file already."""
    host = tensor.detach().contiguous().cpu()
    if host.dtype == torch.bfloat16:
        host = host.view(torch.int16)
    values: np.ndarray[Any, Any] = host.numpy().reshape(-1)
    return values.astype(values.dtype.newbyteorder("<"), copy=False).view(np.uint8).data


# ---------------------------------------------------------------------------------------------------- reading


def load_file(file: BinaryIO, size: int, source: str) -> tuple[list[Stored], list[str]]:
    """Return the arrays of a file, and their names if they have some.

    Parameters
    ----------
    file : binary file
        The file, at its beginning.
    size : int
        How many bytes it has.
    source : str
        How messages call it.

    Raises
    ------
    MXNetError
        If it is truncated or corrupt; with the array and the offset.
    """
    return _Reader(file, size, source).arrays()


def load_array(contents: bytes | bytearray, source: str) -> Stored:
    """Return the one array that these bytes are; see :func:`load_file`."""
    return _Reader(io.BytesIO(contents), len(contents), source).array()


class _Reader:
    """Reads forward through a file, of which no length is trusted.

    Parameters
    ----------
    file : binary file
        What to read.
    size : int
        How many bytes there are.
    source : str
        How messages call it.
    """

    def __init__(self, file: BinaryIO, size: int, source: str) -> None:
        self.file = file
        self.size = size
        self.source = source
        self.offset = 0
        self.where = "the header"

    def arrays(self) -> tuple[list[Stored], list[str]]:
        magic, _ = self.numbers("<QQ", "the magic number")
        if magic != LIST_MAGIC:
            raise FileFormatError(
                f"{self.source[:1].upper()}{self.source[1:]} holds no arrays: it does not start with 0x112."
            )
        n_arrays = self.count("the number of arrays", least_bytes=4)
        arrays = []
        for i in range(n_arrays):
            self.where = f"array {i} of {n_arrays}"
            arrays.append(self.array())
        self.where = "the names"
        n_names = self.count("the number of names", least_bytes=8)
        names = [self.name(i) for i in range(n_names)]  # what follows them is nothing to MXNet
        if names and n_names != n_arrays:
            self.fail(f"there are {n_names} names for {n_arrays} arrays")
        return arrays, names

    def array(self) -> Stored:
        (magic,) = self.numbers("<I", "the layout")
        if magic in (V2, V3):
            return self.modern(magic)
        # Before 0.9 an array starts with its number of dimensions.
        shape = self.shape("the shape") if magic == V1 else self.extents(magic, "I", "the shape")
        if not shape:
            return self.dense((), "float32", empty=True)
        return self.dense(shape, self.dtype_after_device())

    def modern(self, magic: int) -> Stored:
        (code,) = self.numbers("<i", "the storage type")
        stype = STYPES.get(code)
        if stype is None:
            self.fail(f"{code} is no storage type")
        stored = self.shape("the storage shape") if stype != "default" else ()
        (ndim,) = self.numbers("<i", "the number of dimensions")
        if ndim == -1 or (ndim == 0 and magic == V2):
            return self.dense((), "float32", empty=True)
        shape = self.extents(ndim, "q", "the shape")
        dtype = self.dtype_after_device()
        if stype == "default":
            return self.dense(shape, dtype)
        kinds = [self.aux_kind() for _ in range(1 if stype == "row_sparse" else 2)]
        values = self.tensor(stored, dtype)
        aux = [self.tensor(extents, name).to(torch.int64) for name, extents in kinds]
        parts = (values, *reversed(aux))
        try:
            check_parts(stype, shape, parts)
        except SparseFormatError as error:
            self.fail(str(error))
        return Stored(stype, shape, parts)

    def aux_kind(self) -> tuple[str, tuple[int, ...]]:
        return self.dtype("the data type of indices"), self.shape("the shape of indices")

    def dense(self, shape: tuple[int, ...], dtype: str, *, empty: bool = False) -> Stored:
        """Return a dense array; one that never had a shape is saved without contents, and becomes a zero."""
        tensor = torch.zeros(shape) if empty else self.tensor(shape, dtype)
        return Stored("default", shape, (tensor,))

    def dtype_after_device(self) -> str:
        self.numbers("<ii", "the device")
        return self.dtype("the data type")

    def dtype(self, what: str) -> str:
        (code,) = self.numbers("<i", what)
        if not 0 <= code < len(NAMES):
            self.fail(f"{code} is no data type")
        return NAMES[code]

    def shape(self, what: str) -> tuple[int, ...]:
        (ndim,) = self.numbers("<I", what)
        return self.extents(ndim, "q", what)

    def extents(self, ndim: int, kind: str, what: str) -> tuple[int, ...]:
        if not 0 <= ndim <= MAX_NDIM:
            self.fail(f"{what} has {ndim} dimensions")
        extents = self.numbers(f"<{ndim}{kind}", what)
        # Even where one extent is 0, so that there are no values, the others have a limit.
        if (
            any(extent < 0 for extent in extents)
            or math.prod(max(extent, 1) for extent in extents) >= 1 << 59
        ):
            self.fail(f"{what} is {extents}")
        return extents

    def tensor(self, shape: tuple[int, ...], dtype: str) -> Tensor:
        stored = np.dtype("<i2") if dtype == "bfloat16" else np.dtype(numpy_type(dtype)).newbyteorder("<")
        self.pass_by(math.prod(shape) * stored.itemsize, f"the {shape} values of {dtype}")
        values = np.empty(shape, stored)
        if self.file.readinto(values.reshape(-1).view(np.uint8)) < values.nbytes:  # type: ignore[attr-defined]
            self.fail("the file became shorter while it was read")
        tensor = torch.from_numpy(values.astype(stored.newbyteorder("="), copy=False))
        return tensor.view(torch_dtype(dtype)) if dtype == "bfloat16" else tensor

    def name(self, i: int) -> str:
        (length,) = self.numbers("<Q", f"the length of name {i}")
        raw = self.take(length, f"name {i}")
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self.fail(f"name {i} is not UTF-8")

    def count(self, what: str, least_bytes: int) -> int:
        """Read how many things follow, each of which takes some bytes."""
        (count,) = self.numbers("<Q", what)
        if count * least_bytes > self.size - self.offset:
            self.fail(f"{what} is {count}, for which the file is too short")
        return int(count)

    def numbers(self, layout: str, what: str) -> tuple[int, ...]:
        return struct.unpack(layout, self.take(struct.calcsize(layout), what))

    def take(self, length: int, what: str) -> bytes:
        self.pass_by(length, what)
        found = self.file.read(length)
        if len(found) < length:
            self.fail("the file became shorter while it was read")
        return found

    def pass_by(self, length: int, what: str) -> None:
        """Count bytes that are read next, if there are as many."""
        left = self.size - self.offset
        if length > left:
            self.fail(
                f"{what} takes {length} bytes, but only {left} are left; the file is truncated or corrupt"
            )
        self.offset += length

    def fail(self, problem: str) -> NoReturn:
        raise FileFormatError(
            f"Cannot read {self.source}: {problem} (in {self.where}, at byte {self.offset})."
        )
