"""Normalisation: over the batch, a layer, groups of channels, or an instance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mxnet.errors import DTypeError, ShapeError
from mxnet.ir.memory import NEW, WRITES, Memory
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.lazy import F, torch
from mxnet.ops.tools.shapes import normal_axis
from mxnet.ops.tools.writing import laid_out_alike, written

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Place, Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

_SCALED = {
    "data": "Input data.",
    "gamma": "What normalised elements are multiplied by.",
    "beta": "What is added to them.",
}
_OUTPUT_MEAN_VAR = param(default=False, doc="Whether the statistics are outputs too.")


class _Normalization(Op):
    """What operators share that normalise with statistics, and then scale with gamma and shift with beta."""

    memory: ClassVar[Memory] = NEW
    backward_memory = NEW

    inputs = _SCALED
    learned: ClassVar[tuple[str, ...]] = ("gamma", "beta")
    output_mean_var: bool = False

    def visible_outputs(self) -> int:
        return len(self.outputs) if self.output_mean_var else 1


# --------------------------------------------------------------------------------------------- over the batch


class _BatchNorm(_Normalization):
    """What the batch normalisation of today and that of MXNet 0.9 share."""

    example = "[[1, 2], [3, 4]]; [1, 1]; [0, 0]; [1, 2]; [1, 1]"
    aux = {"moving_mean": "Running mean.", "moving_var": "Running variance."}
    outputs = ("output", "mean", "var")
    mutates = ("moving_mean", "moving_var")
    memory = WRITES
    learned = ("gamma", "beta", "moving_mean", "moving_var")
    writes_in_backward_only = True
    effects = ("backward",)
    initializers = {"moving_mean": '["zero", {}]', "moving_var": '["one", {}]'}
    eps: float
    momentum: float
    fix_gamma: bool
    use_global_stats: bool
    axis: int = 1

    def image_inputs(self) -> tuple[int, ...]:
        return (0,) if self.axis == 1 else ()

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        channels = (s.data[normal_axis(self.axis, len(s.data), self.name)],)
        return {
            "ins": (s.data, channels, channels),
            "aux": (channels,) * 2,
            "outs": (s.data, channels, channels),
        }

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if t.data is None:
            return {}
        statistics = "float32" if t.data in ("float16", "bfloat16") else t.data
        return {
            "ins": (t.data, statistics, statistics),
            "aux": (statistics,) * 2,
            "outs": (t.data, statistics, statistics),
        }

    def _uses_batch(self, run: Run) -> bool:
        return run.is_train and not self.use_global_stats

    def _channels_second(self, array: Tensor) -> Tensor:
        return array.movedim(self.axis, 1) if array.dim() > 1 else array.unsqueeze(0)

    def _back(self, array: Tensor, ndim: int) -> Tensor:
        return array.movedim(1, self.axis) if ndim > 1 else array.squeeze(0)

    def from_invstd(self, invstd: Tensor) -> Tensor:
        """Return what the output ``var`` shows."""
        return invstd

    def to_invstd(self, var: Tensor) -> Tensor:
        """Undo :meth:`from_invstd`."""
        return var

    def forward(
        self,
        run: Run,
        data: Tensor,
        gamma: Tensor,
        beta: Tensor,
        moving_mean: Tensor,
        moving_var: Tensor,
        *,
        out: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        batch = self._uses_batch(run)
        images, place = self._channels_second(data), None if out is None else self._channels_second(out)
        arguments = (
            images,
            torch.ones_like(gamma) if self.fix_gamma else gamma,
            beta,
            None if batch else moving_mean,
            None if batch else moving_var,
            batch,
            0.0,
            self.eps,
        )
        if laid_out_alike(images, place):
            output, mean, invstd = torch.ops.aten.native_batch_norm.out(
                *arguments, out=place, save_mean=gamma.new_empty(0), save_invstd=gamma.new_empty(0)
            )
        else:
            output, mean, invstd = torch.native_batch_norm(*arguments)
            output = written(output, place)
        if not batch:
            mean, invstd = moving_mean.clone(), (moving_var + self.eps).rsqrt()
        return self._back(output, data.dim()) if out is None else out, mean, self.from_invstd(invstd)

    def backward(
        self,
        run: Run,
        grad: Tensor,
        data: Tensor,
        gamma: Tensor,
        mean: Tensor,
        var: Tensor,
        moving_mean: Tensor,
        moving_var: Tensor,
    ) -> tuple[Tensor | None, ...]:
        batch = self._uses_batch(run)
        mean, invstd = mean.detach(), self.to_invstd(var.detach())  # torch knows that they depend on the data
        into_data, into_gamma, into_beta = torch.ops.aten.native_batch_norm_backward(
            self._channels_second(grad),
            self._channels_second(data),
            torch.ones_like(gamma) if self.fix_gamma else gamma,
            None if batch else moving_mean,
            None if batch else moving_var,
            mean,
            invstd,
            batch,
            self.eps,
            ["data" in run.wants, "gamma" in run.wants and not self.fix_gamma, "beta" in run.wants],
        )
        if batch and not run.replayed:
            moving_mean.mul_(self.momentum).add_(mean, alpha=1 - self.momentum)
            moving_var.mul_(self.momentum).add_(invstd.pow(-2) - self.eps, alpha=1 - self.momentum)
        if self.fix_gamma:
            into_gamma = torch.zeros_like(gamma)
            if not run.replayed:
                gamma.fill_(1)  # as in MXNet, whose JSON does not count this as a write: mutates omits it
        return None if into_data is None else self._back(into_data, data.dim()), into_gamma, into_beta

    def onnx(
        self, to: OnnxGraph, data: Value, gamma: Value, beta: Value, moving_mean: Value, moving_var: Value
    ) -> tuple[Value, ...]:
        if self.fix_gamma:
            gamma = to.constant(np.ones(gamma.fixed_shape, gamma.dtype))
        order = list(range(data.rank))
        order.insert(1, order.pop(self.axis)) if data.rank > 1 else order.insert(0, 0)
        images = data
        if data.rank == 1:
            images = to.Unsqueeze(data, [0])
        elif order != sorted(order):
            images = to.Transpose(data, perm=order)
        statistics = (gamma, beta, moving_mean, moving_var)
        output = to.BatchNormalization(images, *statistics, epsilon=self.eps)
        if data.rank == 1:
            output = to.Squeeze(output, [0])
        elif order != sorted(order):
            output = to.Transpose(output, perm=[order.index(i) for i in range(data.rank)])
        if not self.output_mean_var:
            return (output,)
        return output, to.Identity(moving_mean), self.var_in_onnx(to, moving_var)

    def var_in_onnx(self, to: OnnxGraph, moving_var: Value) -> Value:
        """Return what the output ``var`` shows."""
        return to.Reciprocal(to.Sqrt(moving_var + self.eps))

    def as_torch(self, *names: str) -> str | None:
        if self.output_mean_var or self.axis != 1:
            return None
        facts = f"eps={self.eps}, momentum={self.momentum}, fix_gamma={self.fix_gamma}"
        training = "False" if self.use_global_stats else "self.training"
        return f"batch_norm({', '.join(names)}, {facts}, training={training})"


class BatchNorm(_BatchNorm, name="BatchNorm"):
    r"""Normalises channels over the batch: :math:`\gamma (x - mean) / \sqrt{var + \epsilon} + \beta`.

    Shapes: data (..., channels, ...), everything else (channels,), output like data. With float16 data, all
    the rest is float32. Ioffe & Szegedy, *Batch Normalization*, 2015.

    In training the statistics are those of the batch, and the moving ones move in the backward pass, towards
    the biased variance; otherwise the moving ones are used. The output ``var`` is :math:`1 / \sqrt{var +
    \epsilon}`. Head gradients of ``mean`` and ``var`` are ignored. With ``fix_gamma`` gamma counts as 1, has
    no gradient, and is overwritten with 1 in the backward pass.
    """

    eps: float = param(default=1e-3, doc="Added to the variance.")
    momentum: float = param(default=0.9, doc="How much of the moving statistics stays.")
    fix_gamma: bool = param(default=True, doc="Whether gamma is 1.")
    use_global_stats: bool = param(default=False, doc="Whether training uses the moving statistics too.")
    output_mean_var: bool = _OUTPUT_MEAN_VAR
    axis: int = param(default=1, doc="The axis of channels.")
    cudnn_off: bool = param(default=False, doc="Has no effect.")
    min_calib_range: float | None = param(
        default=None, doc="Least output seen in calibration, for quantisation."
    )
    max_calib_range: float | None = param(
        default=None, doc="Greatest output seen in calibration, for quantisation."
    )

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if t.data is not None and "float" not in t.data:
            raise DTypeError(f"BatchNorm: expected data of real numbers, but got {t.data}.")
        return super().infer_dtype(t)

    def _sizes(self, data: Place) -> tuple[int, int, int]:
        """Return how many elements there are before, along and after the axis of channels."""
        axis = normal_axis(self.axis, len(data.shape), self.name)
        return math.prod(data.shape[:axis]), data.shape[axis], math.prod(data.shape[axis + 1 :])

    def as_rows(self, to: Rows) -> None:
        self._normalise_in_rows(to, to.output)

    def _normalise_in_rows(self, to: Rows, into: Place) -> None:
        to.few(to.data)
        outer, channels, inner = self._sizes(to.data)
        moving = (0, 0) if to.is_train and not self.use_global_stats else (to.moving_mean, to.moving_var)
        arrays = to.data, to.gamma, to.beta, into, to.mean, to.var, to.scratch(2 * channels), *moving
        to("batch_norm", *arrays, outer, channels, inner, float(self.eps), self.fix_gamma)

    def backward_as_rows(self, to: Rows) -> None:
        self._differentiate_in_rows(to, to.grad)

    def _differentiate_in_rows(self, to: Rows, grad: Place) -> None:
        to.few(to.data)
        if not (to.is_train or self.use_global_stats):
            to.decline()  # `mean` and `var` are those of the batch where the run itself was for training
        outer, channels, inner = self._sizes(to.data)
        batch = to.is_train and not self.use_global_stats
        is_wanted = to.gamma_grad is not None and not self.fix_gamma
        of_gamma = to.gamma_grad if is_wanted else to.scratch(channels)
        of_beta = to.scratch(channels) if to.beta_grad is None else to.beta_grad
        into = 0 if to.data_grad is None else to.data_grad
        arrays = grad, to.data, to.gamma, to.mean, to.var, into, of_gamma, of_beta
        sizes = outer, channels, inner
        to("batch_norm_grad", *arrays, to.scratch(3 * channels), *sizes, self.fix_gamma, batch)
        if batch:
            moving = to.writes(to.moving_mean), to.writes(to.moving_var)
            factors = float(self.momentum), float(self.eps)
            to("move_statistics", *moving, to.mean, to.var, channels, *factors)
        if self.fix_gamma:
            to("fill", to.writes(to.gamma), channels, 1.0)


class BatchNormV1(_BatchNorm, name="BatchNorm_v1"):
    """The batch normalisation of MXNet 0.9; its output ``var`` is the variance. See :class:`BatchNorm`."""

    eps: float = param(default=1e-3, doc="Added to the variance.")
    momentum: float = param(default=0.9, doc="How much of the moving statistics stays.")
    fix_gamma: bool = param(default=True, doc="Whether gamma is 1.")
    use_global_stats: bool = param(default=False, doc="Whether training uses the moving statistics too.")
    output_mean_var: bool = _OUTPUT_MEAN_VAR

    def from_invstd(self, invstd: Tensor) -> Tensor:
        return invstd.pow(-2) - self.eps

    def to_invstd(self, var: Tensor) -> Tensor:
        return (var + self.eps).rsqrt()

    def var_in_onnx(self, to: OnnxGraph, moving_var: Value) -> Value:
        return to.Identity(moving_var)


# -------------------------------------------------------------------------------------------- within a sample


class LayerNorm(_Normalization, name="LayerNorm"):
    r"""Normalises along one axis: :math:`\gamma (x - mean) / \sqrt{var + \epsilon} + \beta`.

    Shapes: data (..., k, ...), gamma and beta (k,), output like data; ``mean`` and ``std`` like data with k
    replaced by 1. Head gradients of these two are ignored. Ba et al., *Layer Normalization*, 2016.
    """

    example = "[[1, 3], [2, 6]]; [1, 1]; [0, 0]"
    outputs = ("output", "mean", "std")
    axis: int = param(default=-1, doc="The axis that is normalised.")
    eps: float = param(default=1e-5, doc="Added to the variance.")
    output_mean_var: bool = _OUTPUT_MEAN_VAR

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        axis = normal_axis(self.axis, len(s.data), self.name)
        statistics = (*s.data[:axis], 1, *s.data[axis + 1 :])
        return {"ins": (None, (s.data[axis],), (s.data[axis],)), "outs": (s.data, statistics, statistics)}

    def as_rows(self, to: Rows) -> None:
        rows, n = self._rows(to, to.data)
        places = to.data, to.gamma, to.beta, to.output, to.mean, to.std
        to("layer_norm", *places, rows, n, self.eps)

    def backward_as_rows(self, to: Rows) -> None:
        rows, n = self._rows(to, to.data)
        if to.data_grad is not None:
            to("layer_norm_grad", to.grad, to.data, to.gamma, to.mean, to.std, to.data_grad, rows, n)
        if to.gamma_grad is not None:
            to("layer_norm_scale_grad", to.grad, to.data, to.mean, to.std, to.gamma_grad, rows, n)
        if to.beta_grad is not None:
            to("sum_middle", to.grad, to.beta_grad, 1, rows, n, n, 1.0)

    def _rows(self, to: Rows, data: Place) -> tuple[int, int]:
        if self.axis % len(data.shape) != len(data.shape) - 1:
            to.decline()
        to.few(data)
        return data.size // data.shape[-1], data.shape[-1]

    def forward(self, run: Run, data: Tensor, gamma: Tensor, beta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        rows = data.movedim(self.axis, -1)
        results = torch.native_layer_norm(rows, rows.shape[-1:], gamma, beta, self.eps)
        output, mean, invstd = (each.movedim(-1, self.axis) for each in results)
        return output, mean.to(data.dtype), invstd.reciprocal().to(data.dtype)

    def backward(
        self, run: Run, grad: Tensor, data: Tensor, gamma: Tensor, mean: Tensor, std: Tensor
    ) -> tuple[Tensor | None, ...]:
        rows, grad, mean, std = (
            each.movedim(self.axis, -1) for each in (data, grad, mean.detach(), std.detach())
        )
        into_data, into_gamma, into_beta = torch.ops.aten.native_layer_norm_backward(
            grad,
            rows,
            rows.shape[-1:],
            mean.contiguous(),  # torch takes it for granted
            std.reciprocal().contiguous(),
            gamma,
            gamma,
            [name in run.wants for name in self.inputs],
        )
        return None if into_data is None else into_data.movedim(-1, self.axis), into_gamma, into_beta

    def onnx(self, to: OnnxGraph, data: Value, gamma: Value, beta: Value) -> tuple[Value, ...]:
        axis = self.axis % data.rank
        is_last = axis == data.rank - 1
        if is_last and to.opset >= 17 and not self.output_mean_var:
            return (to.LayerNormalization(data, gamma, beta, axis=-1, epsilon=self.eps),)
        mean = to.ReduceMean(data, (axis,), keepdims=1)
        apart = data - mean
        std = to.Sqrt(to.ReduceMean(apart * apart, (axis,), keepdims=1) + self.eps)
        if not is_last:
            shape = [-1 if i == axis else 1 for i in range(data.rank)]
            gamma, beta = to.Reshape(gamma, shape), to.Reshape(beta, shape)
        return apart / std * gamma + beta, mean, std

    def as_torch(self, data: str, gamma: str, beta: str) -> str | None:
        if self.output_mean_var or self.axis != -1:
            return None
        return f"F.layer_norm({data}, {gamma}.shape, {gamma}, {beta}, {self.eps})"


class _GroupedNorm(_Normalization):
    """What operators share that normalise groups of channels; gamma and beta have a number for each group."""

    eps: float

    def groups(self, channels: int) -> int:
        """Return into how many groups the channels are divided."""
        return channels

    def from_invstd(self, invstd: Tensor) -> Tensor:
        """Return what the last output shows."""
        return invstd.reciprocal()

    def to_invstd(self, std: Tensor) -> Tensor:
        """Undo :meth:`from_invstd`."""
        return std.reciprocal()

    def _grouped(self, data: Tensor) -> Tensor:
        """View data as (batch, groups, elements)."""
        return data.reshape(data.shape[0], self.groups(data.shape[1]), -1)

    def forward(self, run: Run, data: Tensor, gamma: Tensor, beta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        groups = self._grouped(data)
        normalized, mean, invstd = torch.native_layer_norm(groups, groups.shape[2:], None, None, self.eps)
        output = torch.addcmul(beta.unsqueeze(1), normalized, gamma.unsqueeze(1)).view(data.shape)
        return output, mean.squeeze(2).to(data.dtype), self.from_invstd(invstd.squeeze(2)).to(data.dtype)

    def _backward(
        self, run: Run, grad: Tensor, data: Tensor, gamma: Tensor, mean: Tensor, shown: Tensor
    ) -> tuple[Tensor | None, ...]:
        groups, grad = self._grouped(data), self._grouped(grad)
        mean, shown = mean.detach().contiguous(), shown.detach().contiguous()  # torch takes it for granted
        mean, invstd = mean.unsqueeze(2), self.to_invstd(shown).unsqueeze(2)
        into_data = into_gamma = into_beta = None
        if "data" in run.wants:
            into_data = torch.ops.aten.native_layer_norm_backward(
                grad * gamma.unsqueeze(1),
                groups,
                groups.shape[2:],
                mean,
                invstd,
                None,
                None,
                [True, False, False],
            )[0].view(data.shape)
        if "gamma" in run.wants:
            normalized = (
                F.layer_norm(groups, groups.shape[2:], eps=self.eps)
                if run.replayed
                else (groups - mean) * invstd
            )
            into_gamma = (grad * normalized).sum((0, 2))
        if "beta" in run.wants:
            into_beta = grad.sum((0, 2))
        return into_data, into_gamma, into_beta

    def onnx(self, to: OnnxGraph, data: Value, gamma: Value, beta: Value) -> tuple[Value, ...]:
        groups = to.Reshape(data, [0, self.groups(data.extent(1)), -1])
        output = to.as_output(to.InstanceNormalization(groups, gamma, beta, epsilon=self.eps))
        if self.visible_outputs() == 1:
            return (output,)
        mean = to.ReduceMean(groups, (2,), keepdims=1)
        apart = groups - mean
        variance = to.ReduceMean(apart * apart, (2,), keepdims=0)
        return output, to.Squeeze(mean, [2]), to.Sqrt(variance + self.eps)


class GroupNorm(_GroupedNorm, name="GroupNorm"):
    r"""Normalises groups of channels: :math:`\gamma (x - mean) / \sqrt{var + \epsilon} + \beta`.

    Shapes: data (batch, channels, *space), gamma and beta (num_groups,), output like data; ``mean`` and
    ``std`` (batch, num_groups). Head gradients of these two are ignored. Wu & He, *Group Normalization*,
    2018.
    """

    example = "[[[1], [3], [2], [6]]]; [1, 1]; [0, 0] | num_groups=2"
    outputs = ("output", "mean", "std")
    num_groups: int = param(default=1, ge=1, doc="Number of groups into which the channels are divided.")
    eps: float = param(default=1e-5, doc="Added to the variance.")
    output_mean_var: bool = _OUTPUT_MEAN_VAR

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        if len(s.data) < 3:
            raise ShapeError(f"GroupNorm: expected data (batch, channels, space, ...), but got {s.data}.")
        if s.data[1] is not None and s.data[1] % self.num_groups:
            raise ShapeError(
                f"GroupNorm: {s.data[1]} channels cannot be divided into {self.num_groups} groups."
            )
        groups, statistics = (self.num_groups,), (s.data[0], self.num_groups)
        return {"ins": (None, groups, groups), "outs": (s.data, statistics, statistics)}

    def groups(self, channels: int) -> int:
        return self.num_groups

    def backward(
        self, run: Run, grad: Tensor, data: Tensor, gamma: Tensor, mean: Tensor, std: Tensor
    ) -> tuple[Tensor | None, ...]:
        return self._backward(run, grad, data, gamma, mean, std)


class InstanceNorm(_GroupedNorm, name="InstanceNorm"):
    r"""Normalises each channel of each sample: :math:`\gamma (x - mean) / \sqrt{var + \epsilon} + \beta`.

    Shapes: data (batch, channels, *space), gamma and beta (channels,), output like data. Ulyanov et al.,
    *Instance Normalization*, 2016.

    Where MXNet knows only float32, other real dtypes work here; what is known of none is taken for float32,
    as there.
    """

    example = "[[[1, 3], [2, 6]]]; [1, 1]; [0, 0]"
    outputs = ("output", "mean", "var")
    eps: float = param(default=1e-3, doc="Added to the variance.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        if len(s.data) < 2:
            raise ShapeError(f"InstanceNorm: expected data (batch, channels, space), but got {s.data}.")
        channels = (s.data[1],)
        return {"ins": (None, channels, channels), "outs": (s.data, s.data[:2], s.data[:2])}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        known = next((each for each in (*t.ins, *t.outs) if each is not None), "float32")
        return {"ins": (known,) * 3, "outs": (known,) * 3}

    def from_invstd(self, invstd: Tensor) -> Tensor:
        return invstd.pow(-2) - self.eps

    def to_invstd(self, std: Tensor) -> Tensor:
        return (std + self.eps).rsqrt()

    def backward(
        self, run: Run, grad: Tensor, data: Tensor, gamma: Tensor, mean: Tensor, var: Tensor
    ) -> tuple[Tensor | None, ...]:
        return self._backward(run, grad, data, gamma, mean, var)


# ----------------------------------------------------------------------------------------------- by magnitude
