"""Checkpoints: a network and its parameters as ``PREFIX-symbol.json`` and ``PREFIX-0001.params``."""

from __future__ import annotations

import contextlib
import json
import logging
import re
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from mxnet import ndarray as nd
from mxnet.archives import is_archive, read_archive
from mxnet.errors import FileFormatError, MXNetError, ParameterError, few
from mxnet.files import atomic_write, read_file
from mxnet.symbol.symbol import load, load_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mxnet.ndarray import NDArray
    from mxnet.symbol.symbol import Symbol

__all__ = [
    "Checkpoint",
    "CheckpointWriter",
    "MisfitError",
    "check_params",
    "last_checkpoint",
    "learned_names",
    "load_checkpoint",
    "load_named_params",
    "load_params",
    "save_checkpoint",
    "save_named_params",
    "sort_params",
]

_STATES = ("moving_mean", "moving_var", "running_mean", "running_var", "moving_avg")
"""What the names of auxiliary states end in, where neither a prefix nor a network says which they are."""


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


def load_checkpoint(
    prefix: str, epoch: int | None = None
) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
    """Load what `save_checkpoint` saved.

    Parameters
    ----------
    prefix : str
        What the names of the files start with, including a path; or an archive with a network and its
        parameters, such as the ``model.tar.gz`` that a training service writes.
    epoch : int, optional
        Of which epoch; in an archive by default the last one.

    Returns
    -------
    symbol : Symbol
    arg_params, aux_params : dict of str to NDArray
        The parameters and the auxiliary states. Where the file does not tell them apart by ``arg:`` and
        ``aux:``, the network does.

    Raises
    ------
    MXNetError
        If a file is missing, damaged, or of other contents.
    """
    if is_archive(prefix):
        return _from_archive(prefix, epoch)
    if epoch is None:
        raise ParameterError(
            f"load_checkpoint needs the number of the epoch, unless {prefix!r} is an archive."
        )
    symbol = load(f"{prefix}-symbol.json")
    name = f"{prefix}-{epoch:04d}.params"
    return symbol, *sort_params(nd.load(name), name, symbol)


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
    """Load a file of ``arg:NAME`` and ``aux:NAME``, or of plain names, as two dictionaries.

    Raises
    ------
    FileFormatError
        If only some names have a prefix, or there are no names.
    """
    return sort_params(nd.load(fname), fname, None)


def sort_params(
    arrays: list[NDArray] | dict[str, NDArray], source: str, symbol: Symbol | None
) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    """Return parameters and auxiliary states, by their prefixes, or by what a network says."""
    if not isinstance(arrays, dict):
        if len(arrays) == 0:
            return {}, {}
        raise FileFormatError(f"{source!r} holds arrays without names, so it is no file of parameters.")
    kinds: dict[str, dict[str, NDArray]] = {"arg": {}, "aux": {}}
    with_prefix = any(key.startswith(("arg:", "aux:")) for key in arrays)
    states = set() if symbol is None else set(symbol.list_auxiliary_states())
    for key, array in arrays.items():
        kind, _, name = key.partition(":")
        if not with_prefix:
            is_state = key in states if symbol is not None else key.endswith(_STATES)
            kind, name = "aux" if is_state else "arg", key
        if kind not in kinds or not name:
            raise FileFormatError(
                f"{source!r} holds {key!r}. Parameters are saved as arg:NAME, auxiliary states as aux:NAME; "
                "mx.nd.load reads files of other arrays."
            )
        kinds[kind][name] = array
    return kinds["arg"], kinds["aux"]


def _from_archive(path: str, epoch: int | None) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
    files = read_archive(path)
    networks = sorted(name for name in files if name.endswith("-symbol.json"))
    pairs = [(name, _params_of(name, files, epoch)) for name in networks]
    for network, params in pairs:
        if params is None:
            continue
        source = f"{path}:{network}"
        try:
            symbol = load_json(files[network].decode())
        except UnicodeDecodeError:
            raise FileFormatError(f"{source!r} is not text, so it is no network.") from None
        arrays = nd.load_frombuffer(files[params])
        return symbol, *sort_params(arrays, f"{path}:{params}", symbol)
    which = "" if epoch is None else f" of epoch {epoch}"
    raise FileFormatError(
        f"{path!r} holds no NAME-symbol.json with NAME-0000.params{which}, only {few(sorted(files))}."
    )


