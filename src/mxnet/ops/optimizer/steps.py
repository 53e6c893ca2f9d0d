"""The steps of optimizers, for operators and for the optimizers themselves.

`op` is anything that has the parameters as attributes. A step changes the weight and the states in place.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.lazy import torch
from mxnet.ops.optimizer.native_steps import by_kernel, fusable, is_clipped, limit_of, show_change

if TYPE_CHECKING:
    from torch import Tensor

    Values = Any
    """A tensor, or several that step together (:class:`mxnet.optimizer.arrays.Arrays`)."""


def _fused_sgd(op: Any, weight: Values, grad: Values, mom: Values | None, lr: float, wd: float) -> bool:
    """Take a step of SGD by torch's fused kernel, and return True; False if it cannot do it."""
    if is_clipped(op) or not op.rescale_grad or not (mom is None or op.momentum):
        return False
    lists = fusable(weight, grad) if mom is None else fusable(weight, grad, mom)
    if lists is None:
        return False
    weights, grads, *states = lists
    # Torch's momentum has no rate in it and is subtracted, times the rate; MXNet's has and is added.
    torch._fused_sgd_(
        weights,
        grads,
        states[0] if states else [],
        weight_decay=wd / op.rescale_grad,
        momentum=op.momentum if states else 0.0,
        lr=-1.0 if states else lr * op.rescale_grad,
        dampening=1 + lr * op.rescale_grad if states else 0.0,
        nesterov=False,
        maximize=False,
        is_first_step=False,
    )
    show_change(weights, *states)
    return True


@by_kernel("sgd_update", 0, lambda op, lr, wd: (lr, wd, op.rescale_grad, limit_of(op)))
def sgd(op: Any, weight: Values, grad: Values, _: Sequence[Values], lr: float, wd: float) -> None:
    r"""Step along the gradient: :math:`w - \eta (g + \lambda w)`; only the gradient is clipped."""
    if not _fused_sgd(op, weight, grad, None, lr, wd):
        weight.mul_(1 - lr * wd).sub_(scaled(op, grad), alpha=lr)


@by_kernel("sgd_mom_update", 1, lambda op, lr, wd: (lr, wd, op.rescale_grad, op.momentum, limit_of(op)))
def sgd_with_momentum(
    op: Any, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
) -> None:
    r"""Step with momentum: :math:`m \gets \mu m - \eta (g + \lambda w)`, :math:`w + m`."""
    (mom,) = states
    if not _fused_sgd(op, weight, grad, mom, lr, wd):
        slope = scaled(op, grad)
        weight.add_(mom.mul_(op.momentum).sub_(slope.add(weight, alpha=wd), alpha=lr))


def nag(op: Any, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float) -> None:
    """Step with Nesterov's momentum; the decay in the momentum is that of the weight after the step."""
    (mom,) = states
    slope = scaled(op, grad)
    move = slope.add(weight, alpha=wd)
    weight.add_(mom.mul_(op.momentum), alpha=op.momentum).sub_(move, alpha=lr * (1 + op.momentum))
    mom.sub_(slope.add(weight, alpha=wd), alpha=lr)


def sign_sgd(op: Any, weight: Values, grad: Values, _: Sequence[Values], lr: float, wd: float) -> None:
    """Step along the gradient's sign."""
    weight.mul_(1 - lr * wd).sub_(
        grad.sign() if op.rescale_grad > 0 else (grad * op.rescale_grad).sign(), alpha=lr
    )


def signum(op: Any, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float) -> None:
    """Step along the sign of the momentum."""
    (mom,) = states
    slope = scaled(op, grad)
    mom.mul_(op.momentum).sub_(slope.add(weight, alpha=wd), alpha=1 - op.momentum)
    weight.mul_(1 - lr * op.wd_lh).add_(mom.sign(), alpha=lr)


