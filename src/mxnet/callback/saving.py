"""Callbacks that save what has been learned: every so many epochs, or whenever it was the best so far."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

from mxnet.callback.best import Best
from mxnet.checkpoint import save_checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mxnet.callback.logged import BatchEndParam
    from mxnet.ndarray import NDArray
    from mxnet.symbol.symbol import Symbol

__all__ = ["BestCheckpoint", "do_checkpoint", "module_checkpoint"]


def module_checkpoint(
    mod: Any, prefix: str, period: int = 1, save_optimizer_states: bool = False
) -> Callable[..., None]:
    """Return a callback that saves a module at the end of epochs.

    Parameters
    ----------
    mod : Module
        The module to save.
    prefix : str
        What the names of the files start with.
    period : int, default 1
        Every how many epochs.
    save_optimizer_states : bool
        Whether the optimizer's states are saved as well.
    """
    every = max(1, int(period))

    def callback(iter_no: int, sym: Any = None, arg: Any = None, aux: Any = None) -> None:  # noqa: ARG001
        if (iter_no + 1) % every == 0:
            mod.save_checkpoint(prefix, iter_no + 1, save_optimizer_states)

    return callback


def do_checkpoint(prefix: str, period: int = 1) -> Callable[..., None]:
    """Return a callback that saves network and parameters at the end of epochs.

    Parameters
    ----------
    prefix : str
        What the names of the files start with.
    period : int, default 1
        Every how many epochs.

    Examples
    --------
    >>> import mxnet as mx
    >>> save = mx.callback.do_checkpoint("model", period=5)  # for epoch_end_callback=save
    """
    every = max(1, int(period))

    def callback(iter_no: int, sym: Symbol, arg: Mapping[str, NDArray], aux: Mapping[str, NDArray]) -> None:
        if (iter_no + 1) % every == 0:
            save_checkpoint(prefix, iter_no + 1, sym, arg, aux)

    return callback


class BestCheckpoint:
    """Saves a module whenever its score on the validation data is the best so far, and keeps that one only.

    It is an ``eval_end_callback``.

    Parameters
    ----------
    mod : Module
        The module to save.
    prefix : str
        What the names of the files start with.
    metric : str, optional
        Which metric to watch; by default the first.
    mode : {'auto', 'min', 'max'}
        Whether the least or the greatest value is the best, as of `EarlyStopping`.
    save_optimizer_states : bool
        Whether the optimizer's states are saved as well.

    Attributes
    ----------
    epoch : int or None
        What to give to `Module.load` beside `prefix`: after how many epochs the best was reached.
    value : float or None
        The best value.

    Examples
    --------
    >>> import mxnet as mx
    >>> best = mx.callback.BestCheckpoint(module, "best")  # doctest: +SKIP
    >>> module.fit(train, test, num_epoch=20, eval_end_callback=best)  # doctest: +SKIP
    >>> module = mx.mod.Module.load("best", best.epoch)  # doctest: +SKIP
    """

    def __init__(
        self,
        mod: Any,
        prefix: str,
        metric: str | None = None,
        mode: str = "auto",
        save_optimizer_states: bool = False,
    ) -> None:
        self.mod = mod
        self.prefix = prefix
        self.save_optimizer_states = save_optimizer_states
        self.epoch: int | None = None
        self._best = Best(metric, mode)

    @property
    def value(self) -> float | None:
        """The best value so far."""
        return self._best.value

    def __call__(self, param: BatchEndParam) -> None:
        """Save the module if it is better than before, then remove the one that was the best."""
        if not self._best.improves(param):
            return
        before, self.epoch = self.epoch, param.epoch + 1
        self.mod.save_checkpoint(self.prefix, self.epoch, self.save_optimizer_states)
        if before is not None and before != self.epoch:
            for ending in ("params", "states"):
                with contextlib.suppress(FileNotFoundError):
                    os.remove(f"{self.prefix}-{before:04d}.{ending}")
