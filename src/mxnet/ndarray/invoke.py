"""Running one operator at once on arrays: what ``mx.nd.X(...)`` and ``x + y`` come down to."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from mxnet.context import Context, current_context
from mxnet.dtype import NAMES
from mxnet.errors import CompositionError, DTypeError, GradientError, MXNetError, ShapeError
from mxnet.ir.constraints import Conflict, is_complete, settle_dtypes, settle_shapes
from mxnet.ir.op import Op, Run, find_operator
from mxnet.ir.types import Type, show_shape
from mxnet.lazy import torch
from mxnet.ndarray.ndarray import NDArray
from mxnet.ops.device import torch_device
from mxnet.plan.refusals import raised_by_torch, refused
from mxnet.timing import RECORDER, timed

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["MODE", "Mode", "Recorder", "check_call", "invoke", "invoke_by_name", "known_types", "run_kernel"]

Recorder = Callable[[Op, "Sequence[NDArray]", "Sequence[NDArray]", "Sequence[Tensor]"], None]
"""Is told of every call: the operator, its inputs, what it made, and the tensors of its hidden outputs."""

Kernel = Callable[..., Any]
"""A function of tensors: inputs, then auxiliary states."""

Facts = tuple[Any, ...]
"""Shape and dtype of each input in turn, then of each given output."""


class Checked(NamedTuple):
    """The shapes and dtypes of a call's outputs, each None if they cannot be known before it runs."""

    shapes: tuple[tuple[int, ...], ...] | None
    dtypes: tuple[str, ...] | None


class Mode(NamedTuple):
    """How operators run in this thread: whether somebody records them, and whether this is training."""

    record: Recorder | None = None
    is_train: bool = False


MODE: ContextVar[Mode] = ContextVar("mode", default=Mode())  # noqa: B039 - a Mode does not change
"""The current mode; :mod:`mxnet.autograd` sets it."""


def invoke(
    op: Op,
    inputs: Sequence[NDArray],
    out: NDArray | Sequence[NDArray] | None = None,
    context: Context | None = None,
) -> Any:
    """Run an operator.

    Parameters
    ----------
    op : Op
        The operator with its parameters.
    inputs : sequence of NDArray
        Its inputs and then its auxiliary states.
    out : NDArray or sequence of NDArray, optional
        Arrays to write the outputs to. They are the result then.
    context : Context, optional
        Where to run, for an operator without inputs.

    Raises
    ------
    MXNetError
        If shapes, dtypes or contexts do not fit, or the kernel fails; it names the operator and its inputs.
    """
    tensors: list[Tensor] = []
    facts: list[Any] = []
    where = inputs[0]._context if inputs else _context_of(op, context)
    for array in inputs:
        if array.stype != "default" or op.about_storage:
            from mxnet.ndarray.structured import invoke_sparse

            return invoke_sparse(op, inputs, out)
        tensor = array._tensor
        tensors.append(tensor)
        facts.append(tensor.shape)
        facts.append(tensor.dtype)
        if array._context is not where:
            check_context(op, inputs)
    outs = () if out is None else check_out(op, inputs, out)
    for array in outs:
        facts += (array._tensor.shape, array._tensor.dtype)
    mode = MODE.get()
    kernel = kernel_of(op, where, mode.is_train, len(tensors), tuple(facts))
    results = outputs_of(op, kernel, tensors)
    if outs:
        made = list(outs)
        for array, result in zip(outs, results, strict=False):
            overwrite(op, array, result)
    else:
        made = [NDArray._from_tensor(each, where) for each in owned(results[: op.visible_outputs()], tensors)]
    if mode.record is not None:
        mode.record(op, inputs, made, results[len(made) :])
    if out is not None:
        return out
    return made[0] if len(made) == 1 else made


def invoke_by_name(
    name: str,
    *inputs: NDArray,
    out: NDArray | Sequence[NDArray] | None = None,
    context: Context | None = None,
    **params: Any,
) -> NDArray:
    """Run the operator `name` with these inputs and parameters; those that are None count as not given."""
    cls = find_operator(name)
    if cls.variadic in cls.params:
        params.setdefault(str(cls.variadic), len(inputs))
    op = cls.make(**{key: value for key, value in params.items() if value is not None})
    made: NDArray = invoke(op, inputs, out, context)
    return made


