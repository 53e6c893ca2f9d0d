"""An exported model is run in ONNX Runtime, beside the network it was made from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.context import cpu
from mxnet.engines.package import new_session

if TYPE_CHECKING:
    from mxnet.ndarray import NDArray
    from mxnet.symbol.symbol import Symbol

__all__ = ["compare_model", "differences", "samples"]

Array = np.ndarray[Any, Any]


def compare_model(
    model: str | os.PathLike[str] | bytes,
    sym: Symbol,
    params: Mapping[str, NDArray],
    inputs: Mapping[str, NDArray | Array],
) -> dict[str, float]:
    """Run a model in ONNX Runtime and the network here, and return how far their outputs differ.

    Parameters
    ----------
    model : path or bytes
        The model: a file, or what it holds.
    sym : Symbol
        The network, for inference: see ``Symbol.inference_symbol``.
    params : dict of str to NDArray
        Its parameters and auxiliary states, by name.
    inputs : dict of str to array
        What both are run on.

    Returns
    -------
    dict of str to float
        For each output the largest difference, relative to its largest number, or to 1 if that is less.

    Raises
    ------
    MissingPackageError
        If ONNX Runtime is not installed.
    """
    session = new_session(model if isinstance(model, bytes) else os.fspath(model))
    arrays = {
        name: each.asnumpy() if isinstance(each, nd.NDArray) else np.asarray(each)
        for name, each in inputs.items()
    }
    return differences(session, sym, params, arrays)


def samples(shapes: Mapping[str, tuple[int, ...]], dtypes: Mapping[str, str]) -> dict[str, Array]:
    """Return random inputs: normal real numbers, or small whole ones."""
    random = np.random.default_rng(0)
    return {
        name: random.standard_normal(shape).astype(dtypes[name])
        if "float" in dtypes[name]
        else random.integers(0, 2, shape).astype(dtypes[name])
        for name, shape in shapes.items()
    }


def differences(
    session: Any, sym: Symbol, params: Mapping[str, NDArray], inputs: Mapping[str, Array]
) -> dict[str, float]:
    """Return what :func:`compare_model` returns, for a session that is open."""
    known = {name: nd.array(array, dtype=array.dtype) for name, array in inputs.items()}
    every = {**params, **known}
    arguments = {name: every[name] for name in sym.list_arguments()}
    states = {name: every[name] for name in sym.list_auxiliary_states()}
    ours = sym.bind(cpu(), arguments, grad_req="null", aux_states=states or None).forward(is_train=False)
    theirs = session.run(None, {each.name: inputs[each.name] for each in session.get_inputs()})
    found: dict[str, float] = {}
    for name, own, other in zip(sym.list_outputs(), ours, theirs, strict=True):
        found[name] = max(found.get(name, 0.0), _difference(own.asnumpy(), other))
    return found


def _difference(own: Array, other: Array) -> float:
    a, b = own.astype("float64"), np.asarray(other).astype("float64")
    if a.shape != b.shape:
        return float("inf")
    if not a.size:
        return 0.0
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    if not np.isfinite(np.where(same, 0, a - b)).all():
        return float("inf")
    scale = max(1.0, float(np.abs(np.where(np.isfinite(a), a, 0)).max()))
    return float(np.abs(np.where(same, 0, a - b)).max()) / scale
