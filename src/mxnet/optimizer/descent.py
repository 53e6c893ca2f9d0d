"""Optimizers that step along the gradient itself: SGD and its relatives."""

from __future__ import annotations

import logging
import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from mxnet import ndarray as nd
from mxnet.ndarray import NDArray
from mxnet.ops.optimizer.steps import nag, scaled, sgd, sgd_with_momentum, sign_sgd, signum
from mxnet.optimizer.base import Index, Optimizer, OptimizerError, State, register
from mxnet.optimizer.rule import Rule, zeros_like

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from mxnet.ops.optimizer.steps import Values

__all__ = ["DCASGD", "LARS", "LBSGD", "NAG", "SGD", "SGLD", "Signum", "Test", "ccSGD"]


class _Momentum(Rule):
    """An optimizer whose state is the momentum, or nothing when that is 0."""

    _master_first = False

    def __init__(self, momentum: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum

    def create_state(self, index: Index, weight: NDArray) -> State:
        """Return the momentum, 0 at first, or None if there is none."""
        return zeros_like(weight) if self.momentum else None


@register
class SGD(_Momentum):
    r"""Stochastic gradient descent, with momentum if asked for.

    .. math::
        v &= \mu v - \eta (g + \lambda w) \\
        w &= w + v

    where :math:`g` is the rescaled and clipped gradient, :math:`\eta` the learning rate and :math:`\lambda`
    the weight decay.

    Parameters
    ----------
    momentum : float, default 0.0
    lazy_update : bool, default True
        Whether a row-sparse gradient leaves the rows that it does not have as they are: neither their
        momentum nor their decay goes on. Without effect on weights that have a float32 copy.
    **kwargs
        Those of `Optimizer`: ``learning_rate``, ``wd``, ``multi_precision`` and so on.
    """

    def __init__(self, momentum: float = 0.0, lazy_update: bool = True, **kwargs: Any) -> None:
        super().__init__(momentum, **kwargs)
        self.lazy_update = lazy_update

    _aggregated = 4
    _asks_for_all = True
    _own_precision = True

    def _only_rows(self, weight: NDArray) -> bool:
        return self.lazy_update

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        (sgd_with_momentum if states else sgd)(self, weight, grad, states, lr, wd)


@register
class ccSGD(SGD):  # noqa: N801 - MXNet's old name
    """`SGD` under the name of MXNet's old implementation in C++."""


@register
class NAG(_Momentum):
    r"""Nesterov's accelerated gradient.

    .. math::
        v &= \mu v - \eta (g + \lambda w) \\
        w &= w + \mu v - \eta (g + \lambda w)

    As in MXNet 1.9, the decay in the momentum is that of the weight after its step.

    Parameters
    ----------
    momentum : float, default 0.0
    **kwargs
        Those of `Optimizer`.
    """

    _own_precision = True

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        (nag if states else sgd)(self, weight, grad, states, lr, wd)


@register
class Signum(_Momentum):
    r"""Steps of the same length in every coordinate: the sign of the momentum, or of the gradient.

    .. math::
        v &= \mu v - (1 - \mu) (g + \lambda w) \\
        w &= (1 - \eta \lambda_{lh}) w + \eta\, \mathrm{sign}(v)

    Parameters
    ----------
    learning_rate : float, default 0.01
    momentum : float, default 0.9
    wd_lh : float, default 0.0
        Weight decay beside the sign, so that its size counts.
    **kwargs
        Those of `Optimizer`.

    References
    ----------
    Bernstein, Wang, Azizzadenesheli, Anandkumar: "signSGD: Compressed Optimisation for Non-Convex Problems",
    2018.
    """

    _master_first = True

    def __init__(
        self,
        learning_rate: float = 0.01,
        momentum: float = 0.9,
        wd_lh: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(momentum, learning_rate=learning_rate, **kwargs)
        self.wd_lh = wd_lh

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        (signum if states else sign_sgd)(self, weight, grad, states, lr, wd)


@register
class SGLD(Rule):
    r"""Stochastic gradient Langevin dynamics: half steps with noise, which sample from the posterior.

    .. math::
        w = w - \frac{\eta}{2} (g + \lambda w) + \mathcal{N}(0, \eta)

    Parameters
    ----------
    **kwargs
        Those of `Optimizer`.

    References
    ----------
    Welling, Teh: "Bayesian Learning via Stochastic Gradient Langevin Dynamics", 2011.
    """

    _together = False

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        like = NDArray(weight)
        noise = nd.random.normal(0, math.sqrt(lr), like.shape, like.dtype, like.context)
        weight.mul_(1 - lr / 2 * wd).sub_(scaled(self, grad), alpha=lr / 2).add_(noise.handle)


@register
class DCASGD(Rule):
    r"""Gradient descent that corrects for the delay of gradients from asynchronous workers.

    .. math::
        w = w - \eta \left(g + \lambda w + \lambda_{dc}\, g^2 (w - w_{previous})\right)

    Parameters
    ----------
    momentum : float, default 0.0
        Must be 0: MXNet 1.x fails for any other value.
    lamda : float, default 0.04
        The strength of the correction.
    **kwargs
        Those of `Optimizer`.

    References
    ----------
    Zheng et al.: "Asynchronous Stochastic Gradient Descent with Delay Compensation", 2016.
    """

    def __init__(self, momentum: float = 0.0, lamda: float = 0.04, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if momentum:
            raise OptimizerError(f"DCASGD has no momentum (as in MXNet 1.x), got momentum={momentum}.")
        self.momentum = momentum
        self.weight_previous: dict[Index, NDArray] = {}  # MXNet's pickles have it
        self.lamda = lamda

    def create_state(self, index: Index, weight: NDArray) -> State:
        """Return no momentum, and the weight as it was."""
        return (None, weight.copy())

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        (previous,) = states
        slope = scaled(self, grad)
        step = slope.add(weight, alpha=wd).addcmul_(slope * slope, weight - previous, value=self.lamda)
        previous.copy_(weight)
        weight.sub_(step, alpha=lr)


@register
class LBSGD(_Momentum):
    """SGD for large batches: gathers several batches per step, and warms the rate up with their number.

    Parameters
    ----------
    momentum : float, default 0.0
    multi_precision : bool, default False
    warmup_strategy : {'linear', 'power2', 'sqrt', 'lars'}
        How the rate rises to `batch_scale` times its value; ``lars`` sets it by the norms of weight and
        gradient. Anything else leaves it as it is until the warm-up is over.
    warmup_epochs : int, default 5
    batch_scale : int, default 1
        How many batches make up one step.
    updates_per_epoch : int, default 32
    begin_epoch : int, default 0
    num_epochs : int, default 60
    **kwargs
        Those of `Optimizer`.
    """

    _master_first = True

    def __init__(
        self,
        momentum: float = 0.0,
        multi_precision: bool = False,
        warmup_strategy: str = "linear",
        warmup_epochs: int = 5,
        batch_scale: int = 1,
        updates_per_epoch: int = 32,
        begin_epoch: int = 0,
        num_epochs: int = 60,
        **kwargs: Any,
    ) -> None:
        super().__init__(momentum, multi_precision=multi_precision, **kwargs)
        self.warmup_strategy = warmup_strategy
        self.warmup_epochs = warmup_epochs
        self.batch_scale = batch_scale
        self.updates_per_epoch = updates_per_epoch
        self.init_updates = begin_epoch * updates_per_epoch
        self.num_epochs = num_epochs
        # By parameter, the sum of the gradients gathered and the number of batches. MXNet's pickles have it
        # and what follows.
        self.cumgrads: dict[Index, dict[str, Any]] = {}
        self.lbmult = self.admult = 1
        self.adaptive = False
        logging.info(  # noqa: LOG015 - MXNet logs to the root logger, where users look for it
            "Running Large-Batch SGD Algorithm"
        )
        logging.info(  # noqa: LOG015
            "(Batch_scale=%f, warmup_epochs=%d, warmup_strategy=%s, updates_per_epoch=%d)",
            batch_scale,
            warmup_epochs,
            warmup_strategy,
            updates_per_epoch,
        )

    _together = False

    def _rate(self, index: Index) -> tuple[float, float]:
        rates = self._get_lr(index), self._get_wd(index)
        self._update_count(index)
        return rates

    def _only_rows(self, weight: NDArray) -> bool:
        return True

    def _ready(self, index: Index, weight: Any, grad: Any, lr: float, wd: float) -> tuple[Any, float] | None:
        gathered = self.cumgrads.setdefault(index, {"cum_grad": 0, "num_cums": self.init_updates})
        batches = gathered["num_cums"] = gathered["num_cums"] + 1
        before = gathered["cum_grad"]
        if isinstance(before, NDArray):
            grad = grad + (before if isinstance(grad, NDArray) else before._tensor)
        if batches % self.batch_scale:
            gathered["cum_grad"] = grad.copy() if isinstance(grad, NDArray) else NDArray(grad.clone())
            return None
        gathered["cum_grad"] = 0
        if self.batch_scale != 1:
            grad = grad / self.batch_scale
        lars = self.warmup_strategy == "lars"
        return grad, lr * (self._trust(weight, grad, wd) if lars else self._warmth(batches))

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        (sgd_with_momentum if states else sgd)(self, weight, grad, states, lr, wd)

    def _warmth(self, batches: int) -> float:
        """Return the factor of the rate after that many batches."""
        last = self.warmup_epochs * self.updates_per_epoch
        if batches >= last:
            return float(self.batch_scale)
        done = batches / last
        rise = {"linear": done, "power2": done * done, "sqrt": math.sqrt(done)}.get(self.warmup_strategy, 0.0)
        return 1.0 + (self.batch_scale - 1) * rise

    def _trust(self, weight: Tensor | NDArray, grad: Tensor | NDArray, wd: float) -> float:
        """Return the factor of the rate by the sizes of weight and gradient."""
        of_weight, of_grad = _norm(weight) ** 2, _norm(grad) ** 2
        factor = math.sqrt(of_weight / (of_grad + wd * of_weight + 1e-18))
        return min(max(factor, 0.01), 100.0)


@register
class LARS(_Momentum):
    r"""SGD whose rate for each layer follows the ratio of the norms of weight and gradient.

    .. math::
        \eta_{layer} = \eta\, \eta_{lars} \frac{\|w\|}{\|g\| + \lambda \|w\| + \epsilon}

    Parameters whose names end in ``gamma``, ``beta`` or ``bias`` keep the plain rate, and only those in
    ``_weight`` decay.

    Parameters
    ----------
    momentum : float, default 0.0
    lazy_update : bool, default True
        Whether a row-sparse gradient leaves the rows that it does not have as they are. The norm of the
        weight is that of all its rows.
    eta : float, default 0.001
        The trust coefficient.
    eps : float, default 0
    momentum_correction : bool, default True
        Whether the momentum shrinks and grows with the learning rate.
    **kwargs
        Those of `Optimizer`.

    References
    ----------
    You, Gitman, Ginsburg: "Large Batch Training of Convolutional Networks", 2017.
    """

    def __init__(
        self,
        momentum: float = 0.0,
        lazy_update: bool = True,
        eta: float = 0.001,
        eps: float = 0,
        momentum_correction: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(momentum, **kwargs)
        self.lazy_update = lazy_update
        self.eta = eta
        self.eps = eps
        self.momentum_correction = momentum_correction
        self.skip = 0  # MXNet's pickles have it
        self.last_lr: float | None = None  # at the step before this one
        self.cur_lr: float | None = None

    _moment = -1  # the number of the update that `cur_lr` is of

    def _decays(self, name: str) -> bool:
        return name.endswith("_weight")

    _together = False
    _aggregated = 4
    _asks_for_all = True
    _own_precision = True

    def _only_rows(self, weight: NDArray) -> bool:
        return self.lazy_update

    def _ready(self, index: Index, weight: Any, grad: Any, lr: float, wd: float) -> tuple[Any, float]:
        if self._moment != self.num_update:
            self._moment, self.last_lr, self.cur_lr = self.num_update, self.cur_lr, self.learning_rate
        return grad, lr * self._trust(index, weight, grad, wd)

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        momentum = self.momentum
        if self.momentum_correction and self.last_lr and self.cur_lr:
            momentum *= self.cur_lr / self.last_lr
        corrected = SimpleNamespace(
            momentum=momentum, rescale_grad=self.rescale_grad, clip_gradient=self.clip_gradient
        )
        (sgd_with_momentum if states else sgd)(corrected, weight, grad, states, lr, wd)

    def _trust(self, index: Index, weight: Tensor | NDArray, grad: Tensor | NDArray, wd: float) -> float:
        if self.idx2name.get(index, str(index)).endswith(("gamma", "beta", "bias")):
            return 1.0
        of_weight, of_grad = _norm(weight), _norm(grad) * self.rescale_grad
        if not (of_weight > 0 and of_grad > 0):
            return 1.0
        return self.eta * of_weight / (of_grad + wd * of_weight + self.eps)


@register
class Test(Optimizer):
    """Adds the rescaled gradient to the weight: for tests of what is around optimizers."""

    __test__ = False  # its name makes pytest think it were one

    def create_state(self, index: Index, weight: NDArray) -> State:
        """Return zeros."""
        return nd.zeros(weight.shape, weight.context)

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: State) -> None:
        """Add the gradient, and remember the new weight."""
        weight += grad * self.rescale_grad
        state[:] = weight


def _norm(values: Tensor | NDArray) -> float:
    """Return the norm of values, or of those that an array stores."""
    return float((values._stored().parts[0] if isinstance(values, NDArray) else values).norm())
