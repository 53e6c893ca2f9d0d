"""A block's graph, run as a whole: the same way down as a bound executor, with the arrays of the moment.

While recording, a call of the graph is one node of what :mod:`mxnet.autograd` records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mxnet.analysis.storage import graph_storage
from mxnet.errors import BindError
from mxnet.fitting import Value, array_of, value_of
from mxnet.gluon.block.recorded_graph import Call, GraphCall, record_call
from mxnet.ir.storage import STYPES, Stored
from mxnet.ndarray import NDArray
from mxnet.ndarray.mode import MODE
from mxnet.ops.tools.device import generator_states
from mxnet.plan.program_cache import Programs

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.gluon.parameter import Parameter
    from mxnet.plan.lower import Taps
    from mxnet.plan.program import Program
    from mxnet.symbol import Symbol

__all__ = ["CachedGraph"]

Monitor = Callable[[str, str, NDArray], None]


class _Ready(NamedTuple):
    """What a call needs if the parameters and the kind of the inputs are those of an earlier call."""

    held: list[object]
    gradients: list[object]
    facts: list[object]
    call: GraphCall
    program: Program
    values: list[Value]
    entries: list[Any]


class CachedGraph:
    """A graph whose variables are inputs of a call and parameters.

    Parameters
    ----------
    symbol : Symbol
        The graph.
    inputs : list of Symbol
        The variables that stand for the inputs of a call, in order.
    parameters : dict of str to Parameter
        The parameters, by the names of their variables.
    """

    def __init__(self, symbol: Symbol, inputs: Sequence[Symbol], parameters: dict[str, Parameter]) -> None:
        self.symbol = symbol
        self.graph = symbol.graph
        numbers = {each.name: i for i, each in enumerate(inputs)}
        self.variables = self.graph.arguments + self.graph.aux
        self._slots: list[int] = []  # of the variables that are inputs
        self._numbers: list[int] = []  # which inputs they are
        self._parameters: list[Parameter] = []
        self._parameter_slots: list[int] = []
        for slot, node in enumerate(self.variables):
            if node.name in numbers:
                self._slots.append(slot)
                self._numbers.append(numbers[node.name])
            elif node.name in parameters:
                self._parameter_slots.append(slot)
                self._parameters.append(parameters[node.name])
            else:
                raise BindError(f"Unknown input to HybridBlock: {node.name}")
        self.unused_inputs = [i for i in range(len(inputs)) if i not in self._numbers]
        used = set(self._parameters)
        self.unused_parameters = [name for name, each in parameters.items() if each not in used]
        self._programs: dict[Any, Programs] = {}
        self._draws = any(node.op is not None and not node.op.pure for node in self.graph.operators)
        self._last: dict[Any, _Ready] = {}
        self.monitor: Monitor | None = None
        self.monitor_all = False

    def __call__(self, inputs: Sequence[NDArray], context: Context) -> list[NDArray]:
        """Run the graph.

        Parameters
        ----------
        inputs : list of NDArray
            One array for each input.
        context : Context
            Where.
        """
        mode = MODE.get()
        arrays = self._arrays(inputs, context)
        recording = mode.record is not None
        tracked = (
            tuple([i for i, a in enumerate(arrays[: len(self.graph.arguments)]) if _is_tracked(a)])
            if recording
            else ()
        )
        requests = tuple([_request(arrays[i]) for i in tracked])
        stypes = tuple([array.stype for array in arrays])
        programs, output_stypes, dense = self._programs_for(context, tracked, requests, stypes)
        facts = tuple([(array.shape, array._dtype_name) for array in arrays])
        tapped: Taps = "" if self.monitor is None else "all" if self.monitor_all else "outputs"
        program = programs.get(
            facts,
            is_train=mode.is_train,
            with_gradient=bool(tracked),
            tapped=tapped,
            stypes=() if dense else stypes,
        )
        values = list(map(value_of, arrays))
        drawn = generator_states({context}) if self._draws and tracked else {}
        outputs, saved = program.forward(values, self._tap(context))
        results = [
            value if is_own or isinstance(value, Stored) else value.clone()
            for value, is_own in zip(outputs, program.owns_outputs, strict=True)
        ]
        made = [array_of(value, stype, context) for value, stype in zip(results, output_stypes, strict=True)]
        if tracked:
            record_call(Call(program, values, saved, tracked, drawn), arrays, made, context)
        return made

    def _arrays(self, inputs: Sequence[NDArray], context: Context) -> list[NDArray]:
        """Return the array of every variable."""
        arrays: list[Any] = [None] * len(self.variables)
        for slot, number in zip(self._slots, self._numbers, strict=True):
            arrays[slot] = inputs[number]
        for slot, parameter in zip(self._parameter_slots, self._parameters, strict=True):
            arrays[slot] = parameter.data(context)
        return arrays

    def _programs_for(
        self, context: Context, tracked: tuple[int, ...], requests: tuple[str, ...], stypes: tuple[str, ...]
    ) -> Any:
        key = (context, tracked, requests, stypes)
        found = self._programs.get(key)
        if found is None:
            stored = dict(zip(self.variables, stypes, strict=True))
            storage = graph_storage(self.graph, stored)
            programs = Programs(self.graph, [self.variables[i] for i in tracked], context, {}, requests)
            programs.tell({node: {STYPES: each} for node, each in storage.reads.items()})
            found = self._programs[key] = programs, storage.outputs, storage.all_dense
        return found

    def _tap(self, context: Context) -> Any:
        monitor = self.monitor
        if monitor is None:
            return None
        return lambda name, value: monitor(name, "", NDArray._from_tensor(value.clone(), context))


def _is_tracked(array: NDArray) -> bool:
    return array._recorded is not None or array._grad is not None


def _request(array: NDArray) -> str:
    return array._grad_req if array._grad is not None else "write"
