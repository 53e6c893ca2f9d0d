"""Networks that others have published, ``mx.gluon.model_zoo``."""

from __future__ import annotations

from mxnet.gluon.model_zoo import model_store, vision

__all__ = ["model_store", "vision"]
