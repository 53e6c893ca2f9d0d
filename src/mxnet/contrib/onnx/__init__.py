"""``mx.contrib.onnx``: ONNX models are read, and written as by ``mx.onnx``."""

from mxnet.contrib.onnx import mx2onnx as mx2onnx
from mxnet.contrib.onnx import onnx2mx as onnx2mx
from mxnet.onnx.mx2onnx import export_model as export_model
from mxnet.onnx.onnx2mx import get_model_metadata as get_model_metadata
from mxnet.onnx.onnx2mx import import_model as import_model
from mxnet.onnx.onnx2mx import import_to_gluon as import_to_gluon

__all__ = ["export_model", "get_model_metadata", "import_model", "import_to_gluon", "mx2onnx", "onnx2mx"]
