"""Checkpoints of recurrent networks, saved gate by gate, so that they fit fused and single cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.caller import warn
from mxnet.checkpoint import load_checkpoint, save_checkpoint
from mxnet.rnn.base import BaseRNNCell, Unrolled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mxnet.ndarray import NDArray
    from mxnet.symbol.symbol import Symbol

    Cells = BaseRNNCell | Sequence[BaseRNNCell]

__all__ = ["do_rnn_checkpoint", "load_rnn_checkpoint", "rnn_unroll", "save_rnn_checkpoint"]


def rnn_unroll(
    cell: BaseRNNCell,
    length: int,
    inputs: Any = None,
    begin_state: Sequence[Symbol] | None = None,
    input_prefix: str = "",  # noqa: ARG001 - MXNet refuses it too
    layout: str = "NTC",
) -> Unrolled:
    """Unroll a cell. Deprecated: call `cell.unroll`."""
    warn("rnn_unroll is deprecated: call cell.unroll.", DeprecationWarning)
    return cell.unroll(length, inputs, begin_state, layout)


def save_rnn_checkpoint(
    cells: Cells,
    prefix: str,
    epoch: int,
    symbol: Symbol | None,
    arg_params: Mapping[str, NDArray],
    aux_params: Mapping[str, NDArray],
) -> None:
    """Save a network and its parameters, the weights of cells gate by gate.

    Parameters
    ----------
    cells : BaseRNNCell or list of BaseRNNCell
        The cells that the network was unrolled from.
    prefix, epoch, symbol, arg_params, aux_params
        As of `mx.model.save_checkpoint`.
    """
    for cell in _listed(cells):
        arg_params = cell.unpack_weights(arg_params)
    save_checkpoint(prefix, epoch, symbol, arg_params, aux_params)


def load_rnn_checkpoint(
    cells: Cells, prefix: str, epoch: int
) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
    """Load what `save_rnn_checkpoint` saved.

    Parameters
    ----------
    cells : BaseRNNCell or list of BaseRNNCell
        Cells that the weights are packed for.
    prefix, epoch
        As of `mx.model.load_checkpoint`.
    """
    network, arg_params, aux_params = load_checkpoint(prefix, epoch)
    for cell in _listed(cells):
        arg_params = cell.pack_weights(arg_params)
    return network, arg_params, aux_params


def do_rnn_checkpoint(cells: Cells, prefix: str, period: int = 1) -> Callable[..., None]:
    """Return a callback that calls `save_rnn_checkpoint` at the end of every `period` epochs."""
    every = max(1, int(period))

    def callback(iter_no: int, sym: Symbol, arg: Mapping[str, NDArray], aux: Mapping[str, NDArray]) -> None:
        if (iter_no + 1) % every == 0:
            save_rnn_checkpoint(cells, prefix, iter_no + 1, sym, arg, aux)

    return callback


def _listed(cells: Cells) -> Sequence[BaseRNNCell]:
    return [cells] if isinstance(cells, BaseRNNCell) else cells
