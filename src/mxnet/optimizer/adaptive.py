"""Optimizers that adapt the step of every coordinate to the gradients it has seen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.ops.optimizer.steps import (
    adagrad,
    adam,
    centered_rmsprop,
    decayed,
    ftml,
    ftrl,
    lamb_direction,
    move_average,
    move_square,
    rmsprop,
    scaled,
    trust_ratio,
)
from mxnet.optimizer.base import Index, State, register
from mxnet.optimizer.rule import Rule, zeros_like

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxnet.ndarray import NDArray
    from mxnet.ops.optimizer.steps import Values

__all__ = ["FTML", "LAMB", "AdaDelta", "AdaGrad", "Adam", "Adamax", "Ftrl", "Nadam", "RMSProp"]


class _TwoMoments(Rule):
    """An optimizer that averages the gradient and its square (or size) with the rates `beta1` and `beta2`."""

    def __init__(self, learning_rate: float | None, beta1: float, beta2: float, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2

    def create_state(self, index: Index, weight: NDArray) -> State:
        """Return the two averages, 0 at first."""
        return (zeros_like(weight), zeros_like(weight))


@register
class Adam(_TwoMoments):
    r"""Adaptive moments.

    .. math::
        m &= \beta_1 m + (1 - \beta_1) g \\
        v &= \beta_2 v + (1 - \beta_2) g^2 \\
        w &= w - \eta \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \frac{m}{\sqrt{v} + \epsilon}

    where :math:`g` holds the weight decay, and is clipped with it.

    Parameters
    ----------
    learning_rate : float, default 0.001
    beta1 : float, default 0.9
    beta2 : float, default 0.999
    epsilon : float, default 1e-8
    lazy_update : bool, default True
        Whether a row-sparse gradient leaves the rows that it does not have as they are.
    **kwargs
        Those of `Optimizer`.

    References
    ----------
    Kingma, Ba: "Adam: A Method for Stochastic Optimization", 2014.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        lazy_update: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, **kwargs)
        self.epsilon = epsilon
        self.lazy_update = lazy_update

    def _only_rows(self, weight: NDArray) -> bool:
        return self.lazy_update

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        t = self._index_update_count[index]
        adam(self, weight, grad, states, lr * math.sqrt(1 - self.beta2**t) / (1 - self.beta1**t), wd)


