"""The executor: a graph with arrays bound to it, run forwards and backwards."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.analysis.infer import infer_shapes
from mxnet.analysis.storage import graph_storage
from mxnet.errors import BindError, MXNetError, NameLookupError, ShapeError, did_you_mean
from mxnet.ir.declared import from_mxnet_shape
from mxnet.ir.graph import Graph
from mxnet.ir.node import Node, describe_node
from mxnet.ir.types import is_complete, show_shape
from mxnet.ndarray import NDArray, zeros
from mxnet.plan.lower import Taps
from mxnet.plan.memory_plan import MemoryPlan
from mxnet.plan.program import Program, Tap
from mxnet.plan.programs import Programs
from mxnet.timing import RECORDER

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.symbol.symbol import Symbol

__all__ = ["Executor", "NotAnArrayError", "require_complete", "resized", "shapes_by_node"]

Monitor = Callable[[str, NDArray], None]


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
        symbol: Symbol,
        programs: Programs,
        arg_arrays: list[NDArray],
        grad_arrays: list[NDArray | None] | None,
        grad_req: list[str],
        aux_arrays: list[NDArray],
    ) -> None:
        self._symbol = symbol
        self._programs = programs
        self._ctx = programs.context
        self._grad_req = grad_req
        self.arg_arrays = arg_arrays
        self.grad_arrays = grad_arrays
        self.aux_arrays = aux_arrays
        self._arg_names = symbol.list_arguments()
        self._aux_names = symbol.list_auxiliary_states()
        self._outputs: list[NDArray] | None = None
        self._variables = (*arg_arrays, *aux_arrays)
        stypes = {node: array.stype for node, array in zip(programs.variables, self._variables, strict=True)}
        self._output_stypes = graph_storage(programs.graph, stypes).outputs
        self._last: dict[tuple[bool, bool, Taps, bool], tuple[list[Tensor], Program]] = {}
        self._saved: tuple[Program, list[Tensor]] | None = None
        self._ran_for_training = False
        self._monitor: Monitor | None = None
        self._tapped: Taps = ""
        self._targets = [
            (array, req) for array, req in zip(grad_arrays or (), grad_req, strict=False) if array is not None
        ]

    # ----------------------------------------------------------------------------------------- arrays by name

    @property
    def arg_dict(self) -> dict[str, NDArray]:
        """The arguments by name."""
        return _by_name(self._arg_names, self.arg_arrays, "arguments")

    @property
    def grad_dict(self) -> dict[str, NDArray | None]:
        """The gradients by the names of their arguments."""
        if self.grad_arrays is None:
            raise NotAnArrayError("This executor was bound without gradient arrays: pass args_grad to bind.")
        return _by_name(self._arg_names, self.grad_arrays, "arguments")

    @property
    def aux_dict(self) -> dict[str, NDArray]:
        """The auxiliary states by name."""
        return _by_name(self._aux_names, self.aux_arrays, "auxiliary states")

    @property
    def output_dict(self) -> dict[str, NDArray]:
        """The outputs by name."""
        return _by_name(self._symbol.list_outputs(), self.outputs, "outputs")

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
                zeros(shape, ctx=context, dtype=each.dtype).tostype(stype)
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
        if not isinstance(is_train, bool | int | np.bool_):
            raise BindError(
                f"forward() takes is_train and then inputs by name, forward(data=...), but its first "
                f"argument is of type {type(is_train).__name__}."
            )
        if kwargs:
            self._feed(kwargs)
        is_train = bool(is_train)
        program, tensors = self._ready(is_train, is_train and bool(self._targets))
        self._saved = None  # what the last run kept goes before this one needs room
        outputs, saved = program.forward(tensors, self._tap())
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
        tensors = self._ready(self._ran_for_training, with_gradient=True)[1]
        places = [target._tensor for target, _ in self._targets]  # of a sparse array, a dense copy
        if any(head is not None for head in heads):
            memory = {tensor.untyped_storage().data_ptr() for tensor in places}
            heads = [
                head.clone() if head is not None and head.untyped_storage().data_ptr() in memory else head
                for head in heads
            ]
        program.backward(
            [*tensors, *heads],
            saved,
            [place for place, there in zip(places, program.reached, strict=True) if there],
            self._tap(),
        )
        for (target, req), place, there in zip(self._targets, places, program.reached, strict=True):
            if not there and req == "write":
                place.zero_()
            if target.stype != "default":
                target._set_tensor(place)

    def _rerun(self) -> None:
        """Compute what backward needs, if the last forward was for inference or another backward used it."""
        program, tensors = self._ready(self._ran_for_training, with_gradient=True)
        _, saved = program.forward(tensors, None)
        self._saved = program, saved

    def _ready(self, is_train: bool, with_gradient: bool) -> tuple[Program, list[Tensor]]:
        """Return the program for the bound arrays and their tensors, at little cost if nothing changed."""
        key = (is_train, with_gradient, self._tapped, RECORDER.programs)
        now = [array._tensor for array in self._variables]
        ready = self._last.get(key)
        if ready is None or not all(map(operator.is_, now, ready[0])):
            ready = self._last[key] = (now, self._program(is_train=is_train, with_gradient=with_gradient))
        return ready[1], ready[0]

    def _program(self, *, is_train: bool, with_gradient: bool) -> Program:
        facts = tuple((array.shape, array._dtype_name) for array in self._variables)
        return self._programs.get(facts, is_train=is_train, with_gradient=with_gradient, tapped=self._tapped)

    def _publish(self, program: Program, tensors: Sequence[Tensor]) -> None:
        """Put new results into the output arrays; one that may share memory with another becomes a copy."""
        results = [
            tensor if is_own else tensor.clone()
            for tensor, is_own in zip(tensors, program.owns_outputs, strict=True)
        ]
        if self._outputs is None:
            contexts = [self._programs.context_of(entry.node) for entry in self._programs.graph.outputs]
            self._outputs = [
                NDArray._from_tensor(tensor, context).tostype(stype)
                for tensor, context, stype in zip(results, contexts, self._output_stypes, strict=True)
            ]
        else:
            for array, tensor in zip(self._outputs, results, strict=True):
                array._set_tensor(tensor)

    def _feed(self, arrays: Mapping[str, NDArray]) -> None:
        arguments = self.arg_dict
        for name, array in arrays.items():
            if name not in arguments:
                raise _UnknownArgumentError(
                    f"forward() was given {name!r}, which is not an argument.{did_you_mean(name, arguments)}"
                    f" The arguments are: {', '.join(arguments)}."
                )
            if not isinstance(array, NDArray | np.ndarray):
                raise BindError(
                    f"forward() expects an NDArray for {name!r}, not {array!r}, of type "
                    f"{type(array).__name__}."
                )
            bound = arguments[name]
            if tuple(array.shape) != bound.shape:
                raise ShapeError(
                    f"forward() was given an array of shape {show_shape(tuple(array.shape))} for "
                    f"{name!r}, which is bound to one "
                    f"of shape {show_shape(bound.shape)}. Executor.reshape makes an executor for "
                    "other shapes."
                )
            bound[:] = array

    def _given_heads(self, out_grads: object) -> list[Any]:
        """Return what was given for each output; None for those that nothing was given for."""
        outputs = self.outputs
        names = self._symbol.list_outputs()
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

    def _head_gradients(self, given: Sequence[Any], program: Program) -> list[Tensor | None]:
        names = self._symbol.list_outputs()
        return [
            _checked_head(name, output, gradient) if needed else None
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
            Takes a name and an NDArray; None to stop monitoring.
        monitor_all : bool
            Whether to show the inputs of every node too.
        """
        self._monitor = callback
        self._tapped = "" if callback is None else "all" if monitor_all else "outputs"

    def _tap(self) -> Tap | None:
        callback = self._monitor
        if callback is None:
            return None
        return lambda name, tensor: callback(name, NDArray._from_tensor(tensor.clone(), self._ctx))

    def debug_str(self) -> str:
        """Return the program and the memory its intermediate values take."""
        program = self._program(is_train=bool(self._targets), with_gradient=bool(self._targets))
        megabytes = program.plan.peak_bytes / 2**20
        return f"{self._symbol.debug_str()}\n{program.text.source}\nTotal {megabytes:.0f} MB allocated\n"

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
            node's name and the shapes of what it makes.

        Examples
        --------
        >>> import mxnet as mx
        >>> net = mx.sym.exp(mx.sym.Variable("x"), name="grow")
        >>> executor = net.simple_bind(mx.cpu(), grad_req="null", x=(2, 3))
        >>> for line in executor.program().splitlines()[:4]:
        ...     print(line)
        def forward(variables, prepared, tap):
            x = variables[0]
            grow = __0_exp(x)  # grow (2, 3)
            return (grow,), []
        """
        return self._program(is_train=is_train, with_gradient=is_train and bool(self._targets)).text.source

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
                            f"copy_params_from(): {name!r} has shape "
                            f"{show_shape(tuple(array.shape))}, but the {kind} of this executor"
                            f" has shape {show_shape(bound[name].shape)}."
                        )
                    bound[name][:] = array
                elif not allow_extra_params:
                    raise NameLookupError(
                        f"copy_params_from(): this executor has no {kind} "
                        f"{name!r}.{did_you_mean(name, bound)}"
                        " allow_extra_params=True passes over such names."
                    )

    def reshape(
        self,
        partial_shaping: bool = False,
        allow_up_sizing: bool = False,
        **kwargs: tuple[int, ...],
    ) -> Executor:
        """Return an executor for other input shapes that shares this one's parameters and programs.

        Parameters
        ----------
        partial_shaping : bool
            Whether arguments that are not named may change their shape too.
        allow_up_sizing : bool
            Whether arrays may grow; what does not fit in the old one gets a new one.
        **kwargs : tuple of int
            The new shapes.

        Raises
        ------
        MXNetError
            If a shape would change that is not allowed to.
        """
        graph = self._programs.graph
        known = shapes_by_node(graph, kwargs)
        shapes = infer_shapes(graph, known)
        require_complete(graph, shapes.of(graph.arguments + graph.aux))
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
        return Executor(self._symbol, self._programs, args, grads, self._grad_req, aux)

    def get_optimized_symbol(self) -> Symbol:
        """Return the symbol this executor runs."""
        return self._symbol


class NotAnArrayError(BindError, TypeError):
    """Something that is no NDArray was to be bound (MXNet raises TypeError)."""


class _UnknownArgumentError(BindError, TypeError):
    """``forward`` was given a keyword that is no argument (MXNet raises TypeError)."""


def _by_name(names: Sequence[str], arrays: Sequence[Any], what: str) -> dict[str, Any]:
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise BindError(
            f"The {what} have duplicate names ({', '.join(twice)}); use the list instead of the dict."
        )
    return dict(zip(names, arrays, strict=True))


def _checked_head(name: str, output: NDArray, gradient: object) -> Tensor:
    if gradient is None:
        raise MXNetError(
            f"backward() needs the gradient of output {name!r}: it is not a loss, so pass out_grads "
            f"(an NDArray of shape {show_shape(output.shape)}), or end the network in a loss such as "
            "SoftmaxOutput or MakeLoss."
        )
    if not isinstance(gradient, NDArray):
        raise NotAnArrayError(
            f"backward() expects an NDArray as the gradient of {name!r}, not {type(gradient).__name__}."
        )
    if gradient.shape != output.shape:
        raise ShapeError(
            f"backward(): the gradient of output {name!r} has shape {show_shape(gradient.shape)}, but "
            "the output has shape "
            f"{show_shape(output.shape)}."
        )
    return gradient._tensor.to(output._tensor)  # dtype and device


def resized(name: str, array: NDArray, shape: tuple[int, ...], may_change: bool, may_grow: bool) -> NDArray:
    """Return the array itself, a view of its beginning, or a new one."""
    if array.shape == shape:
        return array
    if not may_change:
        raise BindError(
            f"reshape(): the new shapes make {name!r} {show_shape(shape)}, but it is "
            f"{show_shape(array.shape)}."
            " partial_shaping=True allows that, with new contents."
        )
    size = int(np.prod(shape))
    if size <= array.size:
        return NDArray._from_tensor(array._tensor.reshape(-1)[:size].view(shape), array.context)
    if not may_grow:
        raise BindError(
            f"reshape(): {name!r} would grow from {show_shape(array.shape)} to {show_shape(shape)}. "
            "allow_up_sizing=True allows that."
        )
    return zeros(shape, ctx=array.context, dtype=array._dtype_name)


def shapes_by_node(graph: Graph, shapes: Mapping[str, tuple[int, ...]]) -> dict[Node, Any]:
    """Return given shapes by variable, in the inner form; refuse unknown names and what is no shape."""
    names = {node.name for node in graph.arguments + graph.aux}
    for name, shape in shapes.items():
        if name not in names:
            raise NameLookupError(
                f"There is no argument {name!r}.{did_you_mean(name, names)} The arguments are: "
                f"{', '.join(sorted(names))}."
            )
        if not isinstance(shape, list | tuple) or not all(isinstance(d, int | np.integer) for d in shape):
            raise ShapeError(f"The shape of {name!r} must be a tuple of int, but is {shape!r}.")
    return {
        node: from_mxnet_shape(tuple(int(d) for d in shapes[node.name]))
        for node in graph.arguments + graph.aux
        if node.name in shapes
    }


def require_complete(graph: Graph, shapes: Sequence[Any]) -> None:
    """Refuse shapes of arguments and auxiliary states that are not known completely; list them all."""
    unknown = [
        f"  {describe_node(node)}: {show_shape(shape)}"
        for node, shape in zip(graph.arguments + graph.aux, shapes, strict=True)
        if not is_complete(shape)
    ]
    if unknown:
        raise ShapeError(
            "The given shapes do not determine all others. These stayed unknown:\n" + "\n".join(unknown)
        )