# --------------------------------------------------------------------------------------------- before it runs


def _context_of(op: Op, context: Context | None) -> Context:
    """Return where an operator without inputs runs: as asked for, as its ``ctx`` says, or where we are."""
    if context is not None:
        return context
    text = op.given.get("ctx", "None")
    match = re.fullmatch(r"(\w+)\((\d+)\)", text)
    return Context(match[1], int(match[2])) if match else current_context()


def check_out(op: Op, inputs: Sequence[NDArray], out: NDArray | Sequence[NDArray]) -> tuple[NDArray, ...]:
    """Return the arrays to write to; what is being recorded must keep its values."""
    outs = (out,) if isinstance(out, NDArray) else tuple(out)
    tracked = any(array._is_tracked() for array in inputs)
    for array in outs:
        if not isinstance(array, NDArray):
            raise CompositionError(
                f"{op.name}: out must be an NDArray or a list of them, but got {type(array).__name__}."
            )
        if array._is_tracked() or (tracked and any(array is each for each in inputs)):
            raise GradientError(
                f"{op.name} cannot write in place to an array that is part of a recorded gradient."
            )
    return outs


def check_context(op: Op, inputs: Sequence[NDArray]) -> None:
    """Refuse arrays on different devices; all CPU contexts share one memory."""
    devices = {torch_device(array._context) for array in inputs}
    if len(devices) > 1:
        names = op.input_names() + op.aux_names()
        shown = ", ".join(f"{name} on {array._context}" for name, array in zip(names, inputs, strict=False))
        raise MXNetError(
            f"Error in operator {op.name}: its inputs must be in one context, but are {shown}."
            " as_in_context moves an array."
        )