@register
class AdaGrad(Rule):
    r"""Divides by the root of the sum of all squared gradients.

    .. math::
        h &= h + g^2 \\
        w &= w - \eta \left(\frac{g}{\sqrt{h + \epsilon}} + \lambda w\right)

    Parameters
    ----------
    eps : float, default 1e-7
    **kwargs
        Those of `Optimizer`.

    References
    ----------
    Duchi, Hazan, Singer: "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization",
    2011.
    """

    def __init__(self, eps: float = 1e-7, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.float_stable_eps = eps

    @property
    def epsilon(self) -> float:
        """The number that keeps the denominator from 0, under the name of other optimizers."""
        return self.float_stable_eps

    def create_state(self, index: Index, weight: NDArray) -> State:
        """Return the sum of squares, 0 at first."""
        return zeros_like(weight, np.float32)

    def _only_rows(self, weight: NDArray) -> bool:
        return True

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        adagrad(self, weight, grad, states, lr, wd)


@register
class RMSProp(Rule):
    r"""Divides by the root of the average of the squared gradients.

    .. math::
        n &= \gamma_1 n + (1 - \gamma_1) g^2 \\
        w &= w - \eta \frac{g}{\sqrt{n + \epsilon}}

    The centered variant subtracts the square of the average gradient under the root, and adds a momentum.

    Parameters
    ----------
    learning_rate : float, default 0.001
    gamma1 : float, default 0.9
        How much of the averages stays.
    gamma2 : float, default 0.9
        The momentum of the centered variant.
    epsilon : float, default 1e-8
    centered : bool, default False
    clip_weights : float, optional
        Weights are cut to ``[-clip_weights, clip_weights]``.
    **kwargs
        Those of `Optimizer`.

    References
    ----------
    Tieleman, Hinton: "Lecture 6.5 - rmsprop", 2012 (plain); Graves: "Generating Sequences With Recurrent
    Neural Networks", 2013, equations 38 - 45 (centered).
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        gamma1: float = 0.9,
        gamma2: float = 0.9,
        epsilon: float = 1e-8,
        centered: bool = False,
        clip_weights: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.gamma1 = gamma1
        self.gamma2 = gamma2
        self.centered = centered
        self.epsilon = epsilon
        self.clip_weights = clip_weights

    def create_state(self, index: Index, weight: NDArray) -> State:
        """Return the average square and, if centered, the average gradient and the momentum."""
        return tuple(zeros_like(weight, np.float32) for _ in range(3 if self.centered else 1))

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        (centered_rmsprop if self.centered else rmsprop)(self, weight, grad, states, lr, wd)


@register
class AdaDelta(Rule):
    r"""Needs no learning rate: the steps taken so far give the unit.

    .. math::
        n &= \rho n + (1 - \rho) g^2 \\
        \Delta &= \frac{\sqrt{d + \epsilon}}{\sqrt{n + \epsilon}} g \\
        d &= \rho d + (1 - \rho) \Delta^2 \\
        w &= w - \Delta - \lambda w

    Parameters
    ----------
    rho : float, default 0.9
        How much of the averages stays.
    epsilon : float, default 1e-5
    **kwargs
        Those of `Optimizer`. The learning rate is not used.

    References
    ----------
    Zeiler: "ADADELTA: An adaptive learning rate method", 2012.
    """

    def __init__(self, rho: float = 0.90, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def create_state(self, index: Index, weight: NDArray) -> State:
        """Return the average squares of gradients and of steps."""
        return (zeros_like(weight, np.float32), zeros_like(weight, np.float32))

    def _rate(self, index: Index) -> tuple[float, float]:
        wd = self._get_wd(index)
        self._update_count(index)
        return 0.0, wd  # there is no learning rate

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        slope = scaled(self, grad)
        of_grads, of_steps = states
        move_square(of_grads, slope, self.rho)
        step = (of_steps + self.epsilon).div_(of_grads + self.epsilon).sqrt_().mul_(slope)
        move_square(of_steps, step, self.rho)
        weight.mul_(1 - wd).sub_(step)


@register
class Ftrl(Rule):
    r"""Follow the regularized leader: makes weights that are exactly 0.

    .. math::
        z &= z + g - \frac{\sqrt{n + g^2} - \sqrt{n}}{\eta} w \\
        n &= n + g^2 \\
        w &= \frac{\mathrm{sign}(z) \lambda_1 - z}{(\beta + \sqrt{n}) / \eta + \lambda} \, [|z| > \lambda_1]

    Parameters
    ----------
    lamda1 : float, default 0.01
        The strength of the pull to 0.
    learning_rate : float, default 0.1
    beta : float, default 1
    **kwargs
        Those of `Optimizer`.

    References
    ----------
    McMahan et al.: "Ad Click Prediction: a View from the Trenches", 2013.
    """

    def __init__(
        self,
        lamda1: float = 0.01,
        learning_rate: float = 0.1,
        beta: float = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.lr = learning_rate  # as in MXNet, it does not become the rate of a schedule
        self.lamda1 = lamda1
        self.beta = beta

    def create_state(self, index: Index, weight: NDArray) -> State:
        """Return z and n, 0 at first."""
        return (zeros_like(weight, np.float32), zeros_like(weight, np.float32))

    def _rate(self, index: Index) -> tuple[float, float]:
        self._update_count(index)
        wd = self._get_wd(index)  # asked first, as in MXNet
        return self._get_lr(index), wd

    def _only_rows(self, weight: NDArray) -> bool:
        return weight.stype == "row_sparse"

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        ftrl(self, weight, grad, states, lr, wd)


@register
class Adamax(_TwoMoments):
    r"""Adam with the largest size of the gradients in place of their squares.

    .. math::
        m &= \beta_1 m + (1 - \beta_1) g \\
        u &= \max(\beta_2 u, |g|) \\
        w &= w - \frac{\eta}{1 - \beta_1^t} \frac{m}{u}

    There is no step where u is 0. (MXNet divides 0 by 0 there.)

    Parameters
    ----------
    learning_rate : float, default 0.002
    beta1 : float, default 0.9
    beta2 : float, default 0.999
    **kwargs
        Those of `Optimizer`.

    References
    ----------
    Kingma, Ba: "Adam: A Method for Stochastic Optimization", 2014, section 7.1.
    """

    def __init__(
        self,
        learning_rate: float = 0.002,
        beta1: float = 0.9,
        beta2: float = 0.999,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, **kwargs)

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        slope = decayed(self, grad, weight, wd)
        mean, largest = states
        move_average(mean, slope, self.beta1)
        largest.copy_(largest.mul_(self.beta2).maximum(slope.abs()))
        # Where no gradient has ever been, u is 0, and there is no step.
        seen = largest.sign()
        rate = lr / (1 - self.beta1 ** self._index_update_count[index])
        weight.addcdiv_(mean * seen, largest + (seen * -1 + 1), value=-rate)


@register
class Nadam(_TwoMoments):
    r"""Adam with Nesterov's momentum.

    As in MXNet, the schedule of the momentum is one for all parameters: every update of any of them moves it
    on.

    Parameters
    ----------
    learning_rate : float, default 0.001
    beta1 : float, default 0.9
    beta2 : float, default 0.999
    epsilon : float, default 1e-8
    schedule_decay : float, default 0.004
        How quickly the momentum reaches `beta1`.
    **kwargs
        Those of `Optimizer`.

    References
    ----------
    Dozat: "Incorporating Nesterov Momentum into Adam", 2016.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        schedule_decay: float = 0.004,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, **kwargs)
        self.epsilon = epsilon
        self.schedule_decay = schedule_decay
        self.m_schedule = 1.0

    def _momentum(self, t: int) -> float:
        return self.beta1 * (1 - 0.5 * math.pow(0.96, t * self.schedule_decay))

    _together = False

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        t = self._index_update_count[index]
        now, then = self._momentum(t), self._momentum(t + 1)
        self.m_schedule *= now
        slope = decayed(self, grad, weight, wd)
        mean, square = states
        move_average(mean, slope, self.beta1)
        move_square(square, slope, self.beta2)
        ahead = slope * ((1 - now) / (1 - self.m_schedule))
        ahead.add_(mean, alpha=then / (1 - self.m_schedule * then))
        weight.addcdiv_(ahead, (square / (1 - self.beta2**t)).sqrt_().add_(self.epsilon), value=-lr)


