"""Arrays in files that others write and read: ``.safetensors`` and numpy's ``.npz``."""

from __future__ import annotations

import importlib
import importlib.util
import io
import os
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from mxnet.context import cpu
from mxnet.errors import FileFormatError, MissingPackageError, ParameterError
from mxnet.files import atomic_write
from mxnet.ndarray.creation import array as new_array
from mxnet.ndarray.ndarray import NDArray

__all__ = ["is_npz", "is_safetensors", "load_npz", "load_safetensors", "save_npz", "save_safetensors"]

_MOST_BYTES = 1 << 30
_MOST_GROWTH = 100
"""Numbers may unpack to a gigabyte, or to that many times what a file has."""


def is_npz(head: bytes) -> bool:
    """Whether a file is a zip archive."""
    return head[:4] == b"PK\x03\x04"


def is_safetensors(head: bytes, size: int) -> bool:
    """Whether a file of that size begins as those do: with the length of a JSON object, and that."""
    length = int.from_bytes(head[:8], "little")
    return head[8:9] == b"{" and 2 <= length <= size - 8


def _by_name(data: Mapping[str, NDArray], function: str) -> Mapping[str, NDArray]:
    if not isinstance(data, Mapping) or not all(isinstance(each, NDArray) for each in data.values()):
        raise ParameterError(f"{function}() takes a dict of names to NDArrays, not {type(data).__name__}.")
    return data


def save_safetensors(
    fname: str | os.PathLike[str], data: Mapping[str, NDArray], metadata: Mapping[str, str] | None = None
) -> None:
    """Save arrays as ``.safetensors``, which other frameworks read; ``mx.nd.load`` reads it back.

    Parameters
    ----------
    fname : path
        The file, which is replaced as a whole or not at all.
    data : dict of str to NDArray
        The arrays; sparse ones become dense.
    metadata : dict of str to str, optional
        Notes that are stored with them.

    Raises
    ------
    MissingPackageError
        If the package safetensors is not installed.
    """
    library = _library()
    arrays = _by_name(data, "save_safetensors")
    tensors = {name: each.tostype("default")._tensor.contiguous().cpu() for name, each in arrays.items()}
    contents = library.save({name: each.clone() for name, each in tensors.items()}, metadata=metadata)
    with atomic_write(fname) as file:
        file.write(contents)


def save_npz(fname: str | os.PathLike[str], data: Mapping[str, NDArray]) -> None:
    """Save arrays as numpy's ``.npz``; ``mx.nd.load`` reads it back. bfloat16 becomes float32.

    Parameters
    ----------
    fname : path
        The file, which is replaced as a whole or not at all.
    data : dict of str to NDArray
        The arrays; sparse ones become dense.
    """
    arrays = {name: each.asnumpy() for name, each in _by_name(data, "save_npz").items()}
    with atomic_write(fname) as file, zipfile.ZipFile(file, "w") as archive:
        for name, each in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, each, allow_pickle=False)
            archive.writestr(f"{name}.npy", buffer.getvalue())


def load_safetensors(contents: bytes, source: str) -> dict[str, NDArray]:
    """Return the arrays of a ``.safetensors`` file.

    Raises
    ------
    FileFormatError
        If it is damaged.
    MissingPackageError
        If the package safetensors is not installed.
    """
    library = _library()
    try:
        tensors: dict[str, Any] = library.load(contents)
    except Exception as error:  # the library's own, and what torch says of shapes
        raise FileFormatError(f"Cannot read {source}: {error}.") from None
    return {name: NDArray._from_tensor(each, cpu()) for name, each in tensors.items()}


def load_npz(contents: bytes, source: str) -> dict[str, NDArray] | list[NDArray]:
    """Return the arrays of a ``.npz`` file; those that numpy has numbered are a list.

    Raises
    ------
    FileFormatError
        If it is damaged, holds objects, or unpacks to far more bytes than it has.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            size = sum(each.file_size for each in archive.infolist())
        too_much = size > max(_MOST_BYTES, _MOST_GROWTH * len(contents))
        with np.load(io.BytesIO(contents), allow_pickle=False) as arrays:
            names = [] if too_much else arrays.files
            found = {name: new_array(arrays[name], dtype=arrays[name].dtype) for name in names}
    except Exception as error:  # zipfile, zlib and numpy have many
        raise FileFormatError(f"Cannot read {source}: {error}.") from None
    if too_much:
        raise FileFormatError(f"Cannot read {source}: its {len(contents)} bytes unpack to {size}.")
    if found and list(found) == [f"arr_{i}" for i in range(len(found))]:
        return list(found.values())
    return found


def _library() -> Any:
    if importlib.util.find_spec("safetensors") is None:
        raise MissingPackageError(
            ".safetensors files need the package safetensors: pip install 'symnet[safetensors]'."
        )
    return importlib.import_module("safetensors.torch")
