"""``mx.onnx``: networks as ONNX models, for everything that reads those."""

from mxnet.onnx import mx2onnx as mx2onnx
from mxnet.onnx.comparing import compare_model as compare_model
from mxnet.onnx.mx2onnx import export_model as export_model
from mxnet.onnx.mx2onnx import get_operator_support as get_operator_support

__all__ = ["compare_model", "export_model", "get_operator_support", "mx2onnx"]
