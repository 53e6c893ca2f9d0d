"""Steps of optimizers as operators: from a weight, its gradient and the optimizer's state to the next weight.

The output is the new weight (give ``out=weight`` to replace the old one); states are written where they are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.ir.storage import FALLS_BACK, ROWS, Sparse
from mxnet.ops.optimizer.steps import (
    adagrad,
    adam,
    adamw,
    centered_rmsprop,
    copied,
    ftml,
    ftrl,
    group_adagrad,
    lamb_direction,
    limited,
    nag,
    rmsprop,
    sgd,
    sgd_with_momentum,
    sign_sgd,
    signum,
    trust_ratio,
    usable,
)
from mxnet.ops.tools.gradients import no_gradient
from mxnet.ops.tools.shapes import same_shape
from mxnet.ops.tools.storage import dense

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

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


def _lazy_rows(op: Any, stypes: Sequence[str]) -> bool:
    """Return whether ``lazy_update`` applies: the gradient is row-sparse, states stored as the weight."""
    weight, grad, *states = stypes
    return op.lazy_update and grad == ROWS and all(state == weight for state in states)


def _by_sparse_gradient(op: Any, stypes: Sequence[str]) -> bool:
    return stypes[1] == ROWS


LAZILY = Sparse(dense, rows_only=_lazy_rows)
IN_ROWS = Sparse(dense, rows_only=_by_sparse_gradient)


class Update(Op):
    """Base of the updates of one weight; ``step`` is the rule."""

    pure = False
    infer_shape = same_shape
    mutates: ClassVar[tuple[str, ...]] = ()
    step: ClassVar[Callable[..., None]]
    """``step(self, weight, grad, states, lr, wd)`` moves the weight and the states."""
    lr: float
    wd: float

    gradient = no_gradient

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

    example = "[1, 2]; [0.5, 0.5] | lr=0.1"
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

    example = "[1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)) | lr=0.1"
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

    example = (
        'mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); [1, 2] | lr=0.1'
    )
    inputs = WEIGHT_AND_GRADIENT | WEIGHT32
    mutates = ("weight32",)
    sparse = FALLS_BACK


class MPSGDMomUpdate(SGDMomUpdate, WithMasterWeight, name="mp_sgd_mom_update"):
    """Does what ``sgd_mom_update`` does, in single precision for a weight of half precision."""

    example = (
        'mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); '
        "mx.nd.zeros((2,)); [1, 2] | lr=0.1"
    )
    inputs = SGDMomUpdate.inputs | WEIGHT32
    mutates = ("mom", "weight32")
    sparse = FALLS_BACK


class NAGMomUpdate(Update, name="nag_mom_update"):
    r"""Steps with Nesterov's momentum: :math:`m \gets \mu m - s` and :math:`w + \mu m - s`.

    Here :math:`s = \eta (g + \lambda w)`. The decay in the momentum is that of the new weight, which is what
    MXNet finds there with ``out=weight``.
    """

    example = "[1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)) | lr=0.1"
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

    example = (
        'mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); '
        "mx.nd.zeros((2,)); [1, 2] | lr=0.1"
    )
    inputs = SGDMomUpdate.inputs | WEIGHT32
    mutates = ("mom", "weight32")
    sparse = FALLS_BACK


class SignSGDUpdate(Update, name="signsgd_update"):
    r"""Steps along the gradient's sign: :math:`w - \eta (\mathrm{sign}(g) + \lambda w)`.

    After Bernstein et al., *signSGD*, 2018.
    """

    example = "[1, 2]; [0.5, 0.5] | lr=0.1"
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

    example = "[1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)) | lr=0.1"
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

    example = "[1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)); mx.nd.zeros((2,)) | lr=0.1"
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

    example = "[1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)); mx.nd.zeros((2,)); mx.nd.zeros((2,)) | lr=0.1, t=2"
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

    example = "[1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)); mx.nd.zeros((2,)) | lr=0.1"
    inputs = WEIGHT_AND_GRADIENT | {"z": "Adjusted sum of gradients.", "n": "Sum of their squares."}
    mutates = ("z", "n")
    lr: float = LR
    lamda1: float = param(default=0.01, doc="Weight of the absolute value penalty.")
    beta: float = param(default=1.0, doc="Keeps first steps small.")
    wd: float = WD
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP

    sparse = Sparse(dense, rows_only=lambda op, stypes: set(stypes) == {ROWS})

    step = ftrl


class RMSPropUpdate(Update, name="rmsprop_update"):
    """Steps by the gradient over its root mean square. After Tieleman & Hinton, *RMSProp*, 2012."""

    example = "[1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)) | lr=0.1"
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

    example = "[1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)); mx.nd.zeros((2,)); mx.nd.zeros((2,)) | lr=0.1"
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

    example = "[1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)); mx.nd.zeros((2,)); [1] | lr=0.1, eta=1.0"
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

    example = (
        'mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); '
        "mx.nd.zeros((2,)); mx.nd.zeros((2,)); [1, 2]; [1] | lr=0.1, eta=1.0"
    )
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


class LAMBUpdatePhase1(Update, name="lamb_update_phase1"):
    r"""Returns the direction in which LAMB will step: Adam's, and :math:`\lambda w`.

    After You et al., *Large batch optimization for deep learning*, 2020.
    """

    example = "[1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)); mx.nd.zeros((2,)) | t=1, wd=0.1"
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

    example = (
        'mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); '
        "mx.nd.zeros((2,)); mx.nd.zeros((2,)); [1, 2] | t=1, wd=0.1"
    )
    inputs = AdamUpdate.inputs | WEIGHT32

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        low = t.weight or t.grad
        return {"ins": (low, low, "float32", "float32", "float32"), "output": "float32"}

    def forward(self, run: Run, weight: Tensor, grad: Tensor, *states: Tensor) -> Tensor:
        *averages, master = states
        return lamb_direction(self, master, grad.to(master.dtype), averages, self.wd, self.t)


class LAMBUpdatePhase2(Update, name="lamb_update_phase2"):
    """Steps along the direction from phase 1, as far as the norms of weight (r1) and direction (r2) say."""

    example = "[1, 2]; [0.5, 0.5]; [2]; [1] | lr=0.1"
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

    example = 'mx.nd.array([1, 2], dtype="float16"); [0.5, 0.5]; [2]; [1]; [1, 2] | lr=0.1'
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


class AdaGradUpdate(Update, name="_sparse_adagrad_update"):
    r"""Steps by AdaGrad: :math:`h \gets h + g^2`, :math:`w - \eta g / \sqrt{h + \epsilon}`.

    Rows that a row-sparse gradient does not have stay as they are. After Duchi et al., *Adaptive subgradient
    methods*, 2011.
    """

    example = "[1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)) | lr=0.1"
    inputs = WEIGHT_AND_GRADIENT | {"history": "Sum of the gradients' squares."}
    mutates = ("history",)
    sparse = IN_ROWS
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

    example = "[[1, 2]]; [[0.5, 0.5]]; [[0]] | lr=0.1"
    inputs = WEIGHT_AND_GRADIENT | {"history": "Sum of the mean squares of each row's gradients."}
    mutates = ("history",)
    sparse = IN_ROWS
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
