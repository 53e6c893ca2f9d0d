"""The executor: a graph with arrays bound to it, run forwards and backwards."""

from __future__ import annotations

import functools
import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.analysis.infer import infer_shapes
from mxnet.analysis.specialise import has_late_shapes
from mxnet.analysis.storage import graph_storage
from mxnet.binding_state import Places, Ready, apart, checked_head
from mxnet.drawing.picture import graph_svg
from mxnet.drawing.table import table_html
from mxnet.errors import BindError, NameLookupError, ShapeError, brief, did_you_mean, few
from mxnet.fitting import (
    NotAnArrayError,
    Value,
    array_of,
    bound_again,
    require_complete,
    resized,
    shapes_by_node,
    value_of,
)
from mxnet.historic import lend
from mxnet.ir.printer import mxnet_debug_text
from mxnet.ir.storage import STYPES, Stored
from mxnet.ir.types import is_complete, show_shape
from mxnet.ndarray import NDArray, zeros
from mxnet.ndarray.replacing import EPOCH
from mxnet.ops.tools.device import drawing_again, generator_states
from mxnet.ops.tools.storage import densify
from mxnet.plan.lower import Taps
from mxnet.plan.memory_plan import MemoryPlan
from mxnet.plan.program import Program, Tap
from mxnet.plan.program_cache import Programs
from mxnet.timing import RECORDER

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.context import Context

__all__ = ["Executor"]

Monitor = Callable[[str, NDArray], None]
_FLAGS = (bool, int, np.bool_)


