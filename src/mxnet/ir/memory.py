"""Where a kernel's results lie: in memory of their own, in that of an input, or where the kernel is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

__all__ = ["EITHER", "NEW", "NOWHERE", "VIEW", "WRITES", "Into", "Memory", "takes_out"]


class Into(NamedTuple):
    """Where a ``backward`` kernel writes a gradient, instead of returning a new tensor (and returns None).

    Attributes
    ----------
    tensor : Tensor
        Of the gradient's shape and dtype; with ``add`` it holds what the gradient is added to.
    add : bool
        Whether the gradient is added to what is there.
    """

    tensor: Any
    add: bool


NOWHERE: Mapping[str, Into] = {}
"""The ``out`` of a backward kernel that is free to return new tensors."""


@dataclass(frozen=True)
class Memory:
    """What a kernel declares about the memory of its results: ``memory`` and ``backward_memory`` of a class.

    A kernel that can be told where to write takes the keyword ``out``. A ``forward`` gets a tensor of the
    first output's shape and dtype, in any strides, fills it and returns it. A ``backward`` gets a dict of
    :class:`Into`, by input, for some or all of the gradients it is asked for, and returns None for these.

    Attributes
    ----------
    result : {"new", "view", "repeated", "either"}
        Whether the kernel returns new memory, a view of its first input, this repeated without a copy, or the
        one or the other. Only what is certainly new may be overwritten by a later step.
    over : tuple of str
        The inputs, the best first, whose memory the first output may overwrite where it has their shape and
        dtype: ``out`` is then that very tensor. Of a ``backward``: what it reads, and a gradient that is
        asked for alone may overwrite.
    into : bool
        Whether ``out`` may be memory that shares nothing with an input.
    adds : tuple of str
        Of a ``backward``: the inputs whose gradients it can add to what is there.
    """

    result: Literal["new", "view", "repeated", "either"] = "either"
    over: tuple[str, ...] = ()
    into: bool = False
    adds: tuple[str, ...] = ()

    @property
    def takes_out(self) -> bool:
        """Whether the kernel takes the keyword ``out``."""
        return self.into or bool(self.over)


def takes_out(kernel: Callable[..., Any] | None) -> bool:
    """Whether a kernel, or a function that it is made of, takes the keyword ``out``."""
    if kernel is None:
        return False
    code = kernel.__code__  # much faster to look at than a signature, for hundreds of kernels
    return "out" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


EITHER, NEW, VIEW, WRITES = Memory(), Memory("new"), Memory("view"), Memory("new", into=True)
"""Of kernels of which nothing is known, and of those that return new memory, a view, or write where told."""