@by_kernel(
    "adam_update",
    2,
    lambda op, lr, wd: (lr, wd, op.rescale_grad, op.beta1, op.beta2, op.epsilon, limit_of(op)),
)
def adam(op: Any, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float) -> None:
    """Step by Adam; the rate has the correction of the averages in it."""
    mean, var = states
    lists = None if is_clipped(op) else fusable(weight, rescaled(op, grad), mean, var)
    if lists is None:
        slope = decayed(op, grad, weight, wd)
        move_average(mean, slope, op.beta1)
        move_square(var, slope, op.beta2)
        weight.addcdiv_(mean, var.sqrt().add_(op.epsilon), value=-lr)
        return
    weights, slopes, means, variances = lists
    # After endlessly many steps, torch corrects the averages no more.
    steps = [torch.full((), math.inf, dtype=torch.float32, device=weights[0].device)] * len(weights)
    torch._fused_adam_(
        weights,
        slopes,
        means,
        variances,
        [],
        steps,
        lr=lr,
        beta1=op.beta1,
        beta2=op.beta2,
        weight_decay=wd,
        eps=op.epsilon,
        amsgrad=False,
        maximize=False,
    )
    show_change(weights, means, variances)


def inverse(lr: float) -> float:
    """Return what divides by a learning rate, as numbers of C do: infinity for 0."""
    return 1 / lr if lr else math.inf


def ftml(
    op: Any, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float, t: int
) -> None:
    """Step by FTML, the t-th time."""
    d, v, z = states
    slope = decayed(op, grad, weight, wd)
    move_square(v, slope, op.beta2)
    denominator = ((v / started(op.beta2, t)).sqrt_().add_(op.epsilon)).mul_(
        started(op.beta1, t) * inverse(lr)
    )
    move_average(z, slope, op.beta1).sub_((denominator - d * op.beta1) * weight)
    d.copy_(denominator)
    weight.copy_(z).div_(d).neg_()


@by_kernel(
    "ftrl_update",
    2,
    lambda op, lr, wd: (inverse(lr), wd, op.rescale_grad, op.lamda1, op.beta, limit_of(op)),
)
def ftrl(op: Any, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float) -> None:
    """Step by FTRL-Proximal."""
    z, n = states
    slope = scaled(op, grad)
    root = n.sqrt()
    n.addcmul_(slope, slope)
    now = n.sqrt()
    z.add_(slope).sub_((now - root).mul_(weight), alpha=inverse(lr))
    # Towards 0 by lamda1, and not beyond it.
    weight.copy_(z.clamp(-op.lamda1, op.lamda1)).sub_(z).div_(now.add_(op.beta).div_(lr).add_(wd))


def rmsprop(op: Any, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float) -> None:
    """Step by the gradient over its root mean square."""
    (n,) = states
    slope = decayed(op, grad, weight, wd)
    move_square(n, slope, op.gamma1)
    weight.addcdiv_(slope, (n + op.epsilon).sqrt_(), value=-lr)
    limit_weight(op, weight)


def centered_rmsprop(
    op: Any, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
) -> None:
    """Step by the gradient over its standard deviation, with momentum."""
    n, g, delta = states
    slope = decayed(op, grad, weight, wd)
    move_square(n, slope, op.gamma1)
    move_average(g, slope, op.gamma1)
    spread = (n + op.epsilon).addcmul_(g, g, value=-1).sqrt_()
    weight.add_(delta.mul_(op.gamma2).addcdiv_(slope, spread, value=-lr))
    limit_weight(op, weight)


@by_kernel("adagrad_update", 1, lambda op, lr, wd: (lr, wd, op.rescale_grad, op.epsilon, limit_of(op)))
def adagrad(op: Any, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float) -> None:
    """Step by the gradient over the root of the sum of its squares."""
    (history,) = states
    slope = scaled(op, grad)
    history.addcmul_(slope, slope)
    step = (history + op.epsilon).sqrt_()
    weight.mul_(1 - lr * wd).addcdiv_(slope, step, value=-lr)


