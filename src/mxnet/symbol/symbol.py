"""The Symbol: a user's handle on some outputs of a graph."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.analysis.gradient import gradients, starts_gradient
from mxnet.analysis.infer import infer_dtypes, infer_shapes
from mxnet.attribute import hidden_key, visible_spellings
from mxnet.context import Context, current_context
from mxnet.dtype import DTypeLike, dtype_name, numpy_type
from mxnet.errors import (
    CompositionError,
    DTypeError,
    GradientError,
    MXNetError,
    NameLookupError,
    NotImplementedForSymbol,
    ParameterError,
    did_you_mean,
)
from mxnet.files import atomic_write
from mxnet.ir.declared import from_mxnet_shape, to_mxnet_shape
from mxnet.ir.graph import Graph
from mxnet.ir.json import read_graph, write_graph
from mxnet.ir.node import Entry, Node, emit, emitting, user_line
from mxnet.ir.op import Op, Shape, is_hidden
from mxnet.ir.printer import mxnet_debug_text

if TYPE_CHECKING:
    from mxnet.compiled import CompiledFunction
    from mxnet.executor import Executor
    from mxnet.ndarray import NDArray
    from mxnet.symbol.fluent import FluentMethods
else:
    FluentMethods = object  # they are put on the class by fill_modules

__all__ = ["Group", "Symbol"]

Shapes = list[tuple[int, ...]]
Arithmetic = Callable[[str, "Symbol", object], "Symbol"]


class OutputIndexError(MXNetError, IndexError):
    """A symbol has fewer outputs than that."""


class SymbolBase:
    """The root of the symbol classes, for ``isinstance``."""

    __slots__ = ()


class Symbol(SymbolBase, FluentMethods):
    """One or several outputs of a graph of operators.

    Symbols are composed by operators (``mx.sym.FullyConnected(x, num_hidden=10)``), by arithmetic, and by
    calling one with
    others for its variables. They hold no values: ``simple_bind``, ``bind``, ``eval`` and ``compile`` make
    something that runs.

    Parameters
    ----------
    outputs : tuple of Entry
        What the handle stands for.
    """

    __slots__ = ("__weakref__", "_graph", "_outputs")

    __array_priority__ = 1000.0  # numpy arrays on the left leave the operation to the symbol
    __hash__ = None  # type: ignore[assignment]  # == makes a symbol, so a symbol is no dictionary key

    def __init__(self, outputs: tuple[Entry, ...]) -> None:
        self._outputs = outputs
        self._graph: Graph | None = None

    @property
    def graph(self) -> Graph:
        """The graph these outputs depend on."""
        if self._graph is None:
            self._graph = Graph(self._outputs)
        return self._graph

    @property
    def handle(self) -> Symbol:
        """The symbol itself; real MXNet has a pointer here."""
        return self

    # ------------------------------------------------------------------------------------------ what is in it

    @property
    def name(self) -> str | None:
        """The name, None for a group of several nodes."""
        first = self._outputs[0].node
        return first.name if all(entry.node is first for entry in self._outputs) else None

    def list_arguments(self) -> list[str]:
        """Return the names of the arguments, in the order in which the graph reaches them."""
        return [node.name for node in self.graph.arguments]

    def list_auxiliary_states(self) -> list[str]:
        """Return the names of the auxiliary states, such as BatchNorm's moving mean."""
        return [node.name for node in self.graph.aux]

    def list_inputs(self) -> list[str]:
        """Return the names of all variables, auxiliary states included."""
        return [node.name for node in self.graph.nodes if node.op is None]

    def list_outputs(self) -> list[str]:
        """Return the names of the outputs, such as ``fc1_output``."""
        return [entry.output_name for entry in self._outputs]

    def get_internals(self) -> Symbol:
        """Return a group of every value in the graph: variables and all visible outputs."""
        return Symbol(tuple(entry for node in self.graph.nodes for entry in node.outputs[: _visible(node)]))

    def get_children(self) -> Symbol | None:
        """Return a group of the direct inputs, None if there are none."""
        nodes = dict.fromkeys(entry.node for entry in self._outputs)
        inputs = tuple(entry for node in nodes for entry in node.inputs)
        return Symbol(inputs) if inputs else None

    def debug_str(self) -> str:
        """Return the graph as text, node by node, in MXNet's format."""
        return mxnet_debug_text(self._outputs)

    def __repr__(self) -> str:
        name = self.name
        if name is None:
            return f"<{type(self).__name__} group [{', '.join(str(each.name) for each in self)}]>"
        return f"<{type(self).__name__} {name}>"

    def __len__(self) -> int:
        return len(self._outputs)

    def __iter__(self) -> Iterator[Symbol]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: int | str | slice) -> Symbol:
        """Return one output by number or name, or several by a slice.

        Raises
        ------
        ValueError
            If no output, or more than one, has that name.
        IndexError
            If the number is out of range.
        """
        if isinstance(index, str):
            return Symbol((self._outputs[self._find_output(index)],))
        if isinstance(index, slice):
            if any(isinstance(bound, int) and bound < 0 for bound in (index.start, index.stop, index.step)):
                raise CompositionError(f"{self!r}: outputs are counted from 0, so {index} picks none.")
            picked = self._outputs[index]
            if not picked:
                raise NameLookupError(
                    f"{self!r} has {len(self)} outputs; the slice {index} picks none of them."
                )
            return Symbol(picked)
        if not isinstance(index, int | np.integer):
            raise CompositionError(f"A symbol is indexed by number, output name or slice, not by {index!r}.")
        if index >= len(self):
            raise OutputIndexError(f"{self!r} has {len(self)} outputs, so there is no output {index}.")
        if index < 0:
            raise MXNetError(f"{self!r}: outputs are counted from 0, so there is no output {index}.")
        return Symbol((self._outputs[index],))

    def _find_output(self, name: str) -> int:
        names = self.list_outputs()
        found = [i for i, each in enumerate(names) if each == name]
        if not found:
            raise NameLookupError(
                f"{self!r} has no output {name!r}.{did_you_mean(name, names)} list_outputs() has them all."
            )
        if len(found) > 1:
            raise NameLookupError(f"{self!r} has {len(found)} outputs of the name {name!r}; index by number.")
        return found[0]

    # --------------------------------------------------------------------------------------------- attributes

    def attr(self, key: str) -> str | None:
        """Return an attribute, None if there is none (or if this is a group)."""
        return None if self.name is None else visible_spellings(self._outputs[0].node.attrs).get(key)

    def list_attr(self, recursive: bool = False) -> dict[str, str]:
        """Return the attributes of this node; ``attr_dict`` has those of all."""
        if recursive:
            raise MXNetError(
                "Symbol.list_attr(recursive=True) is gone since MXNet 0.8: use attr_dict() instead."
            )
        return {} if self.name is None else visible_spellings(self._outputs[0].node.attrs)

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """Return the attributes of all nodes that have some, by node name."""
        return {node.name: visible_spellings(node.attrs) for node in self.graph.nodes if node.attrs}

    def _set_attr(self, **kwargs: str) -> None:
        if self.name is None:
            raise MXNetError("Attributes can be set on one node, not on a group.")
        node = self._outputs[0].node
        for key, value in kwargs.items():
            if not isinstance(value, str):
                raise ParameterError(
                    f"Attributes are strings, but {key!r} is {value!r}, of type {type(value).__name__}."
                )
            stored = hidden_key(key)
            if node.op is not None and not is_hidden(stored) and node.op.params:
                raise ParameterError(
                    f"Attribute {key!r} of {node.op.name} {node.name!r}: a note on an operator is "
                    "written with two underscores "
                    f"on both sides (__{key}__); its parameters do not change once it is made."
                )
            node.attrs[stored] = value

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
                f"{self!r} is composed by keyword, such as net({self.list_inputs()[0]}=other), not by "
                "position."
            )
        variables = self.list_inputs()
        for key, value in kwargs.items():
            if not isinstance(value, Symbol):
                raise CompositionError(
                    f"Compose expects symbols, but {key!r} is {value!r}, of type {type(value).__name__}."
                )
            if len(value) != 1:
                raise CompositionError(
                    f"Compose expects one output for {key!r}, but {value!r} has {len(value)}: pick "
                    "one by index."
                )
            if key not in variables:
                raise CompositionError(
                    f"{self!r} has no variable {key!r}.{did_you_mean(key, variables)} Its variables "
                    f"are: {', '.join(variables)}."
                )
        replacement = {key: value._outputs[0] for key, value in kwargs.items()}
        renamed = self._outputs[0].node if name is not None and self.name is not None else None
        return Symbol(_copy_with(self.graph, replacement, renamed, name))

    def __copy__(self) -> Symbol:
        return self.__deepcopy__({})

    def __deepcopy__(self, _: object) -> Symbol:
        return Symbol(_copy_with(self.graph, {}, None, None))

    def __reduce__(self) -> tuple[Callable[[str], Symbol], tuple[str]]:
        from mxnet.symbol.variable import load_json

        return load_json, (self.tojson(),)

    def __setstate__(self, state: Mapping[str, str | None]) -> None:
        """Take over what real MXNet pickles: the graph as JSON, under ``handle``."""
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
                f"{method} was given {len(args)} facts by position, but there are {len(names)} "
                f"arguments: {names}."
            )
        given = dict(zip(names, args, strict=False)) if args else dict(kwargs)
        inputs = self.list_inputs()
        for name in given:
            if name not in inputs:
                raise NameLookupError(
                    f"{self!r} has no argument {name!r}.{did_you_mean(name, inputs)} Its arguments "
                    f"are: {', '.join(names)}."
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
        ``SoftmaxOutput`` contribute the
        gradient they define. Real MXNet 1.x declares this method and never implemented it.

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
        entries = [self._differentiable(name) for name in ([wrt] if isinstance(wrt, str) else wrt)]
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

    def _differentiable(self, name: str) -> Entry:
        for node in self.graph.nodes:
            for entry in node.outputs:
                if entry.output_name == name:
                    return entry
        known = self.get_internals().list_outputs()
        raise NameLookupError(
            f"gradient(): {self!r} has no argument or internal output {name!r}.{did_you_mean(name, known)}"
            " get_internals().list_outputs() has them all."
        )

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
        compiler : {'inductor'}, optional
            Hand the programs to ``torch.compile``. By default the environment variable ``MXNET_COMPILER``.
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
        return bind(self, ctx, args, args_grad, grad_req, aux_states, group2ctx, options)

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
        **kwargs: tuple[int, ...],
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
        compiler : {'inductor'}, optional
            Hand the programs to ``torch.compile``. By default the environment variable ``MXNET_COMPILER``.
        check_numerics : bool, optional
            Stop at the first node that makes NaN or Inf. By default the environment variable
            ``MXNET_CHECK_NUMERICS``.
        **kwargs : tuple of int
            Shapes of arguments.

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
        return simple_bind(
            self,
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

    def eval(self, ctx: Context | None = None, **kwargs: NDArray) -> list[NDArray]:
        """Bind the given arrays, run forward once and return the outputs."""
        return self.bind(ctx or current_context(), kwargs).forward()

    def compile(self, ctx: Context | None = None) -> CompiledFunction:
        """Return this graph as a thread-safe Python function of arrays.

        The function takes its arguments by name (or by position, in the order of ``list_inputs``), of any
        consistent shapes, and
        returns a list of NDArrays. It keeps no arrays between calls.

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
        return write_graph(_without_amp_casts(self.graph) if remove_amp_cast else self._outputs)

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

    # --------------------------------------------------------------------------------------------- arithmetic

    def __add__(self, other: object) -> Symbol:
        return _arithmetic("_plus", "_PlusScalar", self, other, "+")

    def __sub__(self, other: object) -> Symbol:
        return _arithmetic("_minus", "_MinusScalar", self, other, "-")

    def __rsub__(self, other: object) -> Symbol:
        return _arithmetic(None, "_RMinusScalar", self, other, "-")

    def __mul__(self, other: object) -> Symbol:
        return _arithmetic("_mul", "_MulScalar", self, other, "*")

    def __truediv__(self, other: object) -> Symbol:
        return _arithmetic("_div", "_DivScalar", self, other, "/")

    def __rtruediv__(self, other: object) -> Symbol:
        return _arithmetic(None, "_RDivScalar", self, other, "/")

    def __mod__(self, other: object) -> Symbol:
        return _arithmetic("_mod", "_ModScalar", self, other, "%")

    def __rmod__(self, other: object) -> Symbol:
        return _arithmetic(None, "_RModScalar", self, other, "%")

    def __pow__(self, other: object) -> Symbol:
        return _arithmetic("_power", "_PowerScalar", self, other, "**")

    def __rpow__(self, other: object) -> Symbol:
        return _arithmetic(None, "_rpower_scalar", self, other, "**")

    def __neg__(self) -> Symbol:
        return self.__mul__(-1.0)

    def __abs__(self) -> Symbol:
        return self.abs()

    def __eq__(self, other: object) -> Symbol:  # type: ignore[override]
        return _arithmetic("_equal", "_equal_scalar", self, other, "==")

    def __ne__(self, other: object) -> Symbol:  # type: ignore[override]
        return _arithmetic("_not_equal", "_not_equal_scalar", self, other, "!=")

    def __gt__(self, other: object) -> Symbol:
        return _arithmetic("_greater", "_greater_scalar", self, other, ">")

    def __ge__(self, other: object) -> Symbol:
        return _arithmetic("_greater_equal", "_greater_equal_scalar", self, other, ">=")

    def __lt__(self, other: object) -> Symbol:
        return _arithmetic("_lesser", "_lesser_scalar", self, other, "<")

    def __le__(self, other: object) -> Symbol:
        return _arithmetic("_lesser_equal", "_lesser_equal_scalar", self, other, "<=")

    __radd__ = __add__
    __rmul__ = __mul__
    __div__ = __truediv__
    __rdiv__ = __rtruediv__

    # ------------------------------------------------------------------------------ what only an array can do

    def __bool__(self) -> bool:
        raise NotImplementedForSymbol(self.__bool__, "bool")

    __nonzero__ = __bool__

    def __iadd__(self, other: object) -> Symbol:
        raise NotImplementedForSymbol(self.__iadd__, "+=", other)

    def __isub__(self, other: object) -> Symbol:
        raise NotImplementedForSymbol(self.__isub__, "-=", other)

    def __imul__(self, other: object) -> Symbol:
        raise NotImplementedForSymbol(self.__imul__, "*=", other)

    def __itruediv__(self, other: object) -> Symbol:
        raise NotImplementedForSymbol(self.__itruediv__, "/=", other)

    __idiv__ = __itruediv__

    def astype(self, dtype: DTypeLike, **kwargs: Any) -> Symbol:
        """Return a symbol of the same values in another dtype."""
        from mxnet.symbol.compose import create

        return create("Cast", [self], {"dtype": dtype_name(dtype)}, hint="cast", **kwargs)

    def as_nd_ndarray(self) -> Symbol:
        """Return this symbol: there is one kind of symbol."""
        return self

    def optimize_for(self, backend: str, *args: object, **kwargs: object) -> Symbol:  # noqa: ARG002
        """Return this symbol: whatever the backend's name, graphs are optimised when they are bound."""
        return self

    def get_backend_symbol(self, backend: str) -> Symbol:
        """Return this symbol; see :meth:`optimize_for`."""
        return self.optimize_for(backend)


def _only_arrays(name: str) -> Callable[[Symbol], None]:
    def method(self: Symbol, *args: object) -> None:  # noqa: ARG001 - it is a method
        raise NotImplementedForSymbol(name, None, *args)

    method.__name__ = name
    method.__doc__ = "Raise NotImplementedForSymbol: a symbol has no value."
    return method


for _name in ("asnumpy", "asscalar", "wait_to_read", "copy", "detach", "backward", "as_in_context"):
    setattr(Symbol, _name, _only_arrays(_name))


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
        raise CompositionError(f"Group expects a list of at least one Symbol, but got {symbols!r}.")
    return create_fn(tuple(entry for each in group for entry in each._outputs))


def _visible(node: Node) -> int:
    return node.op.visible_outputs() if node.op is not None else 1


def _arithmetic(binary: str | None, with_scalar: str, left: Symbol, right: object, sign: str) -> Symbol:
    from mxnet.symbol.compose import create

    if isinstance(right, Symbol) and binary is not None:
        return create(binary, [left, right], {}, hint=binary)
    if isinstance(right, int | float | np.number) and not isinstance(right, bool | np.bool_):
        return create(with_scalar, [left], {"scalar": right}, hint=with_scalar.lower())
    if isinstance(right, bool | np.bool_):
        raise ParameterError(f"{left!r} {sign} {right}: a boolean is not a number here; write {int(right)}.")
    raise CompositionError(
        f"{left!r} {sign} {right!r}: expected a Symbol or a number, but got {type(right).__name__}."
    )


def _checked_shape(name: str, shape: object) -> Shape | None:
    """Return a given shape in the inner form; MXNet accepts tuples alone."""
    if shape is None:
        return None
    if not isinstance(shape, tuple) or not all(isinstance(d, int | np.integer) for d in shape):
        raise DTypeError(f"The shape of {name!r} must be a tuple of int, but is {shape!r}.")
    if any(d < -1 for d in shape):
        raise MXNetError(f"The shape of {name!r} is {shape}, with a negative extent.")
    return from_mxnet_shape(tuple(int(d) for d in shape))


def _copy_with(
    graph: Graph, replacement: Mapping[str, Entry], renamed: Node | None, name: str | None
) -> tuple[Entry, ...]:
    """Copy a graph, with variables replaced by name and one node renamed."""
    copies: dict[int, Node] = {}
    replaced: dict[int, Entry] = {}
    for node in graph.nodes:
        if node.op is None and node.name in replacement:
            replaced[id(node)] = replacement[node.name]
            continue
        inputs = tuple(
            replaced.get(id(entry.node)) or Entry(copies[id(entry.node)], entry.index)
            for entry in node.inputs
        )
        new_name = name if node is renamed and name is not None else node.name
        copies[id(node)] = Node(node.op, new_name, inputs, dict(node.attrs), node.source, node.subgraphs)
    return tuple(
        replaced.get(id(entry.node)) or Entry(copies[id(entry.node)], entry.index) for entry in graph.outputs
    )


def _without_amp_casts(graph: Graph) -> tuple[Entry, ...]:
    """Return the outputs with ``amp_cast`` and ``amp_multicast`` nodes bypassed."""
    if not any(node.op is not None and node.op.name in ("amp_cast", "amp_multicast") for node in graph.nodes):
        return graph.outputs
    mapped: dict[Entry, Entry] = {}
    for node in graph.nodes:
        inputs = tuple(mapped.get(entry, entry) for entry in node.inputs)
        if isinstance(node.op, Op) and node.op.name in ("amp_cast", "amp_multicast"):
            mapped.update(zip(node.outputs, inputs, strict=True))
        elif inputs != node.inputs:
            copy = Node(node.op, node.name, inputs, node.attrs, node.source, node.subgraphs)
            mapped.update(zip(node.outputs, copy.outputs, strict=True))
    return tuple(mapped.get(entry, entry) for entry in graph.outputs)
