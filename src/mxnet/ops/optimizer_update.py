"""Steps of optimizers as operators: from a weight, its gradient and the optimizer's state to the next weight.

The output is the new weight (give ``out=weight`` to replace the old one); states are written where they are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.ir.storage import ROWS, Sparse
from mxnet.lazy import torch
from mxnet.ops.shapes import same_shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    Values = Any
    """A tensor, or several that step together (:class:`mxnet.optimizer.arrays.Arrays`)."""

LR = param(doc="Learning rate.")
WD = param(default=0.0, doc="Weight decay: how much of the weight is added to its gradient.")
MOMENTUM = param(default=0.0, doc="How much of the momentum stays in each step.")
RESCALE = param(default=1.0, doc="Factor of the gradient.")
CLIP = param(default=-1.0, doc="Limit of the rescaled gradient's elements; negative for none.")
CLIP_WEIGHTS = param(default=-1.0, doc="Limit of the new weight's elements; negative for none.")
LAZY = param(default=True, doc="Whether rows that a row-sparse gradient does not have stay as they are.")
BETA1 = param(default=0.9, doc="How much of the mean stays in each step.")
BETA2 = param(default=0.999, doc="How much of the variance stays in each step.")
EPSILON = param(default=1e-8, doc="Keeps the denominator from 0.")

WEIGHT_AND_GRADIENT = {"weight": "The weight.", "grad": "Its gradient."}
WEIGHT32 = {"weight32": "The weight in single precision."}


# The steps of optimizers, for operators and for the optimizers themselves: `op` is anything that has the
# parameters as attributes. They change the weight and the states in place.


def sgd(op: Any, weight: Values, grad: Values, _: Sequence[Values], lr: float, wd: float) -> None:
    r"""Step along the gradient: :math:`w - \eta (g + \lambda w)`; only the gradient is clipped."""
    if not descend(op, weight, grad, None, lr, wd):
        weight.mul_(1 - lr * wd).sub_(scaled(op, grad), alpha=lr)


def sgd_with_momentum(
    op: Any, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
) -> None:
    r"""Step with momentum: :math:`m \gets \mu m - \eta (g + \lambda w)`, :math:`w + m`."""
    (mom,) = states
    if not descend(op, weight, grad, mom, lr, wd):
        slope = scaled(op, grad)
        weight.add_(mom.mul_(op.momentum).sub_(slope.add(weight, alpha=wd), alpha=lr))


def descend(op: Any, weight: Values, grad: Values, mom: Values | None, lr: float, wd: float) -> bool:
    """Take a step of SGD in one pass over memory, and return True; False if torch's kernel cannot do it."""
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


def is_clipped(op: Any) -> bool:
    """Whether gradients are limited."""
    return op.clip_gradient is not None and op.clip_gradient >= 0


def fusable(*values: Values) -> list[Any] | None:
    """Return values as lists of tensors, if torch's fused kernels can work on them."""
    kind = layout(values[0])
    if kind is None or not kind[0].is_floating_point or kind[1].type not in {"cpu", "cuda"}:
        return None
    if any(layout(each) != kind for each in values[1:]):
        return None
    return [[each] if isinstance(each, torch.Tensor) else each for each in values]


def show_change(*lists: Sequence[Tensor]) -> None:
    """Move the versions of tensors, which fused kernels forget."""
    for each in lists:
        for tensor in each:
            torch.autograd.graph.increment_version(tensor)


def layout(values: Values) -> Any:
    """Return dtype and device of values that lie row by row, None of others."""
    if isinstance(values, torch.Tensor):
        return (values.dtype, values.device) if values.is_contiguous() else None
    return values.layout


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
    steps = [torch.full((), math.inf, device=weights[0].device)] * len(weights)
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


def adagrad(op: Any, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float) -> None:
    """Step by the gradient over the root of the sum of its squares."""
    (history,) = states
    slope = scaled(op, grad)
    history.addcmul_(slope, slope)
    step = (history + op.epsilon).sqrt_()
    weight.mul_(1 - lr * wd).addcdiv_(slope, step, value=-lr)


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


def _lazy_rows(op: Any, stypes: Sequence[str]) -> bool:
    """Return whether ``lazy_update`` applies: the gradient is row-sparse, states stored as the weight."""
    weight, grad, *states = stypes
    return op.lazy_update and grad == ROWS and all(state == weight for state in states)


