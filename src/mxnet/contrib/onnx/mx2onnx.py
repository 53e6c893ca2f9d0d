"""The place of export_model before MXNet 1.9."""

from mxnet.onnx.mx2onnx import export_model

__all__ = ["export_model"]
