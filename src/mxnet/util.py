"""``mx.util``: whether shapes mean what numpy means by them, environment variables, and what the GPUs are."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from mxnet.context import Context, gpu_memory_info, num_gpus
from mxnet.errors import MXNetError
from mxnet.historic import lend

__all__ = [
    "get_cuda_compute_capability",
    "get_gpu_count",
    "get_gpu_memory",
    "getenv",
    "is_np_array",
    "is_np_shape",
    "np_array",
    "np_shape",
    "reset_np",
    "set_module",
    "set_np",
    "set_np_shape",
    "setenv",
    "use_np_shape",
]

_T = TypeVar("_T")

_numpy_shapes: ContextVar[bool] = ContextVar("numpy_shapes", default=False)


class NumpyArraysError(MXNetError, ValueError):
    """Arrays of ``mx.np`` were asked for."""


class _NotDecoratedError(MXNetError, TypeError):
    """Something that cannot be called was decorated."""


def is_np_shape() -> bool:
    """Return whether shapes mean what numpy means by them, in this thread.

    Without it, which is how MXNet starts, a 0 in a shape is an unknown extent and ``()`` an unknown number of
    dimensions. With it these are shapes like any other, of arrays without elements and of scalars; unknown is
    -1, or None for the whole shape.

    Examples
    --------
    >>> import mxnet as mx
    >>> rows = mx.sym.exp(mx.sym.Variable("rows"))
    >>> rows.infer_shape(rows=(0, 3))
    (None, None, None)
    >>> with mx.np_shape():
    ...     rows.infer_shape(rows=(0, 3))
    ([(0, 3)], [(0, 3)], [])
    """
    return _numpy_shapes.get()


def set_np_shape(active: bool) -> bool:
    """Turn numpy's meaning of shapes on or off in this thread, see :func:`is_np_shape`.

    Returns
    -------
    bool
        What it was before.
    """
    before = is_np_shape()
    _numpy_shapes.set(bool(int(active)))
    return before


class np_shape:  # noqa: N801 - MXNet's name
    """Turns numpy's meaning of shapes on or off in a ``with`` block, see :func:`is_np_shape`.

    Parameters
    ----------
    active : bool, default True

    Examples
    --------
    >>> import mxnet as mx
    >>> with mx.np_shape():
    ...     mx.nd.array([1, 2, 3])[0].shape
    ()
    """

    def __init__(self, active: bool = True) -> None:
        self._active = active
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(set_np_shape(self._active))

    def __exit__(self, *exc_info: object) -> None:
        set_np_shape(self._before.pop())


def use_np_shape(func: _T) -> _T:
    """Decorate a function, or all methods of a class, to run with numpy's meaning of shapes.

    See :func:`is_np_shape`. Static and class methods are left as they are.

    Raises
    ------
    MXNetError
        If `func` cannot be called.
    """
    if isinstance(func, type):
        for name, member in list(vars(func).items()):
            if isinstance(member, property):
                parts: list[Any] = [member.fget, member.fset, member.fdel]
                setattr(func, name, property(*[each and use_np_shape(each) for each in parts]))
            elif callable(member) and not isinstance(member, (type, staticmethod, classmethod)):
                setattr(func, name, use_np_shape(member))
        return func
    if not callable(func):
        raise _NotDecoratedError(f"use_np_shape decorates functions and classes, not {type(func).__name__}.")

    @functools.wraps(func)
    def with_numpy_shapes(*args: Any, **kwargs: Any) -> Any:
        with np_shape():
            return func(*args, **kwargs)

    return with_numpy_shapes  # type: ignore[return-value]


def is_np_array() -> bool:
    """Return False: blocks and parameters are made of ``mx.nd`` arrays, never of ``mx.np``'s."""
    return False


def np_array(active: bool = True) -> np_shape:
    """Return a scope without arrays of ``mx.np``, which changes nothing.

    Raises
    ------
    MXNetError
        If `active`: ``mx.np`` is not part of Symnet.
    """
    if active:
        raise NumpyArraysError(_NO_NUMPY)
    return np_shape(is_np_shape())


def set_np(shape: bool = True, array: bool = True) -> None:
    """Turn on numpy's meaning of shapes; ``set_np(array=False)`` is ``set_np_shape(True)``.

    Raises
    ------
    MXNetError
        If `array`: ``mx.np`` is not part of Symnet.
    """
    if array:
        raise NumpyArraysError(_NO_NUMPY)
    set_np_shape(shape)


def reset_np() -> None:
    """Turn off numpy's meaning of shapes."""
    set_np_shape(False)


_NO_NUMPY = (
    "mx.np and mx.npx are not part of Symnet, which holds MXNet's symbols and the arrays of mx.nd. "
    "For numpy's meaning of shapes alone use mx.util.set_np(array=False), or mx.np_shape()."
)


def set_module(module: str) -> Callable[[_T], _T]:
    """Return a decorator that sets the ``__module__`` of a function or class, for its documentation."""

    def moved(obj: _T) -> _T:
        if module is not None:
            obj.__module__ = module
        return obj

    return moved


def getenv(name: str) -> str | None:
    """Return an environment variable, None if it is not set."""
    return os.environ.get(name)


def setenv(name: str, value: str | None) -> None:
    """Set an environment variable; None removes it."""
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def get_gpu_count() -> int:
    """Return how many GPUs torch can use."""
    return num_gpus()


def get_gpu_memory(gpu_dev_id: int) -> tuple[int, int]:
    """Return the free and the total memory of a GPU in bytes."""
    return gpu_memory_info(gpu_dev_id)


def get_cuda_compute_capability(ctx: Context) -> int:
    """Return what a GPU can do, as 10 times its CUDA compute capability: 75 for a T4.

    Raises
    ------
    MXNetError
        If `ctx` is not a GPU, or that GPU does not exist.
    """
    if ctx.device_type != "gpu":
        raise NotAGPUError(f"Expected a GPU, whose compute capability it asks for, got {ctx}.")
    get_gpu_memory(ctx.device_id)  # refuses a GPU that does not exist
    import torch

    major, minor = torch.cuda.get_device_capability(ctx.device_id)
    return 10 * major + minor


class NotAGPUError(MXNetError, ValueError):
    """A processor was asked for what only GPUs have."""


lend(__name__)
