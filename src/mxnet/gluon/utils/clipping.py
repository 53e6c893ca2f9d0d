"""Gradients that are no longer than they should be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mxnet.caller import warn
from mxnet.gluon.errors import CheckError
from mxnet.lazy import torch
from mxnet.ndarray import NDArray

__all__ = ["clip_global_norm"]


def clip_global_norm(
    arrays: Sequence[NDArray], max_norm: float, check_isfinite: bool = True
) -> float | NDArray:
    """Scale arrays, where they lie, so that the norm of all their numbers is at most so much.

    Parameters
    ----------
    arrays : list of NDArray
        The arrays.
    max_norm : float
        The largest norm.
    check_isfinite : bool
        Whether to warn of a norm that is not finite, for which the device has to be waited for.

    Returns
    -------
    float or NDArray
        The norm that they had; an array of one number if nobody waited for it.

    Raises
    ------
    AssertionError
        If there are no arrays.

    Examples
    --------
    >>> import mxnet as mx
    >>> gradients = [mx.nd.array([3.0]), mx.nd.array([4.0])]
    >>> clip_global_norm(gradients, 1.0)
    5.0
    >>> gradients[0].asnumpy()
    array([0.6], dtype=float32)
    """
    if not arrays:
        raise CheckError("clip_global_norm() needs at least one array.")
    tensors = [array._tensor for array in arrays]
    place = tensors[0].device
    with torch.no_grad():
        norms = [torch.linalg.vector_norm(each.float()).to(place) for each in tensors]
        norm = torch.linalg.vector_norm(torch.stack(norms)).reshape(1)
        if check_isfinite and not np.isfinite(norm.item()):
            warn("nan or inf is detected. Clipping results will be undefined.")
        scale = (max_norm / (norm + 1e-8)).clamp(max=1.0)
        for array, tensor in zip(arrays, tensors, strict=True):
            factor = scale.to(tensor)
            if array.stype == "default":
                tensor.mul_(factor)
            else:
                array._stored().parts[0].mul_(factor)
    return float(norm) if check_isfinite else NDArray._from_tensor(norm, arrays[0].context)
