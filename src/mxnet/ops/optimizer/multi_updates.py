"""Optimizer steps over several weights in one operator, and the norms and checks that go with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.errors import ParameterError
from mxnet.ir.constraints import merge_dtypes, merge_shapes
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.ir.param import MANY
from mxnet.lazy import torch
from mxnet.ops.optimizer.steps import (
    adamw,
    copied,
    lamb_direction,
    limited,
    sgd,
    sgd_with_momentum,
    trust_ratio,
    usable,
)
from mxnet.ops.optimizer.updates import BETA1, BETA2, CLIP, EPSILON, MOMENTUM, RESCALE
from mxnet.ops.tools.gradients import no_gradient
from mxnet.ops.tools.shapes import same_shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

LRS = param(doc="Learning rate of each weight.")
WDS = param(doc="Weight decay of each weight.")
NUM_WEIGHTS = param(default=1, ge=1, le=MANY, doc="Number of weights.")


class _Multi(Op):
    """Base of the updates of several weights: their arrays in turn, then what they share.

    ``each`` names the arrays of one weight; a last one called weight32 makes it an update in mixed precision.
    """

    gradient = no_gradient
    inputs = {"data": "Weight, gradient and states of each weight in turn."}
    variadic = "data"
    counter: ClassVar[str] = "num_weights"
    pure = False
    each: ClassVar[tuple[str, ...]]
    shared: ClassVar[tuple[str, ...]] = ()
    changed: ClassVar[frozenset[str]] = frozenset({"mom", "mean", "var", "weight32"})

    def validate(self) -> None:
        for name, value in self.__dict__.items():
            if name in self.params and isinstance(value, tuple) and len(value) != self.count:
                raise ParameterError(
                    f"{self.name}: {name} needs a number for each of {self.count} weights: {value}."
                )
        states = [name for name in self.each if name in self.changed]
        self.__dict__["mutates"] = tuple(f"{name}_{i}" for i in range(self.count) for name in states)

    @property
    def count(self) -> int:
        """The number of weights."""
        return int(getattr(self, self.counter))

    @property
    def mixed(self) -> bool:
        """Whether the update is in mixed precision."""
        return self.each[-1] == "weight32"

    def input_names(self) -> tuple[str, ...]:
        return (*(f"{name}_{i}" for i in range(self.count) for name in self.each), *self.shared)

    def output_names(self) -> tuple[str, ...]:
        return ("output",) if self.count == 1 else tuple(f"output{i}" for i in range(self.count))

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        ins = [shape for i in range(self.count) for shape in self._merged(s, i, self.each, merge_shapes)]
        return {"ins": (*ins, *self.shared_shapes()), "outs": ins[:: len(self.each)]}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        low = len(self.each) if not self.mixed else 2
        ins: list[str | None] = []
        for i in range(self.count):
            alike = self._merged(t, i, self.each[:low], merge_dtypes)
            ins += [*alike, *["float32"] * (len(self.each) - low)]
        return {"ins": tuple(ins), "outs": tuple(ins[:: len(self.each)])}

    def _merged(self, s: Slots, i: int, names: Sequence[str], merge: Callable[[Any, Any], Any]) -> list[Any]:
        """Return what is known of all these arrays of one weight, which are alike, once for each."""
        start = i * len(self.each)
        known = s.outs[i]
        for each in s.ins[start : start + len(names)]:
            try:
                known = merge(known, each)
            except ValueError:
                break  # the caller finds and names the conflict
        return [known] * len(names)

    def shared_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Return the shapes of what the weights share."""
        return ((self.count,),) * len(self.shared)

    def forward(self, run: Run, *tensors: Tensor) -> Tensor | tuple[Tensor, ...]:
        size = len(self.each)
        shared = tensors[size * self.count :]
        results = []
        for i in range(self.count):
            weight, grad, *states = tensors[i * size : (i + 1) * size]
            target = states.pop() if self.mixed else copied(weight)
            self.update(i, target, grad.to(target.dtype), states, shared)
            results.append(target.to(weight.dtype))
        return tuple(results) if len(results) > 1 else results[0]

    def update(
        self, i: int, weight: Tensor, grad: Tensor, states: Sequence[Tensor], shared: Sequence[Tensor]
    ) -> None:
        """Move a weight and its states."""
        raise TypeError(f"{self.name} has no rule")


