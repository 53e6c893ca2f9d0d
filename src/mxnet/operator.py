"""Operators written in Python by users: ``CustomOp``, ``CustomOpProp`` and ``register``."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from mxnet.historic import lend
from mxnet.ir.op import find_operator, op_names
from mxnet.ir.storage import DENSE
from mxnet.ndarray.custom import backward, forward
from mxnet.ndarray.ndarray import NDArray
from mxnet.ops.custom import REGISTERED, DeclaredStorageError, Registration

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.ir.param import Param
    from mxnet.symbol.symbol import Symbol

__all__ = [
    "CustomOp",
    "CustomOpProp",
    "NDArrayOp",
    "NumpyOp",
    "OperatorArguments",
    "PythonOp",
    "get_all_registered_operators",
    "get_operator_arguments",
    "register",
]

_Class = TypeVar("_Class")
_numbers = itertools.count()


class CustomOp:
    """The kernels of an operator. A subclass overrides :meth:`forward` and :meth:`backward`.

    One instance belongs to one node of one executor, so it may keep in attributes what `backward` needs from
    `forward`.
    """

    def forward(
        self,
        is_train: bool,
        req: list[str],
        in_data: list[NDArray],
        out_data: list[NDArray],
        aux: list[NDArray],
    ) -> None:
        """Compute the outputs.

        Parameters
        ----------
        is_train : bool
            Whether this is a training run.
        req : list of str
            For each output what :meth:`assign` is to do with it.
        in_data, out_data, aux : list of NDArray
            Inputs, outputs (to be written) and auxiliary states.
        """

    def backward(
        self,
        req: list[str],
        out_grad: list[NDArray],
        in_data: list[NDArray],
        out_data: list[NDArray],
        in_grad: list[NDArray],
        aux: list[NDArray],
    ) -> None:
        """Compute the gradients of the inputs.

        Parameters
        ----------
        req : list of str
            For each input what :meth:`assign` is to do with its gradient: ``"null"`` where nobody wants it.
        out_grad, in_data, out_data : list of NDArray
            Gradients of the outputs, inputs and outputs; None for what ``declare_backward_dependency`` leaves
            out.
        in_grad : list of NDArray
            The gradients to be written.
        aux : list of NDArray
            Auxiliary states.
        """

    def assign(self, dst: NDArray, req: str, src: Any) -> None:
        """Write `src` to `dst` as `req` says: ``"null"`` not at all, ``"add"`` on top of what is there."""
        if req in ("write", "inplace"):
            dst[:] = src
        elif req == "add":
            dst[:] = dst + src
        elif req != "null":
            raise ValueError(f"req must be 'null', 'write', 'inplace' or 'add', not {req!r}.")


class CustomOpProp:
    """What is to be known of an operator before it runs. A subclass is registered with :func:`register`.

    Its ``__init__`` gets the parameters of the operator as strings.

    Parameters
    ----------
    need_top_grad : bool
        Whether ``backward`` reads the gradients of the outputs; a loss does not.

    Examples
    --------
    >>> import mxnet as mx
    >>> class Square(mx.operator.CustomOp):
    ...     def forward(self, is_train, req, in_data, out_data, aux):
    ...         self.assign(out_data[0], req[0], in_data[0] ** 2)
    ...
    ...     def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
    ...         self.assign(in_grad[0], req[0], 2 * in_data[0] * out_grad[0])
    >>> @mx.operator.register("square_of_the_docs")
    ... class SquareProp(mx.operator.CustomOpProp):
    ...     def create_operator(self, ctx, in_shapes, in_dtypes):
    ...         return Square()
    >>> mx.nd.Custom(mx.nd.array([1, 2, 3]), op_type="square_of_the_docs").asnumpy().tolist()
    [1.0, 4.0, 9.0]
    """

    need_top_grad_ = True

    def __init__(self, need_top_grad: bool = True) -> None:
        self.need_top_grad_ = need_top_grad

    def list_arguments(self) -> Sequence[str]:
        """Return the names of the inputs."""
        return ["data"]

    def list_outputs(self) -> Sequence[str]:
        """Return the names of the outputs."""
        return ["output"]

    def list_auxiliary_states(self) -> Sequence[str]:
        """Return the names of the auxiliary states."""
        return []

    def infer_shape(self, in_shape: Any) -> Sequence[Any]:
        """Return the shapes of inputs, outputs and (if there are any) auxiliary states.

        Parameters
        ----------
        in_shape : list of list of int
            What is known of the inputs: an unknown extent is 0, a shape of which nothing is known is ``[]``.
        """
        return in_shape, [in_shape[0]] * len(self.list_outputs()), []

    def infer_type(self, in_type: Any) -> Sequence[Any]:
        """Return the dtypes of inputs, outputs and auxiliary states; by default all share the first input's.

        Parameters
        ----------
        in_type : list of type or None
            The numpy types of the inputs, None for unknown ones.
        """
        dtype = in_type[0]
        return (
            [dtype] * len(in_type),
            [dtype] * len(self.list_outputs()),
            [dtype] * len(self.list_auxiliary_states()),
        )

    def infer_storage_type(self, in_stype: list[str]) -> Sequence[Any]:
        """Return how inputs, outputs and auxiliary states are stored; by default all are dense.

        Parameters
        ----------
        in_stype : list of str
            How the inputs are: ``"default"``, ``"row_sparse"`` or ``"csr"``.
        """
        _refuse_sparse(in_stype, "infer_storage_type")
        return (
            [DENSE] * len(in_stype),
            [DENSE] * len(self.list_outputs()),
            [DENSE] * len(self.list_auxiliary_states()),
        )

    def infer_storage_type_backward(
        self,
        ograd_stype: list[str],
        in_stype: list[str],
        out_stype: list[str],
        igrad_stype: list[str],
        aux_stype: list[str],
    ) -> Sequence[Any]:
        """Return how arrays are stored in ``backward``; by default all are dense.

        Parameters
        ----------
        ograd_stype, in_stype, out_stype, igrad_stype, aux_stype : list of str
            How gradients of outputs, inputs, outputs, gradients of inputs and auxiliary states are: as for
            `infer_storage_type`, or ``"undefined"``. What is returned has the same order.
        """
        given = (ograd_stype, in_stype, out_stype, igrad_stype, aux_stype)
        _refuse_sparse(
            [s for s in (*ograd_stype, *igrad_stype) if s != "undefined"], "infer_storage_type_backward"
        )
        return tuple([DENSE] * len(each) for each in given)

    def declare_backward_dependency(
        self, out_grad: list[int], in_data: list[int], out_data: list[int]
    ) -> Sequence[int]:
        """Return which of these arrays, given by number, ``backward`` reads; the others are freed early."""
        return [*(out_grad if self.need_top_grad_ else ()), *in_data, *out_data]

    def create_operator(
        self,
        ctx: Context,  # noqa: ARG002 - subclasses use them
        in_shapes: list[list[int]],  # noqa: ARG002
        in_dtypes: list[int],  # noqa: ARG002
    ) -> CustomOp:
        """Return the kernels.

        Parameters
        ----------
        ctx : Context
            Where it will run.
        in_shapes : list of list of int
            The shapes of inputs and auxiliary states.
        in_dtypes : list of int
            The codes of their dtypes: 0 for float32, 1 for float64, 2 for float16, 3 for uint8, 4 for int32 …
        """
        return CustomOp()


def register(reg_name: str) -> Callable[[_Class], _Class]:
    """Return a decorator that registers a subclass of :class:`CustomOpProp` as the operator `reg_name`.

    It is then called as ``mx.sym.Custom(..., op_type=reg_name)`` or ``mx.nd.Custom(..., op_type=reg_name)``.
    Registering a name again replaces it.
    """

    def do_register(prop_cls: _Class) -> _Class:
        if not (isinstance(prop_cls, type) and issubclass(prop_cls, CustomOpProp)):
            raise TypeError(f"register({reg_name!r}) decorates a subclass of CustomOpProp, not {prop_cls!r}.")
        REGISTERED[reg_name] = Registration(prop_cls, forward, backward, _declares_storage)
        return prop_cls

    return do_register


def _declares_storage(properties: Any) -> bool:
    """Whether a user says how arrays are stored; all are dense otherwise."""
    inherited = CustomOpProp.infer_storage_type, CustomOpProp.infer_storage_type_backward
    own = type(properties).infer_storage_type, type(properties).infer_storage_type_backward
    return own != inherited


def _refuse_sparse(stypes: Iterable[str], method: str) -> None:
    for stype in stypes:
        if stype != DENSE:
            raise DeclaredStorageError(
                f"{method} is that of CustomOpProp, which takes dense arrays only, but one is stored "
                f"as {stype}. Override infer_storage_type and infer_storage_type_backward to take others."
            )


def get_all_registered_operators() -> list[str]:
    """Return the names of all operators, in alphabetical order."""
    return list(op_names())


class OperatorArguments(NamedTuple):
    """What an operator is called with: its inputs, and then its parameters.

    Attributes
    ----------
    narg : int
        How many there are.
    names : list of str
    types : list of str
        In MXNet's words, such as ``NDArray-or-Symbol`` or ``int, optional, default='1'``.
    """

    narg: int
    names: list[str]
    types: list[str]


def get_operator_arguments(op_name: str) -> OperatorArguments:
    """Return the names and types of an operator's arguments.

    Raises
    ------
    MXNetError
        If there is no operator of that name.

    Examples
    --------
    >>> from mxnet.operator import get_operator_arguments
    >>> get_operator_arguments("relu")
    OperatorArguments(narg=1, names=['data'], types=['NDArray-or-Symbol'])
    """
    operator = find_operator(op_name)
    array = "NDArray-or-Symbol[]" if operator.variadic else "NDArray-or-Symbol"
    types = dict.fromkeys(operator.inputs, array)
    types |= {name: _in_words(declared) for name, declared in operator.params.items() if name not in types}
    return OperatorArguments(len(types), list(types), list(types.values()))


_WORDS = {
    "bool": "boolean",
    "dtype": "string",
    "str": "string",
    "tuple[int, ...]": "Shape(tuple)",
    "tuple[int | None, ...]": "Shape(tuple)",
    "tuple[float, ...]": "tuple of <float>",
    "tuple[str, ...]": "tuple of <string>",
}


def _in_words(declared: Param) -> str:
    kind = _WORDS.get(declared.base, declared.base) + (" or None" if declared.optional else "")
    if declared.choices is not None:
        kind = "{" + ", ".join(each if each == "None" else repr(each) for each in declared.choices) + "}"
    if declared.required:
        return f"{kind}, required"
    default = declared.default
    if isinstance(default, tuple):
        default = "[" + ",".join(map(str, default)) + "]"
    elif isinstance(default, bool):
        default = int(default)
    elif isinstance(default, int | str):
        default = f"'{default}'"
    return f"{kind}, optional, default={default}"


# ------------------------------------------------------------------------------------ before there was Custom


class PythonOp:
    """Base of the two older ways to write an operator; new ones use :class:`CustomOp`.

    A subclass overrides the methods, and an instance called with symbols gives a symbol.

    Parameters
    ----------
    need_top_grad : bool
        Whether ``backward`` reads the gradients of the outputs.
    """

    def __init__(self, need_top_grad: bool = True) -> None:
        self.need_top_grad_ = need_top_grad

    def __call__(self, *args: Symbol, **kwargs: Any) -> Symbol:
        """Do what ``get_symbol`` does."""
        return self.get_symbol(*args, **kwargs)

    def get_symbol(self, *args: Symbol, **kwargs: Any) -> Symbol:
        """Return the operator applied to symbols, given by position or by the names of its arguments."""
        from mxnet import symbol

        op_type = f"{type(self).__name__}_{next(_numbers)}"
        REGISTERED[op_type] = Registration(lambda: _PythonOpProp(self), forward, backward)
        made: Symbol = symbol.Custom(*args, op_type=op_type, **kwargs)
        return made

    def list_arguments(self) -> Sequence[str]:
        """Return the names of the inputs."""
        return ["data"]

    def list_outputs(self) -> Sequence[str]:
        """Return the names of the outputs."""
        return ["output"]

    def infer_shape(self, in_shape: Any) -> Sequence[Any]:
        """Return the shapes of inputs and outputs."""
        return in_shape, [in_shape[0]]

    def need_top_grad(self) -> bool:
        """Return whether ``backward`` reads the gradients of the outputs."""
        return self.need_top_grad_

    def declare_backward_dependency(
        self, out_grad: list[int], in_data: list[int], out_data: list[int]
    ) -> Sequence[int]:
        """Return which of these arrays, given by number, ``backward`` reads."""
        return [*(out_grad if self.need_top_grad() else ()), *in_data, *out_data]

    def forward(self, in_data: list[Any], out_data: list[Any]) -> None:
        """Write ``out_data``: by default the first input."""
        out_data[0][:] = in_data[0]

    def backward(
        self,
        out_grad: list[Any],  # noqa: ARG002 - subclasses use them
        in_data: list[Any],  # noqa: ARG002
        out_data: list[Any],  # noqa: ARG002
        in_grad: list[Any],
    ) -> None:
        """Write ``in_grad``: by default 1."""
        in_grad[0][:] = 1.0


class NDArrayOp(PythonOp):
    """An operator whose methods work on NDArrays."""


class NumpyOp(PythonOp):
    """An operator whose methods work on numpy arrays, and write their results into those they are given."""


class _PythonOpProp(CustomOpProp):
    """The properties of a :class:`PythonOp`."""

    def __init__(self, op: PythonOp) -> None:
        super().__init__(op.need_top_grad())
        self._op = op
        self.list_arguments = op.list_arguments  # type: ignore[method-assign]
        self.list_outputs = op.list_outputs  # type: ignore[method-assign]
        self.infer_shape = op.infer_shape  # type: ignore[method-assign]
        self.declare_backward_dependency = op.declare_backward_dependency  # type: ignore[method-assign]

    def create_operator(self, *_: Any) -> CustomOp:
        """Return what runs the methods."""
        return _PythonOpKernels(self._op)


class _PythonOpKernels(CustomOp):
    """Runs the methods of a :class:`PythonOp`."""

    def __init__(self, op: PythonOp) -> None:
        self._op = op
        self._seen = _numpy_copies if isinstance(op, NumpyOp) else list

    def forward(self, is_train: bool, req: list[str], in_data: Any, out_data: Any, aux: Any) -> None:  # noqa: ARG002
        written = self._seen(out_data)
        self._op.forward(in_data=self._seen(in_data), out_data=written)
        self._assign_all(out_data, req, written)

    def backward(
        self,
        req: list[str],
        out_grad: Any,
        in_data: Any,
        out_data: Any,
        in_grad: Any,
        aux: Any,  # noqa: ARG002
    ) -> None:
        written = self._seen(in_grad)
        self._op.backward(
            out_grad=self._seen(out_grad),
            in_data=self._seen(in_data),
            out_data=self._seen(out_data),
            in_grad=written,
        )
        self._assign_all(in_grad, req, written)

    def _assign_all(self, targets: list[NDArray], req: list[str], written: list[Any]) -> None:
        for target, how, value in zip(targets, req, written, strict=True):
            if value is not target:
                self.assign(target, how, value)


def _numpy_copies(arrays: Iterable[NDArray | None]) -> list[Any]:
    return [None if each is None else each.asnumpy() for each in arrays]


lend(__name__)
