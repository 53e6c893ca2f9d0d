"""``mx.rtc``: compiles CUDA kernels from text; here it says why it cannot."""

from __future__ import annotations

from typing import Any

from mxnet.errors import MXNetError
from mxnet.historic import lend

__all__ = ["CudaKernel", "CudaModule"]


class RunTimeCompilationError(MXNetError):
    """A CUDA kernel was to be compiled or launched."""


class CudaModule:
    """Refuses CUDA source, as MXNet does where it was built without its compiler.

    Raises
    ------
    MXNetError
        Always.
    """

    def __init__(self, source: str, options: Any = (), exports: Any = ()) -> None:  # noqa: ARG002
        raise RunTimeCompilationError(_WHY)


class CudaKernel:
    """A kernel of a :class:`CudaModule`, of which there are none.

    Raises
    ------
    MXNetError
        Always.
    """

    def __init__(self, handle: Any, name: str, is_ndarray: Any, dtypes: Any) -> None:  # noqa: ARG002
        raise RunTimeCompilationError(_WHY)


_WHY = (
    "CUDA kernels cannot be compiled at run time here: Symnet's kernels are PyTorch's. Write the operator "
    "as mx.operator.CustomOp, whose methods may call torch (and torch's own means to compile CUDA)."
)


lend(__name__)
