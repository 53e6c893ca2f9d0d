"""A callback that writes metrics to event files, for TensorBoard."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mxnet.errors import MissingPackageError

if TYPE_CHECKING:
    from mxnet.callback import BatchEndParam

__all__ = ["LogMetricsCallback"]

# The writers that MXNet used, and those that are kept up today.
_WRITERS = ("mxboard", "tensorboard", "torch.utils.tensorboard", "tensorboardX")


class LogMetricsCallback:
    """Writes the metrics of training or evaluation as scalars, under the number of the epoch.

    Parameters
    ----------
    logging_dir : str
        The folder for the event files. Show them with ``tensorboard --logdir=FOLDER``.
    prefix : str, optional
        What names begin with, such as ``"train"``: ``train-accuracy``.

    Raises
    ------
    ImportError
        If neither ``tensorboard`` nor ``tensorboardX`` nor ``mxboard`` is installed.

    Examples
    --------
    >>> import mxnet as mx
    >>> log = mx.contrib.tensorboard.LogMetricsCallback("logs")  # doctest: +SKIP
    >>> module.fit(batches, eval_end_callback=log)  # doctest: +SKIP
    """

    def __init__(self, logging_dir: str, prefix: str | None = None) -> None:
        self.prefix = prefix
        self.summary_writer = _writer()(logging_dir)

    def __call__(self, param: BatchEndParam) -> None:
        """Write the metrics."""
        if param.eval_metric is None:
            return
        for name, value in param.eval_metric.get_name_value():
            full = name if self.prefix is None else f"{self.prefix}-{name}"
            self.summary_writer.add_scalar(full, value, global_step=param.epoch)


def _writer() -> Any:
    for package in _WRITERS:
        try:
            return importlib.import_module(package).SummaryWriter
        except (ImportError, AttributeError):
            continue
    raise MissingPackageError(
        "LogMetricsCallback writes event files with the package tensorboard, which is not installed: "
        "pip install tensorboard."
    )