LAZILY = Sparse(rows_only=_lazy_rows)


class Update(Op):
    """Base of the updates of one weight; ``step`` is the rule."""

    pure = False
    infer_shape = same_shape
    mutates: ClassVar[tuple[str, ...]] = ()
    step: ClassVar[Callable[..., None]]
    """``step(self, weight, grad, states, lr, wd)`` moves the weight and the states."""
    lr: float
    wd: float

    def gradient(self, node: Any, grads: Any) -> Sequence[None]:
        return (None,) * len(node.inputs)

    def forward(self, run: Run, weight: Tensor, grad: Tensor, *states: Tensor) -> Tensor:
        new = copied(weight)
        self.step(new, grad, states, self.lr, self.wd)
        return new


class WithMasterWeight(Update):
    """Base of the updates in mixed precision: the last state is the weight in single precision, and moves."""

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        low = next((each for each in (t.weight, t.grad, t.output) if each is not None), None)
        states = ("float32",) * (len(t.ins) - 2)
        return {"ins": (low, low, *states), "output": low}

    def forward(self, run: Run, weight: Tensor, grad: Tensor, *states: Tensor) -> Tensor:
        master = states[-1]
        self.step(master, grad.to(master.dtype), states[:-1], self.lr, self.wd)
        return master.to(weight.dtype)


class SGDUpdate(Update, name="sgd_update", aliases=("_sparse_sgd_update",)):
    r"""Steps along the gradient: :math:`w - \eta (g + \lambda w)`."""

    inputs = WEIGHT_AND_GRADIENT
    lr: float = LR
    wd: float = WD
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    lazy_update: bool = LAZY
    step = sgd
    sparse = LAZILY


class SGDMomUpdate(Update, name="sgd_mom_update", aliases=("_sparse_sgd_mom_update",)):
    r"""Steps with momentum: :math:`m \gets \mu m - \eta (g + \lambda w)`, :math:`w + m`."""

    inputs = WEIGHT_AND_GRADIENT | {"mom": "Momentum."}
    mutates: ClassVar[tuple[str, ...]] = ("mom",)
    lr: float = LR
    momentum: float = MOMENTUM
    wd: float = WD
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    lazy_update: bool = LAZY
    step = sgd_with_momentum
    sparse = LAZILY


class MPSGDUpdate(SGDUpdate, WithMasterWeight, name="mp_sgd_update"):
    """Does what ``sgd_update`` does, in single precision for a weight of half precision."""

    inputs = WEIGHT_AND_GRADIENT | WEIGHT32
    mutates = ("weight32",)


class MPSGDMomUpdate(SGDMomUpdate, WithMasterWeight, name="mp_sgd_mom_update"):
    """Does what ``sgd_mom_update`` does, in single precision for a weight of half precision."""

    inputs = SGDMomUpdate.inputs | WEIGHT32
    mutates = ("mom", "weight32")


class NAGMomUpdate(Update, name="nag_mom_update"):
    r"""Steps with Nesterov's momentum: :math:`m \gets \mu m - s` and :math:`w + \mu m - s`.

    Here :math:`s = \eta (g + \lambda w)`. The decay in the momentum is that of the new weight, which is what
    MXNet finds there with ``out=weight``.
    """

    inputs = SGDMomUpdate.inputs
    mutates: ClassVar[tuple[str, ...]] = ("mom",)
    lr: float = LR
    momentum: float = MOMENTUM
    wd: float = WD
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP

    step = nag


class MPNAGMomUpdate(NAGMomUpdate, WithMasterWeight, name="mp_nag_mom_update"):
    """Does what ``nag_mom_update`` does, in single precision for a weight of half precision."""

    inputs = SGDMomUpdate.inputs | WEIGHT32
    mutates = ("mom", "weight32")


class SignSGDUpdate(Update, name="signsgd_update"):
    r"""Steps along the gradient's sign: :math:`w - \eta (\mathrm{sign}(g) + \lambda w)`.

    After Bernstein et al., *signSGD*, 2018.
    """

    inputs = WEIGHT_AND_GRADIENT
    lr: float = LR
    wd: float = WD
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP

    step = sign_sgd