class MultiSGDUpdate(_Multi, name="multi_sgd_update"):
    """Does what ``sgd_update`` does, for several weights."""

    example = "[1, 2]; [0.5, 0.5]; [3]; [1] | lrs=(0.1, 0.2), wds=(0, 0), num_weights=2"
    each: ClassVar[tuple[str, ...]] = ("weight", "grad")
    lrs: tuple[float, ...] = LRS
    wds: tuple[float, ...] = WDS
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    num_weights: int = NUM_WEIGHTS
    step = sgd

    def update(
        self, i: int, weight: Tensor, grad: Tensor, states: Sequence[Tensor], shared: Sequence[Tensor]
    ) -> None:
        self.step(weight, grad, states, self.lrs[i], self.wds[i])


class MultiSGDMomUpdate(_Multi, name="multi_sgd_mom_update"):
    """Does what ``sgd_mom_update`` does, for several weights."""

    example = (
        "[1, 2]; [0.5, 0.5]; [0, 0]; [3]; [1]; [0] | lrs=(0.1, 0.2), wds=(0, 0), momentum=0.9, num_weights=2"
    )
    each: ClassVar[tuple[str, ...]] = ("weight", "grad", "mom")
    lrs: tuple[float, ...] = LRS
    wds: tuple[float, ...] = WDS
    momentum: float = MOMENTUM
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    num_weights: int = NUM_WEIGHTS
    step = sgd_with_momentum
    update = MultiSGDUpdate.update


class MultiMPSGDUpdate(MultiSGDUpdate, name="multi_mp_sgd_update"):
    """Does what ``mp_sgd_update`` does, for several weights."""

    example = (
        'mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); [1, 2] | '
        "lrs=(0.1,), wds=(0,), num_weights=1"
    )
    each = ("weight", "grad", "weight32")


class MultiMPSGDMomUpdate(MultiSGDMomUpdate, name="multi_mp_sgd_mom_update"):
    """Does what ``mp_sgd_mom_update`` does, for several weights."""

    example = (
        'mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); [0, 0]; '
        "[1, 2] | lrs=(0.1,), wds=(0,), momentum=0.9, num_weights=1"
    )
    each = ("weight", "grad", "mom", "weight32")


class PreloadedMultiSGDUpdate(_Multi, name="preloaded_multi_sgd_update"):
    """Does what ``multi_sgd_update`` does, with learning rates and weight decays in arrays."""

    example = "[1, 2]; [0.5, 0.5]; [3]; [1]; [0.1, 0.2]; [0, 0] | num_weights=2"
    each: ClassVar[tuple[str, ...]] = ("weight", "grad")
    shared = ("lrs", "wds")
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    num_weights: int = NUM_WEIGHTS
    step = sgd

    def update(
        self, i: int, weight: Tensor, grad: Tensor, states: Sequence[Tensor], shared: Sequence[Tensor]
    ) -> None:
        lrs, wds = shared
        self.step(weight, grad, states, float(lrs[i]), float(wds[i]))


class PreloadedMultiSGDMomUpdate(_Multi, name="preloaded_multi_sgd_mom_update"):
    """Does what ``multi_sgd_mom_update`` does, with learning rates and weight decays in arrays."""

    example = "[1, 2]; [0.5, 0.5]; [0, 0]; [0.1]; [0] | momentum=0.9, num_weights=1"
    each: ClassVar[tuple[str, ...]] = ("weight", "grad", "mom")
    shared = ("lrs", "wds")
    momentum: float = MOMENTUM
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    num_weights: int = NUM_WEIGHTS
    step = sgd_with_momentum
    update = PreloadedMultiSGDUpdate.update


class PreloadedMultiMPSGDUpdate(PreloadedMultiSGDUpdate, name="preloaded_multi_mp_sgd_update"):
    """Does what ``multi_mp_sgd_update`` does, with learning rates and weight decays in arrays."""

    example = (
        'mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); [1, 2]; [0.1]; '
        "[0] | num_weights=1"
    )
    each = ("weight", "grad", "weight32")


