"""Normalisation without statistics of a batch or layer: by neighbouring channels, and to unit length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.errors import MXNetError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.op import Op, Run, Shape, Slots, param
from mxnet.lazy import F
from mxnet.ops.tools.shapes import dtype_of_first_input

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


class LRN(Op, name="LRN"):
    r"""Divides by what neighbouring channels have: :math:`x_i / (k + \frac{\alpha}{n} \sum_j x_j^2)^\beta`.

    The sum runs over the ``nsize`` channels around i. Shapes: data (batch, channels, *space), output like
    data. Krizhevsky et al., *ImageNet Classification with Deep Convolutional Neural Networks*, 2012.
    """

    example = "mx.nd.ones((1, 4, 2, 2)) | nsize=3"
    outputs = ("output", "tmp_norm")
    alpha: float = param(default=1e-4, doc="Factor of the sum of squares.")
    beta: float = param(default=0.75, doc="Power of the divisor.")
    knorm: float = param(default=2.0, doc="Added to the sum of squares.")
    nsize: int = param(ge=0, doc="Number of channels that are summed; it must be odd.")

    infer_dtype = dtype_of_first_input

    def visible_outputs(self) -> int:
        return 1

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if not is_complete(s.data):
            return {}
        if len(s.data) < 2:
            raise ShapeError(f"LRN: expected data (batch, channels, space), but got {s.data}.")
        return {"outs": (s.data, s.data)}

    def _sum_neighbours(self, array: Tensor) -> Tensor:
        if self.nsize % 2 == 0:
            raise MXNetError(
                f"LRN: nsize must be odd, so that there is a channel in the middle, but is {self.nsize}."
            )
        channels = array.reshape(array.shape[0], 1, array.shape[1], -1)
        sums = F.avg_pool2d(channels, (self.nsize, 1), 1, (self.nsize // 2, 0), divisor_override=1)
        return sums.view(array.shape)

    def _norm(self, data: Tensor) -> Tensor:
        return self._sum_neighbours(data.square()).mul(self.alpha / self.nsize).add(self.knorm)

    def forward(self, run: Run, data: Tensor) -> tuple[Tensor, Tensor]:
        norm = self._norm(data)
        return data * norm.pow(-self.beta), norm

    def backward(self, run: Run, grad: Tensor, data: Tensor, tmp_norm: Tensor) -> Tensor:
        norm = self._norm(data) if run.replayed else tmp_norm
        shrunk = grad * norm.pow(-self.beta)
        return shrunk - (2 * self.beta * self.alpha / self.nsize) * data * self._sum_neighbours(
            shrunk * data / norm
        )

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.LRN(data, alpha=self.alpha, beta=self.beta, bias=self.knorm, size=self.nsize)

    def as_torch(self, data: str) -> str:
        return f"F.local_response_norm({data}, {self.nsize}, {self.alpha}, {self.beta}, {self.knorm})"


class L2Normalization(Op, name="L2Normalization"):
    r"""Scales vectors to unit length: :math:`x / \sqrt{\sum x^2 + \epsilon}`.

    A vector is a whole sample (``instance``), the channels at one place of space (``channel``), or all of
    space in one channel (``spatial``). Shapes: data (batch, channels, *space), output like data.
    """

    example = "[[3, 4]]"
    outputs = ("output", "norm")
    eps: float = param(default=1e-10, doc="Added to the sum of squares.")
    mode: str = param(
        default="instance", choices=("channel", "instance", "spatial"), doc="What the vectors are."
    )

    def visible_outputs(self) -> int:
        return 1

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        if self.mode != "instance" and len(s.data) < 3:
            raise ShapeError(
                f"L2Normalization: mode {self.mode!r} needs 3 dimensions or more, but got {s.data}."
            )
        if not s.data:
            raise ShapeError("L2Normalization: data must have at least one axis, but has the shape ().")
        return {"outs": (s.data, self._norm_shape(s.data))}

    def _norm_shape(self, shape: Shape) -> Shape:
        return {"instance": shape[:1], "channel": (shape[0], 1, *shape[2:]), "spatial": shape[:2]}[self.mode]

    def _vectors(self, array: Tensor) -> tuple[Tensor, int]:
        """Return a view of the array, and the axis of it along which vectors lie."""
        if self.mode == "channel":
            return array, 1
        rows = 1 if self.mode == "instance" else 2
        return array.reshape(*array.shape[:rows], -1), rows

    def _norms(self, vectors: Tensor, axis: int) -> Tensor:
        return vectors.square().sum(axis, keepdim=True).add(self.eps).sqrt()

    def forward(self, run: Run, data: Tensor) -> tuple[Tensor, Tensor]:
        vectors, axis = self._vectors(data)
        norms = self._norms(vectors, axis)
        flat = norms if self.mode == "channel" else norms.squeeze(-1)
        return (vectors / norms).view(data.shape), flat

    def backward(self, run: Run, grad: Tensor, data: Tensor, norm: Tensor) -> Tensor:
        vectors, axis = self._vectors(data)
        norms = (
            self._norms(vectors, axis)
            if run.replayed
            else norm.view(*vectors.shape[:axis], 1, *vectors.shape[axis + 1 :])
        )
        units = vectors / norms
        into = self._vectors(grad)[0]
        return ((into - units * (into * units).sum(axis, keepdim=True)) / norms).view(data.shape)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        axes = {"instance": range(1, data.rank), "channel": (1,), "spatial": range(2, data.rank)}[self.mode]
        squares = to.sum_of_squares(data, axes) if axes else data * data
        return data / to.Sqrt(squares + self.eps)

    def as_torch(self, data: str) -> str | None:
        if self.mode == "channel":
            return f"{data} / ({data}.square().sum(1, keepdim=True) + {self.eps}).sqrt()"
        return None
