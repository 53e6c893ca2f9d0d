"""A block's graph, run as a whole: the same way down as a bound executor, with the arrays of the moment.

While recording, a call of the graph is one node of what :mod:`mxnet.autograd` records.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from mxnet.autograd.tape import _entry_of as entry_of
from mxnet.errors import BindError, did_you_mean
from mxnet.executor import _copied
from mxnet.fitting import Value, array_of, value_of
from mxnet.gluon.block.graph_programs import GraphPrograms
from mxnet.gluon.block.recorded_graph import Call, GraphCall, Leaves, record_call
from mxnet.gluon.parameter import Parameter
from mxnet.ir.storage import DENSE, Stored
from mxnet.ndarray import NDArray
from mxnet.ndarray.mode import MODE
from mxnet.ops.tools.device import generator_states
from mxnet.timing import RECORDER

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.plan.lower import Taps
    from mxnet.plan.program import Program
    from mxnet.symbol import Symbol

__all__ = ["CachedGraph"]

Monitor = Callable[[str, NDArray], None]

_NOTHING: Mapping[Any, Any] = MappingProxyType({})
_DATA = operator.attrgetter("_data")
_TENSOR = operator.attrgetter("_tensor")
_RECORDED = operator.attrgetter("_recorded")


class _Ready(NamedTuple):
    """A kind of call, for the next one that is like it but for the contents of the inputs.

    Attributes
    ----------
    program : Program
        What runs; its gradients are those of training.
    program_in : callable
        Returns it for gradients of training, or of inference.
    op : GraphCall
        What is recorded; of no inputs where nothing is.
    tracked : tuple of int
        Which variables may have gradients.
    inputs : list
        Shape, dtype, and whether it may have a gradient, of each input.
    data : list
        What holds the arrays of each parameter.
    arrays : list of NDArray
        The parameters' arrays.
    tensors : list of Tensor
        What they hold.
    learned, entries : list
        Those of the arrays that may have gradients, and what they are in recorded graphs.
    leaves : Leaves, optional
        Where all gradients go, if these alone have some, and the graph has one output.
    values : list
        The values of all variables, those of inputs to be filled in.
    stypes : tuple of str
        How the outputs are stored.
    is_dense : bool
        Whether that is densely.
    copies : bool
        Whether an output may lie in memory that is not its own.
    """

    program: Program
    program_in: Callable[..., Program]
    op: GraphCall
    tracked: tuple[int, ...]
    inputs: list[Any]
    data: list[Any]
    arrays: list[NDArray]
    tensors: list[Any]
    learned: list[NDArray]
    entries: list[Any]
    leaves: Leaves | None
    values: list[Value]
    stypes: tuple[str, ...]
    is_dense: bool
    copies: bool


class CachedGraph:
    """A graph whose variables are the inputs of a call, and parameters.

    Parameters
    ----------
    symbol : Symbol
        The graph.
    inputs : list of Symbol
        The variables that stand for the inputs of a call, in order.
    parameters : dict of str to Parameter
        The parameters, by the names of their variables.

    Attributes
    ----------
    parameters : list of Parameter
        Those that the graph reads.
    unused_inputs : list of int
        Which inputs the graph does not read.
    unused_parameters : list of str
        Which parameters.
    """

    def __init__(self, symbol: Symbol, inputs: Sequence[Symbol], parameters: Mapping[str, Parameter]) -> None:
        self.symbol = symbol
        self._graph = GraphPrograms(symbol.graph)
        numbers = {each.name: i for i, each in enumerate(inputs)}
        self._slots: list[int] = []  # of the variables that are inputs ...
        self._numbers: list[int] = []  # ... and of which ones
        self._parameter_slots: list[int] = []
        self.parameters: list[Parameter] = []
        self._computed: list[Parameter] = []  # of a class with a `data` of its own: inputs, which it gives
        for slot, node in enumerate(self._graph.variables):
            if node.name in numbers:
                self._slots.append(slot)
                self._numbers.append(numbers[node.name])
            elif node.name in parameters and type(parameters[node.name]).data is not Parameter.data:
                self._slots.append(slot)
                self._numbers.append(len(inputs) + len(self._computed))
                self._computed.append(parameters[node.name])
            elif node.name in parameters:
                self._parameter_slots.append(slot)
                self.parameters.append(parameters[node.name])
            else:
                raise BindError(
                    f"Unknown input to HybridBlock: {node.name}. It is neither an input of the call nor a "
                    f"parameter of the block.{did_you_mean(node.name, [*map(str, numbers), *parameters])}"
                )
        self._n_arguments = len(symbol.graph.arguments)
        self.unused_inputs = [i for i in range(len(inputs)) if i not in self._numbers]
        used = {*self.parameters, *self._computed}
        self.unused_parameters = [name for name, each in parameters.items() if each not in used]
        self._last: dict[Any, _Ready] = {}
        self._monitor: Monitor | None = None
        self._tapped: Taps = ""

    def __call__(self, inputs: Sequence[NDArray], context: Context) -> list[NDArray]:
        """Run the graph.

        Parameters
        ----------
        inputs : list of NDArray
            One array for each input, all on that context.
        context : Context
            Where.
        """
        record, is_train = MODE.get()
        recording = record is not None
        facts: list[Any] = []
        values: list[Any] = []
        if self._computed:
            inputs = [*inputs, *[each.data(context) for each in self._computed]]
        for number in self._numbers:
            array = inputs[number]
            value: Any = array._tensor if array.stype == DENSE else array._stored()
            values.append(value)
            facts.append(value.shape)
            facts.append(value.dtype if array.stype == DENSE else (array.stype, array._dtype_name))
            if recording:
                facts.append(array._recorded is not None or array._grad is not None)
        key = (context.device_typeid, context.device_id, is_train, recording, RECORDER.programs)
        ready = self._last.get(key)
        if ready is None or ready.inputs != facts or not self._holds(ready):
            ready = self._last[key] = self._make_ready(inputs, facts, context, is_train)
        given = ready.values.copy()
        for slot, value in zip(self._slots, values):  # noqa: B905 - made together
            given[slot] = value
        program = ready.program
        drawn = generator_states((context,)) if ready.tracked and self._graph.draws else _NOTHING
        outputs, saved = program.forward(given, self._monitor and self._tap(context))
        if ready.copies:
            outputs = tuple(
                value if is_own or isinstance(value, Stored) else value.clone()
                for value, is_own in zip(outputs, program.owns_outputs, strict=True)
            )
        if ready.is_dense:
            made = [NDArray._from_tensor(value, context) for value in outputs]
        else:
            made = [
                array_of(value, stype, context) for value, stype in zip(outputs, ready.stypes, strict=True)
            ]
        if ready.tracked:
            mode = (context, is_train)
            call = Call(
                self._graph, program, given, ready.tracked, saved, drawn, mode, ready.leaves, ready.program_in
            )
            read = tuple(ready.entries) if ready.leaves is not None else self._entries(ready, inputs)
            record_call(ready.op, read, made, list(outputs), call)
        return made

    def _holds(self, ready: _Ready) -> bool:
        """Whether the parameters still have the arrays, tensors and gradients that they had."""
        return (
            all(map(operator.is_, map(_DATA, self.parameters), ready.data))
            and all(map(operator.is_, map(_TENSOR, ready.arrays), ready.tensors))
            and all(map(operator.is_, map(_RECORDED, ready.learned), ready.entries))
            and not ready.program.unsure
        )

    def _entries(self, ready: _Ready, inputs: Sequence[NDArray]) -> tuple[Any, ...]:
        """Return what a call reads that may have gradients, in the order of the variables."""
        by_slot = dict(zip(self._slots, self._numbers, strict=True))
        learned = iter(ready.entries)
        return tuple([entry_of(inputs[by_slot[i]]) if i in by_slot else next(learned) for i in ready.tracked])

    def _make_ready(
        self, inputs: Sequence[NDArray], facts: list[Any], context: Context, is_train: bool
    ) -> _Ready:
        data = [each._data for each in self.parameters]
        parameters = [each._array_on(context) for each in self.parameters]
        arrays: list[Any] = [None] * len(self._graph.variables)
        for slot, number in zip(self._slots, self._numbers, strict=True):
            arrays[slot] = inputs[number]
        for slot, array in zip(self._parameter_slots, parameters, strict=True):
            arrays[slot] = array
        recording = MODE.get().record is not None
        tracked = tuple(
            [
                i
                for i, array in enumerate(arrays[: self._n_arguments])
                if recording and (array._recorded is not None or array._grad is not None)
            ]
        )
        requests = [arrays[i]._grad_req if arrays[i]._grad is not None else "write" for i in tracked]
        kept = self._graph.of_kind(context, tracked, requests, [array.stype for array in arrays])
        program_in = functools.partial(
            kept.programs.get,
            tuple([(array.shape, array._dtype_name) for array in arrays]),
            is_train=is_train,
            with_gradient=bool(tracked),
            tapped=self._tapped,
            stypes=kept.stypes,
        )
        program = program_in(gradient_is_train=True if tracked else None)
        own = set(self._slots)
        learned = [arrays[i] for i in tracked if i not in own]
        entries = list(map(entry_of, learned))
        return _Ready(
            program,
            program_in,
            GraphCall.of(len(tracked), len(self._graph.graph.outputs)),
            tracked,
            facts,
            data,
            parameters,
            list(map(_TENSOR, parameters)),
            learned,
            entries,
            Leaves.of(entries, program) if len(learned) == len(tracked) and len(self.symbol) == 1 else None,
            [None if i in own else value_of(array) for i, array in enumerate(arrays)],
            kept.output_stypes,
            all(each == DENSE for each in kept.output_stypes),
            not all(program.owns_outputs),
        )

    def source(self, is_train: bool) -> str | None:
        """Return the program of the last call for training, or for inference; None if there was none."""
        found = [ready for (_, _, training, *_), ready in self._last.items() if training == is_train]
        return found[-1].program.code.source if found else None

    # -------------------------------------------------------------------------------------------- monitoring

    def set_monitor(self, monitor: Monitor | None, monitor_all: bool = False) -> None:
        """Call a function with name and value of every output, and of every input if `monitor_all`."""
        self._monitor = monitor
        self._tapped = "" if monitor is None else "all" if monitor_all else "outputs"
        self._last.clear()

    def _tap(self, context: Context) -> Any:
        monitor = self._monitor
        if monitor is None:
            return None
        return lambda name, value: monitor(name, NDArray._from_tensor(_copied(value), context))
