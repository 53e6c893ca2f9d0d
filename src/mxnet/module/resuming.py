"""Going on with a training that was interrupted: what `fit` saves after each epoch, and begins from."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from mxnet.checkpoint import Checkpoint, CheckpointWriter, last_checkpoint
from mxnet.kvstore import KVStore
from mxnet.module.steps import NotReadyError

if TYPE_CHECKING:
    from mxnet.module.steps import Steps
    from mxnet.optimizer import Optimizer, Updater

__all__ = ["Saving", "found_by_first"]


class Saving(contextlib.ExitStack):
    """Saves a training after each epoch, while it goes on; the first of several workers does so for all.

    Parameters
    ----------
    module : BaseModule
        What is trained.
    prefix : str
        What the names of the files start with.
    kvstore : KVStore, str or None
        The store of the training, which knows whether this worker is the first.
    """

    def __init__(self, module: Steps, prefix: str | None, kvstore: Any) -> None:
        super().__init__()
        is_first = not isinstance(kvstore, KVStore) or kvstore.rank == 0
        self._module = module
        self._writer: CheckpointWriter | None = None
        if prefix is not None and is_first:
            self._writer = self.enter_context(CheckpointWriter(prefix))
        self._rate: float | None = None

    def go_on_from(self, found: Checkpoint | None) -> None:
        """Let the optimizer, which is ready, go on from where it was; from then on its rate is watched."""
        updater = self._module._updater_in_use()
        if updater is None:
            return
        self._rate = updater.optimizer.lr
        if found is None:
            return
        if found.states:
            updater.set_states(found.states)
        _go_on_counting(updater.optimizer, found.progress)

    def save(self, epoch: int) -> None:
        """Save what there is after so many epochs; it is copied at once, and written later."""
        if self._writer is None:
            return
        updater = self._module._updater_in_use()
        symbol = self._module._symbol_to_save
        if symbol is None or updater is None:
            raise NotReadyError(
                f"A {type(self._module).__name__} has no network and optimizer of its own that "
                "fit(checkpoint=...) could save: save what it consists of in a callback."
            )
        states, progress = updater.get_states(), _progress(updater, self._rate)
        self._writer.save(epoch, symbol, *self._module.get_params(), states, progress)


def found_by_first(prefix: str | None, kvstore: Any) -> Checkpoint | None:
    """Return the newest checkpoint; that of the first worker, if there are several, who share no folder.

    Raises
    ------
    NotReadyError
        If there is no prefix to look for.
    """
    if prefix is None:
        raise NotReadyError("fit(resume=True) needs to know of what: pass checkpoint='PREFIX' as well.")
    if not isinstance(kvstore, KVStore) or kvstore.num_workers == 1:
        return last_checkpoint(prefix)
    mine = last_checkpoint(prefix) if kvstore.rank == 0 else None
    told = json.dumps(None if mine is None else (mine.epoch, mine.progress)).encode()
    known = json.loads(kvstore._bytes_of_first(told))
    if known is None:
        return None
    params, states = (
        kvstore._bytes_of_first(each) for each in ((mine.params, mine.states) if mine else (b"", b""))
    )
    return Checkpoint(known[0], params, states, known[1])


def _progress(updater: Updater, rate_at_first: float | None) -> dict[str, Any]:
    """Return how far an optimizer has counted, and its rate if the training has changed that."""
    optimizer = updater.optimizer
    progress: dict[str, Any] = {
        "num_update": optimizer.num_update,
        "counts": [
            [device, index, count]
            for device, counts in optimizer._all_index_update_counts.items()
            for index, count in counts.items()
        ],
    }
    return progress if optimizer.lr == rate_at_first else {**progress, "learning_rate": optimizer.lr}


def _go_on_counting(optimizer: Optimizer, progress: dict[str, Any]) -> None:
    optimizer.num_update = progress.get("num_update", optimizer.num_update)
    for device, index, count in progress.get("counts", ()):
        optimizer._all_index_update_counts.setdefault(device, {})[index] = count
    if optimizer.lr_scheduler is None and "learning_rate" in progress:
        optimizer.lr = progress["learning_rate"]