class PreloadedMultiMPSGDMomUpdate(PreloadedMultiSGDMomUpdate, name="preloaded_multi_mp_sgd_mom_update"):
    """Does what ``multi_mp_sgd_mom_update`` does, with learning rates and weight decays in arrays."""

    example = (
        'mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); [0, 0]; '
        "[1, 2]; [0.1]; [0] | momentum=0.9, num_weights=1"
    )
    each = ("weight", "grad", "mom", "weight32")


class MultiAdamWUpdate(_Multi, name="_multi_adamw_update"):
    """Does what ``_adamw_update`` does, for several weights; the gradients stay."""

    example = "[1, 2]; [0.5, 0.5]; [0, 0]; [0, 0]; [1] | lrs=(0.1,), wds=(0,), etas=(1,), num_weights=1"
    each: ClassVar[tuple[str, ...]] = ("weight", "grad", "mean", "var")
    shared = ("rescale_grad",)
    lrs: tuple[float, ...] = LRS
    beta1: float = BETA1
    beta2: float = BETA2
    epsilon: float = EPSILON
    wds: tuple[float, ...] = WDS
    etas: tuple[float, ...] = param(doc="Factor of the whole step of each weight.")
    clip_gradient: float = CLIP
    num_weights: int = NUM_WEIGHTS

    def shared_shapes(self) -> tuple[tuple[int, ...], ...]:
        return ((1,),)

    def update(
        self, i: int, weight: Tensor, grad: Tensor, states: Sequence[Tensor], shared: Sequence[Tensor]
    ) -> None:
        (factor,) = shared
        if usable(factor):
            slope = limited(grad * factor, self.clip_gradient)
            adamw(self, weight, slope, states, self.lrs[i], self.wds[i], self.etas[i])


class MultiMPAdamWUpdate(MultiAdamWUpdate, name="_multi_mp_adamw_update"):
    """Does what ``_mp_adamw_update`` does, for several weights."""

    example = (
        'mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); [0, 0]; '
        "[0, 0]; [1, 2]; [1] | lrs=(0.1,), wds=(0,), etas=(1,), num_weights=1"
    )
    each = ("weight", "grad", "mean", "var", "weight32")


class MultiLAMBUpdate(_Multi, name="_multi_lamb_update"):
    """Does both phases of LAMB, for several weights."""

    example = (
        "[1, 2]; [0.5, 0.5]; [0, 0]; [0, 0] | learning_rates=(0.1,), wds=(0,), step_count=(1,), num_tensors=1"
    )
    each: ClassVar[tuple[str, ...]] = ("weight", "grad", "mean", "var")
    counter = "num_tensors"
    learning_rates: tuple[float, ...] = LRS
    beta1: float = BETA1
    beta2: float = BETA2
    epsilon: float = param(default=1e-6, doc="Keeps the denominator from 0.")
    wds: tuple[float, ...] = WDS
    rescale_grad: float = RESCALE
    lower_bound: float = param(default=-1.0, doc="Least norm of a weight to count with; negative for none.")
    upper_bound: float = param(
        default=-1.0, doc="Greatest norm of a weight to count with; negative for none."
    )
    clip_gradient: float = CLIP
    bias_correction: bool = param(
        default=True, doc="Whether the means are corrected for having started from 0."
    )
    step_count: tuple[int, ...] = param(doc="Number of the step of each weight, from 1.")
    num_tensors: int = NUM_WEIGHTS

    def update(
        self, i: int, weight: Tensor, grad: Tensor, states: Sequence[Tensor], shared: Sequence[Tensor]
    ) -> None:
        direction = lamb_direction(self, weight, grad, states, self.wds[i], self.step_count[i])
        ratio = trust_ratio(self, weight.norm(), direction.norm())
        weight.sub_(direction.mul_(ratio), alpha=self.learning_rates[i])


