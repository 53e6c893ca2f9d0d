"""Saving arrays to files and loading them: ``mx.nd.save``, ``mx.nd.load``."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from mxnet.context import cpu
from mxnet.errors import CompositionError, ParameterError
from mxnet.files import atomic_write, reading
from mxnet.ndarray.foreign_files import is_npz, is_safetensors, load_npz, load_safetensors
from mxnet.ndarray.ndarray import NDArray, class_of
from mxnet.ndarray.params_format import file_pieces, load_file

__all__ = ["dumps", "load", "load_frombuffer", "save"]


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
    pieces = _pieces(data)
    with atomic_write(fname) as file:
        file.writelines(pieces)


def load(fname: str | os.PathLike[str]) -> list[NDArray] | dict[str, NDArray]:
    """Load the arrays of a file, to the CPU.

    Returns
    -------
    list or dict
        As they were saved. Besides MXNet's files, ``.safetensors`` and numpy's ``.npz`` are read.

    Raises
    ------
    MXNetError
        If the file cannot be read, is truncated or corrupt; with the array and the offset.
    """
    if not isinstance(fname, str | os.PathLike):
        raise CompositionError(f"load() takes the name of a file, not {type(fname).__name__}.")
    with reading(fname) as (file, size):
        return _arrays(file, size, f"the file {os.fspath(fname)!r}")


def load_frombuffer(buf: bytes) -> list[NDArray] | dict[str, NDArray]:
    """Load the arrays that :func:`save` has written, from memory.

    Parameters
    ----------
    buf : bytes
        The contents of a file.
    """
    if not isinstance(buf, bytes | bytearray | memoryview):
        raise CompositionError(f"load_frombuffer() takes bytes, not {type(buf).__name__}.")
    return _arrays(io.BytesIO(buf), len(buf), "the buffer")


def _arrays(file: BinaryIO, size: int, source: str) -> list[NDArray] | dict[str, NDArray]:
    head = file.read(9)
    file.seek(0)
    if is_safetensors(head, size):
        return load_safetensors(file.read(), source)
    if is_npz(head):
        return load_npz(file.read(), source)
    stored, names = load_file(file, size, source)
    arrays = [class_of(each.stype)._from_stored(each, cpu()) for each in stored]
    return dict(zip(names, arrays, strict=True)) if names else arrays


def dumps(data: NDArray | Sequence[NDArray] | Mapping[str, NDArray]) -> bytes:
    """Return what :func:`save` writes."""
    return b"".join(_pieces(data))


def _pieces(data: NDArray | Sequence[NDArray] | Mapping[str, NDArray]) -> Iterator[bytes | memoryview]:
    """Return the pieces of a file, after a check of what is to be saved."""
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
    return file_pieces([(array._stored(), array.context) for array in arrays], names)