def _params_of(network: str, files: dict[str, bytes], epoch: int | None) -> str | None:
    """Return the file of parameters that belongs to a network, of the last epoch if none is asked for."""
    prefix = network.removesuffix("-symbol.json")
    number = r"\d{4,}" if epoch is None else f"{epoch:04d}"
    return max(
        (name for name in files if re.fullmatch(rf"{re.escape(prefix)}-{number}\.params", name)), default=None
    )


# ------------------------------------------------------------------------------------- while training goes on


class Checkpoint(NamedTuple):
    """What a training can go on from.

    Attributes
    ----------
    epoch : int
        How many epochs are done.
    params : bytes
        The contents of the file of parameters and auxiliary states.
    states : bytes
        Those of the file of optimizer states, which MXNet reads too; empty if there is none.
    progress : dict
        How far the optimizer has counted, which MXNet's files do not tell.
    """

    epoch: int
    params: bytes
    states: bytes
    progress: dict[str, Any]

    def arrays(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return the parameters and the auxiliary states."""
        return sort_params(nd.load_frombuffer(self.params), f"the parameters of epoch {self.epoch}", None)


class CheckpointWriter:
    """Writes checkpoints while training goes on: what is to be saved is copied, then written by a thread.

    Each file takes the place of an older one when it is complete, that of the parameters as the last one: so
    whatever happens, the newest file of parameters belongs to a checkpoint that is whole.

    Parameters
    ----------
    prefix : str
        What the names of the files start with, including a path.

    Examples
    --------
    >>> import mxnet as mx, os, tempfile
    >>> net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    >>> prefix = os.path.join(tempfile.mkdtemp(), "net")
    >>> with mx.model.CheckpointWriter(prefix) as writer:
    ...     writer.save(1, net, {"fc_bias": mx.nd.ones((2,))}, {})
    >>> mx.model.load_params(prefix, 1)[0]["fc_bias"].asnumpy()
    array([1., 1.], dtype=float32)
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._thread = ThreadPoolExecutor(1, "checkpoint")
        self._written: Future[None] | None = None

    def save(
        self,
        epoch: int,
        symbol: Symbol | None,
        arg_params: Mapping[str, NDArray],
        aux_params: Mapping[str, NDArray],
        states: bytes = b"",
        progress: Mapping[str, Any] | None = None,
    ) -> None:
        """Copy what there is, and begin to write it, once what was to be written before is.

        Parameters
        ----------
        epoch : int
            Written into the names of the files.
        symbol : Symbol or None
            The network. None writes the rest alone.
        arg_params, aux_params : dict of str to NDArray
            The parameters and the auxiliary states.
        states : bytes
            The states of the optimizer, as of ``Updater.get_states``.
        progress : dict, optional
            What else is needed to go on, of which JSON can be made.

        Raises
        ------
        MXNetError
            If what was to be written before could not be.
        """
        self.wait()
        copies = [{name: array.copy() for name, array in own.items()} for own in (arg_params, aux_params)]
        network = None if symbol is None else symbol.tojson()
        self._written = self._thread.submit(self._write, epoch, network, copies, states, dict(progress or {}))

    def _write(
        self,
        epoch: int,
        network: str | None,
        params: list[dict[str, NDArray]],
        states: bytes,
        progress: dict[str, Any],
    ) -> None:
        name = f"{self._prefix}-{epoch:04d}"
        files = {
            f"{self._prefix}-symbol.json": (network or "").encode(),
            f"{name}.states": states,
            f"{name}.progress": json.dumps(progress).encode() if progress else b"",
        }
        for path, data in files.items():
            if data:
                with atomic_write(path) as file:
                    file.write(data)
        save_named_params(f"{name}.params", *params)
        logging.info('Saved checkpoint to "%s.params"', name)  # noqa: LOG015 - as MXNet's

    def wait(self) -> None:
        """Wait until everything is written.

        Raises
        ------
        MXNetError
            If it could not be.
        """
        written, self._written = self._written, None
        if written is not None:
            written.result()

    def __enter__(self) -> CheckpointWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(self._thread.shutdown)
            if kind is None:
                self.wait()


def last_checkpoint(prefix: str) -> Checkpoint | None:
    """Return the newest checkpoint of that prefix that can be read; None if there is none.

    Parameters
    ----------
    prefix : str
        What the names of the files start with, including a path.
    """
    for epoch in sorted(_epochs_of(prefix), reverse=True):
        name = f"{prefix}-{epoch:04d}"
        states, progress = (
            read_file(path) if Path(path).exists() else b"" for path in (f"{name}.states", f"{name}.progress")
        )
        try:
            found = Checkpoint(epoch, read_file(f"{name}.params"), states, json.loads(progress or b"{}"))
            found.arrays()
        except (FileFormatError, ValueError) as error:
            logging.warning('Cannot go on from "%s.params": %s', name, error)  # noqa: LOG015
        else:
            return found
    return None


def _epochs_of(prefix: str) -> Iterator[int]:
    """Yield the epochs of which there are parameters."""
    folder, start = Path(prefix).parent, re.escape(Path(prefix).name)
    for path in folder.iterdir() if folder.is_dir() else ():
        if match := re.fullmatch(rf"{start}-(\d{{4,}})\.params", path.name):
            yield int(match[1])


# ------------------------------------------------------------------------------------------------ what fits


class MisfitError(MXNetError, ValueError):
    """Parameters do not fit a network."""


def check_params(
    symbol: Symbol,
    arg_params: Mapping[str, NDArray],
    aux_params: Mapping[str, NDArray],
    **shapes: tuple[int, ...],
) -> None:
    """Raise if parameters do not fit a network: which are missing, not used, or of another shape, and why.

    Parameters
    ----------
    symbol : Symbol
        The network.
    arg_params, aux_params : dict of str to NDArray
        The parameters and auxiliary states.
    **shapes : tuple of int
        The shapes of inputs; with them all shapes are compared, else those that follow without.

    Raises
    ------
    MisfitError
        If parameters that are learned are missing, or some have another shape. Those that are merely not
        used are told with the others.
    """
    every = {**arg_params, **aux_params}
    learned = learned_names(symbol)
    missing = [name for name in learned if name not in every]
    extra = [name for name in every if name not in set(symbol.list_inputs())]
    misshapen = _misshapen(symbol, every, shapes)
    if not missing and not misshapen:
        return
    lines = [f"The parameters do not fit the network {symbol._shown()}."]
    if missing:
        lines.append(f"  Missing: {few(missing)}.")
    if extra:
        lines.append(f"  Not used: {few(extra)}.")
    if misshapen:
        lines.append(f"  Of another shape: {few(misshapen)}.")
    if cause := _likely_cause(missing, extra, misshapen):
        lines.append(f"  {cause}")
    raise MisfitError("\n".join(lines))


def learned_names(symbol: Symbol) -> list[str]:
    """Return the variables that stand where operators take what is learned."""
    names: dict[str, None] = {}
    for node in symbol.graph.operators:
        assert node.op is not None
        slots = node.op.input_names() + node.op.aux_names()
        for slot, entry in zip(slots, node.inputs, strict=True):
            if slot in node.op.learned and entry.node.op is None:
                names[entry.node.name] = None
    return list(names)


def _misshapen(
    symbol: Symbol, arrays: Mapping[str, NDArray], shapes: Mapping[str, tuple[int, ...]]
) -> list[str]:
    """Return the arrays whose shapes are not those that follow from the shapes of the inputs."""
    names = symbol.list_arguments()
    states = symbol.list_auxiliary_states()
    try:
        found_args, _, found_states = symbol.infer_shape_partial(**shapes)
    except MXNetError:
        return []
    found = {**dict(zip(names, found_args, strict=True)), **dict(zip(states, found_states, strict=True))}
    return [
        f"{name} is {arrays[name].shape}, expected {shape}"
        for name, shape in found.items()
        if name in arrays and shape and 0 not in shape and tuple(arrays[name].shape) != shape
    ]


def _likely_cause(missing: list[str], extra: list[str], misshapen: list[str]) -> str:
    if misshapen and not missing:
        return "Likely it is a network of another size, or one whose last layer has other classes."
    if not extra:
        return "Likely the file was saved of a part of this network, or before layers were added."
    if any("." in name for name in extra):
        return (
            "Likely they were saved by save_parameters of Gluon, whose names follow the structure of blocks: "
            "load them with load_parameters of the block, and export it for a network and its parameters."
        )
    if _kinds(missing) <= _kinds(extra):
        return (
            f"Likely the same layers have other names: {missing[0]} may be {_closest(missing[0], extra)}. "
            "Create both with one prefix, or rename the parameters."
        )
    return "Likely they are of another network."


def _kinds(names: list[str]) -> Counter[str]:
    """Return how many there are of each kind: weight, bias, gamma ..."""
    return Counter(name.rpartition("_")[2] for name in names)


def _closest(name: str, names: list[str]) -> str:
    kind = name.rpartition("_")[2]
    return next((each for each in names if each.endswith(kind)), names[0])
