"""Convolutions beside those of ``mx.gluon.nn``."""

from __future__ import annotations

from mxnet.gluon.contrib.cnn import conv_layers
from mxnet.gluon.contrib.cnn.conv_layers import DeformableConvolution, ModulatedDeformableConvolution

__all__ = ["DeformableConvolution", "ModulatedDeformableConvolution"]