class MultiMPLAMBUpdate(MultiLAMBUpdate, name="_multi_mp_lamb_update"):
    """Does both phases of LAMB in single precision, for several weights of half precision."""

    example = (
        'mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); [0, 0]; '
        "[0, 0]; [1, 2] | learning_rates=(0.1,), wds=(0,), step_count=(1,), num_tensors=1"
    )
    each = ("weight", "grad", "mean", "var", "weight32")


class MultiLARS(Op, name="multi_lars"):
    r"""Scales learning rates by :math:`\eta |w| / (|g| + \lambda |w| + \epsilon)` where norms are positive.

    Shapes: all inputs and the output (n,), one element per weight. After You et al., *Large batch training of
    convolutional networks*, 2017.
    """

    gradient = no_gradient
    example = "[0.1, 0.2]; [4, 9]; [1, 1]; [0, 0] | eta=0.1, eps=1e-08"
    inputs = {
        "lrs": "Learning rates.",
        "weights_sum_sq": "Sums of the squares of each weight.",
        "grads_sum_sq": "Sums of the squares of each gradient.",
        "wds": "Weight decays.",
    }
    eta: float = param(doc="Trust in the ratio.")
    eps: float = param(doc="Keeps the denominator from 0.")
    rescale_grad: float = RESCALE

    infer_shape = same_shape

    def forward(
        self, run: Run, lrs: Tensor, weights_sum_sq: Tensor, grads_sum_sq: Tensor, wds: Tensor
    ) -> Tensor:
        weight, grad = weights_sum_sq.sqrt(), grads_sum_sq.sqrt() * self.rescale_grad
        ratio = self.eta * weight / (grad + wds * weight + self.eps)
        return torch.where((weight > 0) & (grad > 0), lrs * ratio, lrs)


class _Arrays(Op):
    """Base of operators on several arrays; unlike others they must be told how many."""

    gradient = no_gradient
    inputs = {"data": "Arrays of any shapes."}
    variadic = "data"
    num_arrays: int

    def input_names(self) -> tuple[str, ...]:
        return tuple(f"arg{i}" for i in range(self.num_arrays))


class MultiSumSq(_Arrays, name="multi_sum_sq"):
    """Returns the sum of the squares of each array, as one array; shape (num_arrays,)."""

    example = "[1, 2]; [3] | num_arrays=2"
    num_arrays: int = param(ge=1, le=MANY, doc="Number of arrays.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {"output": (self.num_arrays,)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        known = next((each for each in t.ins if each is not None), None)
        return {"ins": (known,) * len(t.ins), "output": "float32"}

    def forward(self, run: Run, *arrays: Tensor) -> Tensor:
        return torch.stack([each.float().square().sum() for each in arrays])


class AllFinite(Op, name="all_finite"):
    """Returns 1 if all elements are finite, else 0; shape (1,).

    ``init_output`` makes no difference: the output never depends on what was there.
    """

    gradient = no_gradient
    example = "[1, 2]"
    init_output: bool = param(default=True, doc="Accepted for MXNet's sake.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {"output": (1,)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": "float32"}

    def forward(self, run: Run, *arrays: Tensor) -> Tensor:
        finite = [each.isfinite().all() for each in arrays]
        return torch.stack(finite).all().float().view(1)


class MultiAllFinite(_Arrays, name="multi_all_finite"):
    """Returns 1 if all elements of all arrays are finite, else 0; shape (1,)."""

    example = "[1, 2]; [3] | num_arrays=2"
    num_arrays: int = param(default=1, ge=1, le=MANY, doc="Number of arrays.")
    init_output: bool = param(default=True, doc="Accepted for MXNet's sake.")

    infer_shape = AllFinite.infer_shape
    infer_dtype = AllFinite.infer_dtype
    forward = AllFinite.forward


class ResetArrays(_Arrays, name="reset_arrays"):
    """Sets arrays to 0, and returns nothing."""

    example = "[1, 2]; [3] | num_arrays=2"
    outputs = ()
    pure = False
    num_arrays: int = param(ge=1, le=MANY, doc="Number of arrays.")

    def validate(self) -> None:
        self.__dict__["mutates"] = self.input_names()

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {}

    def forward(self, run: Run, *arrays: Tensor) -> tuple[Tensor, ...]:
        for each in arrays:
            each.zero_()
        return ()
