"""How a module comes by its optimizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet import optimizer as opt
from mxnet.caller import warn
from mxnet.registry import NotRegisteredError

if TYPE_CHECKING:
    from mxnet.optimizer import Optimizer
    from mxnet.symbol.symbol import Symbol

__all__ = ["optimizer_of"]


def optimizer_of(
    optimizer: str | Optimizer,
    optimizer_params: Any,
    symbol: Symbol,
    idx2name: dict[Any, str],
    batch_size: int,
) -> Optimizer:
    """Return the optimizer that is wanted.

    Parameters
    ----------
    optimizer : str or Optimizer
        A name, or an optimizer that is ready.
    optimizer_params : dict, or list of pairs
        The parameters of the optimizer of that name.
    symbol : Symbol
        The network.
    idx2name : dict of int to str
        The names of its parameters.
    batch_size : int
        Over how many samples gradients are added up, in all workers.

    Raises
    ------
    NotRegisteredError
        If it is neither.
    """
    rescale = 1.0 / batch_size
    if isinstance(optimizer, str):
        parameters = {"rescale_grad": rescale, **dict(optimizer_params)}
        return opt.create(optimizer, sym=symbol, param_idx2name=idx2name, **parameters)
    if not isinstance(optimizer, opt.Optimizer):
        raise NotRegisteredError(f"optimizer is {optimizer!r}. Expected a registered name or an Optimizer.")
    if optimizer.rescale_grad != rescale:
        warn(
            f"The optimizer's rescale_grad is {optimizer.rescale_grad}, not 1 / batch size ({rescale}), "
            "which gradients summed over a batch usually need. Is this intended?"
        )
    if not optimizer.idx2name:
        optimizer.idx2name = dict(idx2name)
    return optimizer