@by_kernel(
    "group_adagrad_update", 1, lambda op, lr, wd: (lr, op.rescale_grad, op.epsilon, limit_of(op)), whole=False
)
def group_adagrad(
    op: Any, weight: Tensor, grad: Tensor, states: Sequence[Tensor], lr: float, _: float
) -> None:
    """Step by AdaGrad with one sum for each row: of the means of the squares in it."""
    (history,) = states
    slope = scaled(op, grad)
    history.add_((slope * slope).flatten(1).mean(1).view(history.shape))
    weight.addcdiv_(slope, (history + op.epsilon).sqrt_(), value=-lr)


def rescaled(op: Any, grad: Values) -> Values:
    """Return the gradient times ``rescale_grad``."""
    return grad if op.rescale_grad == 1 else grad * op.rescale_grad


def scaled(op: Any, grad: Values) -> Values:
    """Return the gradient, rescaled and then clipped."""
    return limited(rescaled(op, grad), op.clip_gradient)


def limited(values: Values, limit: float | None) -> Values:
    """Return values within plus and minus the limit, if there is one that is not negative."""
    return values if limit is None or limit < 0 else values.clamp(-limit, limit)


def limit_weight(op: Any, weight: Values) -> None:
    """Keep a weight within plus and minus ``clip_weights``, if that is given."""
    if op.clip_weights is not None and op.clip_weights >= 0:
        weight.copy_(limited(weight, op.clip_weights))


def decayed(op: Any, grad: Values, weight: Values, wd: float) -> Values:
    """Return the gradient, rescaled and with the weight decay in it, and then clipped."""
    slope = rescaled(op, grad)
    return limited(slope.add(weight, alpha=wd) if wd else slope, op.clip_gradient)


def move_average(average: Values, value: Values, kept: float) -> Values:
    """Move an average towards a value, in place."""
    return average.mul_(kept).add_(value, alpha=1 - kept)


def move_square(average: Values, value: Values, kept: float) -> Values:
    """Move an average of squares towards that of a value, in place."""
    return average.mul_(kept).addcmul_(value, value, value=1 - kept)


def started(kept: float, t: int) -> float:
    """Return how much of an average that started from 0 has been filled in t steps.

    MXNet's parameters are of single precision, which shows in what is left of 0.999 taken from 1.
    """
    return 1 - float(np.float32(kept)) ** t


def copied(weight: Tensor) -> Tensor:
    """Return a copy of a weight, for a step in place."""
    return weight.clone(memory_format=torch.contiguous_format)


def usable(factor: Tensor) -> bool:
    """Whether gradients may be multiplied with this and an optimizer may step."""
    value = float(factor)
    return math.isfinite(value) and value != 0


def adamw(
    op: Any, weight: Values, slope: Values, states: Sequence[Values], lr: float, wd: float, eta: float
) -> None:
    """Step by AdamW along a slope that is scaled and clipped."""
    mean, var = states
    move_average(mean, slope, op.beta1)
    move_square(var, slope, op.beta2)
    weight.mul_(1 - eta * wd).addcdiv_(mean, var.sqrt().add_(op.epsilon), value=-eta * lr)


def lamb_direction(
    op: Any, weight: Tensor, grad: Tensor, states: Sequence[Tensor], wd: float, t: int
) -> Tensor:
    """Return LAMB's direction; move the means."""
    mean, var = states
    slope = scaled(op, grad)
    move_average(mean, slope, op.beta1)
    move_square(var, slope, op.beta2)
    if op.bias_correction:
        mean, var = mean / started(op.beta1, t), var / started(op.beta2, t)
    direction: Tensor = mean / (var.sqrt() + op.epsilon) + wd * weight
    return direction


def trust_ratio(op: Any, weight_norm: Tensor, direction_norm: Tensor) -> Tensor:
    """Return how far LAMB trusts a direction: the ratio of the norms, 1 where one is 0."""
    if op.lower_bound is not None and op.lower_bound >= 0:
        weight_norm = weight_norm.clamp(min=op.lower_bound)
    if op.upper_bound is not None and op.upper_bound >= 0:
        weight_norm = weight_norm.clamp(max=op.upper_bound)
    return torch.where((weight_norm == 0) | (direction_norm == 0), 1.0, weight_norm / direction_norm)
