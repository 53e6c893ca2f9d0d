"""Samplers and data sets of texts."""

from __future__ import annotations

from mxnet.gluon.contrib.data import sampler, text
from mxnet.gluon.contrib.data.sampler import IntervalSampler
from mxnet.gluon.contrib.data.text import WikiText2, WikiText103

__all__ = ["IntervalSampler", "WikiText2", "WikiText103", "sampler", "text"]
