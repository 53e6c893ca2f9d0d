"""Saves networks while they are trained, and goes on from what was saved."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mxnet.gluon.block import HybridBlock
from mxnet.gluon.contrib.estimator.events import BatchEnd, EpochEnd, TrainBegin
from mxnet.gluon.contrib.estimator.monitoring import Monitor
from mxnet.gluon.errors import BlockError
from mxnet.metric import EvalMetric

if TYPE_CHECKING:
    from mxnet.gluon.contrib.estimator.estimator import Estimator

__all__ = ["CheckpointHandler"]


class CheckpointHandler(TrainBegin, BatchEnd, EpochEnd):
    """Saves parameters and the states of the trainer after so many epochs or batches.

    Files are named ``PREFIX-epochEbatchB.params`` and ``.states``, after the epoch and the number of batches,
    and those of the best epoch ``PREFIX-best``. The graph of a hybridized network is ``PREFIX-symbol.json``.

    Parameters
    ----------
    model_dir : str
        A folder, which is made if it is not there.
    model_prefix : str, default 'model'
    monitor : EvalMetric, optional
        What is to be best: one of `Estimator.train_metrics` or `val_metrics`.
    verbose : int, default 0
        Whether to tell the logger what is saved.
    save_best : bool, default False
        Whether the best epoch is saved too.
    mode : {'auto', 'min', 'max'}
        See `EarlyStoppingHandler`.
    epoch_period : int, optional
        By default after every epoch.
    batch_period : int, optional
    max_checkpoints : int, default 5
        How many are kept.
    resume_from_checkpoint : bool, default False
        Whether to go on from the latest in the folder.
    """

    def __init__(
        self,
        model_dir: str,
        model_prefix: str = "model",
        monitor: EvalMetric | None = None,
        verbose: int = 0,
        save_best: bool = False,
        mode: str = "auto",
        epoch_period: int | None = 1,
        batch_period: int | None = None,
        max_checkpoints: int = 5,
        resume_from_checkpoint: bool = False,
    ) -> None:
        self.monitor = monitor
        self.verbose = verbose
        self.model_dir = model_dir
        self.model_prefix = model_prefix
        self.save_best = save_best
        self.epoch_period = epoch_period
        self.batch_period = batch_period
        self.max_checkpoints = max_checkpoints
        self.resume_from_checkpoint = resume_from_checkpoint
        self.saved_checkpoints: list[str] = []
        if save_best:
            if not isinstance(monitor, EvalMetric):
                raise BlockError(
                    "To save best model only, please provide one of the metric objects from "
                    "estimator.train_metrics and estimator.val_metrics as monitor."
                )
            self._best_of = Monitor(monitor, mode)
            self.best = self._best_of.worst
        self._count_from(0, 0)

    def _count_from(self, epoch: int, batch: int) -> None:
        self.current_epoch = epoch
        self.current_batch = batch
        self._graph_is_looked_for = True

    @property
    def _folder(self) -> Path:
        return Path(self.model_dir)

    def train_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Make the folder, and load what is to be gone on from."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._count_from(0, 0)
        if self.save_best:
            self.best = self._best_of.worst
        if self.resume_from_checkpoint:
            self._resume(estimator)

    def batch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Save after every `batch_period` batches."""
        if self.batch_period and (self.current_batch + 1) % self.batch_period == 0:
            self._save(estimator)
        self.current_batch += 1

    def epoch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Save after every `epoch_period` epochs, and what is best."""
        if self.epoch_period and (self.current_epoch + 1) % self.epoch_period == 0:
            self._save(estimator)
        if self.save_best:
            self._save_best(estimator)
        self.current_epoch += 1

    def _save(self, estimator: Estimator) -> None:
        name = f"{self.model_prefix}-epoch{self.current_epoch}batch{self.current_batch}"
        self._write(estimator, name)
        self._tell(estimator, f"saving model at {self.model_dir} with prefix: {name}")
        self.saved_checkpoints.append(name)
        for old in self.saved_checkpoints[: -self.max_checkpoints or None]:
            for ending in ("params", "states"):
                (self._folder / f"{old}.{ending}").unlink(missing_ok=True)
        self.saved_checkpoints = self.saved_checkpoints[-self.max_checkpoints :]

    def _save_best(self, estimator: Estimator) -> None:
        value = self._best_of.value(estimator)
        if value is None:
            return
        name = self._best_of.monitor.get()[0]
        if not self._best_of.improves(value, self.best):
            self._tell(
                estimator, f"{name} did not improve from {self.best:.5f}, skipping updating best model"
            )
            return
        self._tell(
            estimator,
            f"{name} improved from {self.best:.5f} to {value:.5f}, updating best model at {self.model_dir} "
            f"with prefix: {self.model_prefix}-best",
        )
        self.best = value
        self._write(estimator, f"{self.model_prefix}-best")

    def _write(self, estimator: Estimator, name: str) -> None:
        if self._graph_is_looked_for:
            self._graph_is_looked_for = False
            self._write_graph(estimator)
        estimator.net.save_parameters(self._folder / f"{name}.params")
        estimator.trainer.save_states(str(self._folder / f"{name}.states"))

    def _write_graph(self, estimator: Estimator) -> None:
        file = self._folder / f"{self.model_prefix}-symbol.json"
        if isinstance(estimator.net, HybridBlock) and estimator.net._cached_graph:
            estimator.net._cached_graph[1].save(str(file))
        else:
            estimator.logger.info(
                "Model architecture(symbol file) is not saved, please use HybridBlock to construct your "
                "model, and call net.hybridize() before passing to Estimator in order to save model "
                "architecture as %s.",
                file,
            )

    def _tell(self, estimator: Estimator, text: str) -> None:
        if self.verbose:
            estimator.logger.info("[Epoch %d] CheckpointHandler: %s", self.current_epoch, text)

    def _resume(self, estimator: Estimator) -> None:
        """Load the latest checkpoint, and train only for what is missing."""
        pattern = re.compile(rf"{re.escape(self.model_prefix)}-epoch(\d+)batch(\d+)\.params")
        found = [match for file in self._folder.iterdir() if (match := pattern.fullmatch(file.name))]
        if not found:
            estimator.logger.info(
                "CheckpointHandler: No checkpoint found, training from scratch for %s",
                self._how_long(estimator),
            )
            return
        latest = max(found, key=lambda match: (int(match[1]), int(match[2])))
        epoch, batch = int(latest[1]), int(latest[2])
        for what, done, limit in (
            ("epoch", epoch + 1, estimator.max_epoch),
            ("batch", batch, estimator.max_batch),
        ):
            if limit and done >= limit:
                raise BlockError(
                    f"Found checkpoint with maximum number of {what} {limit} reached, please specify "
                    "resume_from_checkpoint=False (default value) if you want to train from scratch."
                )
        if estimator.max_epoch:
            estimator.max_epoch -= epoch + 1
        if estimator.max_batch:
            estimator.max_batch -= batch
        estimator.net.load_parameters(self._folder / latest[0], ctx=estimator.context)
        estimator.trainer.load_states(str((self._folder / latest[0]).with_suffix(".states")))
        self._count_from(epoch + 1, batch)
        estimator.logger.info(
            "CheckpointHandler: Checkpoint resumed from epoch %d batch %d, continue to train for %s",
            epoch,
            batch,
            self._how_long(estimator),
        )

    @staticmethod
    def _how_long(estimator: Estimator) -> str:
        return f"{estimator.max_epoch} epochs" if estimator.max_epoch else f"{estimator.max_batch} batches"