@functools.lru_cache(maxsize=1 << 14)
def check_call(op: Op, n_inputs: int, facts: Facts) -> Checked:
    """Check the shapes and dtypes of a call, and return those of all outputs.

    Raises
    ------
    ShapeError, DTypeError
        If they do not fit.
    """
    n_in, n_aux, n_out = op.arity
    names = op.input_names() + op.aux_names()
    if n_inputs != n_in + n_aux:
        raise MXNetError(
            f"{op.name} takes {len(names)} inputs ({', '.join(names)}), but was given {n_inputs}."
        )
    if len(facts) // 2 - n_inputs > n_out:
        raise MXNetError(f"{op.name} has {n_out} outputs, but out= gives {len(facts) // 2 - n_inputs}.")
    unknown = (None,) * (n_inputs + n_out - len(facts) // 2)
    shapes: Facts = (*(tuple(each) for each in facts[::2]), *unknown)
    dtypes: Facts = (*(_name_of(each) for each in facts[1::2]), *unknown)
    try:
        dtypes = settle_dtypes(op, dtypes)
    except Conflict as conflict:
        raise DTypeError(_explain(op, conflict, "dtype", shapes, dtypes)) from None
    except MXNetError as error:
        raise type(error)(_name_the_operator(op, error)) from None
    try:
        shapes = settle_shapes(op, shapes)
    except Conflict as conflict:
        raise ShapeError(_explain(op, conflict, "shape", shapes, dtypes)) from None
    except MXNetError as error:
        raise type(error)(_name_the_operator(op, error)) from None
    known = shapes[n_inputs:] if all(map(is_complete, shapes[n_inputs:])) else None
    return Checked(known, dtypes[n_inputs:] if None not in dtypes[n_inputs:] else None)


@functools.cache
def _name_of(dtype: torch.dtype) -> str:
    name = str(dtype).removeprefix("torch.")
    if name not in NAMES:
        raise DTypeError(f"{dtype} is not a data type of MXNet. Expected one of {', '.join(NAMES)}.")
    return name


def known_types(
    op: Op, shapes: Sequence[Any] | None, dtypes: Sequence[Any] | None, where: Context
) -> tuple[Type, ...]:
    """Return the types of all outputs, from what :func:`check_call` says of them."""
    unknown = (None,) * op.arity[2]
    facts = zip(shapes or unknown, dtypes or unknown, strict=True)
    return tuple([Type(shape, dtype, where) for shape, dtype in facts])


def _explain(op: Op, conflict: Conflict, what: str, shapes: Facts, dtypes: Facts) -> str:
    slot = op.slots[conflict.slot]
    show: Callable[[Any], str] = show_shape if what == "shape" else str
    others = [
        f"{name} {show_shape(shape)} {dtype}"
        for i, (name, shape, dtype) in enumerate(zip(op.slots, shapes, dtypes, strict=True))
        if i != conflict.slot and shape is not None
    ]
    return (
        f"Error in operator {op.name}: the {what} of {slot!r} does not fit.\n"
        f"  Expect: {slot} {show(conflict.required)}\n"
        f"  Actual: {slot} {show(conflict.known)}\n"
        f"  with {op!r} and {', '.join(others) or 'no other inputs'}"
    )


def _name_the_operator(op: Op, error: Exception) -> str:
    return str(error) if "in operator" in str(error) else f"Error in operator {op.name}: {error}"


# ------------------------------------------------------------------------------------------------- running it


def _new_kernel(op: Op, where: Context, is_train: bool, n_inputs: int, facts: Facts) -> Kernel:
    shapes, dtypes = check_call(op, n_inputs, facts)
    outs = known_types(op, shapes, dtypes, where)
    run = Run(where, is_train=is_train, outs=outs, name=op.name)
    return op.kernel_for(run)


_kernels: dict[tuple[Any, ...], tuple[Op, Kernel]] = {}
_MOST_KERNELS = 1 << 12


def kernel_of(op: Op, where: Context, is_train: bool, n_inputs: int, facts: Facts) -> Kernel:
    """Return the function that runs an operator on such tensors; raise as `check_call` does."""
    if not op.pure:  # it may keep a state between runs, and only those that do not are remembered
        return _new_kernel(op, where, is_train, n_inputs, facts)
    # By identity, as equal operators may differ yet, in the sign of a 0. The entry keeps the operator alive.
    key = (id(op), where, is_train, facts)
    found = _kernels.get(key)
    if found is None:
        if len(_kernels) >= _MOST_KERNELS:
            _kernels.clear()
        found = _kernels[key] = op, _new_kernel(op, where, is_train, n_inputs, facts)
    return found[1]


def run_kernel(op: Op, run: Run, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Run an operator's kernel and return all its outputs; torch's errors become an MXNetError."""
    return outputs_of(op, op.kernel_for(run), tensors)


def outputs_of(op: Op, kernel: Kernel, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    # No array requires torch's gradients, so there is nothing that torch.no_grad would have to switch off.
    if RECORDER.operators:
        kernel = timed(kernel, op.name)
    try:
        results = kernel(*tensors)
    except Exception as error:
        _blame(op, tensors, error)
    return tuple(results) if isinstance(results, (tuple, list)) else (results,)


def _blame(op: Op, tensors: Sequence[Tensor], error: Exception) -> NoReturn:
    if hasattr(error, "__notes__"):  # of a user's own code, and not ours to reword
        raise error
    if isinstance(error, MXNetError):
        if "in operator" in str(error):
            raise error
        raise type(error)(_name_the_operator(op, error)) from None
    if raised_by_torch(error):
        names = op.input_names() + op.aux_names()
        given = [(n, tuple(t.shape), _name_of(t.dtype)) for n, t in zip(names, tensors, strict=False)]
        raise refused(repr(op), error, given) from None
    raise error


def owned(results: Sequence[Tensor], inputs: Sequence[Tensor]) -> list[Tensor]:
    """Return results that share no memory with an input or each other, and are laid out row by row."""
    taken = {tensor.untyped_storage().data_ptr() for tensor in inputs}
    owned = []
    for result in results:
        pointer = result.untyped_storage().data_ptr()
        if pointer in taken and result.numel():
            owned.append(result.clone(memory_format=torch.contiguous_format))
        else:
            owned.append(result.contiguous())
            taken.add(pointer)
    return owned


def overwrite(op: Op, array: NDArray, result: Tensor) -> None:
    if array.shape != tuple(result.shape):
        expected, actual = show_shape(tuple(result.shape)), show_shape(array.shape)
        raise ShapeError(
            f"Error in operator {op.name}: out has the shape {actual}, but the result has {expected}."
        )
    array._overwrite(result)
