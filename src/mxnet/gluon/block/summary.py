"""A table of what every block makes of some inputs, and of how many parameters it has."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.gluon.errors import CheckError
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from mxnet.gluon.block.block import Block
    from mxnet.gluon.parameter import Parameter

__all__ = ["print_summary"]

_WIDTH = 80


def print_summary(network: Block, inputs: Sequence[Any]) -> None:
    """Call a network and print a line for every block; see ``Block.summary``."""
    rows = [("Input", _shapes(inputs), 0)]
    counted = _Counts()
    handles = []

    def watch(block: Block) -> None:
        if getattr(block, "_active", False):
            raise CheckError(
                f'"{block.name}" must not be hybridized to print summary: call hybridize(False) first.'
            )

        def note(block: Block, _: Any, outputs: Any) -> None:
            name = f"{type(block).__name__}-{len(rows)}"
            rows.append((name, _shapes(outputs), counted.add(block.params.values())))

        if block._in_summary:
            handles.append(block.register_forward_hook(note))

    try:
        network.apply(watch)
        network(*inputs)
    finally:
        for handle in handles:
            handle.detach()
    print("\n".join(_lines(rows, counted)))  # noqa: T201 - that is what it is for


class _Counts:
    """How many numbers are in the parameters of all blocks so far."""

    def __init__(self) -> None:
        self.total = self.trainable = self.shared = 0
        self._met: set[Parameter] = set()

    def add(self, parameters: Any) -> int:
        """Count those of one block, and return how many they are."""
        of_block = 0
        for each in parameters:
            size = math.prod(each.shape)
            of_block += size
            self.trainable += size if each.grad_req != "null" else 0
            self.shared += size if each in self._met else 0
            self._met.add(each)
        self.total += of_block
        return of_block


def _lines(rows: Sequence[tuple[str, str, int]], counted: _Counts) -> Iterator[str]:
    yield "-" * _WIDTH
    yield _row("Layer (type)", "Output Shape", "Param #")
    yield "=" * _WIDTH
    for row in rows:
        yield _row(*row)
    yield "=" * _WIDTH
    yield "Parameters in forward computation graph, duplicate included"
    yield f"   Total params: {counted.total}"
    yield f"   Trainable params: {counted.trainable}"
    yield f"   Non-trainable params: {counted.total - counted.trainable}"
    yield f"Shared params in forward computation graph: {counted.shared}"
    yield f"Unique parameters in model: {counted.total - counted.shared}"
    yield "-" * _WIDTH


def _row(name: str, shape: str, count: object) -> str:
    return f"{name:>20}  {shape:>42} {count:>15}"


def _shapes(value: Any) -> str:
    """Return the shapes of a nested list of arrays as text."""
    shapes = _shape_of(value)
    if isinstance(shapes, list):
        return str(shapes[0] if len(shapes) == 1 else shapes).removeprefix("[").removesuffix("]")
    return str(shapes)


def _shape_of(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_shape_of(each) for each in value]
    return value.shape if isinstance(value, NDArray) else value
