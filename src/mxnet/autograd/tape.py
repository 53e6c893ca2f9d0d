"""Automatic differentiation of imperative code: operators run on arrays are recorded as a graph of our own.

While recording, each operator that reads an array with a gradient becomes a node that keeps its values.
``backward`` asks :mod:`mxnet.analysis.gradient` for the gradient graph of what was recorded, and runs it node
by node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import Token
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mxnet.autograd.gradient_plan import GradientPlan, Place, Step, plan_of
from mxnet.context import current_context
from mxnet.errors import GradientError, ShapeError
from mxnet.ir.graph import Graph
from mxnet.ir.memory import Into
from mxnet.ir.node import Entry, Node, SourceLine, user_line
from mxnet.ir.op import Op
from mxnet.ir.storage import DENSE, Stored
from mxnet.lazy import torch
from mxnet.ndarray import NDArray
from mxnet.ndarray.gradients import GradientWriter, has_written, mark_variables, write_gradient
from mxnet.ndarray.mode import MODE, Mode
from mxnet.ndarray.ndarray import class_of
from mxnet.ndarray.structured import run_on_values, value_of
from mxnet.ndarray.tensors import allocate
from mxnet.ops.backward import Backward
from mxnet.ops.tools.storage import as_stored

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.context import Context
    from mxnet.ndarray.structured import Value
    from mxnet.symbol.symbol import Symbol

__all__ = [
    "RecordedEntry",
    "RecordedNode",
    "backward",
    "get_symbol",
    "grad",
    "is_recording",
    "is_training",
    "mark_variables",
    "pause",
    "predict_mode",
    "record",
    "set_recording",
    "set_training",
    "train_mode",
]

# -------------------------------------------------------------------------------------------------- recording


class RecordedNode(Node):
    """A node of the recorded graph, with what it computed, which goes when ``backward`` has used it.

    Attributes
    ----------
    values : list of Tensor or Stored, or None
        All outputs, the hidden ones last, and then the residual; None once ``backward`` has let go of them.
        What is not dense is kept as it is stored.
    context : Context
        Where it ran.
    held : object
        Of a variable: what held its array's values, see ``NDArray._held``. Of a call of a
        :class:`Function`: the function.
    gradient : NDArray or None
        Of a variable: where its gradient goes.
    grad_req : str
        Of a variable: how it goes there.
    """

    __slots__ = ("context", "grad_req", "gradient", "held", "values")

    def __init__(
        self,
        op: Op | None,
        inputs: tuple[Entry, ...],
        values: list[Value] | None,
        context: Context,
        source: SourceLine | None = None,
    ) -> None:
        # As Node does, in half the time: there is one for every operator that runs.
        self.op = op
        self.inputs = inputs
        self.name, self.attrs = ("variable", {}) if op is None else (op.name, op.given)
        self.source = source
        self.subgraphs = ()
        self.replaces = self.types = None
        self.values = values
        self.context = context
        self.held: object = None
        self.gradient: NDArray | None = None
        self.grad_req = "null"


class RecordedEntry(Entry):
    """The recorded value that an array holds."""

    __slots__ = ()

    node: RecordedNode

    def backward(
        self,
        heads: Sequence[NDArray],
        head_grads: Sequence[NDArray | None],
        retain_graph: bool,
        train_mode: bool,
    ) -> None:
        """Compute gradients; what ``NDArray.backward`` calls."""
        backward(heads, head_grads, retain_graph, train_mode)


def _record(op: Op, inputs: Sequence[NDArray], made: Sequence[NDArray], hidden: Sequence[Tensor]) -> None:
    """Add a node for an operator that has run, if a gradient may pass through it."""
    if not any(array._recorded is not None or array._grad is not None for array in inputs):
        return
    values = [*map(value_of, made), *hidden]
    node = RecordedNode(op, tuple(map(_entry_of, inputs)), values, made[0]._context, user_line())
    for i, array in enumerate(made):
        array._recorded = RecordedEntry(node, i)


_GONE = "The recorded graph is gone: backward() has used it. retain_graph=True keeps it."


def _entry_of(array: NDArray) -> RecordedEntry:
    """Return the recorded value that an array holds; what was not computed while recording is a variable."""
    known: RecordedEntry | None = array._recorded
    if known is not None and array._grad is None and _is_gone(known):
        known = array._recorded = None  # as in MXNet, a constant for graphs to come
    if known is not None and (array._grad is None or known.node.held is array._held):
        return known
    node = RecordedNode(None, (), [value_of(array)], array._context)
    entry = RecordedEntry(node)
    if array._grad is not None:
        node.held, node.gradient, node.grad_req = array._held, array._grad, array._grad_req
        array._recorded = entry
    return entry


def _is_gone(entry: RecordedEntry) -> bool:
    """Whether a ``backward`` has let go of what was recorded."""
    return entry.node.op is not None and entry.node.values is None


class _Scope:
    """A ``with`` block with other flags; None leaves one as it is."""

    __slots__ = ("_recording", "_tokens", "_training")

    def __init__(self, recording: bool | None, training: bool | None) -> None:
        self._recording = recording
        self._training = training
        self._tokens: list[Token[Mode]] = []

    def __enter__(self) -> None:
        self._tokens.append(MODE.set(_changed(MODE.get(), self._recording, self._training)))

    def __exit__(self, *exc_info: object) -> None:
        MODE.reset(self._tokens.pop())


def _changed(mode: Mode, recording: bool | None, training: bool | None) -> Mode:
    recorder = mode.record if recording is None else _record if recording else None
    return Mode(recorder, mode.is_train if training is None else bool(training))


def record(train_mode: bool = True) -> Any:
    """Record what is computed in a ``with`` block, so that ``backward`` can be called on the results.

    Parameters
    ----------
    train_mode : bool, default True
        Whether operators such as Dropout behave as in training.

    Examples
    --------
    >>> import mxnet as mx
    >>> x = mx.nd.array([1, 2, 3])
    >>> x.attach_grad()
    >>> with mx.autograd.record():
    ...     y = x * x
    >>> y.backward()
    >>> x.grad.asnumpy().tolist()
    [2.0, 4.0, 6.0]
    """
    return _Scope(recording=True, training=train_mode)


def pause(train_mode: bool = False) -> Any:
    """Record nothing in a ``with`` block inside of another that records."""
    return _Scope(recording=False, training=train_mode)


def train_mode() -> Any:
    """Let operators behave as in training in a ``with`` block."""
    return _Scope(recording=None, training=True)


def predict_mode() -> Any:
    """Let operators behave as in inference in a ``with`` block."""
    return _Scope(recording=None, training=False)


def is_recording() -> bool:
    """Return whether operators are being recorded."""
    return MODE.get().record is not None


def is_training() -> bool:
    """Return whether operators behave as in training."""
    return MODE.get().is_train


def set_recording(is_recording: bool) -> bool:
    """Turn recording on or off, and return what it was."""
    old = MODE.get()
    MODE.set(_changed(old, is_recording, None))
    return old.record is not None


def set_training(train_mode: bool) -> bool:
    """Let operators behave as in training or not, and return what it was."""
    old = MODE.get()
    MODE.set(_changed(old, None, train_mode))
    return old.is_train


# -------------------------------------------------------------------------------------------------- gradients


def backward(
    heads: NDArray | Sequence[NDArray],
    head_grads: NDArray | Sequence[NDArray | None] | None = None,
    retain_graph: bool = False,
    train_mode: bool = True,
) -> None:
    """Compute the gradients of arrays with respect to those that have gradient arrays, and fill these.

    Parameters
    ----------
    heads : NDArray or list of NDArray
        What to differentiate.
    head_grads : NDArray or list of NDArray, optional
        Their gradients; ones by default.
    retain_graph : bool, default False
        Whether the recorded graph may be used again.
    train_mode : bool, default True
        Whether operators behave as in training.

    Raises
    ------
    MXNetError
        If an array was not computed while recording, or its graph is gone after a ``backward``.
    """
    graph, seeds = _heads(heads, head_grads)
    nodes: tuple[Any, ...] = graph.nodes
    leaves: list[RecordedNode] = [node for node in nodes if node.gradient is not None]
    if not leaves:
        raise GradientError(
            "backward(): no array that these were computed from has a gradient array (attach_grad)."
        )
    plan = plan_of(graph, [Entry(leaf) for leaf in leaves])
    n_given = len(nodes) + len(seeds)
    targets = _targets(nodes, leaves, plan, n_given)
    awaited = _awaited(nodes, leaves, plan, targets, n_given)
    results = _evaluate(plan, [*nodes, *seeds], train_mode, targets, awaited)
    for leaf, place, result in zip(leaves, plan.found, results, strict=True):
        value = None if result is None else _value_of(result)
        if not (place in targets and value is None) and (place is None or awaited.get(place) is not leaf):
            _write(leaf, value)
    if not retain_graph:
        _release(graph)


def _write(leaf: RecordedNode, value: Value | None) -> None:
    assert leaf.gradient is not None
    write_gradient(leaf.gradient, None if value is None else as_stored(value), leaf.grad_req)


def grad(
    heads: NDArray | Sequence[NDArray],
    variables: NDArray | Sequence[NDArray],
    head_grads: NDArray | Sequence[NDArray | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    train_mode: bool = True,
) -> list[NDArray]:
    """Return the gradients of arrays with respect to others; gradient arrays stay as they are.

    Parameters
    ----------
    heads, head_grads, train_mode
        As for :func:`backward`.
    variables : NDArray or list of NDArray
        Arrays with a gradient array, or computed while recording.
    retain_graph : bool, optional
        Whether the recorded graph may be used again; by default as `create_graph`.
    create_graph : bool, default False
        Whether to record how the gradients are computed, so that they can be differentiated in turn.

    Returns
    -------
    list of NDArray
        One per variable.

    Examples
    --------
    >>> import mxnet as mx
    >>> x = mx.nd.array([2.0])
    >>> x.attach_grad()
    >>> with mx.autograd.record():
    ...     y = x * x * x
    ...     (dy,) = mx.autograd.grad(y, x, create_graph=True)
    >>> dy.backward()
    >>> float(x.grad.asscalar())  # the second derivative, 6 x
    12.0
    """
    graph, seeds = _heads(heads, head_grads)
    nodes: tuple[Any, ...] = graph.nodes
    variables = _as_list(variables)
    for variable in variables:
        if variable._recorded is None and variable._grad is None:
            raise GradientError(
                "grad() needs variables that have gradient arrays (attach_grad) or were recorded."
            )
    plan = plan_of(graph, [_entry_of(variable) for variable in variables])
    results = _evaluate(plan, [*nodes, *seeds], train_mode, keep=create_graph)
    gradients = []
    for variable, result in zip(variables, results, strict=True):
        if result is None:
            gradients.append(variable._zeros_alike(DENSE))
            continue
        stored = as_stored(_value_of(result))
        gradient = class_of(stored.stype)._from_stored(stored, variable._context)
        gradient._recorded = result if create_graph else None
        gradients.append(gradient)
    if not (create_graph if retain_graph is None else retain_graph):
        _release(graph)
    return gradients


def _as_list(arrays: NDArray | Sequence[Any]) -> list[Any]:
    return [arrays] if isinstance(arrays, NDArray) else list(arrays)


def _heads(
    heads: NDArray | Sequence[NDArray], head_grads: NDArray | Sequence[NDArray | None] | None
) -> tuple[Graph, list[RecordedNode]]:
    """Return the recorded graph of the heads, and a variable with the gradient of each."""
    heads = _as_list(heads)
    given = [None] * len(heads) if head_grads is None else _as_list(head_grads)
    if len(given) != len(heads):
        raise GradientError(f"There are {len(given)} head gradients for {len(heads)} heads.")
    entries: list[Entry] = []
    seeds: list[RecordedNode] = []
    for head, gradient in zip(heads, given, strict=True):
        if head._recorded is None and head._grad is None:
            raise GradientError(
                "A head was not computed while recording from arrays with gradients: it has no gradient."
            )
        if head._recorded is not None and _is_gone(head._recorded):
            raise GradientError(_GONE)
        if gradient is not None and gradient.shape != head.shape:
            raise ShapeError(f"A head of shape {head.shape} was given a gradient of shape {gradient.shape}.")
        dtype = head._dtype_name
        if gradient is None:
            seed: Value = allocate(torch.ones, head.shape, head._context, dtype)
        else:
            seed = value_of(gradient.astype(dtype, copy=False))
        entries.append(_entry_of(head))
        seeds.append(RecordedNode(None, (), [seed], head._context))
    graph = Graph(entries)
    if any(isinstance(node, RecordedNode) and node.values is None for node in graph.nodes):
        raise GradientError(_GONE)
    return graph, seeds


def _release(graph: Graph) -> None:
    """Let go of what was kept for the gradient."""
    for node in graph.nodes:
        if isinstance(node, RecordedNode) and node.op is not None:
            node.values = node.held = None
            node.inputs = ()


def _value_of(entry: Entry) -> Value:
    values: Sequence[Value] = entry.node.values  # type: ignore[attr-defined]
    return values[entry.index]


Targets = Mapping[Place | None, tuple[NDArray, str]]
"""The array that a gradient goes to, and how: ``"write"`` or ``"add"``."""


def _targets(
    nodes: Sequence[RecordedNode], leaves: Sequence[RecordedNode], plan: GradientPlan, n_given: int
) -> Targets:
    """Return where kernels can write gradients themselves, as nothing else reads these."""
    recorded = _memories(nodes)
    targets: dict[Place | None, tuple[NDArray, str]] = {}
    for leaf, place, is_alone in zip(leaves, plan.found, plan.alone, strict=True):
        if place is None or leaf.gradient is None or place[0] < n_given:
            continue
        op, target = plan.steps[place[0] - n_given].node.op, leaf.gradient
        if isinstance(op, GradientWriter) or (
            is_alone
            and isinstance(op, Backward)
            and op.writes_into(place[1]) in ("add", leaf.grad_req)
            and target._context == leaf.context
            and _looks_like(target, _value_of(Entry(leaf)))
            and _memory_of(target._tensor) not in recorded
        ):
            targets[place] = target, leaf.grad_req
    return targets


def _awaited(
    nodes: Sequence[RecordedNode],
    leaves: Sequence[RecordedNode],
    plan: GradientPlan,
    targets: Targets,
    n_given: int,
) -> Mapping[Place, RecordedNode]:
    """Return the variables by their gradients, of those whose writing somebody wants to know of."""
    heard = [(place, leaf) for place, leaf in zip(plan.found, leaves, strict=True) if leaf.gradient._told]  # type: ignore[union-attr]
    if not heard:
        return {}
    recorded = _memories(nodes)
    return {
        place: leaf
        for place, leaf in heard
        if place is not None
        and place not in targets
        and place[0] >= n_given
        and leaf.gradient is not None
        and (leaf.gradient.stype != DENSE or _memory_of(leaf.gradient._tensor) not in recorded)
    }


def _memories(nodes: Sequence[RecordedNode]) -> set[int]:
    """Return where the values of the variables lie."""
    return {_memory_of(_value_of(Entry(node))) for node in nodes if node.op is None}


def _looks_like(array: NDArray, value: Value) -> bool:
    """Whether a dense array can take the gradient of a value as it is."""
    if array.stype != DENSE or isinstance(value, Stored):
        return False
    return array._tensor.shape == value.shape and array._tensor.dtype == value.dtype


def _memory_of(value: Value) -> int:
    """Return where something dense lies."""
    return 0 if isinstance(value, Stored) else value.untyped_storage().data_ptr()


def _evaluate(
    plan: GradientPlan,
    given: Sequence[RecordedNode],
    train_mode: bool,
    targets: Targets = MappingProxyType({}),
    awaited: Mapping[Place, RecordedNode] = MappingProxyType({}),
    *,
    keep: bool = False,
) -> list[RecordedEntry | None]:
    """Run the steps of a gradient graph.

    Parameters
    ----------
    plan : GradientPlan
        The steps.
    given : sequence of RecordedNode
        The nodes of the recorded graph, and then the gradients of its outputs.
    train_mode : bool
        Whether operators behave as in training.
    targets : mapping
        Where values go that can be written where they belong.
    awaited : mapping
        The variables whose gradients are to be written as soon as they are known.
    keep : bool
        Whether the result is a recorded graph; if not, each value is let go after its last use.
    """
    ran: list[Any] = list(given)
    for step in plan.steps:
        inputs = tuple([RecordedEntry(ran[i], index) for i, index in step.inputs])
        done = _run_step(step, inputs, train_mode, targets)
        for place in step.outputs if awaited else ():
            if place in awaited:
                _write(awaited[place], _value_of(Entry(done, place[1])))
        if keep:
            done.inputs = inputs
        else:
            for i in step.last:
                ran[i] = None
        ran.append(done)
    return [None if place is None else RecordedEntry(ran[place[0]], place[1]) for place in plan.found]


def _run_step(step: Step, inputs: Sequence[Entry], train_mode: bool, targets: Targets) -> RecordedNode:
    op = step.node.op
    assert op is not None
    context = inputs[0].node.context if inputs else current_context()  # type: ignore[attr-defined]
    values: list[Any] = list(map(_value_of, inputs))
    if isinstance(op, GradientWriter):
        made = op.write(values, [targets.get(place) for place in step.outputs], train_mode)
        values = [None if place in targets else each for place, each in zip(step.outputs, made, strict=True)]
    else:
        out = {}
        if targets and isinstance(op, Backward):
            there = zip(op.wants, map(targets.get, step.outputs), strict=True)
            out = {name: Into(each[0]._tensor, each[1] == "add") for name, each in there if each is not None}
        values = run_on_values(op, context, train_mode, values, step.node, out)
        for place in step.outputs if out else ():
            if place in targets and values[place[1]] is None:
                has_written(targets[place][0])
    return RecordedNode(op, (), values, context, step.node.source)


def get_symbol(x: NDArray) -> Symbol:
    """Return what was recorded for an array as a symbol; its variables are named ``var0`` and so on.

    Parameters
    ----------
    x : NDArray
        An array that was computed while recording.

    Raises
    ------
    MXNetError
        If it was not, or its graph is gone after a ``backward``.
    """
    from mxnet.symbol.symbol import Symbol

    graph, _ = _heads(x, None)
    (head,) = graph.outputs
    copies: dict[Node, Node] = {}
    by_value: dict[int, Node] = {}
    for node in graph.nodes:
        if node.op is None:
            held = as_stored(_value_of(Entry(node))).parts[0]
            copy = by_value.setdefault(id(held), Node(None, f"var{len(by_value)}"))
        else:
            inputs = tuple(Entry(copies[entry.node], entry.index) for entry in node.inputs)
            copy = Node(node.op, f"node{len(copies) - len(by_value)}", inputs, dict(node.attrs))
        copies[node] = copy
    return Symbol((Entry(copies[head.node], head.index),))
