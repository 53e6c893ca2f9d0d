"""Vocabularies and embeddings of words."""

from mxnet.contrib.text import _constants, embedding, utils, vocab

__all__ = ["embedding", "utils", "vocab"]
