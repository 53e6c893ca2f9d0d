"""Running one operator at once on tensors: what calls on arrays, and the gradients of these, come down to."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from mxnet.context import Context, current_context
from mxnet.dtype import NAMES
from mxnet.errors import DTypeError, MXNetError, ShapeError
from mxnet.ir.blame import blame, call_of
from mxnet.ir.constraints import Conflict, is_complete, settle_dtypes, settle_shapes
from mxnet.ir.memory import NOWHERE, Into
from mxnet.ir.node import Node
from mxnet.ir.op import Op, Run
from mxnet.ir.storage import STYPES
from mxnet.ir.types import RESIDUAL_DTYPE, RESIDUAL_SHAPE, show_shape, types_of
from mxnet.lazy import torch
from mxnet.ndarray.tensors import RoomFor, context_of
from mxnet.ops.tools.device import torch_device
from mxnet.plan.kernel_errors import raised_by_torch, refused
from mxnet.timing import RECORDER, timed
from mxnet.util import np_shape

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "Checked",
    "Facts",
    "Kernel",
    "check_call",
    "check_places",
    "kernel_of",
    "outputs_of",
    "owned",
    "place_of",
    "run_operator",
]

Kernel = Callable[..., Any]
"""A function of tensors: inputs, then auxiliary states."""

Facts = tuple[Any, ...]
"""Shape and dtype of each input in turn, then of each array that is given for an output."""


class Checked(NamedTuple):
    """The shapes and dtypes of a call's outputs, each None if they cannot be known before it runs."""

    shapes: tuple[tuple[int, ...], ...] | None
    dtypes: tuple[str, ...] | None


def run_operator(
    op: Op,
    where: Context,
    is_train: bool,
    tensors: Sequence[Tensor],
    node: Node | None = None,
    out: Mapping[str, Into] = NOWHERE,
) -> tuple[Tensor, ...]:
    """Check shapes and dtypes, run the kernel, and return all outputs, the hidden ones last.

    Parameters
    ----------
    op : Op
        The operator.
    where : Context
        Where to run it; the tensors are there.
    is_train : bool
        Whether it behaves as in training.
    tensors : sequence of torch.Tensor
        Its inputs and then its auxiliary states; what another operator left as its residual may be anything.
    node : Node, optional
        What errors are blamed on; by default a call at the user's line.
    out : mapping of str to Into
        Of a gradient: where to write those of which inputs; None is returned for these.

    Raises
    ------
    MXNetError
        If shapes or dtypes do not fit, or the kernel fails; it names the operator and its inputs.
    """
    facts: list[Any] = []
    for i, tensor in enumerate(tensors):
        facts += (tensor.shape, tensor.dtype) if i not in op.opaque else _residual_facts()
    kernel = kernel_of(op, where, is_train, len(tensors), tuple(facts), node=node)
    return outputs_of(op, functools.partial(kernel, out=out) if out else kernel, tensors, node)


@functools.cache
def _residual_facts() -> Facts:
    return RESIDUAL_SHAPE, getattr(torch, RESIDUAL_DTYPE)


# --------------------------------------------------------------------------------------------- before it runs


def place_of(op: Op, context: Context | None) -> Context:
    """Return where an operator without inputs runs: as asked for, as its ``ctx`` says, or where we are."""
    if context is not None:
        return context
    text = op.given.get("ctx", "None")
    match = re.fullmatch(r"(\w+)\((\d+)\)", text)
    return Context(match[1], int(match[2])) if match else current_context()


