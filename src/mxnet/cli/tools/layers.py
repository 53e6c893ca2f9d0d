"""The layers of a model with their shapes, parameters and operations, and the memory of a run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from mxnet.analysis.infer import infer_shapes
from mxnet.cli.tools.models import Model, find_model
from mxnet.cli.tools.shapes import InputShapes
from mxnet.context import cpu
from mxnet.errors import MXNetError
from mxnet.ir.node import Entry, Node
from mxnet.ir.types import Shape, is_complete
from mxnet.plan.memory_plan import MemoryPlan
from mxnet.plan.options import Options
from mxnet.plan.program_cache import Programs
from mxnet.visualization.costs import operations

__all__ = ["Layer", "Layers", "memory_plan", "open_layers"]


class Layer(NamedTuple):
    """An operator of a model.

    Attributes
    ----------
    name, operator : str
        The node and what it does.
    outputs : tuple of (Shape or None)
        The shapes of what it makes.
    parameters : int or None
        How many numbers it learns that no layer before has.
    operations : int or None
        How many operations a run takes.
    inputs : tuple of str
        The layers and inputs it reads.
    """

    name: str
    operator: str
    outputs: tuple[Shape | None, ...]
    parameters: int | None
    operations: int | None
    inputs: tuple[str, ...]


class Layers:
    """The layers of a model, and what is known of all of them."""

    def __init__(self, model: Model, shapes: InputShapes | None, problem: str) -> None:
        self.model = model
        self.inputs = shapes
        self.problem = problem
        graph = model.symbol.graph
        known = self.known()
        variables = {node: known[node.name] for node in graph.nodes if node.op is None and node.name in known}
        self._shapes: dict[Node, list[Shape | None]]
        try:
            values = infer_shapes(graph, variables).values
            self._shapes = dict(zip(graph.nodes, values, strict=True))
        except MXNetError as error:  # contradictions, or an operator that nobody knows
            self.problem = str(error)
            self._shapes = {node: [None] * (node.op.arity[2] if node.op else 1) for node in graph.nodes}
        given = set(shapes.shapes) if shapes else set()
        states = set(graph.aux)
        self._inputs = {
            node for node in graph.arguments if node.name in given or node.name.endswith(("data", "label"))
        }
        self._learned = {node for node in graph.arguments if node not in self._inputs} - states

    def known(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of parameters and inputs."""
        arrays = {name: tuple(array.shape) for name, array in self.model.every.items()}
        return arrays | (self.inputs.shapes if self.inputs else {})

    def rows(self) -> Iterator[Layer]:
        """Yield the layers, in the order in which they run."""
        counted: set[Node] = set()
        for node in self.model.symbol.graph.operators:
            assert node.op is not None
            own = {each.node: each for each in node.inputs if each.node in self._learned}
            own = {each: entry for each, entry in own.items() if each not in counted}
            counted |= own.keys()
            sizes = [self._size(each) for each in own.values()]
            outs = self._shapes[node][: node.op.visible_outputs()]
            yield Layer(
                node.name,
                node.op.name,
                tuple(outs),
                None if None in sizes else sum(each for each in sizes if each is not None),
                operations(node, [self._shape(each) for each in node.inputs], self._shapes[node]),
                tuple(each.node.name for each in node.inputs if self._is_shown(each.node)),
            )

    def outputs(self) -> dict[str, Shape | None]:
        """Return the shapes of the outputs by name."""
        return {each.output_name: self._shape(each) for each in self.model.symbol.graph.outputs}

    def states(self) -> int | None:
        """Return how many numbers the auxiliary states have."""
        sizes = [self._size(Entry(node)) for node in self.model.symbol.graph.aux]
        return None if None in sizes else sum(each for each in sizes if each is not None)

    def _shape(self, entry: Entry) -> Shape | None:
        shape: Shape | None = self._shapes[entry.node][entry.index]
        return shape

    def _size(self, entry: Entry) -> int | None:
        shape = self._shape(entry)
        return math.prod(int(each or 0) for each in shape or ()) if is_complete(shape) else None

    def _is_shown(self, node: Node) -> bool:
        return node.op is not None or node in self._inputs


def open_layers(
    path: str, params: str | None, epoch: int | None, cut: str | None, shapes: list[str]
) -> Layers:
    """Return the layers of a model; where shapes of inputs do not follow, without those.

    Raises
    ------
    MXNetError
        If there is no model, or shapes are given that contradict it.
    """
    model = find_model(path, params, epoch, cut)
    try:
        found = model.input_shapes(shapes)
    except MXNetError as error:
        if shapes:
            raise
        return Layers(model, None, str(error))
    return Layers(model, found, "")


def memory_plan(layers: Layers) -> MemoryPlan | None:
    """Return what the values of a run for inference take; None where shapes are unknown."""
    if layers.inputs is None:
        return None
    try:
        model = layers.model.for_inference()
    except MXNetError:  # nothing but losses
        return None
    symbol, known = model.symbol, layers.known()
    names = [*symbol.list_arguments(), *symbol.list_auxiliary_states()]
    shapes, _, states = symbol.infer_shape_partial(**{name: known[name] for name in names if name in known})
    every = [tuple(shape) for shape in (*(shapes or ()), *(states or ()))]
    if not all(shape and min(shape) > 0 for shape in every):
        return None
    kinds = model.dtypes()
    types = tuple(zip(every, (kinds[name] for name in names), strict=True))
    options = Options.of_environment()
    options = replace(
        options, disabled=options.disabled | {"native"}
    )  # nothing runs: no kernels are compiled
    programs = Programs(symbol.graph, (), cpu(), {}, options=options)
    return MemoryPlan(programs.get(types, is_train=False, with_gradient=False).plan)
