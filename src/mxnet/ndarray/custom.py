"""Running the operators that users write: their methods, given arrays as they declared them."""

from __future__ import annotations

import contextlib
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.dtype import CODES
from mxnet.errors import GradientError, ShapeError, user_code
from mxnet.ir.constraints import is_complete, settle_dtypes, settle_shapes
from mxnet.ir.op import Like, Run
from mxnet.ir.storage import DENSE, STYPES
from mxnet.lazy import torch
from mxnet.ndarray.mode import MODE, Mode
from mxnet.ndarray.ndarray import NDArray
from mxnet.ops.custom import KEPT, Custom, Storage
from mxnet.ops.tools.device import torch_device

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["backward", "forward"]


def forward(op: Custom, run: Run, tensors: Sequence[Tensor]) -> Any:
    """Run a user's forward, with kernels that live as long as the node's state, and are the residual."""
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
    storage = run.state.get("storage") or op.storage(run.state.get(STYPES, (DENSE,) * n_in))
    run.state["storage"] = storage
    outs = _stored(_zeros(zip(shapes, dtypes, strict=True), run), storage.outs)
    aux = _stored(_arrays(tensors[n_in:], run), storage.aux)
    with _user_code(op, run, "forward"):
        operator.forward(
            is_train=run.is_train,
            req=["write"] * n_out,
            in_data=_stored(_arrays(tensors[:n_in], run), storage.ins),
            out_data=list(outs),
            aux=list(aux),
        )
    _write_back(aux, tensors[n_in:])
    results: list[Any] = [array._tensor for array in outs]
    if run.wants:
        results.append((operator, storage))
        given = {tensor.untyped_storage().data_ptr() for tensor in (*tensors, *results[:n_out])}
        run.state.setdefault(KEPT, {})[facts] = _kept_bytes(operator, given)
    return results[0] if len(results) == 1 else results


def _create_operator(op: Custom, run: Run, facts: Sequence[tuple[tuple[int, ...], str]]) -> Any:
    shapes = [list(shape) for shape, _ in facts]
    with _user_code(op, run, "infer_shape"):  # some keep what it tells, and inference asks only once
        op.properties.infer_shape(shapes[: op.arity[0]])
    with _user_code(op, run, "create_operator"):
        return op.properties.create_operator(run.context, shapes, [CODES[dtype] for _, dtype in facts])


def backward(
    op: Custom,
    run: Run,
    grads: Sequence[Tensor],
    ins: Sequence[Tensor | Like],
    outs: Sequence[Tensor],
    aux: Sequence[Tensor],
    made_by: tuple[Any, Storage],
) -> list[Tensor]:
    """Run the backward of the kernels that made the outputs."""
    n_in, _, n_out = op.arity
    if run.replayed:
        raise GradientError(
            f"The custom operator {op.op_type!r} can be differentiated once: its backward is Python code, of "
            "which no derivative is known."
        )
    operator, storage = made_by
    kinds: tuple[tuple[str, ...], ...] = (storage.outs, *storage[:2], (DENSE,) * n_in, storage.aux)
    if op.sparse.always:
        with _user_code(op, run, "infer_storage_type_backward"):
            kinds = op.backward_storage(storage, storage.outs)
    of_heads, of_ins, of_outs, of_grads, of_aux = kinds
    in_grads = _stored(_zeros([(each.shape, _dtype_of(each)) for each in ins], run), of_grads)
    aux_arrays = _stored(_arrays(aux, run), of_aux)
    with _user_code(op, run, "backward"):
        operator.backward(
            req=["write" if name in run.wants else "null" for name in op.input_names()],
            out_grad=_stored(_arrays(grads or [None] * n_out, run), of_heads),
            in_data=_stored(_arrays(ins if "ins" in op.needs else [None] * n_in, run), of_ins),
            out_data=_stored(_arrays(outs or [None] * n_out, run), of_outs),
            in_grad=list(in_grads),
            aux=list(aux_arrays),
        )
    _write_back(aux_arrays, aux)
    return [array._tensor for array in in_grads]


def _kept_bytes(operator: Any, given: Container[int]) -> int:
    """Return the bytes of the arrays in a user's object, but for those in memory that was `given` to it."""
    found: dict[int, int] = {}
    left = [*getattr(operator, "__dict__", {}).values()]
    while left:
        match left.pop():
            case list() | tuple() | set() as several:
                left += several
            case dict() as named:
                left += named.values()
            case NDArray() as array:
                left += array._stored().parts
            case torch.Tensor() as tensor:
                storage = tensor.untyped_storage()
                found[storage.data_ptr()] = storage.nbytes()
            case np.ndarray() as array:
                found[array.ctypes.data] = array.nbytes
    return sum(size for pointer, size in found.items() if pointer not in given)


def _dtype_of(tensor: Tensor | Like) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _arrays(tensors: Iterable[Any], run: Run) -> list[Any]:
    return [None if each is None else NDArray._from_tensor(each, run.context) for each in tensors]


def _stored(arrays: Iterable[Any], stypes: Sequence[str]) -> list[Any]:
    """Return arrays as a user declared them; computed are dense ones."""
    return [
        array if array is None or stype == DENSE else array.tostype(stype)
        for array, stype in zip(arrays, stypes, strict=True)
    ]


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
    """Run a user's method unrecorded.

    Its exceptions stay what they are and become an MXNetError, too, with a note of where they are from.
    """
    token = MODE.set(Mode(is_train=run.is_train))
    try:
        with user_code(f"in {method}() of the custom operator {op.op_type!r}, node {run.name!r}"):
            yield
    finally:
        MODE.reset(token)
