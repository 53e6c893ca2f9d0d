"""Operators written in Python by users: ``CustomOp``, ``CustomOpProp`` and ``register``."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from mxnet.dtype import CODES
from mxnet.errors import GradientError, ShapeError, add_note
from mxnet.ir.constraints import is_complete, settle_dtypes, settle_shapes
from mxnet.ir.op import Like, Run, op_names
from mxnet.lazy import torch
from mxnet.ndarray.mode import MODE, Mode
from mxnet.ndarray.ndarray import NDArray
from mxnet.ops.custom import REGISTERED, Custom, Registration
from mxnet.ops.device import torch_device

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.context import Context
    from mxnet.symbol.symbol import Symbol

__all__ = [
    "CustomOp",
    "CustomOpProp",
    "NDArrayOp",
    "NumpyOp",
    "PythonOp",
    "get_all_registered_operators",
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
        REGISTERED[reg_name] = Registration(prop_cls, _forward, _backward)
        return prop_cls

    return do_register


def get_all_registered_operators() -> list[str]:
    """Return the names of all operators, in alphabetical order."""
    return list(op_names())


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
        REGISTERED[op_type] = Registration(lambda: _PythonOpProp(self), _forward, _backward)
        made: Symbol = vars(symbol)["Custom"](*args, op_type=op_type, **kwargs)
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
        """Write ``out_data``."""

    def backward(
        self, out_grad: list[Any], in_data: list[Any], out_data: list[Any], in_grad: list[Any]
    ) -> None:
        """Write ``in_grad``."""


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


# -------------------------------------------------------------------------------- running


def _forward(op: Custom, run: Run, tensors: Sequence[Tensor]) -> Tensor | tuple[Tensor, ...]:
    n_in, n_aux, n_out = op.arity
    facts = tuple((tuple(each.shape), _dtype_of(each)) for each in tensors)
    operators = run.state.setdefault("operators", {})
    if facts not in operators:
        operators[facts] = _create_operator(op, run, facts)
    operator = operators[facts]
    unknown = (None,) * n_out
    shapes = settle_shapes(op, (*(shape for shape, _ in facts), *unknown))[n_in + n_aux :]
    dtypes = settle_dtypes(op, (*(dtype for _, dtype in facts), *unknown))[n_in + n_aux :]
    if not all(map(is_complete, shapes)) or None in dtypes:
        raise ShapeError(
            f"The custom operator {op.op_type!r} does not tell the shapes and dtypes of its outputs."
        )
    outs = _zeros(zip(shapes, dtypes, strict=True), run)
    aux = _arrays(tensors[n_in:], run)
    with _user_code(op, run, "forward"):
        operator.forward(
            is_train=run.is_train,
            req=["write"] * n_out,
            in_data=_arrays(tensors[:n_in], run),
            out_data=list(outs),
            aux=list(aux),
        )
    _write_back(aux, tensors[n_in:])
    results = tuple(array._tensor for array in outs)
    # Users keep values in the CustomOp from forward to backward, which are two nodes of a graph. The outputs
    # lead from one to the other, in an executor as under autograd, as torch's own lead to their grad_fn.
    for result in results:
        result.made_by = operator  # type: ignore[attr-defined]
    return results[0] if n_out == 1 else results


def _create_operator(op: Custom, run: Run, facts: Sequence[tuple[tuple[int, ...], str]]) -> CustomOp:
    shapes = [list(shape) for shape, _ in facts]
    with _user_code(op, run, "infer_shape"):  # some keep what it tells, and inference asks only once
        op.properties.infer_shape(shapes[: op.arity[0]])
    with _user_code(op, run, "create_operator"):
        operator: CustomOp = op.properties.create_operator(
            run.context, shapes, [CODES[dtype] for _, dtype in facts]
        )
    return operator


def _backward(
    op: Custom,
    run: Run,
    grads: Sequence[Tensor],
    ins: Sequence[Tensor | Like],
    outs: Sequence[Tensor],
    aux: Sequence[Tensor],
) -> list[Tensor]:
    n_in, _, n_out = op.arity
    operator: CustomOp | None = getattr(outs[0], "made_by", None)
    if operator is None:
        raise GradientError(
            f"The custom operator {op.op_type!r} can be differentiated once: its backward is Python code, of "
            "which no derivative is known."
        )
    in_grads = _zeros([(each.shape, _dtype_of(each)) for each in ins], run)
    aux_arrays = _arrays(aux, run)
    with _user_code(op, run, "backward"):
        operator.backward(
            req=["write" if name in run.wants else "null" for name in op.input_names()],
            out_grad=_arrays(grads or [None] * n_out, run),
            in_data=_arrays(ins if "ins" in op.needs else [None] * n_in, run),
            out_data=_arrays(outs if "outs" in op.needs else [None] * n_out, run),
            in_grad=list(in_grads),
            aux=list(aux_arrays),
        )
    _write_back(aux_arrays, aux)
    return [array._tensor for array in in_grads]


def _dtype_of(tensor: Tensor | Like) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _arrays(tensors: Iterable[Any], run: Run) -> list[Any]:
    return [None if each is None else NDArray._from_tensor(each, run.context) for each in tensors]


def _zeros(facts: Iterable[tuple[tuple[int, ...], str]], run: Run) -> list[NDArray]:
    device = torch_device(run.context)
    return _arrays(
        (torch.zeros(shape, dtype=getattr(torch, dtype), device=device) for shape, dtype in facts), run
    )


def _write_back(arrays: Sequence[NDArray], tensors: Sequence[Tensor]) -> None:
    """Put what the user left in an array where it came from, if another tensor took its place."""
    for array, tensor in zip(arrays, tensors, strict=True):
        if array._tensor is not tensor:
            tensor.copy_(array._tensor)


@contextlib.contextmanager
def _user_code(op: Custom, run: Run, method: str) -> Iterator[None]:
    """Run a user's method unrecorded; its exceptions pass as they are, with a note of where they are from."""
    token = MODE.set(Mode(is_train=run.is_train))
    try:
        yield
    except Exception as error:
        add_note(error, f"in {method}() of the custom operator {op.op_type!r}, node {run.name!r}")
        raise
    finally:
        MODE.reset(token)
