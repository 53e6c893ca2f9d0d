"""Layers of neural networks on quantized arrays, whose elements are integers of 8 bits.

What MXNet does here is what its CPU kernels of 1.9 do; they are exact, so these are too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.op import Run, Slots, param
from mxnet.lazy import F, torch
from mxnet.ops.nn.activation import Activation
from mxnet.ops.nn.convolution import Convolution
from mxnet.ops.nn.fully_connected import FullyConnected
from mxnet.ops.nn.norm import BatchNorm
from mxnet.ops.nn.pooling import Pooling
from mxnet.ops.nn.rnn import RNN
from mxnet.ops.quantized.quantize import (
    LEVELS,
    OUTPUTS,
    Calibrated,
    Quantized,
    dtype_among,
    dtype_of,
    range_of_products,
    to_levels,
    unit,
    widest,
)
from mxnet.ops.tensor.indexing import Embedding
from mxnet.ops.tensor.rearrange import Flatten

if TYPE_CHECKING:
    from torch import Tensor

_OF_DATA = {"min_data": "Lower end of the data's range.", "max_data": "Upper end of the data's range."}
_OF_WEIGHT = {
    "min_weight": "Lower end of the weights' range.",
    "max_weight": "Upper end of the weights' range.",
}
_OF_BIAS = {"min_bias": "Lower end of the biases' range.", "max_bias": "Upper end of the biases' range."}


def _exact(terms: int) -> torch.dtype:
    """Return the floating-point type in which a sum of that many products of bytes is exact."""
    return torch.float32 if terms * LEVELS["uint8"] * 128 < 2**24 else torch.float64


def _converted(bias: Tensor, low: Tensor, high: Tensor, step: Tensor) -> Tensor:
    """Return a bias as multiples of what one step of the sums stands for, fractions cut off."""
    return (bias * (unit(bias, low, high) / step)).trunc().to(torch.int32)


# ---------------------------------------------------------------------------------------- that keep the range


class _KeepsRange(Quantized):
    """What operators share whose output has the range of the data; the shape of these has to be complete."""

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if not is_complete(s.data):
            return {}
        said = self.plain.infer_shape(Slots(("data", "output"), s.ins[:1], (), (None,)))
        return self.with_ends({"output": said["output"] if "output" in said else said["outs"][0]}, (1,))

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {} if t.data is None else self.with_ends({"output": t.data}, "float32")


class QuantizedFlatten(_KeepsRange, name="_contrib_quantized_flatten"):
    """Makes a matrix: the first axis stays, the others become one.

    Shapes: data (n, d1, d2, ...), output (n, d1 * d2 * ...); all others (1,). MXNet operator
    ``contrib.quantized_flatten``.
    """

    example = 'mx.nd.ones((2, 3, 4), dtype="int8"); [-1]; [1]'
    of = Flatten
    inputs = {"data": "Integers.", **_OF_DATA}

    def forward(self, run: Run, data: Tensor, min_data: Tensor, max_data: Tensor) -> tuple[Tensor, ...]:
        return data.flatten(1), min_data, max_data


class QuantizedActivation(_KeepsRange, name="_contrib_quantized_act"):
    """Replaces negative numbers with 0; other kinds of activation are not there for integers.

    Shapes: data and output (...), all others (1,). The output is always int8: data of uint8 are passed on
    bit by bit, as in MXNet, whose operator ``contrib.quantized_act`` this is.
    """

    example = 'mx.nd.array([-3, 5], dtype="int8"); [-1]; [1] | act_type="relu"'
    of = Activation
    inputs = {"data": "Integers.", **_OF_DATA}
    act_type: str = param(choices=Activation.params["act_type"].choices, doc="It has to be relu.")

    def validate(self) -> None:
        if self.act_type != "relu":
            raise ParameterError(f"{self.name} knows act_type 'relu' only, not {self.act_type!r}.")

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {} if t.data is None else self.with_ends({"output": "int8"}, "float32")

    def forward(self, run: Run, data: Tensor, min_data: Tensor, max_data: Tensor) -> tuple[Tensor, ...]:
        dtype_among(self, dtype_of(data))
        return data.clamp(min=0).view(torch.int8), min_data, max_data


class QuantizedPooling(_KeepsRange, name="_contrib_quantized_pooling"):
    """Slides a window over two or three axes of space and keeps its maximum or mean.

    Shapes and parameters as Pooling; all but data and output are (1,). A mean is rounded, halves to even.
    MXNet operator ``contrib.quantized_pooling``.
    """

    example = (
        'mx.nd.ones((1, 3, 4, 4), dtype="int8"); [-1]; [1] | kernel=(2, 2), stride=(2, 2), pool_type="max"'
    )
    of = Pooling
    params = Pooling.params
    inputs = {"data": "Integers.", **_OF_DATA}

    def validate(self) -> None:
        if self.plain.pool_type not in ("avg", "max"):
            raise ParameterError(
                f"{self.name} knows pool_type 'avg' and 'max' only, not {self.plain.pool_type!r}."
            )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is not None and len(s.data) not in (4, 5):
            raise ShapeError(f"{self.name}: expected data of 4 or 5 dimensions, but got {s.data}.")
        return super().infer_shape(s)

    def forward(self, run: Run, data: Tensor, min_data: Tensor, max_data: Tensor) -> tuple[Tensor, ...]:
        dtype_among(self, dtype_of(data))
        pooled = self.plain.forward(run, data.float())
        return (
            to_levels(pooled[0] if isinstance(pooled, tuple) else pooled, dtype_of(data)),
            min_data,
            max_data,
        )


class QuantizedEmbedding(Quantized, name="_contrib_quantized_embedding"):
    """Looks up rows of a matrix; positions are clipped.

    Shapes: data (d0, d1, ...), weight (input_dim, output_dim), output (d0, d1, ..., output_dim); all others
    (1,). Weight and output are int8, whatever `dtype` says. MXNet operator ``contrib.quantized_embedding``.
    """

    example = (
        '[1, 0]; mx.nd.array([[1, 2], [3, 4]], dtype="int8"); [-1]; [1] | '
        'input_dim=2, output_dim=2, dtype="int8"'
    )
    of = Embedding
    params = Embedding.params
    inputs = {"data": "Which rows.", "weight": "The matrix, a row for each word.", **_OF_WEIGHT}
    learned = ("weight",)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        said = self.plain.infer_shape(s)
        return said and self.with_ends(said, (1,))

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {} if t.data is None else self.with_ends({"weight": "int8", "output": "int8"}, "float32")

    def forward(
        self, run: Run, data: Tensor, weight: Tensor, min_weight: Tensor, max_weight: Tensor
    ) -> tuple[Tensor, ...]:
        return self.plain.forward(run, data, weight), min_weight, max_weight


# ----------------------------------------------------------------------------------------------------- layers


class _Layer(Quantized):
    """What convolution and dense layer share: sums of products of bytes, which are int32."""

    inputs = {
        "data": "Integers.",
        "weight": "Integers of int8.",
        "bias": "Integers of int8, one for each output.",
        **_OF_DATA,
        **_OF_WEIGHT,
        **_OF_BIAS,
    }
    learned = ("weight", "bias")
    flops = Convolution.flops
    sums = True

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        said = self.plain.infer_shape(s)
        return said and self.with_ends(said, (1,))

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if t.data is None:
            return {}
        bytes_ = {name: "int8" for name in self.input_names() if name in ("weight", "bias")}
        return self.with_ends({**bytes_, "output": "int32"}, "float32")


class QuantizedConvolution(_Layer, name="_contrib_quantized_conv"):
    """Slides filters over the data, and adds a bias.

    Shapes and parameters as Convolution; what is not there is (1,). The bias is converted to the range of the
    output, cutting off fractions. With data of uint8, though, it is added as it is, and the range of the
    output is that of data of int8: so does MXNet's operator ``contrib.quantized_conv`` on CPUs, where it
    takes no other data.
    """

    example = (
        'mx.nd.ones((1, 4, 5, 5), dtype="uint8"); mx.nd.ones((4, 4, 3, 3), dtype="int8"); None; [0]; '
        "[1]; [-1]; [1] | kernel=(3, 3), num_filter=4, no_bias=True"
    )
    of = Convolution
    params = Convolution.params

    def forward(
        self,
        run: Run,
        data: Tensor,
        weight: Tensor,
        min_data: Tensor,
        max_data: Tensor,
        min_weight: Tensor,
        max_weight: Tensor,
        bias: Tensor | None = None,
        min_bias: Tensor | None = None,
        max_bias: Tensor | None = None,
    ) -> tuple[Tensor, ...]:
        dtype_among(self, dtype_of(data))
        dtype = _exact(weight[:1].numel())
        if bias is not None and min_bias is not None and max_bias is not None and data.dtype == torch.int8:
            step = unit(data, min_data, max_data) * unit(weight, min_weight, max_weight)
            bias = _converted(bias, min_bias, max_bias, step)
        terms = None if bias is None else bias.to(dtype)
        sums = self.plain.forward(run, data.to(dtype), weight.to(dtype), terms)
        steps = (widest(*ends) / LEVELS["int8"] for ends in ((min_data, max_data), (min_weight, max_weight)))
        return (sums.to(torch.int32), *range_of_products(*steps))


class QuantizedFullyConnected(_Layer, name="_contrib_quantized_fully_connected"):
    """Applies a linear transformation.

    Shapes and parameters as FullyConnected; what is not there is (1,). The bias is converted to the
    range of the output, cutting off fractions. MXNet operator ``contrib.quantized_fully_connected``.
    """

    example = (
        'mx.nd.array([[1, 2]], dtype="int8"); mx.nd.array([[3, 4]], dtype="int8"); None; [-1]; [1]; '
        "[-1]; [1] | num_hidden=1, no_bias=True"
    )
    of = FullyConnected
    params = FullyConnected.params

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        dtype_among(self, t.data)
        return super().infer_dtype(t)

    def forward(
        self,
        run: Run,
        data: Tensor,
        weight: Tensor,
        min_data: Tensor,
        max_data: Tensor,
        min_weight: Tensor,
        max_weight: Tensor,
        bias: Tensor | None = None,
        min_bias: Tensor | None = None,
        max_bias: Tensor | None = None,
    ) -> tuple[Tensor, ...]:
        dtype = _exact(weight[:1].numel())
        rows = data.flatten(1) if self.plain.flatten else data
        sums = F.linear(rows.to(dtype), weight.to(dtype)).to(torch.int32)
        if bias is not None and min_bias is not None and max_bias is not None:
            step = unit(data, min_data, max_data) * unit(weight, min_weight, max_weight)
            sums += _converted(bias, min_bias, max_bias, step)
        end_of_data, end_of_weight = widest(min_data, max_data), widest(min_weight, max_weight)
        steps = end_of_data / LEVELS[dtype_of(data)], end_of_weight / LEVELS["int8"]
        return (sums, *range_of_products(*steps))


class QuantizedBatchNorm(Calibrated, Quantized, name="_contrib_quantized_batch_norm"):
    """Normalises channels with the moving statistics; the range of the output has to be calibrated.

    Shapes: data and output (..., channels, ...), min_data and max_data (1,), everything else (channels,). As
    in MXNet, whose operator ``contrib.quantized_batch_norm`` this is, gamma counts even with ``fix_gamma``.
    """

    example = (
        'mx.nd.zeros((1, 2, 2, 2), dtype="int8"); mx.nd.ones((2,)); mx.nd.zeros((2,)); '
        "mx.nd.zeros((2,)); mx.nd.ones((2,)); [-1]; [1] | "
        "eps=0.001, min_calib_range=-3.0, max_calib_range=3.0"
    )
    inputs = {**BatchNorm.inputs, "data": "Integers.", **_OF_DATA}
    aux = BatchNorm.aux
    learned = BatchNorm.learned
    call_order = ("data", "gamma", "beta", "moving_mean", "moving_var", "min_data", "max_data")
    outputs = OUTPUTS
    of = BatchNorm
    params = BatchNorm.params

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if self.calibrated is None:
            raise ParameterError(f"{self.name} needs min_calib_range and max_calib_range.")
        if self.plain.eps < 0:
            raise ParameterError(f"{self.name}: eps={self.plain.eps} must not be negative.")
        if s.data is None:
            return {}
        channels = self.plain.infer_shape(s)["ins"][1]
        each = dict.fromkeys(("gamma", "beta", "moving_mean", "moving_var"), channels)
        return self.with_ends({**each, "output": s.data}, (1,))

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if dtype_among(self, t.data) is None:
            return {}
        return {
            "ins": (t.data, *["float32"] * 4),
            "aux": ("float32",) * 2,
            "outs": ("int8", *["float32"] * 2),
        }

    def forward(
        self,
        run: Run,
        data: Tensor,
        gamma: Tensor,
        beta: Tensor,
        min_data: Tensor,
        max_data: Tensor,
        moving_mean: Tensor,
        moving_var: Tensor,
    ) -> tuple[Tensor, ...]:
        numbers = data * (widest(min_data, max_data) / LEVELS[dtype_of(data)])
        output = F.batch_norm(
            self.plain._channels_second(numbers), moving_mean, moving_var, gamma, beta, eps=self.plain.eps
        )
        low, high = self.range_of(numbers)
        levels = to_levels(output * (LEVELS["int8"] / widest(low, high)), "int8")
        return self.plain._back(levels, data.dim()), low, high


class QuantizedRNN(Quantized, name="_contrib_quantized_rnn"):
    """Applies layers of recurrent cells to sequences of bytes, made by ``contrib.quantize_asym``.

    Shapes and parameters as RNN, all but the data real numbers; data_scale and data_shift are (1,). MXNet
    operator ``contrib.quantized_rnn``, which knows LSTM only, and rounds weights too.
    """

    example = (
        'mx.nd.ones((5, 2, 4), dtype="uint8"); mx.nd.zeros((204,)); mx.nd.zeros((2, 2, 3)); '
        'mx.nd.zeros((2, 2, 3)); [1]; [0] | mode="lstm", state_size=3, num_layers=2'
    )
    of = RNN
    params = RNN.params
    inputs = {
        **{name: doc for name, doc in RNN.inputs.items() if name != "sequence_length"},
        "data_scale": "What the numbers were multiplied by.",
        "data_shift": "What was added to them.",
    }
    outputs = RNN.outputs
    learned = RNN.learned

    def validate(self) -> None:
        if self.plain.use_sequence_length:
            raise ParameterError(f"{self.name} does not know use_sequence_length.")
        self.__dict__["pure"] = self.plain.pure

    def input_names(self) -> tuple[str, ...]:
        return (*self.plain.input_names(), "data_scale", "data_shift")

    def output_names(self) -> tuple[str, ...]:
        return self.plain.output_names()  # type: ignore[no-any-return]

    def visible_outputs(self) -> int:
        return self.plain.visible_outputs()  # type: ignore[no-any-return]

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        said = self.plain.infer_shape(s)
        return said and {**said, "data_scale": (1,), "data_shift": (1,)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if dtype_among(self, t.data, ("uint8",)) is None:
            return {}
        return {"ins": (t.data, *["float32"] * (len(t.ins) - 1)), "outs": ("float32",) * len(t.outs)}

    def forward(
        self, run: Run, data: Tensor, data_scale: Tensor, data_shift: Tensor, **others: Tensor
    ) -> Any:
        return self.plain.forward(run, (data - data_shift) / data_scale, **others)
