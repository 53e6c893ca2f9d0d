"""Checkpoints: a network and its parameters as ``PREFIX-symbol.json`` and ``PREFIX-0001.params``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mxnet import ndarray as nd
from mxnet.errors import FileFormatError
from mxnet.symbol.symbol import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mxnet.ndarray import NDArray
    from mxnet.symbol.symbol import Symbol

__all__ = ["load_checkpoint", "load_named_params", "load_params", "save_checkpoint", "save_named_params"]


def save_checkpoint(
    prefix: str,
    epoch: int,
    symbol: Symbol | None,
    arg_params: Mapping[str, NDArray],
    aux_params: Mapping[str, NDArray],
    remove_amp_cast: bool = True,
) -> None:
    """Save a network and its parameters.

    Parameters
    ----------
    prefix : str
        What the names of the files start with, including a path.
    epoch : int
        Written into the name of the parameter file, with four digits.
    symbol : Symbol or None
        The network. None saves the parameters alone.
    arg_params, aux_params : dict of str to NDArray
        The parameters and the auxiliary states.
    remove_amp_cast : bool
        Whether the casts that mixed precision added are left out of the saved network.

    Notes
    -----
    Each file takes the place of an older one only when it is complete.
    """
    if symbol is not None:
        symbol.save(f"{prefix}-symbol.json", remove_amp_cast=remove_amp_cast)
    name = f"{prefix}-{epoch:04d}.params"
    save_named_params(name, arg_params, aux_params)
    logging.info('Saved checkpoint to "%s"', name)  # noqa: LOG015 - MXNet logs to the root logger


def load_checkpoint(prefix: str, epoch: int) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
    """Load what `save_checkpoint` saved.

    Parameters
    ----------
    prefix : str
        What the names of the files start with, including a path.
    epoch : int
        Of which epoch.

    Returns
    -------
    symbol : Symbol
    arg_params, aux_params : dict of str to NDArray
        The parameters and the auxiliary states.
    """
    return load(f"{prefix}-symbol.json"), *load_params(prefix, epoch)


def load_params(prefix: str, epoch: int) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    """Load the parameters and the auxiliary states of a checkpoint, without the network."""
    return load_named_params(f"{prefix}-{epoch:04d}.params")


def save_named_params(
    fname: str, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray]
) -> None:
    """Save parameters as ``arg:NAME`` and auxiliary states as ``aux:NAME``."""
    arrays = {f"arg:{name}": array for name, array in arg_params.items()}
    nd.save(fname, {**arrays, **{f"aux:{name}": array for name, array in aux_params.items()}})


def load_named_params(fname: str) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    """Load a file of ``arg:NAME`` and ``aux:NAME`` as two dictionaries.

    Raises
    ------
    FileFormatError
        If a name has another prefix, or there are no names.
    """
    arrays = nd.load(fname)
    if not isinstance(arrays, dict):
        if len(arrays) == 0:
            return {}, {}
        raise FileFormatError(f"{fname!r} holds arrays without names, so it is no file of parameters.")
    kinds: dict[str, dict[str, NDArray]] = {"arg": {}, "aux": {}}
    for key, array in arrays.items():
        kind, _, name = key.partition(":")
        if kind not in kinds or not name:
            raise FileFormatError(
                f"{fname!r} holds {key!r}. Parameters are saved as arg:NAME, auxiliary states as aux:NAME; "
                "mx.nd.load reads files of other arrays."
            )
        kinds[kind][name] = array
    return kinds["arg"], kinds["aux"]
