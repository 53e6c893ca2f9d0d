"""Fourier transforms of real arrays, and count sketches, which make vectors shorter.

MXNet runs them on GPUs only; here they run everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.errors import MXNetError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.memory import NEW
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Like, Op, Run, Shape, Slots, param
from mxnet.lazy import torch
from mxnet.ops.tools.expect import expect_real

if TYPE_CHECKING:
    from torch import Tensor

_COMPUTE_SIZE = "How many rows to transform at a time; has no effect."


def _check_axes(op: Op, data: Shape) -> None:
    if len(data) not in (2, 4):
        raise ShapeError(f"{op.name}: expected data of 2 or 4 dimensions, but got {len(data)}: {data}.")


def _for_transform(op: Op, data: Tensor) -> Tensor:
    """Return data in a precision in which torch transforms it."""
    expect_real(op, data)
    return data if data.dtype == torch.float64 else data.float()


class FourierTransform(Op, name="_contrib_fft"):
    """Transforms real rows; the output holds the real and imaginary parts in turn.

    Shapes: data (n, d) or (n1, n2, n3, d), output (..., 2 * d). Nothing is normalised.
    """

    example = "[[1, 2]]"
    memory = NEW
    compute_size: int = param(default=128, doc=_COMPUTE_SIZE)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if not is_complete(s.data):
            return {}
        _check_axes(self, s.data)
        return {"output": (*s.data[:-1], 2 * s.data[-1])}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        rows = _for_transform(self, data)
        if not data.numel():
            return data.new_empty((*data.shape[:-1], 2 * data.shape[-1]))
        transformed = torch.fft.fft(rows)
        return torch.view_as_real(transformed).flatten(-2).to(data.dtype)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:
        return (emit("_contrib_ifft", grads[0]),)


class InverseFourierTransform(Op, name="_contrib_ifft"):
    """Transforms rows of real and imaginary parts in turn back, and returns the real part.

    Shapes: data (n, 2 * d) or (n1, n2, n3, 2 * d), output (..., d). Nothing is normalised:
    ``ifft(fft(x))`` is d times x.
    """

    example = "[[3, 0, -1, 0]]"
    memory = NEW
    compute_size: int = param(default=128, doc=_COMPUTE_SIZE)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if not is_complete(s.data):
            return {}
        _check_axes(self, s.data)
        if s.data[-1] % 2:
            raise ShapeError(f"{self.name}: data {s.data} must have pairs of parts in its last axis.")
        return {"output": (*s.data[:-1], s.data[-1] // 2)}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        rows = _for_transform(self, data)
        if not data.numel():
            return data.new_empty((*data.shape[:-1], data.shape[-1] // 2))
        pairs = rows.reshape(*data.shape[:-1], -1, 2).contiguous()
        transformed: Tensor = torch.fft.ifft(torch.view_as_complex(pairs), norm="forward")
        return transformed.real.to(data.dtype)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:
        return (emit("_contrib_fft", grads[0]),)


class CountSketch(Op, name="_contrib_count_sketch"):
    """Adds each element, with a sign, to one of fewer places (Charikar, Chen and Farach-Colton, 2002).

    Shapes: data (n, k) or (n1, n2, n3, k), h and s (1, k), output (..., out_dim). Element i is multiplied by
    ``s[i]`` and added at place ``h[i]``. h and s get no gradient.
    """

    example = "[[1, 2, 3]]; [[0, 1, 0]]; [[1, -1, 1]] | out_dim=2"
    memory = backward_memory = NEW
    inputs = {"data": "Input data.", "h": "The place of each element.", "s": "The sign of each element."}
    out_dim: int = param(ge=1, doc="Number of places.")
    processing_batch_size: int = param(default=32, doc="How many rows to process at a time; has no effect.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if not is_complete(s.data):
            return {}
        _check_axes(self, s.data)
        needed = (1, s.data[-1])
        for name, shape in (("h", s.h), ("s", s.s)):
            if is_complete(shape) and shape != needed:
                raise ShapeError(f"{self.name}: expected {name} {needed} for data {s.data}, not {shape}.")
        return {} if s.h is None or s.s is None else {"output": (*s.data[:-1], self.out_dim)}

    def _places(self, h: Tensor) -> Tensor:
        places = h[0].long()
        if places.numel() and not 0 <= int(places.min()) <= int(places.max()) < self.out_dim:
            raise MXNetError(f"{self.name}: h must hold places from 0 to {self.out_dim - 1}.")
        return places

    def forward(self, run: Run, data: Tensor, h: Tensor, s: Tensor) -> Tensor:
        sketch = data.new_zeros((*data.shape[:-1], self.out_dim))
        return sketch.index_add(-1, self._places(h), data * s[0])

    def backward(self, run: Run, grad: Tensor, data: Like, h: Tensor, s: Tensor) -> tuple[Tensor | None, ...]:
        return grad.index_select(-1, self._places(h)) * s[0], None, None
