"""Where in a network an error was raised: the path from the outermost block, by children's names."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any

from mxnet.errors import MXNetError, add_note
from mxnet.gluon.errors import InputsError
from mxnet.ndarray import NDArray
from mxnet.symbol import Symbol

if TYPE_CHECKING:
    from mxnet.gluon.block.block import Block
    from mxnet.gluon.parameter import Parameter
    from mxnet.ir.node import Node

__all__ = ["COMPOSITION", "Composition", "UserCall", "path_to", "say_path", "say_where", "wrong_inputs"]


_PASSED = "_blocks"
"""What an error knows, also one that is not ours: the blocks whose calls it has passed through."""


class _Where(str):
    """A note about the block, which the next block out replaces."""

    __slots__ = ()


def say_where(error: Exception, block: Block) -> None:
    """Note that an error has passed through a block's call, on its way out."""
    passed: list[Block] = getattr(error, _PASSED, [])
    if block in passed:  # calls of one block by another of its own
        return
    passed.append(block)
    setattr(error, _PASSED, passed)
    names = [block.name or type(block).__name__]
    for outer, inner in zip(passed[:0:-1], passed[-2::-1], strict=True):
        names.append(next((key for key, child in outer._children.items() if child is inner), inner.name))
    where = f"{'.'.join(names)} ({type(passed[0]).__name__})"
    if isinstance(error, MXNetError):
        error.block = where
        return
    notes: list[str] = getattr(error, "__notes__", [])  # of an error of the user's own code
    notes[:] = [each for each in notes if not isinstance(each, _Where)]
    add_note(error, _Where(f"  in block {where}"))


def say_path(error: MXNetError, path: Sequence[Block]) -> None:
    """Note where an error belongs that no call has passed on yet: to the last of these blocks."""
    if not hasattr(error, _PASSED):
        for block in reversed(path):
            say_where(error, block)


def path_to(parameter: Parameter, block: Block) -> list[Block]:
    """Return the blocks that lead to the one whose attribute a parameter is; none where it is not there."""
    if any(each is parameter for each in block._reg_params.values()):
        return [block]
    below = (path_to(parameter, child) for child in block._children.values())
    return next(([block, *path] for path in below if path), [])


# ---------------------------------------------------------------------------------------------- wrong inputs

UserCall = tuple[Callable[..., Any], Sequence[Any], Iterable[str]]
"""A function that a block calls, its arguments (those that are not of the user ``...``), and parameters."""


def wrong_inputs(error: TypeError, calls: Iterable[UserCall]) -> InputsError | None:
    """Return an error that says what a block takes, if it was called with something else.

    Parameters
    ----------
    error : TypeError
        What Python says; if a function could not be called, it is from the line of the package that did so.
    calls : iterable of UserCall
        What a call of the block calls.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or not trace.tb_frame.f_globals.get("__name__", "").startswith("mxnet.gluon"):
        return None
    for function, args, params in calls:
        signature = inspect.signature(function)
        try:
            signature.bind(*args, **dict.fromkeys(params))
        except TypeError:
            made = InputsError(_expected_and_actual(function, signature, args, list(params)))
            made.__cause__ = error
            return made
    return None


def _expected_and_actual(
    function: Callable[..., Any], signature: inspect.Signature, args: Sequence[Any], params: Sequence[str]
) -> str:
    given = [each for each in args if each is not ...]
    taken = list(signature.parameters.values())
    several = {each.kind for each in taken}
    for name in params:
        if name not in signature.parameters and inspect.Parameter.VAR_KEYWORD not in several:
            return (
                f"{function.__qualname__}() does not take {name!r}, which is a parameter of the block: it "
                "gets all that were set as attributes."
            )
    taken = [each for each in taken[len(args) - len(given) :] if each.name not in params]
    expected = [
        str(each.replace(annotation=inspect.Parameter.empty))
        for each in taken
        if each.kind not in (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)
    ]
    actual = [type(each).__name__ + (f" {each.shape}" if isinstance(each, NDArray) else "") for each in given]
    return (
        f"It was called with other inputs than it takes.\n  Expect: {', '.join(expected) or 'none'}\n"
        f"  Actual: {', '.join(actual) or 'none'}"
    )


# ----------------------------------------------------------------------------------------- composed networks


class Composition:
    """The calls of blocks that compose a graph, so that each of its nodes can be led back to its block."""

    def __init__(self) -> None:
        self._open: list[Block] = []
        self._made: list[tuple[list[Block], list[Symbol], list[Symbol]]] = []
        self._tokens: list[Token[Composition | None]] = []

    def __enter__(self) -> None:
        self._tokens.append(COMPOSITION.set(self))

    def __exit__(self, *exc_info: object) -> None:
        COMPOSITION.reset(self._tokens.pop())

    @contextlib.contextmanager
    def inside(self, block: Block) -> Iterator[None]:
        """Note that a block composes."""
        self._open.append(block)
        try:
            yield
        finally:
            self._open.pop()

    def note(self, read: Any, made: Any) -> None:
        """Note what the innermost block has composed, and of what; inner ones do so before outer ones."""
        self._made.append((self._open.copy(), list(_symbols(read)), list(_symbols(made))))

    def path_to(self, node: Node) -> list[Block]:
        """Return the blocks, from the outermost to the one that made a node; none if it is unknown."""
        known: set[Node] = set()
        read_inside: list[
            tuple[int, set[Node]]
        ] = []  # by calls that the next one may have made, and how deep
        for path, read, made in self._made:
            before = _nodes_of(read)
            stack = list(_nodes_of(made))
            while read_inside and read_inside[-1][0] > len(path):
                stack += read_inside.pop()[1]
            read_inside.append((len(path), before))
            while stack:
                each = stack.pop()
                if each in known or each in before:
                    continue
                if each is node:
                    return path
                known.add(each)
                stack += [entry.node for entry in each.inputs]
        return []


COMPOSITION: ContextVar[Composition | None] = ContextVar("composition", default=None)


def _nodes_of(symbols: Iterable[Symbol]) -> set[Node]:
    return {entry.node for each in symbols for entry in each._outputs}


def _symbols(value: Any) -> Iterator[Symbol]:
    """Yield the symbols in a nested list."""
    if isinstance(value, Symbol):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _symbols(each)
