"""The Symbol: a user's handle on some outputs of a graph."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.analysis.gradient import gradients, starts_gradient
from mxnet.analysis.infer import infer_dtypes, infer_shapes
from mxnet.context import Context, current_context
from mxnet.dtype import DTypeLike, dtype_name, numpy_type
from mxnet.errors import (
    CompositionError,
    DTypeError,
    GradientError,
    MXNetError,
    NameLookupError,
    brief,
    did_you_mean,
    few,
)
from mxnet.files import atomic_write
from mxnet.ir.declared import from_mxnet_shape, to_mxnet_shape
from mxnet.ir.json import read_graph, write_graph
from mxnet.ir.node import Entry, Node, emit, emitting, user_line
from mxnet.ir.op import Shape
from mxnet.symbol.copies import copy_graph, without_amp_casts
from mxnet.symbol.departures import Departures

if TYPE_CHECKING:
    from mxnet.compiled import CompiledFunction
    from mxnet.executor import Executor
    from mxnet.ndarray import NDArray
    from mxnet.symbol.fluent import FluentMethods
else:
    FluentMethods = object  # they are put on the class by fill_modules

__all__ = ["Group", "Symbol", "load", "load_json"]

Shapes = list[tuple[int, ...]]


class Symbol(Departures, FluentMethods):
    """One or several outputs of a graph of operators.

    Symbols are composed by operators (``mx.sym.FullyConnected(x, num_hidden=10)``), by arithmetic, and by
    calling one with others for its variables. They hold no values: ``simple_bind``, ``bind``, ``eval`` and
    ``compile`` make something that runs.

    Parameters
    ----------
    outputs : tuple of Entry
        What the handle stands for.
    """

    __slots__ = ()

    # -------------------------------------------------------------------------------------------- composition

    def __call__(self, *args: Symbol, name: str | None = None, **kwargs: Symbol) -> Symbol:
        """Return a copy of this graph with some of its variables replaced by other symbols.

        Parameters
        ----------
        name : str, optional
            A new name for the (single) output node.
        **kwargs : Symbol
            What to put in the place of the variable of that name.

        Raises
        ------
        MXNetError
            If there is no such variable, or arguments are given by position.
        """
        return self._composed(args, name, kwargs)

    def _compose(self, *args: Symbol, name: str | None = None, **kwargs: Symbol) -> None:
        composed = self._composed(args, name, kwargs)
        self._outputs, self._graph = composed._outputs, None

    def _composed(self, args: Sequence[Symbol], name: str | None, kwargs: Mapping[str, Symbol]) -> Symbol:
        if args and kwargs:
            raise CompositionError("Compose a symbol with keyword arguments alone: net(data=other).")
        if args:
            raise CompositionError(
                f"{self._shown()} is composed by keyword, such as net({self.list_inputs()[0]}=other), not by "
                "position."
            )
        variables = set(self.list_inputs())
        for key, value in kwargs.items():
            if not isinstance(value, Symbol):
                raise CompositionError(
                    f"Compose expects symbols, but {key!r} is {brief(value)}, of type {type(value).__name__}."
                )
            if len(value) != 1:
                raise CompositionError(
                    f"Compose expects one output for {key!r}, but {value._shown()} has {len(value)}: pick "
                    "one by index."
                )
            if key not in variables:
                raise CompositionError(
                    f"{self._shown()} has no variable {key!r}.{did_you_mean(key, variables)} "
                    f"Its variables are: {few(self.list_inputs(), key)}."
                )
        replacement = {key: value._outputs[0] for key, value in kwargs.items()}
        renamed = self._outputs[0].node if name is not None and self.name is not None else None
        return Symbol(copy_graph(self.graph, replacement, renamed, name))

    def __copy__(self) -> Symbol:
        return self.__deepcopy__({})

    def __deepcopy__(self, _: object) -> Symbol:
        return Symbol(copy_graph(self.graph))

    def __getstate__(self) -> dict[str, str]:
        """Return what real MXNet pickles: the graph as JSON, under ``handle``."""
        return {"handle": self.tojson(remove_amp_cast=False)}

    def __setstate__(self, state: Mapping[str, str | None]) -> None:
        text = state.get("handle")
        if not isinstance(text, str):
            raise MXNetError("This pickle of a Symbol holds no graph.")
        self.__init__(read_graph(text, "a pickle"))  # type: ignore[misc]

    # ---------------------------------------------------------------------------------------------- inference

    def infer_shape(
        self, *args: tuple[int, ...], **kwargs: tuple[int, ...]
    ) -> tuple[Shapes | None, Shapes | None, Shapes | None]:
        """Infer all shapes from the given ones.

        Parameters
        ----------
        *args, **kwargs : tuple of int
            Shapes of arguments, by position or by name; 0 stands for an unknown extent.

        Returns
        -------
        arg_shapes, out_shapes, aux_shapes : list of tuple of int, or None
            All three are None if something stayed unknown (:meth:`infer_shape_partial` shows what).

        Raises
        ------
        MXNetError
            If shapes contradict each other; the message names the node, both shapes and where they come from.
        """
        inferred = self._infer_shapes(args, kwargs)
        if all(shape is not None and None not in shape for each in inferred for shape in each):
            return tuple([to_mxnet_shape(shape) for shape in each] for each in inferred)  # type: ignore[return-value]
        return None, None, None

    def infer_shape_partial(
        self, *args: tuple[int, ...], **kwargs: tuple[int, ...]
    ) -> tuple[Shapes, Shapes, Shapes]:
        """Infer what can be inferred; unknown extents are 0, unknown shapes ``()``."""
        return tuple(  # type: ignore[return-value]
            [to_mxnet_shape(shape) for shape in each] for each in self._infer_shapes(args, kwargs)
        )

    def _infer_shapes(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[Shape | None], ...]:
        known = self._by_variable("infer_shape", args, kwargs, _checked_shape)
        inferred = infer_shapes(self.graph, known)
        return inferred.of(self.graph.arguments), inferred.outputs, inferred.of(self.graph.aux)

    def infer_type(self, *args: DTypeLike, **kwargs: DTypeLike) -> tuple[list[type] | None, ...]:
        """Infer all dtypes from the given ones, as numpy types; three times None if something stayed unknown.

        Raises
        ------
        MXNetError
            If dtypes contradict each other.
        """
        inferred = self._infer_dtypes(args, kwargs)
        if any(dtype is None for each in inferred for dtype in each):
            return None, None, None
        return tuple([numpy_type(dtype) for dtype in each if dtype] for each in inferred)

    def infer_type_partial(self, *args: DTypeLike, **kwargs: DTypeLike) -> tuple[list[type | None], ...]:
        """Infer what can be inferred; None for unknown dtypes."""
        return tuple(
            [numpy_type(d) if d else None for d in each] for each in self._infer_dtypes(args, kwargs)
        )

    def _infer_dtypes(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[str | None], ...]:
        known = self._by_variable(
            "infer_type", args, kwargs, lambda _, dtype: None if dtype is None else dtype_name(dtype)
        )
        inferred = infer_dtypes(self.graph, known)
        return inferred.of(self.graph.arguments), inferred.outputs, inferred.of(self.graph.aux)

    def _by_variable(
        self, method: str, args: Sequence[Any], kwargs: Mapping[str, Any], checked: Callable[[str, Any], Any]
    ) -> dict[Node, Any]:
        """Return the given facts by variable; variables that share a name share the fact."""
        if args and kwargs:
            raise NameLookupError(f"{method} takes facts by position or by name, not both.")
        names = self.list_arguments()
        if len(args) > len(names):
            raise NameLookupError(
                f"{method} was given {len(args)} facts by position, but there are {len(names)} arguments: "
                f"{few(names)}."
            )
        given = dict(zip(names, args, strict=False)) if args else dict(kwargs)
        inputs = set(self.list_inputs())
        for name in given:
            if name not in inputs:
                raise NameLookupError(
                    f"{self._shown()} has no argument {name!r}.{did_you_mean(name, inputs)} "
                    f"Its arguments are: {few(names, name)}."
                )
        facts = {name: checked(name, fact) for name, fact in given.items()}
        return {
            node: facts[node.name]
            for node in self.graph.nodes
            if node.op is None and facts.get(node.name) is not None
        }

    # -------------------------------------------------------------------------------------------- derivatives

    def gradient(self, wrt: Sequence[str] | str) -> Symbol:
        """Return the gradient of the sum of all outputs as a symbol, an ordinary graph.

        It can be inspected, drawn, saved, composed and differentiated again. Losses such as
        ``SoftmaxOutput`` contribute the gradient they define. Real MXNet 1.x declares this method and never
        implemented it.

        Parameters
        ----------
        wrt : list of str
            Names of arguments, or of internal outputs such as ``"fc1_output"``.

        Returns
        -------
        Symbol
            A group of one gradient per name, each of the shape of what it belongs to; zeros where nothing
            depends on it.

        Raises
        ------
        MXNetError
            If a name is neither an argument nor an internal output.

        Examples
        --------
        >>> import mxnet as mx
        >>> x = mx.sym.Variable("x")
        >>> (x * x * x).gradient(["x"]).gradient(["x"]).eval(x=mx.nd.array([2]))[0].asnumpy().tolist()
        [12.0]
        """
        entries = self._differentiable([wrt] if isinstance(wrt, str) else wrt)
        if not entries:
            raise GradientError("gradient() needs the name of at least one argument or internal output.")
        with emitting(None, "head_gradient", user_line()):
            heads = [
                None
                if entry.node.op is not None and starts_gradient(entry.node.op)
                else emit("ones_like", entry)
                for entry in self._outputs
            ]
            found = gradients(self.graph, entries, heads)
            return Symbol(
                tuple(grad or emit("zeros_like", entry) for grad, entry in zip(found, entries, strict=True))
            )

    def _differentiable(self, names: Iterable[str]) -> list[Entry]:
        """Return the arguments and internal outputs of these names; of equal ones, the first."""
        known: dict[str, Entry] = {}
        for node in self.graph.nodes:
            for entry in node.outputs:
                known.setdefault(entry.output_name, entry)
        for name in names:
            if name not in known:
                raise NameLookupError(
                    f"gradient(): {self._shown()} has no argument or internal output {name!r}."
                    f"{did_you_mean(name, known)} get_internals().list_outputs() has them all."
                )
        return [known[name] for name in names]

    # ------------------------------------------------------------------------------------------------ running

    def bind(
        self,
        ctx: Context,
        args: Sequence[NDArray] | Mapping[str, NDArray],
        args_grad: Sequence[NDArray | None] | Mapping[str, NDArray] | None = None,
        grad_req: str | Sequence[str] | Mapping[str, str] = "write",
        aux_states: Sequence[NDArray] | Mapping[str, NDArray] | None = None,
        group2ctx: Mapping[str, Context] | None = None,
        shared_exec: Executor | None = None,  # noqa: ARG002 - memory is shared anyway
        *,
        memory_budget: str | float | None = None,
        compiler: str | None = None,
        check_numerics: bool | None = None,
    ) -> Executor:
        """Bind arrays to all arguments and return an executor.

        Parameters
        ----------
        ctx : Context
            Where to run.
        args : list or dict of NDArray
            All arguments, in the order of ``list_arguments`` or by name. Names the graph does not have are
            ignored.
        args_grad : list or dict of NDArray, optional
            Where gradients are written; arguments without an array here get none.
        grad_req : {'write', 'add', 'null'}, or a list or dict of them
            What happens to each gradient.
        aux_states : list or dict of NDArray, optional
            All auxiliary states.
        group2ctx : dict of str to Context, optional
            Where nodes with the attribute ``ctx_group`` run.
        shared_exec : Executor, optional
            Accepted for compatibility: memory is shared between executors anyway.
        memory_budget : str or int, optional
            The most bytes that intermediate values of training may take, such as ``"2GB"``: what does not
            fit is computed twice. By default the environment variable ``MXNET_MEMORY_BUDGET``, or no limit.
        compiler : {'inductor', 'onnxruntime', 'openvino'}, optional
            Hand the programs to ``torch.compile``, or those of inference to an engine that is installed. By
            default the environment variable ``MXNET_COMPILER``.
        check_numerics : bool, optional
            Stop at the first node that makes NaN or Inf. By default the environment variable
            ``MXNET_CHECK_NUMERICS``.

        Raises
        ------
        MXNetError
            If an array is missing, or has the wrong shape, dtype or context.
        """
        from mxnet.binding import bind
        from mxnet.plan.options import Options

        options = Options.of_environment(
            memory_budget=memory_budget, compiler=compiler, check_numerics=check_numerics
        )
        executor = bind(self.graph, ctx, args, args_grad, grad_req, aux_states, group2ctx, options)
        executor._symbol = self
        return executor

    def simple_bind(
        self,
        ctx: Context,
        grad_req: str | Sequence[str] | Mapping[str, str] = "write",
        type_dict: Mapping[str, DTypeLike] | None = None,
        stype_dict: Mapping[str, str] | None = None,
        group2ctx: Mapping[str, Context] | None = None,
        shared_arg_names: Sequence[str] | None = None,
        shared_exec: Executor | None = None,
        shared_buffer: dict[str, NDArray] | None = None,
        *,
        memory_budget: str | float | None = None,
        compiler: str | None = None,
        check_numerics: bool | None = None,
        **kwargs: Any,
    ) -> Executor:
        """Infer all shapes, make arrays of zeros for all arguments and gradients, and return an executor.

        Parameters
        ----------
        ctx : Context
            Where to run.
        grad_req : {'write', 'add', 'null'}, or a list or dict of them
            What happens to each gradient; arguments that a dict leaves out get none.
        type_dict : dict of str to dtype, optional
            Dtypes of arguments; float32 where nothing says otherwise.
        stype_dict : dict of str to str, optional
            Storage types of arguments.
        group2ctx : dict of str to Context, optional
            Where nodes with the attribute ``ctx_group`` run.
        shared_arg_names : list of str, optional
            Arguments whose arrays are taken from `shared_exec` or `shared_buffer` where they fit.
        shared_exec : Executor, optional
            An executor to share arrays with.
        shared_buffer : dict of str to NDArray, optional
            Arrays to share; new ones are added to it.
        memory_budget : str or int, optional
            The most bytes that intermediate values of training may take, such as ``"2GB"``: what does not
            fit is computed twice. By default the environment variable ``MXNET_MEMORY_BUDGET``, or no limit.
        compiler : {'inductor', 'onnxruntime', 'openvino'}, optional
            Hand the programs to ``torch.compile``, or those of inference to an engine that is installed. By
            default the environment variable ``MXNET_COMPILER``.
        check_numerics : bool, optional
            Stop at the first node that makes NaN or Inf. By default the environment variable
            ``MXNET_CHECK_NUMERICS``.
        **kwargs : sequence of int
            Shapes of arguments; names that are no arguments are passed over.

        Raises
        ------
        MXNetError
            If the shapes contradict each other or do not determine all others; the message lists what stayed
            unknown.
        """
        from mxnet.binding import simple_bind
        from mxnet.plan.options import Options

        options = Options.of_environment(
            memory_budget=memory_budget, compiler=compiler, check_numerics=check_numerics
        )
        executor = simple_bind(
            self.graph,
            ctx,
            grad_req,
            type_dict,
            stype_dict,
            group2ctx,
            shared_arg_names,
            shared_exec,
            shared_buffer,
            options,
            kwargs,
        )
        executor._symbol = self
        return executor

    def eval(self, ctx: Context | None = None, **kwargs: NDArray) -> list[NDArray]:
        """Bind the given arrays, run forward once and return the outputs."""
        return self.bind(ctx or current_context(), kwargs).forward()

    def compile(self, ctx: Context | None = None) -> CompiledFunction:
        """Return this graph as a thread-safe Python function of arrays.

        The function takes its arguments by name (or by position, in the order of ``list_inputs``), of any
        consistent shapes, and returns a list of NDArrays. It keeps no arrays between calls.

        Parameters
        ----------
        ctx : Context, optional
            Where to run; the current context by default.

        Examples
        --------
        >>> import mxnet as mx
        >>> double = (mx.sym.Variable("x") * 2).compile()
        >>> double(x=mx.nd.array([1.0, 2.0]))[0].asnumpy().tolist()
        [2.0, 4.0]
        """
        from mxnet.compiled import CompiledFunction

        return CompiledFunction(self.graph, ctx or current_context())

    # ------------------------------------------------------------------------------------------------- saving

    def tojson(self, remove_amp_cast: bool = True) -> str:
        """Return the graph as JSON, in the form MXNet 1.9.1 writes and reads.

        Parameters
        ----------
        remove_amp_cast : bool
            Whether casts that automatic mixed precision put in are left out.
        """
        return write_graph(without_amp_casts(self.graph) if remove_amp_cast else self._outputs)

    def save(self, fname: str | os.PathLike[str], remove_amp_cast: bool = True) -> None:
        """Write the graph as JSON to a file; an existing file is replaced as a whole or not at all.

        Raises
        ------
        TypeError
            If `fname` is not a path.
        """
        if not isinstance(fname, str | os.PathLike):
            raise CompositionError(
                f"save() expects a file name, but got {fname!r}, of type {type(fname).__name__}."
            )
        with atomic_write(fname) as file:
            file.write(self.tojson(remove_amp_cast).encode())

    def astype(self, dtype: DTypeLike, **kwargs: Any) -> Symbol:
        """Return a symbol of the same values in another dtype."""
        return self._create("Cast", [self], {"dtype": dtype_name(dtype)}, hint="cast", **kwargs)

    def as_nd_ndarray(self) -> Symbol:
        """Return this symbol: there is one kind of symbol."""
        return self

    def optimize_for(self, backend: str, *args: object, **kwargs: object) -> Symbol:  # noqa: ARG002
        """Return this symbol: whatever the backend's name, graphs are optimised when they are bound."""
        return self

    def get_backend_symbol(self, backend: str) -> Symbol:
        """Return this symbol; see :meth:`optimize_for`."""
        return self.optimize_for(backend)


