"""``mxnet.kvstore_server``: the server's side of a distributed store, which one process has no need of."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mxnet.historic import lend
from mxnet.kvstore.base import StoreError

if TYPE_CHECKING:
    from mxnet.kvstore.base import KVStoreBase

__all__ = ["KVStoreServer"]


class KVStoreServer:
    """The server of a store.

    Parameters
    ----------
    kvstore : KVStoreBase
        A store of one process, as all are here.
    """

    def __init__(self, kvstore: KVStoreBase) -> None:
        self.kvstore = kvstore

    def run(self) -> None:
        """Serve until all workers are done: at once, as MXNet does for a store of one process."""


def _init_kvstore_server_module() -> None:
    """Become a server if the process was started as one, which launchers of MXNet's say in ``DMLC_ROLE``.

    Raises
    ------
    MXNetError
        If it was: there are no distributed stores here.
    """
    role = os.environ.get("DMLC_ROLE", "worker")
    if role != "worker":
        raise StoreError(
            f"This process was started as the {role} of a distributed store (DMLC_ROLE={role}), and only "
            "stores of one process are here. Run the script by itself, with a store 'local' or 'device'."
        )


lend(__name__)
