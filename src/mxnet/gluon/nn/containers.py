"""Layers one after the other, and functions as layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, TypeVar

from mxnet import ndarray as nd
from mxnet import symbol
from mxnet.caller import warn
from mxnet.errors import did_you_mean
from mxnet.gluon.block import Block, HybridBlock
from mxnet.gluon.block.where import UserCall
from mxnet.gluon.errors import CheckError

__all__ = ["HybridLambda", "HybridSequential", "Lambda", "Sequential"]

Container = TypeVar("Container", bound="Stack")


class Stack(Block):
    """What both kinds of `Sequential` share: children in their order, by number and by slice."""

    _in_summary = False

    def add(self, *blocks: Block) -> None:
        """Put blocks on top."""
        for block in blocks:
            self.register_child(block)

    def __repr__(self) -> str:
        lines = [f"  ({key}): {_indented(block)}" for key, block in self._children.items()]
        return "\n".join([f"{type(self).__name__}(", *(lines or [""]), ")"])

    def __getitem__(self, key: Any) -> Any:
        layers = list(self._children.values())[key]
        if not isinstance(layers, list):
            return layers
        part = type(self)(prefix=self._prefix)
        with part.name_scope():
            part.add(*layers)
        return part

    def __len__(self) -> int:
        return len(self._children)

    def __iter__(self) -> Iterator[Block]:
        return iter(self._children.values())


def _indented(block: Block) -> str:
    return repr(block).replace("\n", "\n  ")


class Sequential(Stack):
    """Blocks one after the other, each called with what the one before returned.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.gluon.nn.Sequential()
    >>> net.add(mx.gluon.nn.Dense(4, activation="relu"), mx.gluon.nn.Dense(2))
    >>> net[1], len(net)
    (Dense(None -> 2, linear), 2)
    """

    def forward(self, x: Any) -> Any:
        """Call the blocks in their order."""
        for block in self:
            x = block(x)
        return x

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Hybridize each of the blocks that can be; the container itself stays a Python loop."""
        if len(self) and all(isinstance(block, HybridBlock) for block in self):
            warn(
                f"All children of this Sequential layer {self.prefix!r} are HybridBlocks. Consider using "
                "HybridSequential for the best performance."
            )
        super().hybridize(active, **kwargs)


class HybridSequential(Stack, HybridBlock):
    """Hybrid blocks one after the other, which together make one graph.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.gluon.nn.HybridSequential()
    >>> net.add(mx.gluon.nn.Dense(4, activation="relu"), mx.gluon.nn.Dense(2))
    >>> net(mx.sym.Variable("data")).list_outputs()[0].endswith("_fwd_output")
    True
    """

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002 - the blocks know theirs
        """Call the blocks in their order."""
        for block in self:
            x = block(x)
        return x


class Lambda(Block):
    """A function as a block.

    Parameters
    ----------
    function : callable or str
        Of arrays, or the name of one in `mx.nd`.
    prefix : str, optional

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.gluon.nn.Lambda("square"), mx.gluon.nn.Lambda(lambda x: x + 1)(mx.nd.ones(2)).asnumpy()
    (Lambda(square), array([2., 2.], dtype=float32))
    """

    def __init__(self, function: Callable[..., Any] | str, prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        self._func_name = _name_of(function, nd)
        self._func_impl: Callable[..., Any] = getattr(nd, function) if isinstance(function, str) else function

    def forward(self, *args: Any) -> Any:
        """Call the function."""
        return self._func_impl(*args)

    def _calls(self, args: tuple[Any, ...]) -> Iterator[UserCall]:
        yield self._func_impl, args, ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._func_name})"


class HybridLambda(HybridBlock):
    """A function as a block that makes part of a graph.

    Parameters
    ----------
    function : callable or str
        Of `F` and of what the block is called with, or the name of one in both `mx.nd` and `mx.sym`.
    prefix : str, optional
    """

    def __init__(self, function: Callable[..., Any] | str, prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        self._func_name = _name_of(function, nd, symbol)
        self._func: Callable[..., Any] = (
            (lambda F, *args: getattr(F, function)(*args)) if isinstance(function, str) else function
        )

    def hybrid_forward(self, F: Any, x: Any, *args: Any) -> Any:
        """Call the function."""
        return self._func(F, x, *args)

    def _calls(self, args: tuple[Any, ...]) -> Iterator[UserCall]:
        yield self._func, (..., *args), ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._func_name})"


def _name_of(function: Callable[..., Any] | str, *modules: ModuleType) -> str:
    """Return the name of a function, or a name that all modules know."""
    if callable(function):
        return getattr(function, "__name__", repr(function))
    if not isinstance(function, str):
        raise CheckError(
            f"Unrecognized function in lambda: {function!r} of type {type(function).__name__}: it has to be "
            "a function or the name of an operator."
        )
    for module in modules:
        if not hasattr(module, function):
            near = did_you_mean(function, dir(module))
            raise CheckError(f"Function name {function} is not found in {module.__name__}.{near}")
    return function