class SignumUpdate(Update, name="signum_update"):
    r"""Steps along the sign of the momentum :math:`m \gets \mu m - (1 - \mu) (g + \lambda w)`.

    ``wd_lh`` decays the weight itself. After Bernstein et al., *signSGD*, 2018.
    """

    inputs = SGDMomUpdate.inputs
    mutates = ("mom",)
    lr: float = LR
    momentum: float = MOMENTUM
    wd: float = WD
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    wd_lh: float = param(default=0.0, doc="Decay of the weight, not by way of its gradient.")

    step = signum


class AdamUpdate(Update, name="adam_update", aliases=("_sparse_adam_update",)):
    r"""Steps by Adam, without its bias correction: :math:`w - \eta m / (\sqrt{v} + \epsilon)`.

    The learning rate should have the correction in it. After Kingma & Ba, *Adam*, 2014.
    """

    inputs = WEIGHT_AND_GRADIENT | {
        "mean": "Moving mean of the gradient.",
        "var": "Moving mean of its square.",
    }
    mutates = ("mean", "var")
    lr: float = LR
    beta1: float = BETA1
    beta2: float = BETA2
    epsilon: float = EPSILON
    wd: float = WD
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    lazy_update: bool = LAZY
    sparse = LAZILY

    step = adam


class FTMLUpdate(Update, name="ftml_update"):
    """Steps by FTML. After Zheng & Kwok, *Follow the moving leader in deep learning*, 2017."""

    inputs = WEIGHT_AND_GRADIENT | {
        "d": "Denominator.",
        "v": "Moving mean of the gradient's square.",
        "z": "Leader.",
    }
    mutates = ("d", "v", "z")
    lr: float = LR
    beta1: float = param(default=0.6, ge=0, le=1, doc="How much of the leader stays in each step.")
    beta2: float = param(default=0.999, ge=0, le=1, doc="How much of the variance stays in each step.")
    epsilon: float = EPSILON
    t: int = param(doc="Number of the step, from 1.")
    wd: float = WD
    rescale_grad: float = RESCALE
    clip_grad: float = CLIP

    @property
    def clip_gradient(self) -> float:
        """The limit, under the name that other updates have for it."""
        return self.clip_grad

    def step(self, weight: Tensor, grad: Tensor, states: Sequence[Tensor], lr: float, wd: float) -> None:
        ftml(self, weight, grad, states, lr, wd, self.t)


class FtrlUpdate(Update, name="ftrl_update", aliases=("_sparse_ftrl_update",)):
    """Steps by FTRL-Proximal. After McMahan et al., *Ad click prediction*, 2013."""

    inputs = WEIGHT_AND_GRADIENT | {"z": "Adjusted sum of gradients.", "n": "Sum of their squares."}
    mutates = ("z", "n")
    lr: float = LR
    lamda1: float = param(default=0.01, doc="Weight of the absolute value penalty.")
    beta: float = param(default=1.0, doc="Keeps first steps small.")
    wd: float = WD
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP

    sparse = Sparse(rows_only=lambda op, stypes: set(stypes) == {ROWS})

    step = ftrl


class RMSPropUpdate(Update, name="rmsprop_update"):
    """Steps by the gradient over its root mean square. After Tieleman & Hinton, *RMSProp*, 2012."""

    inputs = WEIGHT_AND_GRADIENT | {"n": "Moving mean of the gradient's square."}
    mutates = ("n",)
    lr: float = LR
    gamma1: float = param(default=0.95, doc="How much of the mean square stays in each step.")
    epsilon: float = EPSILON
    wd: float = WD
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    clip_weights: float = CLIP_WEIGHTS

    step = rmsprop


class RMSPropAlexUpdate(Update, name="rmspropalex_update"):
    """Steps by centred RMSProp with momentum. After Graves, *Generating sequences*, 2013."""

    inputs = RMSPropUpdate.inputs | {"g": "Moving mean of the gradient.", "delta": "Momentum."}
    mutates = ("n", "g", "delta")
    lr: float = LR
    gamma1: float = param(default=0.95, doc="How much of the means stays in each step.")
    gamma2: float = param(default=0.9, doc="How much of the momentum stays in each step.")
    epsilon: float = EPSILON
    wd: float = WD
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    clip_weights: float = CLIP_WEIGHTS

    step = centered_rmsprop


