"""AdamW and LAMB steps on arrays, for one weight or several, as ``mx.nd.contrib`` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.ndarray.creation import full
from mxnet.ndarray.ndarray import NDArray, invoke_by_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    Arrays = Sequence[NDArray]

__all__ = [
    "adamw_update",
    "mp_adamw_update",
    "multi_adamw_update",
    "multi_lamb_update",
    "multi_mp_adamw_update",
    "multi_mp_lamb_update",
]


def adamw_update(
    weight: NDArray,
    grad: NDArray,
    mean: NDArray,
    var: NDArray,
    rescale_grad: NDArray | float,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: NDArray | None = None,
    name: str | None = None,  # noqa: ARG001 - MXNet's signature
    **kwargs: Any,
) -> NDArray:
    """Step by AdamW; nothing moves if `rescale_grad` is 0 or not finite.

    Parameters
    ----------
    weight, grad, mean, var : NDArray
        The weight, its gradient and the moving means, which are written.
    rescale_grad : NDArray or float
        Factor of the gradient.
    lr, eta, beta1, beta2, epsilon, wd, clip_gradient : float
        As the operator ``_adamw_update`` explains them.
    out : NDArray, optional
        Where the new weight goes.
    """
    kwargs |= {"lr": lr, "eta": eta, "beta1": beta1, "beta2": beta2, "epsilon": epsilon, "wd": wd}
    factor = _as_array(rescale_grad, weight)
    return invoke_by_name(
        "_adamw_update", weight, grad, mean, var, factor, out=out, clip_gradient=clip_gradient, **kwargs
    )


def mp_adamw_update(
    weight: NDArray,
    grad: NDArray,
    mean: NDArray,
    var: NDArray,
    weight32: NDArray,
    rescale_grad: NDArray | float,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: NDArray | None = None,
    name: str | None = None,  # noqa: ARG001 - MXNet's signature
    **kwargs: Any,
) -> NDArray:
    """Do as `adamw_update`, in single precision (`weight32`) for a weight of half precision."""
    kwargs |= {"lr": lr, "eta": eta, "beta1": beta1, "beta2": beta2, "epsilon": epsilon, "wd": wd}
    arrays = (weight, grad, mean, var, weight32, _as_array(rescale_grad, mean))
    return invoke_by_name("_mp_adamw_update", *arrays, out=out, clip_gradient=clip_gradient, **kwargs)


def multi_adamw_update(
    weights: Arrays,
    grads: Arrays,
    mean: Arrays,
    var: Arrays,
    rescale_grad: NDArray | float,
    lrs: Sequence[float],
    wds: Sequence[float],
    etas: Sequence[float],
    out: Arrays | None = None,
    name: str | None = None,  # noqa: ARG001 - MXNet's signature
    size: int = 0,
    **kwargs: Any,
) -> Any:
    """Do as `adamw_update`, for several weights; `size` is how many (0 for all)."""
    arrays = (*_in_turn(weights, grads, mean, var), _as_array(rescale_grad, weights[0]))
    kwargs |= {"lrs": lrs, "wds": wds, "etas": etas, "num_weights": size or len(weights)}
    return invoke_by_name("_multi_adamw_update", *arrays, out=out, **kwargs)


def multi_mp_adamw_update(
    weights: Arrays,
    grads: Arrays,
    mean: Arrays,
    var: Arrays,
    weights32: Arrays,
    rescale_grad: NDArray | float,
    lrs: Sequence[float],
    wds: Sequence[float],
    etas: Sequence[float],
    out: Arrays | None = None,
    name: str | None = None,  # noqa: ARG001 - MXNet's signature
    size: int = 0,
    **kwargs: Any,
) -> Any:
    """Do as `mp_adamw_update`, for several weights; `size` is how many (0 for all)."""
    arrays = (*_in_turn(weights, grads, mean, var, weights32), _as_array(rescale_grad, mean[0]))
    kwargs |= {"lrs": lrs, "wds": wds, "etas": etas, "num_weights": size or len(weights)}
    return invoke_by_name("_multi_mp_adamw_update", *arrays, out=out, **kwargs)


def multi_lamb_update(
    weights: Arrays,
    grads: Arrays,
    mean: Arrays,
    var: Arrays,
    step_count: Sequence[int],
    lrs: Sequence[float],
    wds: Sequence[float],
    out: Arrays | None = None,
    num_tensors: int = 0,
    **kwargs: Any,
) -> Any:
    """Step by LAMB for several weights, each at its own `step_count` (from 1)."""
    kwargs |= {"step_count": step_count, "learning_rates": lrs, "wds": wds}
    kwargs["num_tensors"] = num_tensors or len(weights)
    arrays = _in_turn(weights, grads, mean, var)
    return invoke_by_name("_multi_lamb_update", *arrays, out=out, **kwargs)


def multi_mp_lamb_update(
    weights: Arrays,
    grads: Arrays,
    mean: Arrays,
    var: Arrays,
    weights32: Arrays,
    step_count: Sequence[int],
    lrs: Sequence[float],
    wds: Sequence[float],
    out: Arrays | None = None,
    num_tensors: int = 0,
    **kwargs: Any,
) -> Any:
    """Do as `multi_lamb_update`, in single precision (`weights32`) for weights of half precision."""
    kwargs |= {"step_count": step_count, "learning_rates": lrs, "wds": wds}
    kwargs["num_tensors"] = num_tensors or len(weights)
    arrays = _in_turn(weights, grads, mean, var, weights32)
    return invoke_by_name("_multi_mp_lamb_update", *arrays, out=out, **kwargs)


def _as_array(rescale_grad: NDArray | float, like: NDArray) -> NDArray:
    if isinstance(rescale_grad, NDArray):
        return rescale_grad
    return full((1,), rescale_grad, like.context, dtype=like.dtype)


def _in_turn(*arrays: Arrays) -> list[NDArray]:
    """Return the arrays of the first weight, then those of the second, and so on."""
    return [array for of_weight in zip(*arrays, strict=True) for array in of_weight]
