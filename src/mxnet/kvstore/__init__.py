"""Key-value stores: where gradients from several devices meet and parameters are kept."""

from __future__ import annotations

from mxnet.historic import lend
from mxnet.kvstore.base import KVStoreBase, create
from mxnet.kvstore.distributed import KVStoreDist
from mxnet.kvstore.kvstore import KVStore

__all__ = ["KVStore", "KVStoreBase", "KVStoreDist", "create"]


lend(__name__)
