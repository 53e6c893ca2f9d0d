"""Which files a person means by a prefix, a file or a folder. Nothing is read here."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path
from typing import NamedTuple

from mxnet.cli.tools.failing import Failure
from mxnet.cli.tools.files import absent
from mxnet.errors import few

__all__ = ["NetworkFile", "is_text", "model_name", "network_file", "params_beside"]

_EPOCH = re.compile(r"(.*)-(\d{4,})\.params")
_ARRAYS = (".params", ".npz", ".safetensors")


class NetworkFile(NamedTuple):
    """The file of a network, the prefix of its parameters, and the file of those if it was meant."""

    path: str
    prefix: str
    params: str | None = None


def network_file(path: str) -> NetworkFile:
    """Return which files a path means.

    Parameters
    ----------
    path : str
        A prefix, the file of a network or of parameters, or a folder.

    Raises
    ------
    Failure
        If there is no network, or there are several.
    """
    if os.path.isdir(path):
        return _network_in(path)
    matched = _EPOCH.fullmatch(path)
    if path.endswith(_ARRAYS) and os.path.exists(path):
        prefix = matched[1] if matched else os.path.splitext(path)[0]
        for each in (f"{prefix}-symbol.json", f"{prefix}.json"):
            if os.path.exists(each):
                return NetworkFile(each, prefix, path)
        raise Failure(
            f"{path!r} holds parameters alone, and no network {prefix}-symbol.json stands beside it; "
            "symnet inspect shows what it holds."
        )
    if os.path.isfile(path):
        return NetworkFile(path, path.removesuffix(".json").removesuffix("-symbol"))
    for each in (f"{path}-symbol.json", f"{path}.json"):
        if os.path.isfile(each):
            return NetworkFile(each, path)
    raise absent(path, f"neither the file nor {os.path.basename(path)}-symbol.json")


def _network_in(folder: str) -> NetworkFile:
    networks = sorted(glob.glob(os.path.join(glob.escape(folder), "*-symbol.json")))
    networks = networks or sorted(glob.glob(os.path.join(glob.escape(folder), "*.json")))
    if len(networks) != 1:
        what = (
            f"several networks: {few(map(os.path.basename, networks))}" if networks else "no NAME-symbol.json"
        )
        raise Failure(f"The folder {folder!r} holds {what}." + (" Name one of them." if networks else ""))
    return NetworkFile(networks[0], networks[0].removesuffix(".json").removesuffix("-symbol"))


def params_beside(network: str, prefix: str, epoch: int | None) -> str | None:
    """Return the file of parameters of an epoch, or of the last one; None if there is none.

    Raises
    ------
    Failure
        If there is none of that epoch.
    """
    found = {
        int(matched[2]): name
        for name in glob.glob(f"{glob.escape(prefix)}-*.params")
        if (matched := _EPOCH.fullmatch(name)) and matched[1] == prefix
    }
    if epoch is not None:
        if epoch not in found:
            there = f"only of {few(map(str, sorted(found)))}" if found else "none at all"
            raise Failure(f"There is no {prefix}-{epoch:04d}.params, {there}.")
        return found[epoch]
    if found:
        return found[max(found)]
    for each in (".params", ".safetensors"):  # an .npz may hold anything
        if os.path.exists(prefix + each):
            return prefix + each
    folder = Path(network).resolve().parent
    alone = list(folder.glob("*.params"))
    if len(alone) == 1 and len(list(folder.glob("*-symbol.json"))) == 1:
        return str(alone[0])
    return None


def model_name(path: str) -> str:
    """Return what a model is called by the name of its file."""
    base = os.path.basename(os.path.normpath(path))
    for each in ("-symbol.json", ".json", ".tar.gz", ".tgz", ".tar", ".zip", ".onnx", *_ARRAYS):
        base = base.removesuffix(each)
    return re.sub(r"-\d{4,}$", "", base)


def is_text(path: str) -> bool:
    """Whether a path means a network that stands in a file of its own, as JSON."""
    return not path.endswith((".onnx", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip"))
