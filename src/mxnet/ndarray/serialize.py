"""The ``.params`` format: lists and dictionaries of arrays in a file, as every MXNet has written them.

All numbers are little-endian. A file is a magic number, the arrays one after another, and their names. Four
layouts of one array are in use; each starts with a number that tells which it is.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

from mxnet.context import Context
from mxnet.dtype import CODES, NAMES, numpy_type, torch_dtype
from mxnet.errors import CompositionError, FileFormatError, ParameterError
from mxnet.files import atomic_write, read_file
from mxnet.lazy import torch
from mxnet.ndarray.ndarray import NDArray
from mxnet.ndarray.storage import BaseSparseNDArray

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["dump_array", "dumps", "load", "load_array", "load_frombuffer", "save"]

LIST_MAGIC: Final = 0x112
V1, V2, V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
"""What an array starts with: since 0.9, since 1.0 (sparse too), since 1.6 (arrays without dimensions too)."""

STYPES: Final = {0: "default", 1: "row_sparse", 2: "csr"}
MAX_NDIM: Final = 64


def save(fname: str | os.PathLike[str], data: NDArray | Sequence[NDArray] | Mapping[str, NDArray]) -> None:
    """Save arrays to a file, which is replaced as a whole or not at all.

    Parameters
    ----------
    fname : str or path-like
        The file.
    data : NDArray, list of NDArray, or dict of str to NDArray
        The arrays; sparse ones stay sparse.

    Raises
    ------
    TypeError
        If something else is among them.
    MXNetError
        If the file cannot be written.

    Examples
    --------
    >>> import mxnet as mx, os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "arrays")
    >>> mx.nd.save(path, {"w": mx.nd.ones((2,))})
    >>> mx.nd.load(path)["w"].shape
    (2,)
    """
    if not isinstance(fname, str | os.PathLike):
        raise CompositionError(f"save() takes the name of a file, not {type(fname).__name__}.")
    contents = dumps(data)
    with atomic_write(fname) as file:
        file.write(contents)


def load(fname: str | os.PathLike[str]) -> list[NDArray] | dict[str, NDArray]:
    """Load the arrays of a file, to the CPU.

    Returns
    -------
    list or dict
        As they were saved.

    Raises
    ------
    MXNetError
        If the file cannot be read, is truncated or corrupt; with the array and the offset.
    """
    if not isinstance(fname, str | os.PathLike):
        raise CompositionError(f"load() takes the name of a file, not {type(fname).__name__}.")
    return _Reader(read_file(fname), f"the file {os.fspath(fname)!r}").file()


def load_frombuffer(buf: bytes) -> list[NDArray] | dict[str, NDArray]:
    """Load the arrays that :func:`save` has written, from memory.

    Parameters
    ----------
    buf : bytes
        The contents of a file.
    """
    if not isinstance(buf, bytes | bytearray | memoryview):
        raise CompositionError(f"load_frombuffer() takes bytes, not {type(buf).__name__}.")
    return _Reader(bytes(buf), "the buffer").file()


def dumps(data: NDArray | Sequence[NDArray] | Mapping[str, NDArray]) -> bytes:
    """Return what :func:`save` writes."""
    names: list[str] = []
    if isinstance(data, NDArray):
        arrays = [data]
    elif isinstance(data, Mapping):
        names, arrays = list(data.keys()), list(data.values())
    elif isinstance(data, list | tuple):
        arrays = list(data)
    else:
        raise ParameterError(
            f"save() takes an NDArray, or a list or dict of them, not {type(data).__name__}."
        )
    for what, kind, items in (("names", str, names), ("arrays", NDArray, arrays)):
        for item in items:
            if not isinstance(item, kind):
                raise CompositionError(
                    f"save(): the {what} must be {kind.__name__}, not {item!r} ({type(item).__name__})."
                )
    encoded = [name.encode() for name in names]
    return b"".join(
        [
            struct.pack("<QQQ", LIST_MAGIC, 0, len(arrays)),
            *map(dump_array, arrays),
            struct.pack("<Q", len(names)),
            *(struct.pack("<Q", len(name)) + name for name in encoded),
        ]
    )


# ---------------------------------------------------------------------------------------------------- writing


def dump_array(array: NDArray) -> bytes:
    """Return one array as it stands in a file."""
    values, aux = [array.handle], []
    if isinstance(array, BaseSparseNDArray):
        values, aux = [array.data.handle], [each.handle for each in array._aux_arrays()]
    code = {name: number for number, name in STYPES.items()}[array.stype]
    # An array without dimensions is known only to the layout of 1.6 and later.
    parts = [struct.pack("<Ii", V2 if array.ndim else V3, code)]
    if array.stype != "default":
        parts.append(_dump_shape(values[0]))
    parts.append(struct.pack(f"<I{array.ndim}q", array.ndim, *array.shape))
    context = array.context
    parts.append(struct.pack("<iii", context.device_typeid, context.device_id, CODES[array._dtype_name]))
    parts += [struct.pack("<i", CODES["int64"]) + _dump_shape(each) for each in aux]
    parts += [_dump_values(each) for each in (*values, *aux)]
    return b"".join(parts)


def _dump_shape(tensor: Tensor) -> bytes:
    return struct.pack(f"<I{tensor.ndim}q", tensor.ndim, *tensor.shape)


def _dump_values(tensor: Tensor) -> bytes:
    host = tensor.detach().contiguous().cpu()
    if host.dtype == torch.bfloat16:
        host = host.view(torch.int16)
    values: np.ndarray[Any, Any] = host.numpy()
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


# ---------------------------------------------------------------------------------------------------- reading


def load_array(contents: bytes, source: str) -> NDArray:
    """Return the one array that these bytes are."""
    return _Reader(contents, source).array()


class _Reader:
    """Reads forward through bytes, of which no length is trusted.

    Parameters
    ----------
    contents : bytes
        What to read.
    source : str
        How messages call it.
    """

    def __init__(self, contents: bytes, source: str) -> None:
        self.contents = memoryview(contents)
        self.source = source
        self.offset = 0
        self.where = "the header"

    def file(self) -> list[NDArray] | dict[str, NDArray]:
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
        if not names:
            return arrays
        if n_names != n_arrays:
            self.fail(f"there are {n_names} names for {n_arrays} arrays")
        return dict(zip(names, arrays, strict=True))

    def array(self) -> NDArray:
        (magic,) = self.numbers("<I", "the layout")
        if magic in (V2, V3):
            return self.modern(magic)
        # Before 0.9 an array starts with its number of dimensions.
        shape = self.shape("the shape") if magic == V1 else self.extents(magic, "I", "the shape")
        if not shape:
            return self.dense((), "float32", empty=True)
        return self.dense(shape, self.dtype_after_device())

    def modern(self, magic: int) -> NDArray:
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
        from mxnet.ndarray.storage import from_parts

        kinds = [self.aux_kind() for _ in range(1 if stype == "row_sparse" else 2)]
        data = self.tensor(stored, dtype)
        aux = [self.tensor(extents, name).to(torch.int64) for name, extents in kinds]
        try:
            return from_parts(stype, shape, data, aux)
        except FileFormatError as error:
            self.fail(str(error))

    def aux_kind(self) -> tuple[str, tuple[int, ...]]:
        return self.dtype("the data type of indices"), self.shape("the shape of indices")

    def dense(self, shape: tuple[int, ...], dtype: str, *, empty: bool = False) -> NDArray:
        """Return a dense array; one that never had a shape is saved without contents, and becomes a zero."""
        tensor = torch.zeros(shape) if empty else self.tensor(shape, dtype)
        return NDArray._from_tensor(tensor, Context("cpu", 0))

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
        raw = self.take(math.prod(shape) * stored.itemsize, f"the {shape} values of {dtype}")
        values = np.frombuffer(raw, stored).reshape(shape).astype(stored.newbyteorder("="))
        tensor = torch.from_numpy(values)
        return tensor.view(torch_dtype(dtype)) if dtype == "bfloat16" else tensor

    def name(self, i: int) -> str:
        (length,) = self.numbers("<Q", f"the length of name {i}")
        raw = self.take(length, f"name {i}")
        try:
            return bytes(raw).decode()
        except UnicodeDecodeError:
            self.fail(f"name {i} is not UTF-8")

    def count(self, what: str, least_bytes: int) -> int:
        """Read how many things follow, each of which takes some bytes."""
        (count,) = self.numbers("<Q", what)
        if count * least_bytes > len(self.contents) - self.offset:
            self.fail(f"{what} is {count}, for which the file is too short")
        return int(count)

    def numbers(self, layout: str, what: str) -> tuple[int, ...]:
        return struct.unpack(layout, self.take(struct.calcsize(layout), what))

    def take(self, length: int, what: str) -> memoryview:
        left = len(self.contents) - self.offset
        if length > left:
            self.fail(
                f"{what} takes {length} bytes, but only {left} are left; the file is truncated or corrupt"
            )
        self.offset += length
        return self.contents[self.offset - length : self.offset]

    def fail(self, problem: str) -> NoReturn:
        raise FileFormatError(
            f"Cannot read {self.source}: {problem} (in {self.where}, at byte {self.offset})."
        )