class Executor:
    """A graph with arrays bound to it. ``Symbol.bind`` and ``Symbol.simple_bind`` make one.

    Attributes
    ----------
    arg_arrays, grad_arrays, aux_arrays : list of NDArray
        The bound arrays; a gradient is None where none is wanted. Writing into them takes effect on the next
        run.
    outputs : list of NDArray
        The outputs; the same arrays after every run, with new contents.
    arg_dict, grad_dict, aux_dict, output_dict : dict of str to NDArray
        The same by name.
    """

    def __init__(
        self,
        programs: Programs,
        arg_arrays: list[NDArray],
        grad_arrays: list[NDArray | None] | None,
        grad_req: list[str],
        aux_arrays: list[NDArray],
    ) -> None:
        self._symbol: Any = None  # what was bound, for whoever asks for it; Symbol.bind sets it
        self._programs = programs
        self._ctx = programs.context
        self._grad_req = grad_req
        self.arg_arrays = arg_arrays
        self.grad_arrays = grad_arrays
        self.aux_arrays = aux_arrays
        self._arg_names = [node.name for node in programs.graph.arguments]
        self._aux_names = [node.name for node in programs.graph.aux]
        self._output_names = [entry.output_name for entry in programs.graph.outputs]
        self._arg_dict: dict[str, NDArray] | None = None  # these four are made when they are asked for
        self._grad_dict: dict[str, NDArray | None] | None = None
        self._aux_dict: dict[str, NDArray] | None = None
        self._output_dict: dict[str, NDArray] | None = None
        self._outputs: list[NDArray] | None = None
        self._shared_outputs: list[Tensor | None] = []  # with the executors that reshape() made, flat
        self._variables = (*arg_arrays, *aux_arrays)
        stypes = {node: array.stype for node, array in zip(programs.variables, self._variables, strict=True)}
        storage = graph_storage(programs.graph, stypes)
        self._output_stypes = storage.outputs
        self._stypes = () if storage.all_dense else tuple(stypes.values())
        programs.tell({node: {STYPES: each} for node, each in storage.reads.items()})
        self._last: dict[tuple[bool, bool, Taps, bool], Ready] = {}
        self._saved: tuple[Program, list[Any]] | None = None
        self._ran_for_training = False
        operators = [node.op for node in programs.graph.operators if node.op is not None]
        self._runs_user_code = any("forward" in op.effects for op in operators)
        self._draws = any(not op.pure for op in operators)
        self._drawn_from: dict[Context, Tensor] = {}
        self._monitor_callback: Monitor | None = None
        self._tapped: Taps = ""
        self._targets = [
            (array, req)
            for array, req in zip(grad_arrays or (), grad_req, strict=False)
            if array is not None and req != "null"
        ]
        self._places: Places | None = None
        for array in (*self._variables, *(target for target, _ in self._targets)):
            array._is_bound = True

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy or pickle what was bound, to be bound again: neither what was computed, nor a monitor."""
        options = self._programs.options
        bind = functools.partial(
            self._symbol.bind,
            self._ctx,
            grad_req=self._grad_req,
            group2ctx=dict(self._programs.task.groups),
            memory_budget=options.memory_budget,
            compiler=options.compiler,
            check_numerics=options.check_numerics,
        )
        arrays = self.arg_arrays, self.grad_arrays, self.aux_arrays
        return bound_again, (bind, [each.context for each in self._variables], *arrays)

    # ----------------------------------------------------------------------------------------- arrays by name

    @property
    def arg_dict(self) -> dict[str, NDArray]:
        """The arguments by name."""
        if self._arg_dict is None:
            self._arg_dict = _by_name(self._arg_names, self.arg_arrays, "arguments")
        return self._arg_dict

    @property
    def grad_dict(self) -> dict[str, NDArray | None]:
        """The gradients by the names of their arguments."""
        if self.grad_arrays is None:
            raise NotAnArrayError("This executor was bound without gradient arrays: pass args_grad to bind.")
        if self._grad_dict is None:
            self._grad_dict = _by_name(self._arg_names, self.grad_arrays, "arguments")
        return self._grad_dict

    @property
    def aux_dict(self) -> dict[str, NDArray]:
        """The auxiliary states by name."""
        if self._aux_dict is None:
            self._aux_dict = _by_name(self._aux_names, self.aux_arrays, "auxiliary states")
        return self._aux_dict

    @property
    def output_dict(self) -> dict[str, NDArray]:
        """The outputs by name."""
        if self._output_dict is None:
            self._output_dict = _by_name(self._output_names, self.outputs, "outputs")
        return self._output_dict

    @property
    def outputs(self) -> list[NDArray]:
        """The outputs of the last run; before the first one they have the right shapes and hold zeros."""
        if self._outputs is None:
            plan = self._program(is_train=False, with_gradient=False).plan
            types = [plan.values[v].type for v in plan.outputs]
            shapes = [each.shape for each in types if is_complete(each.shape)]
            if len(shapes) < len(types):
                raise ShapeError("The shapes of the outputs depend on data, and are known after forward().")
            contexts = [self._programs.context_of(entry.node) for entry in self._programs.graph.outputs]
            self._outputs = [
                zeros(shape, ctx=context, dtype=each.dtype, stype=stype)
                for shape, each, context, stype in zip(
                    shapes, types, contexts, self._output_stypes, strict=True
                )
            ]
        return self._outputs

    # --------------------------------------------------------------------------------------------------- runs

    def forward(self, is_train: bool = False, **kwargs: NDArray) -> list[NDArray]:
        """Run the graph and return the outputs.

        Parameters
        ----------
        is_train : bool
            Whether operators such as Dropout and BatchNorm behave as in training, and ``backward`` follows.
        **kwargs : NDArray
            New contents for arguments, copied into the bound arrays.

        Raises
        ------
        MXNetError
            If an argument is unknown or has another shape than the bound array.
        """
        if not isinstance(is_train, _FLAGS):
            raise WrongArgumentError(
                f"forward() takes is_train and then inputs by name, forward(data=...), but its first "
                f"argument is of type {type(is_train).__name__}."
            )
        if kwargs:
            self._feed(kwargs)
        is_train = bool(is_train)
        # A user's code is called once for both halves; other inference is for itself, until backward comes.
        program, values = self._ready(is_train, bool(self._targets) and (is_train or self._runs_user_code))
        self._saved = None  # what the last run kept goes before this one needs room
        if self._draws and self._targets:
            self._drawn_from = generator_states(self._programs.contexts)
        outputs, saved = program.forward(values, self._tap())
        self._saved = (program, saved) if program.plan.gradients else None
        self._ran_for_training = is_train
        self._publish(program, outputs)
        return self.outputs

    def backward(
        self,
        out_grads: NDArray | Sequence[NDArray] | Mapping[str, NDArray] | None = None,
        is_train: bool = True,  # noqa: ARG002 - MXNet's signature
    ) -> None:
        """Compute the gradients of the last ``forward`` and write or add them to the gradient arrays.

        Parameters
        ----------
        out_grads : NDArray, list or dict of NDArray, optional
            The gradient of each output; losses such as SoftmaxOutput need none.
        is_train : bool
            Accepted for compatibility; the mode of the last ``forward`` counts.

        Raises
        ------
        MXNetError
            If an output that is not a loss has no gradient, or one of the wrong shape.
        """
        if not self._targets:
            return
        given = self._given_heads(out_grads)
        if self._saved is None:
            self._rerun()
        assert self._saved is not None
        program, saved = self._saved
        heads = self._head_gradients(given, program)
        self._saved = None
        values = self._ready(self._ran_for_training, with_gradient=True)[1]
        where = self._places
        if where is None or not where.holds_for(program):
            where = self._places = Places(program, self._targets)
        has_heads = any(head is not None for head in heads)
        if has_heads:
            heads = [apart(head, where.memory) for head in heads]
            values[len(self._variables) :] = (
                heads  # in the same list: so it is known at once for the same arrays
            )
        try:
            where.run(program, values, saved, self._tap())
        finally:
            if has_heads:
                values[len(self._variables) :] = [None] * len(heads)

    def _rerun(self) -> None:
        """Compute what backward needs, if the last forward was for inference or another backward used it.

        Random numbers are those of the last forward.
        """
        program, values = self._ready(self._ran_for_training, with_gradient=True)
        saved: list[Any] = []
        if program.plan.gradients:
            with drawing_again(self._drawn_from):
                _, saved = program.forward(values, None)
        self._saved = program, saved

    def _ready(self, is_train: bool, with_gradient: bool) -> tuple[Program, list[Value]]:
        """Return the program and what it takes, at little cost if nothing changed.

        These are the values of the bound arrays and, if gradients are wanted, None for each head gradient.
        """
        key = (is_train, with_gradient, self._tapped, RECORDER.programs)
        arrays, epoch, ready = self._variables, EPOCH.number, self._last.get(key)
        if ready is not None and ready.epoch == epoch and not self._stypes and not ready.program.unsure:
            return ready.program, ready.values
        now: list[Any] = [a._held for a in arrays] if self._stypes else [a._tensor for a in arrays]
        if ready is None or ready.program.unsure or not all(map(operator.is_, now, ready.held)):
            program = self._program(is_train=is_train, with_gradient=with_gradient)
            values = [*map(value_of, arrays)] if self._stypes else now
            heads = [None] * len(self._output_names) if with_gradient else []
            ready = Ready(epoch, now, program, [*values, *heads])
        self._last[key] = ready._replace(epoch=epoch)
        return ready.program, ready.values

    def _program(self, *, is_train: bool, with_gradient: bool) -> Program:
        facts = tuple((array.shape, array._dtype_name) for array in self._variables)
        return self._programs.get(
            facts, is_train=is_train, with_gradient=with_gradient, tapped=self._tapped, stypes=self._stypes
        )

    def _publish(self, program: Program, values: Sequence[Value]) -> None:
        """Put new results into the output arrays; one that may share memory with another becomes a copy."""
        results = [
            value if is_own or isinstance(value, Stored) else value.clone()
            for value, is_own in zip(values, program.owns_outputs, strict=True)
        ]
        for i, memory in enumerate(self._shared_outputs):
            if memory is not None and memory.numel() >= results[i].numel():
                results[i] = memory[: results[i].numel()].view(results[i].shape).copy_(results[i])
        if self._outputs is None:
            contexts = [self._programs.context_of(entry.node) for entry in self._programs.graph.outputs]
            self._outputs = list(map(array_of, results, self._output_stypes, contexts))
        else:
            for array, value in zip(self._outputs, results, strict=True):
                if isinstance(value, Stored):
                    array._put(value)
                else:
                    array._set_tensor(value)

    def _feed(self, arrays: Mapping[str, NDArray]) -> None:
        arguments = self.arg_dict
        for name, array in arrays.items():
            if name not in arguments:
                raise WrongArgumentError(
                    f"forward() was given {name!r}, which is not an argument.{did_you_mean(name, arguments)}"
                    f" The arguments are: {few(arguments, name)}."
                )
            if not isinstance(array, NDArray | np.ndarray):
                raise WrongArgumentError(
                    f"forward() expects an NDArray for {name!r}, not {brief(array)}, of type "
                    f"{type(array).__name__}."
                )
            bound = arguments[name]
            if tuple(array.shape) != bound.shape:
                raise ShapeError(
                    f"forward() was given an array of shape {show_shape(tuple(array.shape))} for {name!r}, "
                    f"which is bound to one of shape {show_shape(bound.shape)}. Executor.reshape makes an "
                    "executor for other shapes."
                )
            bound[:] = array

    def _given_heads(self, out_grads: object) -> list[Any]:
        """Return what was given for each output; None for those that nothing was given for."""
        outputs = self.outputs
        names = self._output_names
        if out_grads is None:
            given: list[Any] = [None] * len(outputs)
        elif isinstance(out_grads, NDArray):
            given = [out_grads]
        elif isinstance(out_grads, Mapping):
            for name in out_grads:
                if name not in names:
                    raise NameLookupError(
                        f"backward(): there is no output {name!r}.{did_you_mean(name, names)}"
                    )
            given = [out_grads.get(name) for name in names]
        elif isinstance(out_grads, list | tuple):
            given = list(out_grads)
        else:
            raise BindError(
                f"backward() expects an NDArray or a list or dict of them, not {type(out_grads).__name__}."
            )
        if len(given) > len(outputs):
            raise BindError(f"backward() was given {len(given)} head gradients for {len(outputs)} outputs.")
        return given + [None] * (len(outputs) - len(given))

    def _head_gradients(self, given: Sequence[Any], program: Program) -> list[Value]:
        if not any(program.needs_head):
            return [None] * len(given)
        names = self._symbol.list_outputs()
        return [
            checked_head(name, output, gradient) if needed else None
            for name, output, gradient, needed in zip(
                names, self.outputs, given, program.needs_head, strict=True
            )
        ]

    # --------------------------------------------------------------------------------------------- monitoring

    def set_monitor_callback(self, callback: Monitor | None, monitor_all: bool = False) -> None:
        """Call a function with the name and value of every output of every node, as it is computed.

        Parameters
        ----------
        callback : callable
            Takes a name and an NDArray; None to stop monitoring. Functions that decode the name, which is
            bytes in MXNet, may do so.
        monitor_all : bool
            Whether to show the inputs of every node too.
        """
        self._monitor_callback = callback
        self._tapped = "" if callback is None else "all" if monitor_all else "outputs"

    def _tap(self) -> Tap | None:
        callback = self._monitor_callback
        if callback is None:
            return None
        return lambda name, value: _show(callback, name, NDArray._from_tensor(_copied(value), self._ctx))

    def debug_str(self) -> str:
        """Return the program and the memory its intermediate values take, in the next to last line."""
        program = self._program(is_train=bool(self._targets), with_gradient=bool(self._targets))
        megabytes = program.plan.peak_bytes / 2**20
        return (
            f"{mxnet_debug_text(self._programs.graph.outputs)}\n{program.code.source}\n"
            f"Total {megabytes:.0f} MB allocated\nTotal 0 TempSpace resource requested\n"
        )

    def _repr_html_(self) -> str:
        names = [*self._arg_names, *self._aux_names]
        requests = [*self._grad_req, *["state"] * len(self._aux_names)]
        rows = [
            (name, show_shape(array.shape), array._dtype_name, request)
            for name, array, request in zip(names, self._variables, requests, strict=True)
        ]
        title = f"Executor of {few(self._output_names)} on {self._ctx}"
        table = table_html(title, ("array", "shape", "dtype", "gradient"), rows)
        return f"{table}\n{graph_svg(self._programs.graph, title)}"

    def memory_plan(self, is_train: bool | None = None) -> MemoryPlan:
        """Return what every step of a run needs in memory; print it to see a timeline.

        Parameters
        ----------
        is_train : bool, optional
            Whether of a training run with its gradients; by default if there are any.
        """
        training = bool(self._targets) if is_train is None else is_train
        return MemoryPlan(
            self._program(is_train=training, with_gradient=training and bool(self._targets)).plan
        )

    def program(self, is_train: bool = False) -> str:
        """Return the generated Python source of the program that ``forward`` and ``backward`` run.

        Parameters
        ----------
        is_train : bool
            Whether of the one for training, which has a backward half if there are gradients.

        Returns
        -------
        str
            Functions ``prepare_0``, ``prepare_1``, ... make what is kept until a parameter changes;
            ``forward`` takes it, and returns the outputs and what ``backward`` needs. Behind ``#`` stand a
            node's name and the shapes of what it makes. ``native(frame)`` runs the steps below it at once.

        Examples
        --------
        >>> import mxnet as mx
        >>> net = mx.sym.exp(mx.sym.Variable("x"), name="grow")
        >>> executor = net.simple_bind(mx.cpu(), grad_req="null", x=(2, 3))
        >>> for line in executor.program().splitlines()[:4]:
        ...     print(line)
        def forward(variables, prepared, tap):
            frame = prepared[0]
            grow = __0_native(frame)  # grow (2, 3)
            #   grow = exp(x)  # grow (2, 3)
        """
        return self._program(is_train=is_train, with_gradient=is_train and bool(self._targets)).code.source

    # ------------------------------------------------------------------------------------------- other arrays

    def copy_params_from(
        self,
        arg_params: Mapping[str, NDArray],
        aux_params: Mapping[str, NDArray] | None = None,
        allow_extra_params: bool = False,
    ) -> None:
        """Copy arrays into the bound arguments and auxiliary states.

        Parameters
        ----------
        arg_params, aux_params : dict of str to NDArray
            What to copy, by name.
        allow_extra_params : bool
            Whether names that this executor does not have are passed over.

        Raises
        ------
        ValueError
            If a name is unknown.
        """
        for params, bound, kind in (
            (arg_params, self.arg_dict, "argument"),
            (aux_params or {}, self.aux_dict, "auxiliary state"),
        ):
            for name, array in params.items():
                if name in bound:
                    if tuple(array.shape) != bound[name].shape:
                        raise ShapeError(
                            f"copy_params_from(): {name!r} has shape {show_shape(tuple(array.shape))}, but "
                            f"the {kind} of this executor has shape {show_shape(bound[name].shape)}."
                        )
                    bound[name][:] = array
                elif not allow_extra_params:
                    raise NameLookupError(
                        f"copy_params_from(): this executor has no {kind} {name!r}."
                        f"{did_you_mean(name, bound)} allow_extra_params=True passes over such names."
                    )

    def reshape(
        self,
        partial_shaping: bool = False,
        allow_up_sizing: bool = False,
        **kwargs: tuple[int, ...],
    ) -> Executor:
        """Return an executor for other input shapes that shares this one's arrays and programs.

        As in MXNet, outputs share their memory as well: running one executor changes those of the other.

        Parameters
        ----------
        partial_shaping : bool
            Whether arguments that are not named may change their shape too.
        allow_up_sizing : bool
            Whether arrays may grow; what does not fit in the old one gets a new one.
        **kwargs : tuple of int
            The new shapes; names that are no arguments are passed over.

        Raises
        ------
        MXNetError
            If a shape would change that is not allowed to.
        """
        graph = self._programs.graph
        known = shapes_by_node(graph, kwargs)
        shapes = infer_shapes(graph, known)
        require_complete(graph, shapes.of(graph.arguments + graph.aux), kwargs)
        arg_shapes = shapes.of(graph.arguments)
        args = [
            resized(name, array, shape, name in kwargs or partial_shaping, allow_up_sizing)
            for name, shape, array in zip(self._arg_names, arg_shapes, self.arg_arrays, strict=True)
        ]
        grads = self.grad_arrays and [
            grad if grad is None else resized(name, grad, shape, True, True)
            for name, shape, grad in zip(self._arg_names, arg_shapes, self.grad_arrays, strict=True)
        ]
        aux = [
            resized(name, array, shape, partial_shaping, allow_up_sizing)
            for name, shape, array in zip(self._aux_names, shapes.of(graph.aux), self.aux_arrays, strict=True)
        ]
        made = Executor(self._programs, args, grads, self._grad_req, aux)
        made._symbol = self._symbol
        made._shared_outputs = self._memory_of_outputs()
        return made

    def _memory_of_outputs(self) -> list[Tensor | None]:
        """Return where this executor writes its outputs from now on: others may write over the beginnings."""
        if not self._shared_outputs and not has_late_shapes(self._programs.graph):
            for array, stype in zip(self.outputs, self._output_stypes, strict=True):
                memory = array._tensor.contiguous() if stype == "default" else None
                if memory is not None:
                    array._set_tensor(memory)
                self._shared_outputs.append(None if memory is None else memory.view(-1))
        return self._shared_outputs

    def get_optimized_symbol(self) -> Any:
        """Return the symbol this executor runs."""
        return self._symbol


class WrongArgumentError(BindError, TypeError):
    """``forward`` was given something that it does not take (MXNet raises TypeError)."""


class _Decodable(str):
    """A name for functions that expect bytes."""

    __slots__ = ()

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:  # noqa: ARG002 - that of bytes
        """Return the name."""
        return str(self)


def _show(callback: Monitor, name: str, array: NDArray) -> None:
    try:
        callback(name, array)
    except AttributeError as error:
        if error.name != "decode" or error.obj is not name:
            raise
        callback(_Decodable(name), array)


def _by_name(names: Sequence[str], arrays: Sequence[Any], what: str) -> dict[str, Any]:
    if len(set(names)) != len(names):
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        raise BindError(f"The {what} have duplicate names ({few(twice)}); use the list instead of the dict.")
    return dict(zip(names, arrays, strict=True))


def _copied(value: Value) -> Tensor:
    return densify(value) if isinstance(value, Stored) else value.clone()


lend(__name__)
