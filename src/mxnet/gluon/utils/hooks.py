"""Handles on functions that blocks call."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import Any

from mxnet.gluon.errors import CheckError

__all__ = ["HookHandle", "Hooks"]

_numbers = itertools.count()


class HookHandle:
    """A function among those that a block calls; ``detach`` takes it away.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.gluon.nn.Dense(2)
    >>> net.initialize()
    >>> handle = net.register_forward_hook(lambda block, inputs, output: print(output.shape))
    >>> _ = net(mx.nd.ones((3, 4)))
    (3, 2)
    >>> handle.detach()
    >>> _ = net(mx.nd.ones((3, 4)))
    """

    def __init__(self) -> None:
        self._hooks: weakref.ref[Any] | None = None
        self._number: int | None = None

    def attach(self, hooks_dict: Any, hook: Callable[..., Any]) -> None:
        """Put the function among those of a block.

        Raises
        ------
        AssertionError
            If the handle is on another one.
        """
        if self._hooks is not None:
            raise CheckError("The same handle cannot be attached twice.")
        self._number = next(_numbers)
        hooks_dict[self._number] = hook
        self._hooks = weakref.ref(hooks_dict)

    def detach(self) -> None:
        """Take the function away."""
        hooks = None if self._hooks is None else self._hooks()
        if hooks is not None and self._number is not None:
            hooks.pop(self._number, None)

    def __getstate__(self) -> tuple[Any, Any]:
        return None if self._hooks is None else self._hooks(), self._number

    def __setstate__(self, state: tuple[Any, Any]) -> None:
        hooks, self._number = state
        self._hooks = None if hooks is None else weakref.ref(hooks)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.detach()


class Hooks(dict[int, Callable[..., Any]]):
    """The functions of a block, by number."""

    __slots__ = ("__weakref__",)