def check_places(op: Op, contexts: Sequence[Context]) -> None:
    """Refuse inputs on different devices; all CPU contexts share one memory."""
    if len(set(map(torch_device, contexts))) > 1:
        names = op.input_names() + op.aux_names()
        shown = ", ".join(f"{name} on {context}" for name, context in zip(names, contexts, strict=False))
        raise blame(
            MXNetError(f"its inputs must be in one context, but are {shown}. as_in_context moves an array."),
            call_of(op),
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
    try:
        with np_shape():  # nothing is left to be inferred, so that a 0 is an extent
            shapes = settle_shapes(op, shapes)
    except Conflict as conflict:
        raise ShapeError(_explain(op, conflict, "shape", shapes, dtypes)) from None
    known = shapes[n_inputs:] if all(map(is_complete, shapes[n_inputs:])) else None
    return Checked(known, dtypes[n_inputs:] if None not in dtypes[n_inputs:] else None)


@functools.cache
def _name_of(dtype: torch.dtype) -> str:
    name = str(dtype).removeprefix("torch.")
    if name not in NAMES:
        raise DTypeError(f"{dtype} is not a data type of MXNet. Expected one of {', '.join(NAMES)}.")
    return name


def _explain(op: Op, conflict: Conflict, what: str, shapes: Facts, dtypes: Facts) -> str:
    slot = op.slots[conflict.slot]
    show: Callable[[Any], str] = show_shape if what == "shape" else str
    others = [
        f"{name} {show_shape(shape)} {dtype}"
        for i, (name, shape, dtype) in enumerate(zip(op.slots, shapes, dtypes, strict=True))
        if i != conflict.slot and shape is not None
    ]
    return (
        f"the {what} of {slot!r} does not fit.\n"
        f"  Expect: {slot} {show(conflict.required)}\n"
        f"  Actual: {slot} {show(conflict.known)}\n"
        f"  with {op!r} and {', '.join(others) or 'no other inputs'}"
    )


# ------------------------------------------------------------------------------------------------- running it


def _new_kernel(
    op: Op,
    where: Context,
    is_train: bool,
    n_inputs: int,
    facts: Facts,
    wants: frozenset[str],
    stypes: tuple[str, ...],
    node: Node | None,
) -> Kernel:
    # An operator that equals only itself may hold arrays, which must not be kept for its next call.
    check = check_call if op.interned else check_call.__wrapped__
    try:
        shapes, dtypes = check(op, n_inputs, facts)
    except Exception as error:
        raise blame(error, node or call_of(op))  # noqa: B904 - the same
    outs = types_of(op.arity[2], shapes, dtypes, where)
    run = Run(
        where,
        is_train=is_train,
        wants=wants,
        outs=outs,
        state={STYPES: stypes} if stypes else {},
        name=op.name,
    )
    return op.held_in([_name_of(each) for each in facts[1 : 2 * n_inputs : 2]]).kernel_for(run)


_kernels: dict[tuple[Any, ...], tuple[Op, Kernel]] = {}
_MOST_KERNELS = 1 << 12


def kernel_of(
    op: Op,
    where: Context,
    is_train: bool,
    n_inputs: int,
    facts: Facts,
    wants: frozenset[str] = frozenset(),
    stypes: tuple[str, ...] = (),
    node: Node | None = None,
) -> Kernel:
    """Return the function that runs an operator on such tensors; raise as `check_call` does.

    It returns a residual for the gradients of the inputs `wants`, if there are any. `stypes` says how the
    arrays are stored whose dense copies it gets, if they are not all dense.
    """
    # By identity, as equal operators may differ yet, in the sign of a 0. The entry keeps the operator alive.
    key = (id(op), where, is_train, n_inputs, facts, wants, stypes)
    found = _kernels.get(key)
    if found is not None:
        return found[1]
    kernel = _new_kernel(op, where, is_train, n_inputs, facts, wants, stypes, node)
    if op.pure and op.interned:  # others may keep a state between runs
        if len(_kernels) >= _MOST_KERNELS:
            _kernels.clear()
        _kernels[key] = op, kernel
    return kernel


def outputs_of(
    op: Op, kernel: Kernel, tensors: Sequence[Tensor], node: Node | None = None
) -> tuple[Tensor, ...]:
    """Run a kernel and return all its outputs; torch's errors become an MXNetError."""
    # No array requires torch's gradients, so there is nothing that torch.no_grad would have to switch off.
    if RECORDER.operators:
        kernel = timed(kernel, op.name)
    try:
        results = kernel(*tensors)
    except Exception as error:
        _blame(op, tensors, error, node or call_of(op))
    return tuple(results) if isinstance(results, (tuple, list)) else (results,)


def _blame(op: Op, tensors: Sequence[Tensor], error: Exception, node: Node) -> NoReturn:
    if raised_by_torch(error):
        names = op.input_names() + op.aux_names()
        given = [
            (name, tuple(tensor.shape), _name_of(tensor.dtype))
            for i, (name, tensor) in enumerate(zip(names, tensors, strict=False))
            if i not in op.opaque
        ]
        raise blame(refused(error, given), node) from None
    raise blame(error, node)


def owned(results: Sequence[Tensor], inputs: Sequence[Tensor]) -> list[Tensor]:
    """Return results that share no memory with an input or each other, and are laid out row by row."""
    taken = {tensor.untyped_storage().data_ptr() for tensor in inputs}
    owned = []
    for result in results:
        pointer = result.untyped_storage().data_ptr()
        try:
            if pointer in taken and result.numel():
                owned.append(result.clone(memory_format=torch.contiguous_format))
            else:
                owned.append(result.contiguous())
                taken.add(pointer)
        except RuntimeError:
            with RoomFor(tuple(result.shape), _name_of(result.dtype), context_of(result)):
                raise
    return owned
