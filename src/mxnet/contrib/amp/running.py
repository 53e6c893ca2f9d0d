"""Mixed precision as networks are composed and arrays computed, and losses scaled for it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from mxnet.contrib.amp.lists import lists_of
from mxnet.contrib.amp.loss_scaler import LossScaler
from mxnet.contrib.amp.needs import Conditions, Names, Needs
from mxnet.contrib.checks import CheckError
from mxnet.dtype import DTypeLike
from mxnet.errors import DTypeError
from mxnet.ir import preparations
from mxnet.ir.node import Entry
from mxnet.ir.op import Op
from mxnet.ndarray import NDArray
from mxnet.ndarray.mode import MODE
from mxnet.ndarray.ndarray import invoke_by_name
from mxnet.optimizer import Optimizer
from mxnet.symbol.symbol import Symbol

__all__ = ["init", "init_trainer", "scale_loss", "unscale"]

_T = TypeVar("_T", Entry, NDArray)
_log = logging.getLogger()  # as in MXNet, the root logger


class NotInitializedError(CheckError, AttributeError):
    """Something of mixed precision was asked for before it was set up."""


@dataclass(frozen=True)
class _MixedPrecision:
    """Which operators get which casts, from :func:`init` on.

    Attributes
    ----------
    needs : Needs
        What operators need.
    losses : list of str
        Those whose gradients are scaled.
    scaler : LossScaler
        How much.
    """

    needs: Needs
    losses: Sequence[str]
    scaler: LossScaler

    def prepare_symbols(self, op: Op, inputs: Sequence[Entry]) -> Sequence[Entry]:
        """Return the inputs of an operator with casts before them."""
        if op.name in self.losses:
            _log.warning("%s: its gradient is not scaled where it is part of a graph.", op.name)
        return self._with_casts(op, inputs, _cast_entry, _multicast_entries)

    def prepare_arrays(self, op: Op, inputs: Sequence[NDArray]) -> Sequence[NDArray]:
        """Return the inputs of an operator, converted."""
        inputs = self._with_casts(op, inputs, _cast_array, _multicast_arrays)
        if op.name in self.losses and MODE.get().record is not None:
            scaled = invoke_by_name("_contrib_gradientmultiplier", inputs[0], scalar=self.scaler.loss_scale)
            inputs = [scaled, *inputs[1:]]
        return inputs

    def _with_casts(
        self,
        op: Op,
        inputs: Sequence[_T],
        cast: Callable[[_T, str], _T],
        multicast: Callable[[Sequence[_T]], Sequence[_T]],
    ) -> Sequence[_T]:
        end = op.arity[0]
        match self.needs.of_node(op):
            case "widest" if end > 1:
                return multicast(inputs)
            case "narrow" | "float32" | "all float32" as need:
                dtype = self.needs.narrow if need == "narrow" else "float32"
                return [cast(each, dtype) if i < end else each for i, each in enumerate(inputs)]
        return inputs


def _cast_entry(entry: Entry, dtype: str) -> Entry:
    return Symbol._create("amp_cast", [Symbol((entry,))], {"dtype": dtype}, hint="amp_cast")._outputs[0]


def _multicast_entries(entries: Sequence[Entry]) -> Sequence[Entry]:
    symbols = [Symbol((entry,)) for entry in entries]
    return Symbol._create(
        "amp_multicast", symbols, {"num_outputs": len(entries)}, hint="amp_multicast"
    )._outputs


def _cast_array(array: NDArray, dtype: str) -> NDArray:
    return array if array._dtype_name == dtype else invoke_by_name("amp_cast", array, dtype=dtype)


def _multicast_arrays(arrays: Sequence[NDArray]) -> Sequence[NDArray]:
    if len({array._dtype_name for array in arrays}) == 1:
        return arrays
    made: Any = invoke_by_name("amp_multicast", *arrays, num_outputs=len(arrays))
    return list(made)


_running: list[_MixedPrecision] = []  # none or one
_scaled: list[LossScaler] = []  # those that trainers have


def is_initialized() -> bool:
    """Whether :func:`init` has been called in this process."""
    return bool(_running)


def init(
    target_dtype: DTypeLike = "float16",
    target_precision_ops: Names = None,
    conditional_fp32_ops: Conditions = None,
    fp32_ops: Names = None,
) -> None:
    """Let this process compose and compute in mixed precision from now on; call it first of all.

    Every operator applied to symbols or arrays then gets casts before its inputs as it needs them. With
    float16, losses such as ``SoftmaxOutput`` scale their gradients when they run on arrays.

    Parameters
    ----------
    target_dtype : {'float16', 'bfloat16'}
        The narrow dtype.
    target_precision_ops, conditional_fp32_ops, fp32_ops
        As of :func:`convert_symbol`.

    Notes
    -----
    A second call does nothing.
    """
    needs = Needs.of(target_dtype, target_precision_ops, fp32_ops, conditional_fp32_ops)
    if _running:
        return
    losses = lists_of(needs.narrow).losses if needs.narrow == "float16" else []
    running = _MixedPrecision(needs, losses, LossScaler())
    _log.info("Using AMP")
    _running.append(running)
    preparations.FOR_SYMBOLS.append(running.prepare_symbols)
    preparations.FOR_ARRAYS.append(running.prepare_arrays)


def init_trainer(optimizer_or_trainer: Any) -> None:
    """Give a trainer a scale for its losses, which :func:`scale_loss` and :func:`unscale` need.

    Parameters
    ----------
    optimizer_or_trainer : Trainer
        A ``Trainer`` of Gluon, or what has its ``_scale`` and ``_params``. The first one shares the scale of
        losses that are operators.

    Raises
    ------
    TypeError
        If it is an optimizer, or something else.
    """
    if not _running:
        raise NotInitializedError("Mixed precision is not set up: call amp.init() first.")
    if isinstance(optimizer_or_trainer, Optimizer):
        raise DTypeError("init_trainer takes a Trainer of Gluon: an optimizer alone cannot leave a step out.")
    if not hasattr(optimizer_or_trainer, "_scale"):
        raise DTypeError(f"init_trainer takes a Trainer of Gluon, not {optimizer_or_trainer!r}.")
    scaler = LossScaler() if _scaled else _running[0].scaler
    _scaled.append(scaler)
    optimizer_or_trainer._amp_loss_scaler = scaler
    optimizer_or_trainer._amp_original_scale = optimizer_or_trainer._scale


@contextlib.contextmanager
def scale_loss(loss: Any, optimizer_or_trainer: Any) -> Iterator[Any]:
    """Multiply a loss, so that its gradients fit into float16; the trainer's step divides by the same.

    Parameters
    ----------
    loss : NDArray or list of NDArray
        The loss.
    optimizer_or_trainer : Trainer
        A trainer that :func:`init_trainer` was called with.

    Examples
    --------
    >>> with amp.scale_loss(loss, trainer) as scaled:  # doctest: +SKIP
    ...     autograd.backward(scaled)
    """
    scale = _scaler_of(optimizer_or_trainer).loss_scale
    optimizer_or_trainer._scale = optimizer_or_trainer._amp_original_scale / scale
    yield [each * scale for each in loss] if isinstance(loss, (list, tuple)) else loss * scale


def unscale(optimizer_or_trainer: Any) -> None:
    """Divide the gradients by the scale of the loss, to clip them, say, before the trainer's step.

    Parameters
    ----------
    optimizer_or_trainer : Trainer
        A trainer that :func:`init_trainer` was called with.
    """
    scale = _scaler_of(optimizer_or_trainer).loss_scale
    for parameter in optimizer_or_trainer._params:
        if parameter.grad_req != "null":
            for gradient in parameter.list_grad():
                gradient[:] /= scale
    optimizer_or_trainer._scale = optimizer_or_trainer._amp_original_scale


def _scaler_of(trainer: Any) -> LossScaler:
    scaler = getattr(trainer, "_amp_loss_scaler", None)
    if not isinstance(scaler, LossScaler):
        raise NotInitializedError(
            f"{trainer!r} has no scale for losses: call amp.init_trainer(trainer) first."
        )
    return scaler
