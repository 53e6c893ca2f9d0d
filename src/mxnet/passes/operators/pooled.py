"""Pooling in inference, where nobody asks in which places the maxima were."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.ir.memory import NEW
from mxnet.ir.op import Like, Run, Slots
from mxnet.ir.types import CHANNELS_LAST
from mxnet.ops.nn import apart
from mxnet.ops.nn.pooling import Pooling
from mxnet.ops.nn.sliding import Sliding

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows

__all__ = ["PooledImages"]


class PooledImages(Pooling):
    """Pools images; by native kernels where their channels are last."""

    name = "_pooled_images"
    memory = NEW
    rows_of_any_layout = True

    def output_names(self) -> tuple[str, ...]:
        return self.outputs[:1]

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        dtype = t.data or t.output
        return {"data": dtype, "outs": (dtype,)}

    def forward(self, run: Run, data: Tensor) -> Tensor:  # type: ignore[override]
        made = super().forward(run, data)
        return made[0] if isinstance(made, tuple) else made

    def as_rows(self, to: Rows) -> None:
        shape = to.data.shape
        if not (
            to.data.layout == to.output.layout == CHANNELS_LAST and self.pool_type in ("max", "avg", "sum")
        ):
            to.decline()
        windows = self._windows(Like(shape, None))
        by_whole = windows.by_torch and self.count_include_pad is not False
        each = list(zip(windows.kernel, windows.stride, windows.pad, (1, 1), strict=True))
        sliding = Sliding.over(shape, shape[1], shape[1], each, to.output.shape[2:])
        if not apart.has_vectors(sliding) or (self.pool_type == "avg" and not by_whole):
            to.decline()
        factor = 1 / math.prod(windows.kernel) if self.pool_type == "avg" else 1.0
        kernel = "pool_largest" if self.pool_type == "max" else "pool_sums"
        to.shares(kernel, apart.shares_in_rows(sliding, to, factor=factor))
