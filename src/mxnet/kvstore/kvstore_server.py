"""``mxnet.kvstore_server``: the server's side of a distributed store, whose workers do without servers."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from mxnet.historic import lend

if TYPE_CHECKING:
    from mxnet.kvstore.base import KVStoreBase

__all__ = ["KVStoreServer"]


class KVStoreServer:
    """The server of a store.

    Parameters
    ----------
    kvstore : KVStoreBase
        The store.
    """

    def __init__(self, kvstore: KVStoreBase) -> None:
        self.kvstore = kvstore

    def run(self) -> None:
        """Serve until all workers are done: at once, because they need nothing."""


def _init_kvstore_server_module() -> None:
    """End the process if ``DMLC_ROLE``, which MXNet's launchers set, makes it a server or a scheduler."""
    role = os.environ.get("DMLC_ROLE", "worker")
    if role != "worker":
        sys.stderr.write(
            f"mxnet: this {role} (DMLC_ROLE={role}) ends at once. The workers need none: they add up "
            "gradients among themselves, and each updates its own parameters.\n"
        )
        sys.exit(0)


lend(__name__)