class AdamWUpdate(Update, name="_adamw_update"):
    r"""Steps by AdamW: :math:`w - \eta (\alpha m / (\sqrt{v} + \epsilon) + \lambda w)`.

    Here :math:`\alpha` is lr, and rescale_grad is an array of one number; nothing moves if that is 0 or not
    finite (a loss scale that overflowed). The gradient is overwritten with what it was scaled and clipped to.
    After Loshchilov & Hutter, *Decoupled weight decay regularization*, 2019.
    """

    inputs = AdamUpdate.inputs | {"rescale_grad": "Factor of the gradient."}
    mutates = ("grad", "mean", "var")
    lr: float = LR
    beta1: float = BETA1
    beta2: float = BETA2
    epsilon: float = EPSILON
    wd: float = WD
    eta: float = param(doc="Factor of the whole step.")
    clip_gradient: float = CLIP

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        alike = s.weight or s.grad or s.output
        _expect_one_number(self, s, "rescale_grad")
        return {"ins": (*(alike,) * (len(s.ins) - 1), s.rescale_grad), "output": alike}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        known = next((each for each in (*t.ins[:-1], t.output) if each is not None), None)
        factor = t.rescale_grad or known
        return {} if known is None else {"ins": (*(known,) * (len(t.ins) - 1), factor), "output": known}

    def forward(self, run: Run, weight: Tensor, grad: Tensor, *states: Tensor) -> Tensor:
        *averages, factor = states
        if not usable(factor):
            return weight
        grad.copy_(limited(grad * factor, self.clip_gradient))
        new = copied(weight)
        adamw(self, new, grad, averages, self.lr, self.wd, self.eta)
        return new


class MPAdamWUpdate(AdamWUpdate, name="_mp_adamw_update"):
    """Does what ``_adamw_update`` does, in single precision for a weight of half; the gradient stays."""

    inputs = AdamUpdate.inputs | WEIGHT32 | {"rescale_grad": "Factor of the gradient."}
    mutates = ("mean", "var", "weight32")

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        low = next((each for each in (t.weight, t.grad, t.output) if each is not None), None)
        return {"ins": (low, low, *("float32",) * (len(t.ins) - 2)), "output": low}

    def forward(self, run: Run, weight: Tensor, grad: Tensor, *states: Tensor) -> Tensor:
        *averages, master, factor = states
        if not usable(factor):
            return weight
        slope = limited(grad.to(master.dtype) * factor, self.clip_gradient)
        adamw(self, master, slope, averages, self.lr, self.wd, self.eta)
        return master.to(weight.dtype)


def _expect_one_number(op: Op, s: Slots, *slots: str) -> None:
    """Refuse arrays that are known to hold more or less than one number."""
    for slot in slots:
        shape = getattr(s, slot)
        if is_complete(shape) and math.prod(shape) != 1:
            raise ShapeError(f"{op.name}: {slot} must hold one number, but has the shape {shape}.")


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


class LAMBUpdatePhase1(Update, name="lamb_update_phase1"):
    r"""Returns the direction in which LAMB will step: Adam's, and :math:`\lambda w`.

    After You et al., *Large batch optimization for deep learning*, 2020.
    """

    inputs = AdamUpdate.inputs
    mutates = ("mean", "var")
    beta1: float = BETA1
    beta2: float = BETA2
    epsilon: float = param(default=1e-6, doc="Keeps the denominator from 0.")
    t: int = param(doc="Number of the step, from 1.")
    bias_correction: bool = param(
        default=True, doc="Whether the means are corrected for having started from 0."
    )
    wd: float = param(doc="Weight decay: how much of the weight is added to its gradient.")
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP

    def forward(self, run: Run, weight: Tensor, grad: Tensor, *states: Tensor) -> Tensor:
        return lamb_direction(self, weight, grad, states, self.wd, self.t)


class MPLAMBUpdatePhase1(LAMBUpdatePhase1, name="mp_lamb_update_phase1"):
    """Does what ``lamb_update_phase1`` does, in single precision for a weight of half precision."""

    inputs = AdamUpdate.inputs | WEIGHT32

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        low = t.weight or t.grad
        return {"ins": (low, low, "float32", "float32", "float32"), "output": "float32"}

    def forward(self, run: Run, weight: Tensor, grad: Tensor, *states: Tensor) -> Tensor:
        *averages, master = states
        return lamb_direction(self, master, grad.to(master.dtype), averages, self.wd, self.t)


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


