"""The shapes of a model's inputs: those that are given, else those that its parameters allow."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from mxnet.checkpoint import learned_names
from mxnet.cli.tools.failing import Failure
from mxnet.errors import MXNetError, few
from mxnet.ir.node import Node
from mxnet.ir.op import Slots
from mxnet.ops.nn.convolution import Convolution, Deconvolution
from mxnet.ops.nn.fully_connected import FullyConnected
from mxnet.ops.nn.norm import BatchNorm
from mxnet.ops.nn.rnn import RNN
from mxnet.ops.tensor.indexing import Embedding
from mxnet.ops.tensor.joining import SliceChannel
from mxnet.ops.tensor.matrix import Dot
from mxnet.symbol.symbol import Symbol

__all__ = ["InputShapes", "input_names", "input_shapes", "parse_shapes"]

Shape = tuple[int, ...]

_SIDES = (224, 112, 299, 227, 300, 32, 28, 64, 48, 24, 12, 96, 128, 160, 256, 320, 331, 416, 512, 608)
_OBLONG = ((112, 96), (96, 112), (128, 64), (256, 128), (32, 100), (32, 128), (60, 160), (30, 80), (32, 280))
_SEQUENCE = 10
_STEPS = (80, 28, 32, 1)
_FEATURES = (784, 100, 128, 512, 1024)
_LIKE_PARAMETERS = ("_weight", "_bias", "_gamma", "_beta", "_moving_mean", "_moving_var")
_FARTHEST = 30
"""How many operators are passed on the way from an input to one that tells of its shape."""


class InputShapes(NamedTuple):
    """The shapes of all inputs, and which of them nobody has said."""

    shapes: dict[str, Shape]
    guessed: tuple[str, ...]

    def note(self) -> str:
        """Return what a person should know of the guess; nothing if there is none."""
        if not self.guessed:
            return ""
        told = " ".join(f"--shape {_told(name, self.shapes[name])}" for name in self.guessed)
        return f"nothing says the shape of the input, so one is taken that fits: {told}."


def parse_shapes(texts: Iterable[str], names: Iterable[str]) -> dict[str, Shape]:
    """Return shapes as they are given on the command line: ``data=1,3,224,224`` or ``1x3x224x224``.

    Parameters
    ----------
    texts : iterable of str
        One per input; without a name it is that of the first.
    names : iterable of str
        The inputs.

    Raises
    ------
    Failure
        If one is no shape, or of what is no input.
    """
    inputs, shapes = list(names), {}
    for text in texts:
        name, _, numbers = text.rpartition("=")
        extents = re.split(r"[,xX ]+", numbers.strip().strip("()[]").strip(", "))
        if not all(each.isdigit() for each in extents):
            raise Failure(f"--shape {text!r} is no shape: expected data=1,3,224,224 or 1,3,224,224.")
        if name and name not in inputs:
            raise Failure(f"--shape {text!r}: the model has no input {name!r}, only {few(inputs)}.")
        if not name and not inputs:
            raise Failure(f"--shape {text!r}: the model has no inputs.")
        shapes[name or inputs[0]] = tuple(map(int, extents))
    return shapes


def input_names(symbol: Symbol, known: Iterable[str]) -> list[str]:
    """Return the arguments that are no parameters.

    Parameters are those that are known, those that stand where operators take what is learned, and those
    that are called so.
    """
    parameters = {*known, *learned_names(symbol)}
    return [
        name
        for name in symbol.list_arguments()
        if name not in parameters and not name.endswith(_LIKE_PARAMETERS)
    ]


def input_shapes(symbol: Symbol, parameters: Mapping[str, Shape], given: Mapping[str, Shape]) -> InputShapes:
    """Return the shapes of the inputs of a network.

    What is not given is inferred from the parameters; an input that stays unknown gets the first of the
    shapes that are usual for what reads it and that contradict nothing.

    Parameters
    ----------
    symbol : Symbol
        The network.
    parameters : dict of str to tuple
        The shapes of parameters and states, as far as there are some.
    given : dict of str to tuple
        Shapes of inputs.

    Raises
    ------
    Failure
        If no usual shape fits.
    MXNetError
        If what is given contradicts the network.
    """
    every = set(symbol.list_inputs())
    known = {name: shape for name, shape in parameters.items() if name in every} | dict(given)
    inputs = input_names(symbol, parameters)
    found = _inferred(symbol, known)
    guessed: list[str] = []
    for name in sorted(inputs, key=lambda each: each.endswith("label")):
        if _is_known(found[name]):
            continue
        try:
            known[name], found = _fitting(symbol, known, name, found)
            guessed.append(name)
        except Failure:
            if not name.endswith("label"):
                raise
    return InputShapes({name: found[name] for name in inputs}, tuple(guessed))


def _fitting(
    symbol: Symbol, known: Mapping[str, Shape], name: str, found: Mapping[str, Shape]
) -> tuple[Shape, dict[str, Shape]]:
    """Return the first usual shape of an input that fits, and all shapes that follow."""
    why, partly = "", found[name]
    told = {each: shape for each, shape in found.items() if _is_known(shape)}
    for candidate in _candidates(symbol, {**told, **known}, name):
        agrees = len(partly) == len(candidate) and all(
            a in (0, b) for a, b in zip(partly, candidate, strict=True)
        )
        if partly and not agrees:
            continue
        try:
            return candidate, _inferred(symbol, {**known, name: candidate})
        except MXNetError as error:
            why = why or f"\n  {_told(name, candidate)} does not fit: {str(error).splitlines()[0]}"
    raise Failure(
        f"The shape of the input {name!r} does not follow from the parameters: "
        f"give it with --shape {name}=1,...{why}"
    )


def _told(name: str, shape: Shape) -> str:
    return f"{name}={','.join(map(str, shape))}"


def _inferred(symbol: Symbol, known: Mapping[str, Shape]) -> dict[str, Shape]:
    arguments, _, states = symbol.infer_shape_partial(**known)
    names = symbol.list_arguments() + symbol.list_auxiliary_states()
    return dict(zip(names, [*(arguments or ()), *(states or ())], strict=True))


def _is_known(shape: Shape) -> bool:
    return bool(shape) and min(shape) > 0


# ------------------------------------------------------------------------------------------- what is usual


def _candidates(symbol: Symbol, known: Mapping[str, Shape], name: str) -> Iterable[Shape]:
    """Return shapes that are usual for what reads an input, the likeliest first."""
    told: list[Shape] = [(1, 3)] if name == "im_info" else []
    for node, slot, lengths in _readers(symbol, name):
        usual = list(_usual_for(node, slot, known, lengths))
        told += usual
        if usual:
            break
    elsewhere = itertools.chain(
        ((1, depth, side, side) for depth in (3, 1) for side in (224, 32, 28)),
        ((1, width) for width in _FEATURES),
        ((1, _SEQUENCE, width) for width in _FEATURES),
        ((1, _SEQUENCE), (1, 1), (1,)),
    )
    return dict.fromkeys([*told, *elsewhere])


def _usual_for(node: Node, slot: str, known: Mapping[str, Shape], lengths: list[int]) -> Iterator[Shape]:
    """Yield what an operator usually reads, or what its parameters ask for; nothing if it does not matter."""
    assert node.op is not None
    names = node.op.input_names() + node.op.aux_names()
    shapes = {each: known.get(entry.node.name, ()) for each, entry in zip(names, node.inputs, strict=True)}
    weight = shapes.get("weight", ())
    match node.op:
        case Convolution(kernel=kernel, num_group=groups) if slot == "data":
            yield from _images(len(kernel), weight[1] * groups if weight else None)
        case Deconvolution(kernel=kernel) if slot == "data":
            yield from _images(len(kernel), weight[0] if weight else None)
        case BatchNorm() if shapes["gamma"]:
            yield from _images(2, shapes["gamma"][0])
        case FullyConnected() if slot == "data":
            yield from _rows(node.op, weight)
        case Dot() if slot == "lhs" and shapes.get("rhs"):
            yield 1, shapes["rhs"][0]
        case Embedding():
            yield from ((1, length) for length in (*lengths, _SEQUENCE))
            yield (1,)
            yield from ((1, length) for length in range(2, 101))  # a dense layer may want just so many words
        case SliceChannel(num_outputs=steps, squeeze_axis=squeezes):  # a sequence, step by step
            yield from ((1, steps, width) if squeezes else (1, steps * width) for width in _STEPS)
        case RNN() if slot == "data":
            widths = [*_rnn_widths(node.op, shapes["parameters"]), 28, *_FEATURES]
            yield from ((_SEQUENCE, 1, width) for width in widths)
            yield from ((1, _SEQUENCE, width) for width in widths)
            yield from ((1, width, width) for width in widths)


def _rows(op: FullyConnected, weight: Shape) -> Iterator[Shape]:
    if not weight:
        yield from ((1, width) for width in (*_FEATURES, op.num_hidden, op.num_hidden // 4))
        return
    if not op.flatten:
        yield 1, _SEQUENCE, weight[1]
    yield 1, weight[1]
    yield from _flattened(weight[1])


def _images(dimensions: int, channels: int | None) -> Iterator[Shape]:
    for depth in (channels,) if channels else (3, 1):
        if dimensions == 2:
            yield from ((1, depth, *size) for size in _sizes())
        elif dimensions == 1:
            yield from ((1, depth, length) for length in (100, 128, 256, 1000))
        elif dimensions == 3:
            yield from ((1, depth, frames, side, side) for side in (112, 224) for frames in (16, 8, 32))


def _sizes() -> Iterator[tuple[int, int]]:
    yield from ((side, side) for side in _SIDES)
    yield from _OBLONG
    yield from ((side, side) for side in range(4, 72))


def _flattened(width: int) -> Iterator[Shape]:
    """Yield the images that have so many numbers."""
    for channels in (1, 3):
        side = math.isqrt(width // channels)
        if side * side * channels == width:
            yield 1, channels, side, side


def _rnn_widths(op: RNN, parameters: Shape) -> list[int]:
    """Return the number of features that goes with a vector of parameters, which grows with it evenly."""
    if not parameters:
        return []
    one, two = (_rnn_parameters(op, width) for width in (1, 2))
    more, rest = divmod(parameters[0] - one, two - one)
    return [1 + more] if more >= 0 and not rest else []


def _rnn_parameters(op: RNN, width: int) -> int:
    given = Slots(("data",), ((1, 1, width),), (), ())
    return int(op.infer_shape(given)["parameters"][0])


def _readers(symbol: Symbol, name: str) -> list[tuple[Node, str, list[int]]]:
    """Return the operators near an input, nearest first, with the slot it reaches and splits on the way."""
    followers: dict[Node, list[tuple[Node, str]]] = {}
    for node in symbol.graph.operators:
        assert node.op is not None
        slots = node.op.input_names() + node.op.aux_names()
        for entry, slot in zip(node.inputs, slots, strict=True):
            followers.setdefault(entry.node, []).append((node, slot))
    start = next(node for node in symbol.graph.nodes if node.op is None and node.name == name)
    reached: dict[Node, str] = {}
    ring = [start]
    for _ in range(_FARTHEST):
        nexts = [each for node in ring for each in followers.get(node, ()) if each[0] not in reached]
        reached |= dict(nexts)
        ring = list(dict(nexts))
    splits = [
        node.op.num_outputs for node in itertools.islice(reached, 20) if isinstance(node.op, SliceChannel)
    ]
    return [(node, slot, splits) for node, slot in reached.items()]