@register
class FTML(_TwoMoments):
    r"""Follow the moving leader.

    .. math::
        v &= \beta_2 v + (1 - \beta_2) g^2 \\
        d_t &= \frac{1 - \beta_1^t}{\eta} \left(\sqrt{\frac{v}{1 - \beta_2^t}} + \epsilon\right) \\
        z &= \beta_1 z + (1 - \beta_1) g - (d_t - \beta_1 d_{t-1}) w \\
        w &= -z / d_t

    Parameters
    ----------
    beta1 : float, default 0.6
    beta2 : float, default 0.999
    epsilon : float, default 1e-8
    **kwargs
        Those of `Optimizer`.

    References
    ----------
    Zheng, Kwok: "Follow the Moving Leader in Deep Learning", 2017.
    """

    def __init__(
        self,
        beta1: float = 0.6,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        learning_rate: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, **kwargs)
        self.epsilon = epsilon

    def create_state(self, index: Index, weight: NDArray) -> State:
        """Return d, v and z, 0 at first."""
        return (zeros_like(weight), zeros_like(weight), zeros_like(weight))

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        ftml(self, weight, grad, states, lr, wd, self._index_update_count[index])


@register
class LAMB(_TwoMoments):
    r"""Adam for large batches: the step of a layer is as long as its weight.

    .. math::
        w = w - \eta \frac{\|w\|}{\|u\|} u, \quad u = \frac{m}{\sqrt{v} + \epsilon} + \lambda w

    Parameters
    ----------
    learning_rate : float, default 0.001
    beta1 : float, default 0.9
    beta2 : float, default 0.999
    epsilon : float, default 1e-6
    lower_bound, upper_bound : float, optional
        The weight's norm counts as at least, and at most, this.
    bias_correction : bool, default True
        Whether the averages are divided by what they lack at first, as in Adam.
    **kwargs
        Those of `Optimizer`.

    References
    ----------
    You et al.: "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes", 2019.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-6,
        lower_bound: float | None = None,
        upper_bound: float | None = None,
        bias_correction: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, **kwargs)
        self.epsilon = epsilon
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound
        self.bias_correction = bias_correction

    _together = False
    _aggregated = 45
    _own_precision = True

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        step = lamb_direction(self, weight, grad, states, wd, self._index_update_count[index])
        weight.sub_(step.mul_(trust_ratio(self, weight.norm(), step.norm())), alpha=lr)
