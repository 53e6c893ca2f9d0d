"""How a graph runs in another engine: what ``bind(..., compiler="onnxruntime")`` does.

Parameters become constants of the model, which engines fold and lay out as they like. When one has been
written to since, the model is made anew; one that is written to before every run becomes an input.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from mxnet.engines.inference import inference_graph
from mxnet.engines.onnx_model import Input, NotInOnnxError, onnx_model
from mxnet.engines.package import ENGINES, Run
from mxnet.errors import BindError, MXNetError, few
from mxnet.ir.graph import Graph
from mxnet.ir.node import Node
from mxnet.ir.storage import DENSE
from mxnet.lazy import onnx, torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ENGINES", "Engine", "EngineError", "refuse_training"]

_OPSET = 21
"""The newest of ONNX's operators that the engines have, but for rare ones."""
_LARGEST = (1 << 31) - 1
_OFTEN = 3
"""After how many runs in succession before which a parameter was written to it becomes an input."""


class EngineError(MXNetError, RuntimeError):
    """An engine cannot run a graph, or failed to."""


class Engine:
    """Runs a graph for inference in another engine; it is what a program calls its code.

    Parameters
    ----------
    name : str
        One of :data:`~mxnet.engines.package.ENGINES`.
    graph : Graph
        With types.
    variables : sequence of Node
        Its arguments and auxiliary states, in the order in which they will be given.

    Raises
    ------
    EngineError
        If the graph has what ONNX or the engine has not: with the nodes.
    """

    def __init__(self, name: str, graph: Graph, variables: Sequence[Node]) -> None:
        _refuse_what_differs(name, graph, variables)
        self._name = name
        self._graph = inference_graph(graph, keeps_labels=True)
        self._variables = variables
        self._constant = _parameters(self._graph, variables)
        self._in_succession = Counter[int]()
        self._inputs: set[int] = set()
        self._made: _Made | None = None
        self._lock = threading.Lock()
        self.prepare: Sequence[Callable[..., tuple[Tensor, ...]]] = ()

    @property
    def source(self) -> str:
        """What the engine is given, as text."""
        made = self._made
        return f"run in {self._name}" if made is None else made.text

    def forward(
        self, variables: Sequence[Tensor], prepared: Sequence[Tensor], tap: object = None
    ) -> tuple[tuple[Tensor, ...], list[Tensor]]:
        """Run the model; what is prepared, and the tap, are for other code."""
        del prepared, tap
        with self._lock:
            made, changed = self._made, self._made.changed(variables) if self._made else []
            self._in_succession = Counter({i: self._in_succession[i] + 1 for i in changed})
            if made is None or changed:
                self._inputs.update([i for i, times in self._in_succession.items() if times >= _OFTEN])
                constant = [i for i in self._constant if i not in self._inputs]
                made = self._made = self._make(variables, constant)
        arrays = {self._variables[i].name: variables[i].numpy() for i in made.inputs}
        try:
            results = made.run(arrays)
        except Exception as error:
            raise EngineError(f"{self._name} failed: {error}") from None
        types = [entry.type for entry in self._graph.outputs]
        return tuple(
            [
                torch.from_numpy(each).to(getattr(torch, str(type_.dtype)))
                for each, type_ in zip(results, types, strict=True)
            ]
        ), []

    def backward(self, *args: object) -> None:
        """Refuse: there is no backward half."""
        raise AssertionError(args)

    @property
    def announced(self) -> Any:
        """What refuses as well."""
        return self.backward

    def step_of(self, error: BaseException) -> None:
        """Return None: what is raised here is not of one step."""

    def _make(self, variables: Sequence[Tensor], constant: Iterable[int]) -> _Made:
        values = {self._variables[i].name: variables[i].numpy() for i in constant}
        inputs = [
            Input(node.name, tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))
            for node, tensor in zip(self._variables, variables, strict=True)
            if node.name not in values
        ]
        opset = min(_OPSET, onnx.defs.onnx_opset_version())
        try:
            model = onnx_model(self._graph, values, inputs, opset)
        except NotInOnnxError as error:
            raise EngineError(f"compiler={self._name!r}: {error}") from None
        if model.ByteSize() > _LARGEST:
            raise EngineError(f"compiler={self._name!r} takes networks of up to 2 GB.")
        try:
            run = ENGINES[self._name](model.SerializeToString())
        except Exception as error:
            raise EngineError(f"{self._name} does not take the network: {error}") from None
        read = {each.name for each in model.graph.input}
        positions = [i for i, node in enumerate(self._variables) if node.name in read]
        return _Made(run, positions, {i: variables[i] for i in constant}, onnx.printer.to_text(model.graph))


class _Made:
    """A model, and the versions of the tensors that it was made of."""

    def __init__(self, run: Run, inputs: list[int], constants: Mapping[int, Any], text: str) -> None:
        self.run, self.inputs, self.text = run, inputs, text
        self._constants = constants
        self._versions = {i: tensor._version for i, tensor in constants.items()}

    def changed(self, variables: Sequence[Any]) -> list[int]:
        """Return which tensors are others, or were written to since."""
        return [
            i
            for i, tensor in self._constants.items()
            if variables[i] is not tensor or tensor._version != self._versions[i]
        ]


def refuse_training(name: str, wanted: Sequence[str]) -> NoReturn:
    """Refuse to train in an engine that only predicts.

    Raises
    ------
    BindError
        With the arguments whose gradients are wanted.
    """
    gradients = f", without gradients, but those of {few(map(repr, wanted))} are wanted" if wanted else ""
    raise BindError(
        f"compiler={name!r} runs inference alone, forward(is_train=False){gradients}. Bind without it to "
        "train."
    )


def _refuse_what_differs(name: str, graph: Graph, variables: Sequence[Node]) -> None:
    """Refuse what an engine would run, but otherwise, or elsewhere."""
    reasons = {
        "draws random numbers": [
            node.name
            for node in graph.operators
            if node.op is not None and not (node.op.pure or node.op.identity_in_inference)
        ],
        "is on a GPU": [node.name for node in graph.nodes if node.place and node.place.device_type == "gpu"],
        "is not stored densely": [node.name for node in variables if _type(node).stype != DENSE],
        "holds bfloat16": [node.name for node in variables if _type(node).dtype == "bfloat16"],
        "has the name of another": [
            each for each, times in Counter(node.name for node in variables).items() if times > 1
        ],
    }
    for what, names in reasons.items():
        if names:
            raise EngineError(f"compiler={name!r} cannot run {few(map(repr, names))}, which {what}.")


def _type(node: Node) -> Any:
    assert node.types is not None
    return node.types[0]


def _parameters(graph: Graph, variables: Sequence[Node]) -> list[int]:
    """Return which variables are learned, or are merely reshaped, cast or cut before they are."""
    learned: set[Node] = set()
    for node in reversed(graph.operators):
        assert node.op is not None
        if node in learned:
            learned.update(entry.node for entry in node.inputs if len(node.inputs) == 1 and node.op.pure)
        slots = node.op.input_names() + node.op.aux_names()
        wanted = (*node.op.learned, *node.op.aux_names())
        learned.update(entry.node for slot, entry in zip(slots, node.inputs, strict=True) if slot in wanted)
    names = {node.name for node in learned if node.op is None}
    return [i for i, node in enumerate(variables) if node.name in names]