class LAMBUpdatePhase2(Update, name="lamb_update_phase2"):
    """Steps along the direction from phase 1, as far as the norms of weight (r1) and direction (r2) say."""

    inputs = {
        "weight": "The weight.",
        "g": "The direction.",
        "r1": "Norm of the weight.",
        "r2": "Norm of the direction.",
    }
    lr: float = LR
    lower_bound: float = param(default=-1.0, doc="Least norm of the weight to count with; negative for none.")
    upper_bound: float = param(
        default=-1.0, doc="Greatest norm of the weight to count with; negative for none."
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        _expect_one_number(self, s, "r1", "r2")
        alike = s.weight or s.g or s.output
        return {"weight": alike, "g": alike, "output": alike}

    def forward(self, run: Run, weight: Tensor, grad: Tensor, *states: Tensor) -> Tensor:
        return weight - self.lr * trust_ratio(self, *states) * grad


class MPLAMBUpdatePhase2(LAMBUpdatePhase2, name="mp_lamb_update_phase2"):
    """Does what ``lamb_update_phase2`` does, in single precision for a weight of half precision.

    As in MXNet weight32 stays as it is: the optimizer has to step it too, with ``lamb_update_phase2``.
    """

    inputs = LAMBUpdatePhase2.inputs | WEIGHT32

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        _expect_one_number(self, s, "r1", "r2")
        alike = s.weight or s.g or s.weight32 or s.output
        return {"weight": alike, "g": alike, "weight32": alike, "output": alike}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        low = t.weight or t.output
        return {"ins": (low, "float32", "float32", "float32", "float32"), "output": low}

    def forward(self, run: Run, weight: Tensor, grad: Tensor, *states: Tensor) -> Tensor:
        *norms, weight32 = states
        return super().forward(run, weight32, grad, *norms).to(weight.dtype)


def trust_ratio(op: Any, weight_norm: Tensor, direction_norm: Tensor) -> Tensor:
    """Return how far LAMB trusts a direction: the ratio of the norms, 1 where one is 0."""
    if op.lower_bound is not None and op.lower_bound >= 0:
        weight_norm = weight_norm.clamp(min=op.lower_bound)
    if op.upper_bound is not None and op.upper_bound >= 0:
        weight_norm = weight_norm.clamp(max=op.upper_bound)
    return torch.where((weight_norm == 0) | (direction_norm == 0), 1.0, weight_norm / direction_norm)


class AdaGradUpdate(Update, name="_sparse_adagrad_update"):
    r"""Steps by AdaGrad: :math:`h \gets h + g^2`, :math:`w - \eta g / \sqrt{h + \epsilon}`.

    Rows that a row-sparse gradient does not have stay as they are. After Duchi et al., *Adaptive subgradient
    methods*, 2011.
    """

    inputs = WEIGHT_AND_GRADIENT | {"history": "Sum of the gradients' squares."}
    mutates = ("history",)
    lr: float = LR
    epsilon: float = param(default=1e-7, doc="Keeps the denominator from 0.")
    wd: float = WD
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP

    def validate(self) -> None:
        if self.wd:
            raise ParameterError(f"{self.name}: weight decay is not supported, for it would touch all rows.")

    step = adagrad


class GroupAdaGradUpdate(Update, name="_contrib_group_adagrad_update"):
    """Steps by AdaGrad with one history per row: the sum of the mean squares of that row's gradients.

    Shapes: weight and grad (n, ...), history (n, 1).
    """

    inputs = WEIGHT_AND_GRADIENT | {"history": "Sum of the mean squares of each row's gradients."}
    mutates = ("history",)
    lr: float = LR
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    epsilon: float = param(default=1e-5, doc="Keeps the denominator from 0.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        alike = s.weight or s.grad or s.output
        if alike is None:
            return {}
        return {
            "weight": alike,
            "grad": alike,
            "output": alike,
            "history": (alike[0], *(1,) * (len(alike) - 1)),
        }

    def forward(self, run: Run, weight: Tensor, grad: Tensor, *states: Tensor) -> Tensor:
        new = copied(weight)
        group_adagrad(self, new, grad, states, self.lr, 0.0)
        return new
