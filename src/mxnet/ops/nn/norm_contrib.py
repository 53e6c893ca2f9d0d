"""Batch normalisation in one step with a ReLU, and over several devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.ir.constraints import is_complete
from mxnet.ir.op import Run, Slots, param
from mxnet.ops.nn.norm import BatchNorm, BatchNormV1

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


class BatchNormWithReLU(BatchNorm, name="_contrib_BatchNormWithReLU"):
    """Normalises channels over the batch as BatchNorm does, and then replaces negative numbers with 0.

    Shapes and parameters as BatchNorm. MXNet operator ``contrib.BatchNormWithReLU``.
    """

    def forward(self, run: Run, *tensors: Tensor, out: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        output, mean, var = super().forward(run, *tensors, out=out)
        return output.relu_(), mean, var

    def backward(  # type: ignore[override] # which numbers were negative shows in the output
        self,
        run: Run,
        grad: Tensor,
        data: Tensor,
        gamma: Tensor,
        output: Tensor,
        mean: Tensor,
        var: Tensor,
        moving_mean: Tensor,
        moving_var: Tensor,
    ) -> tuple[Tensor | None, ...]:
        passed = grad * (output > 0)
        return super().backward(run, passed, data, gamma, mean, var, moving_mean, moving_var)

    def as_rows(self, to: Rows) -> None:
        normal = to.scratch(to.data.size)
        self._normalise_in_rows(to, normal)
        to.each("relu", normal, to.output)

    def backward_as_rows(self, to: Rows) -> None:
        passed = to.scratch(to.data.size)
        to.each("rectified_grad", to.grad, to.output, passed)
        self._differentiate_in_rows(to, passed)

    def onnx(self, to: OnnxGraph, *values: Value) -> tuple[Value, ...]:
        output, *statistics = super().onnx(to, *values)
        return to.Relu(output), *statistics


class SyncBatchNorm(BatchNormV1, name="_contrib_SyncBatchNorm"):
    """Normalises channels over the batch, of which MXNet's devices each hold a part.

    Shapes: data (batch, channels, ...), everything else (channels,), output like data. Here a batch is on one
    device, so that this is BatchNorm; its output ``var`` is the variance. MXNet operator
    ``contrib.SyncBatchNorm``.
    """

    example = '[[1, 2], [3, 4]]; [1, 1]; [0, 0]; [0, 0]; [1, 1] | key="norm"'
    ndev: int = param(default=1, doc="Has no effect.")
    key: str = param(doc="Has no effect.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return super().infer_shape(s) if is_complete(s.data) else {}