def Group(symbols: Sequence[Symbol], create_fn: Callable[..., Symbol] = Symbol) -> Symbol:
    """Return one symbol with the outputs of several.

    Parameters
    ----------
    symbols : list of Symbol
        What to put together.

    Raises
    ------
    TypeError
        If the list is empty or holds something else.
    """
    group = list(symbols)
    if not group or any(not isinstance(each, Symbol) for each in group):
        raise CompositionError(f"Group expects a list of at least one Symbol, but got {brief(symbols)}.")
    return create_fn(tuple(entry for each in group for entry in each._outputs))


def _checked_shape(name: str, shape: object) -> Shape | None:
    """Return a given shape in the inner form; MXNet accepts tuples alone."""
    if shape is None:
        return None
    if not isinstance(shape, tuple) or not all(isinstance(d, int | np.integer) for d in shape):
        raise DTypeError(f"The shape of {name!r} must be a tuple of int, but is {shape!r}.")
    if any(d < -1 for d in shape):
        raise MXNetError(f"The shape of {name!r} is {shape}, with a negative extent.")
    return from_mxnet_shape(tuple(int(d) for d in shape))


def load(fname: str | os.PathLike[str]) -> Symbol:
    """Read a symbol from a JSON file that any MXNet from 0.5 to 2.0 wrote.

    Raises
    ------
    MXNetError
        If the file is missing, truncated or not a symbol.
    TypeError
        If `fname` is not a path.
    """
    if not isinstance(fname, str | os.PathLike):
        raise CompositionError(
            f"load() expects a file name, but got {fname!r}, of type {type(fname).__name__}."
        )
    try:
        with open(fname, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        raise MXNetError(f"There is no file {os.fspath(fname)!r} to load a symbol from.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise MXNetError(f"Cannot read a symbol from {os.fspath(fname)!r}: {error}") from None
    return Symbol(read_graph(text, os.fspath(fname)))


def load_json(json_str: str) -> Symbol:
    """Read a symbol from JSON text; see :func:`load`."""
    if not isinstance(json_str, str):
        raise CompositionError(f"load_json() expects a string, but got {type(json_str).__name__}.")
    return Symbol(read_graph(json_str))
