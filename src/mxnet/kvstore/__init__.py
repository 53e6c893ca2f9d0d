"""Key-value stores: where gradients from several devices meet and parameters are kept."""

from __future__ import annotations

from mxnet.historic import lend
from mxnet.kvstore.base import KVStoreBase, create
from mxnet.kvstore.kvstore import KVStore

__all__ = ["KVStore", "KVStoreBase", "create"]


lend(__name__)
