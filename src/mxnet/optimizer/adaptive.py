"""Optimizers that adapt the step of every coordinate to the gradients it has seen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.optimizer.base import Index, Rule, State, register, zeros_like

if TYPE_CHECKING:
    from mxnet.ndarray import NDArray

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

    def _average(self, state: State, grad: NDArray) -> tuple[NDArray, NDArray]:
        mean, square = state
        mean[:] = self.beta1 * mean + (1 - self.beta1) * grad
        square[:] = self.beta2 * square + (1 - self.beta2) * grad * grad
        return mean, square


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

    def _step(self, index: Index, weight: NDArray, grad: NDArray, state: State, lr: float, wd: float) -> None:
        t = self._index_update_count[index]
        nd.adam_update(
            weight,
            grad,
            *state,
            out=weight,
            lr=lr * math.sqrt(1 - self.beta2**t) / (1 - self.beta1**t),
            wd=wd,
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon,
            **self._fused(),
        )


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

    def create_state(self, index: Index, weight: NDArray) -> State:
        """Return the sum of squares, 0 at first."""
        return zeros_like(weight, np.float32)

    def _only_rows(self, weight: NDArray) -> bool:
        return True

    def _step(self, index: Index, weight: NDArray, grad: NDArray, state: State, lr: float, wd: float) -> None:
        grad = self._rescaled(grad)
        state += grad * grad
        weight -= lr * (grad / (state + self.float_stable_eps).sqrt() + wd * weight)


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

    def _step(self, index: Index, weight: NDArray, grad: NDArray, state: State, lr: float, wd: float) -> None:
        grad = self._decayed(grad, weight, wd)
        square = state[0]
        square[:] = self.gamma1 * square + (1 - self.gamma1) * grad * grad
        if self.centered:
            _, mean, momentum = state
            mean[:] = self.gamma1 * mean + (1 - self.gamma1) * grad
            spread = (square - mean * mean + self.epsilon).sqrt()
            momentum[:] = self.gamma2 * momentum - lr * grad / spread
            weight += momentum
        else:
            weight -= lr * grad / (square + self.epsilon).sqrt()
        if self.clip_weights:
            weight[:] = weight.clip(-self.clip_weights, self.clip_weights)


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

    def _step(self, index: Index, weight: NDArray, grad: NDArray, state: State, lr: float, wd: float) -> None:
        grad = self._rescaled(grad)
        of_grads, of_steps = state
        of_grads[:] = self.rho * of_grads + (1 - self.rho) * grad * grad
        step = (of_steps + self.epsilon).sqrt() / (of_grads + self.epsilon).sqrt() * grad
        of_steps[:] = self.rho * of_steps + (1 - self.rho) * step * step
        weight -= step + wd * weight


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
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.lamda1 = lamda1
        self.beta = beta

    def create_state(self, index: Index, weight: NDArray) -> State:
        """Return z and n, 0 at first."""
        return (zeros_like(weight, np.float32), zeros_like(weight, np.float32))

    def _only_rows(self, weight: NDArray) -> bool:
        return weight.stype == "row_sparse"

    def _step(self, index: Index, weight: NDArray, grad: NDArray, state: State, lr: float, wd: float) -> None:
        grad = self._rescaled(grad)
        z, n = state
        total = n + grad * grad
        z += grad - (total.sqrt() - n.sqrt()) / lr * weight
        n[:] = total
        away = z.abs() > self.lamda1
        weight[:] = (z.sign() * self.lamda1 - z) / ((self.beta + n.sqrt()) / lr + wd) * away


@register
class Adamax(_TwoMoments):
    r"""Adam with the largest size of the gradients in place of their squares.

    .. math::
        m &= \beta_1 m + (1 - \beta_1) g \\
        u &= \max(\beta_2 u, |g|) \\
        w &= w - \frac{\eta}{1 - \beta_1^t} \frac{m}{u}

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

    def _step(self, index: Index, weight: NDArray, grad: NDArray, state: State, lr: float, wd: float) -> None:
        grad = self._decayed(grad, weight, wd)
        mean, largest = state
        mean[:] = self.beta1 * mean + (1 - self.beta1) * grad
        largest[:] = nd.maximum(self.beta2 * largest, grad.abs())
        weight -= lr / (1 - self.beta1 ** self._index_update_count[index]) * mean / largest


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

    def _step(self, index: Index, weight: NDArray, grad: NDArray, state: State, lr: float, wd: float) -> None:
        t = self._index_update_count[index]
        now, then = self._momentum(t), self._momentum(t + 1)
        self.m_schedule *= now
        grad = self._decayed(grad, weight, wd)
        mean, square = self._average(state, grad)
        ahead = (1 - now) / (1 - self.m_schedule) * grad + then / (1 - self.m_schedule * then) * mean
        weight -= lr * ahead / ((square / (1 - self.beta2**t)).sqrt() + self.epsilon)


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

    def _step(self, index: Index, weight: NDArray, grad: NDArray, state: State, lr: float, wd: float) -> None:
        t = self._index_update_count[index]
        grad = self._decayed(grad, weight, wd)
        d, v, z = state
        v[:] = self.beta2 * v + (1 - self.beta2) * grad * grad
        new = (1 - self.beta1**t) / lr * ((v / (1 - self.beta2**t)).sqrt() + self.epsilon)
        z[:] = self.beta1 * z + (1 - self.beta1) * grad - (new - self.beta1 * d) * weight
        d[:] = new
        weight[:] = -z / new


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

    def _step(self, index: Index, weight: NDArray, grad: NDArray, state: State, lr: float, wd: float) -> None:
        t = self._index_update_count[index]
        mean, square = self._average(state, self._rescaled(grad))
        if self.bias_correction:
            mean, square = mean / (1 - self.beta1**t), square / (1 - self.beta2**t)
        step = mean / (square.sqrt() + self.epsilon) + wd * weight
        length, of_step = (float(a.norm().asscalar()) for a in (weight, step))
        if self.lower_bound is not None:
            length = max(length, self.lower_bound)
        if self.upper_bound is not None:
            length = min(length, self.upper_bound)
        weight -= lr * (length / of_step if length and of_step else 1.0) * step
