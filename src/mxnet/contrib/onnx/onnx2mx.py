"""The place of import_model in MXNet 1.x."""

from mxnet.onnx.onnx2mx import get_model_metadata, import_model, import_to_gluon

__all__ = ["get_model_metadata", "import_model", "import_to_gluon"]
