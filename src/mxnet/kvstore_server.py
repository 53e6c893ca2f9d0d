"""``mxnet.kvstore_server`` where MXNet had it before 1.6."""

from __future__ import annotations

from mxnet.historic import lend
from mxnet.kvstore.kvstore_server import KVStoreServer, _init_kvstore_server_module

__all__ = ["KVStoreServer"]

_init_kvstore_server_module()


lend(__name__)
