"""Computations on integers of 8 bits."""

from mxnet.ops.quantized import calibration as calibration
from mxnet.ops.quantized import quantize as quantize
from mxnet.ops.quantized import quantized_arithmetic as quantized_arithmetic
from mxnet.ops.quantized import quantized_layers as quantized_layers
