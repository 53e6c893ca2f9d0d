"""Operators behind functions on arrays of MXNet 0.x: copying, filling, and one-hot rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.dtype import torch_dtype
from mxnet.errors import MXNetError
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.lazy import F, torch
from mxnet.ops.tools.device import torch_device
from mxnet.ops.tools.gradients import no_gradient, unchanged
from mxnet.ops.tools.shapes import same_shape

if TYPE_CHECKING:
    from torch import Tensor


class CopyTo(Op, name="_copyto"):
    """Copies an array.

    Shapes: data and output (...). MXNet operator ``_internal._copyto``.
    """

    example = "[1, 2]"
    infer_shape = same_shape

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data.clone()

    gradient = unchanged


class CrossDeviceCopy(CopyTo, name="_CrossDeviceCopy"):
    """Copies an array; MXNet puts it where a graph goes from one device to another.

    Shapes: data and output (...). MXNet operator ``_internal._CrossDeviceCopy``.
    """

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data.to(torch_device(run.context), copy=True)


class SetValue(Op, name="_set_value"):
    """Fills an array with a number.

    Shapes: output (...), that of the array given as ``out``. MXNet operator ``_internal._set_value``.
    """

    inputs = {}
    src: float = param(default=0.0, doc="The number.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {}

    def forward(self, run: Run) -> Tensor:
        if not run.out_shapes:
            raise MXNetError(f"{self.name}: give an array to be filled: out=.")
        dtype = torch_dtype(run.out_dtypes[0]) if run.out_dtypes else torch.float32
        return torch.full(run.out_shapes[0], self.src, dtype=dtype, device=torch_device(run.context))


class OneHotEncode(Op, name="_onehot_encode"):
    """Makes rows that are 1 at one position and 0 elsewhere.

    Shapes: lhs (n,), rhs and output (n, k); rhs says only how long the rows are. MXNet operator
    ``_internal._onehot_encode``, of which ``one_hot`` took the place.
    """

    example = "[1, 0]; mx.nd.zeros((2, 3))"
    inputs = {"lhs": "The positions.", "rhs": "An array of the output's shape."}

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        rows = None if s.rhs is None else s.rhs[:1]
        return {"lhs": rows, "rhs": s.output, "output": s.rhs}

    def forward(self, run: Run, lhs: Tensor, rhs: Like) -> Tensor:
        return F.one_hot(lhs.long().clamp(0, rhs.shape[1] - 1), rhs.shape[1]).to(rhs.dtype)

    gradient = no_gradient
