"""How the values of arrays go elsewhere: to numpy, to Python, and by DLPack to other libraries."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.errors import ReadOnlyError, ShapeError
from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Exchange"]


class Exchange:
    """The methods of arrays that hand their values over."""

    _tensor: Tensor
    writable: bool

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The extents."""

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of elements."""

    def _check_writable(self) -> None:
        """Raise an error if nobody may write to the array."""
        if not self.writable:
            raise ReadOnlyError("The array is read-only.")

    def asnumpy(self) -> np.ndarray[Any, Any]:
        """Return the values as a new numpy array (bfloat16 as float32)."""
        tensor = self._tensor
        if tensor.dtype == torch.bfloat16:
            tensor = tensor.float()
        host = tensor.cpu()
        values: np.ndarray[Any, Any] = host.numpy()
        return values.copy() if host is self._tensor else np.array(values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        values = self.asnumpy()
        return values if dtype is None else values.astype(dtype, copy=False)

    def asscalar(self) -> Any:
        """Return the only element of the array, as a numpy scalar.

        Raises
        ------
        ValueError
            If it has more or fewer.
        """
        if self.size != 1:
            raise ShapeError(
                f"asscalar() needs an array of one element, but this one has shape {self.shape}."
            )
        return self.asnumpy().reshape(-1)[0]

    def wait_to_read(self) -> None:
        """Wait until the values are there."""
        if self._tensor.is_cuda:
            torch.cuda.synchronize(self._tensor.device)

    wait_to_write = wait_to_read

    def __dlpack__(self, **kwargs: Any) -> Any:
        self.wait_to_read()
        return self._tensor.__dlpack__(**kwargs)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._tensor.__dlpack_device__()

    def to_dlpack_for_read(self) -> Any:
        """Return a DLPack capsule that shares the memory of this array, to be read."""
        return self.__dlpack__()

    def to_dlpack_for_write(self) -> Any:
        """Return a DLPack capsule that shares the memory of this array, to be written."""
        self._check_writable()
        return self.__dlpack__()
