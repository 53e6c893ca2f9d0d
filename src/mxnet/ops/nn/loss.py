"""Losses: operators whose forward pass predicts and whose backward pass starts the gradient from a label."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mxnet.dtype import number_as
from mxnet.errors import ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.memory import NEW
from mxnet.ir.node import Entry, emit
from mxnet.ir.op import Like, Op, Run, Shape, Slots, param
from mxnet.lazy import torch
from mxnet.ops.nn.fully_connected import FullyConnected
from mxnet.ops.tensor.rearrange import Flatten
from mxnet.ops.tools.keeping import kept
from mxnet.ops.tools.shapes import numel
from mxnet.ops.tools.storage import MAKES_DENSE
from mxnet.ops.tools.traced import rows_by_trace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from mxnet.native.rows import Rows

LABELLED = {
    "data": "What is predicted from, one sample per row.",
    "label": "What should have been predicted.",
}


def one_dtype_from_data(self: Op, t: Slots) -> Mapping[str, Any]:
    """All slots have the dtype of `data`; nothing follows from the others."""
    return {} if t.data is None else {"ins": (t.data,) * len(t.ins), "outs": (t.data,) * len(t.outs)}


def replaced(self: Op, array: Tensor, gradient: Tensor) -> Tensor:
    """Return the gradient alone: it replaces what it should be added to, as in MXNet."""
    return gradient


def minus_one_hot(p: Tensor, label: Tensor, spread: float = 0.0, whole: float = 1.0) -> Tensor:
    """Return p, less `whole` where axis 1 has the class of the label, and less `spread` elsewhere.

    Parameters
    ----------
    p : Tensor
        Has the classes on axis 1.
    label : Tensor
        Classes; real numbers are cut to whole ones. As `p`, but with an extent of 1 on axis 1.
    """
    start = p - spread if spread else p
    if p.device.type == "cpu":
        try:  # the rule are labels that are classes; what else there may be is told by torch at no cost
            return start.scatter_add(1, label.long(), _filled(label.shape, spread - whole, p.dtype))
        except RuntimeError:
            pass
    index, hit = one_hot_where(label, p)
    return start.scatter_add(1, index, hit * (spread - whole))


@kept
def _filled(shape: tuple[int, ...], number: float, dtype: torch.dtype) -> Tensor:
    """Return that number everywhere; nothing writes into it."""
    return torch.full(shape, number, dtype=dtype)


def one_hot_where(label: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return indices along axis 1 and 1 where the label is a class, 0 where it is none.

    Parameters
    ----------
    label : Tensor
        Classes; real numbers are cut to whole ones. As `like`, but with an extent of 1 on axis 1.
    like : Tensor
        Has the classes on axis 1.
    """
    wanted = label.long()
    index = wanted.clamp(0, like.shape[1] - 1)
    return index, (index == wanted).to(like.dtype)


def _is_matrix(data: Entry) -> bool:
    """Whether a value is known to have two axes."""
    if data.node.types is not None:
        return len(data.type.shape or ()) == 2
    op = data.node.op
    return isinstance(op, Flatten) or (isinstance(op, FullyConnected) and op.flatten)


def _passed_on(self: Op, data: Entry, *_: Entry) -> Entry:
    return emit("_copy", data)


class SoftmaxOutput(Op, name="SoftmaxOutput", aliases=("Softmax",)):
    r"""Predicts with softmax; its gradient is that of the cross entropy, :math:`p - \mathrm{onehot}(label)`.

    Shapes: data (n, ..., k), label (n, ...), or like data for soft labels; the softmax runs over all but the
    first axis (``preserve_shape``: over the last one). With ``multi_output`` data is (n, k, d1, ...), label
    (n, d1 * ...) or (n, d1, ...) or (n, 1, d1, ...), and the softmax runs over axis 1. The output is shaped
    like data.

    The head gradient is ignored unless ``out_grad`` (as in MXNet 1.2; 1.9 multiplies by its own output
    instead). With ``multi_output`` the gradient is divided by the number of positions unless normalization is
    ``valid``, and ``smooth_alpha`` has no effect. Without ``preserve_shape`` and ``multi_output`` only the
    first n labels count. Labels outside of [0, k) are no class: the gradient pushes all classes down.
    """

    example = "[[0, 1, 2]]; [2]"
    memory = backward_memory = NEW

    inputs = LABELLED
    labels = ("label",)
    grad_scale: float = param(default=1.0, doc="Factor of the gradient.")
    ignore_label: float = param(default=-1.0, doc="The label of samples that take no part, if use_ignore.")
    multi_output: bool = param(
        default=False, doc="Whether axis 1 holds the classes and the axes after it positions."
    )
    use_ignore: bool = param(default=False, doc="Whether samples with ignore_label get no gradient.")
    preserve_shape: bool = param(default=False, doc="Whether the softmax runs over the last axis only.")
    normalization: str = param(
        default="null",
        choices=("batch", "null", "valid"),
        doc="What divides the gradient: nothing, the number of labels, or of those unlike ignore_label.",
    )
    out_grad: bool = param(default=False, doc="Whether to multiply the gradient with the head gradient.")
    smooth_alpha: float = param(
        default=0.0, doc="How much of a label's weight is spread over the other classes."
    )

    infer_dtype = one_dtype_from_data

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        if self.multi_output and len(s.data) < 2:
            raise ShapeError(
                "with multi_output data needs at least 2 axes: sample, class, and any number of positions."
            )
        label = self._label_shape(s.data, s.label)
        return {"output": s.data} if label is None else {"output": s.data, "label": label}

    def _label_shape(self, data: Shape, label: Shape | None) -> Shape | None:
        rank = None if label is None else len(label)
        if self.multi_output:
            per_position = {len(data) - 1: (data[0], *data[2:]), 2: (data[0], numel(data[2:]))}
            if rank == len(data) and label is not None:
                return (data[0], 1, *data[2:]) if label[1] == 1 else data
            return per_position.get(rank or 2, per_position[2])
        if rank == len(data):
            return data
        return data[:-1] or None

    def forward(self, run: Run, data: Tensor, label: Tensor) -> Tensor:
        return torch.softmax(self._rows(data), 1).view(data.shape)

    def kernel_for(self, run: Run) -> Callable[..., Tensor]:
        if run.in_shapes is not None and len(run.in_shapes[0]) == 2:
            softmax = torch.softmax
            return lambda data, _: softmax(data, 1)
        return super().kernel_for(run)

    def _rows(self, data: Tensor) -> Tensor:
        """Return the data with the classes on axis 1."""
        shape = data.shape
        if self.multi_output:
            return data.reshape(*shape[:2], math.prod(shape[2:]))
        if self.preserve_shape:
            return data.reshape(math.prod(shape[:-1]), shape[-1])
        return data.reshape(shape[0], math.prod(shape[1:]))

    def in_inference(self, data: Entry, label: Entry) -> Entry:
        if self.multi_output:
            return emit("softmax", data, axis=1)
        if self.preserve_shape or _is_matrix(data):
            return emit("softmax", data, axis=-1)
        return emit("reshape_like", emit("softmax", emit("Flatten", data), axis=-1), data)

    def as_rows(self, to: Rows) -> None:
        shape = to.data.shape
        if (self.multi_output and len(shape) > 2) or not to.data.size or not shape:
            to.decline()
        classes = shape[-1] if self.preserve_shape else to.data.size // shape[0]
        to.lines("softmax", classes, to.data, to.output)

    def backward_as_rows(self, to: Rows) -> None:
        shape, label = to.output.shape, to.label.shape
        plain = len(shape) == 2 and to.label.size == shape[0] and label != shape
        if not plain or self.smooth_alpha or self.out_grad:
            to.decline()
        factor = self.grad_scale / (shape[0] if self.normalization == "batch" else 1)
        ignored = int(number_as(self.ignore_label, "int32"))
        how = self.use_ignore, self.normalization == "valid", ignored
        words = to.output, to.label, to.data_grad, *shape, factor, *how
        to.divide("minus_one_hot", shape[0], lambda *rows: (*words, *rows), work=to.output.size)

    def backward_reads(self) -> tuple[str, ...]:
        return ("output", "label", "data", "grad") if self.out_grad else ("output", "label", "data")

    def backward(
        self, run: Run, output: Tensor, label: Tensor, data: Like, grad: Tensor | None = None
    ) -> tuple[Tensor | None, ...]:
        if label.shape == output.shape:
            result = (output - label) * self.grad_scale
        else:
            is_matrix = output.dim() == 2
            result = self._against_classes(output if is_matrix else self._rows(output), label)
            result = result if is_matrix else result.view(output.shape)
        return result if grad is None else result * grad, None

    add_gradient = replaced

    def _against_classes(self, p: Tensor, label: Tensor) -> Tensor:
        rows, classes, *positions = p.shape
        where = (rows, 1, *positions)
        count = math.prod(where)
        spread = 0.0 if self.multi_output else self.smooth_alpha / max(classes - 1, 1)
        whole = 1.0 if self.multi_output else 1.0 - self.smooth_alpha
        wanted = label.reshape(where) if label.numel() == count else label.flatten()[:count].view(where)
        result = minus_one_hot(p, wanted, spread, whole)
        if self.use_ignore or self.normalization == "valid":
            kept = label.flatten().long() != number_as(self.ignore_label, "int32")
            if self.use_ignore:
                result = result * kept[:count].view(where)
            if self.normalization == "valid":
                return result * (self.grad_scale / kept.sum().clamp(min=1))
        divisor = label.numel() if self.normalization == "batch" else math.prod(positions)
        factor = self.grad_scale / max(divisor, 1)
        return result if factor == 1 else result * factor


class _RegressionOutput(Op):
    """Base of the losses that compare each prediction with a number."""

    inputs = LABELLED
    labels = ("label",)
    in_inference = _passed_on
    grad_scale: float = param(default=1.0, doc="Factor of the gradient.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if not is_complete(s.data):
            return {}
        if is_complete(s.label) and s.label[:1] == s.data[:1] and numel(s.label) == numel(s.data):
            return {"output": s.data}
        column = len(s.data) == 2 and s.data[1] == 1
        label = s.data[:1] if column and (s.label is None or len(s.label) == 1) else s.data
        return {"label": label, "output": s.data}

    def as_rows(self, to: Rows) -> None:
        to.few(to.output)
        to.copy(to.data, to.output, 1, to.output.size)

    def forward(self, run: Run, data: Tensor, label: Tensor) -> Tensor:
        return data

    def backward(self, run: Run, output: Tensor, label: Tensor, data: Like) -> tuple[Tensor | None, ...]:
        return self.slope(output, label.reshape(output.shape)) * self._scale(output), None

    backward_as_rows = rows_by_trace(backward, is_backward=True)

    def add_gradient(self, array: Tensor, gradient: Tensor) -> Tensor:
        """Do as MXNet, which adds the unscaled gradient and then that sum, scaled, to itself."""
        scale = self._scale(array)
        return (array + gradient / scale) * (1 + scale) if scale else array

    def _scale(self, output: Tensor) -> float:
        return self.grad_scale / max(math.prod(output.shape[1:]), 1)

    def slope(self, output: Tensor, label: Tensor) -> Tensor:
        """Return the derivative of the loss by what the output is made from."""
        return output - label


class LinearRegressionOutput(
    _RegressionOutput, name="LinearRegressionOutput", aliases=("_sparse_LinearRegressionOutput",)
):
    """Passes data through; its gradient is that of half the squared error.

    It is divided by the outputs per sample, and the head gradient is ignored. Shapes: data, output (n, ...),
    label like data, or any shape (n, ...) of as many numbers; (n,) for data (n, 1).
    """

    example = "[0.5, 2]; [1, 2]"
    sparse = MAKES_DENSE


class LogisticRegressionOutput(
    _RegressionOutput, name="LogisticRegressionOutput", aliases=("_sparse_LogisticRegressionOutput",)
):
    """Predicts with the logistic function; its gradient is that of the binary cross entropy.

    It is divided by the outputs per sample, and the head gradient is ignored. Shapes: data, output (n, ...),
    label like data, or any shape (n, ...) of as many numbers; (n,) for data (n, 1).
    """

    example = "[0, 2]; [0, 1]"
    sparse = MAKES_DENSE

    def in_inference(self, data: Entry, *_: Entry) -> Entry:
        return emit("sigmoid", data)

    def as_rows(self, to: Rows) -> None:
        to.each("sigmoid", to.data, to.output)

    def forward(self, run: Run, data: Tensor, label: Tensor) -> Tensor:
        return torch.sigmoid(data)


class MAERegressionOutput(
    _RegressionOutput, name="MAERegressionOutput", aliases=("_sparse_MAERegressionOutput",)
):
    """Passes data through; its gradient is that of the absolute error.

    It is divided by the outputs per sample, and the head gradient is ignored. Where prediction and label are
    equal the gradient is that of a prediction that is too small. Shapes: data, output (n, ...), label like
    data, or any shape (n, ...) of as many numbers; (n,) for data (n, 1).
    """

    example = "[0.5, 2]; [1, 2]"

    def slope(self, output: Tensor, label: Tensor) -> Tensor:
        return (output > label).to(output.dtype) * 2 - 1


class MakeLoss(Op, name="MakeLoss"):
    """Makes a loss of any expression: passes data through and starts its gradient with ``grad_scale``.

    Shapes: data and output are alike. The head gradient is ignored.
    """

    example = "[1, 2] | grad_scale=2.0"
    identity_in_inference = True
    in_inference = _passed_on
    inputs = {"data": "The loss."}
    grad_scale: float = param(default=1.0, doc="The gradient.")
    valid_thresh: float = param(default=0.0, doc="Elements above this are counted by normalization='valid'.")
    normalization: str = param(
        default="null",
        choices=("batch", "null", "valid"),
        doc="What divides the gradient: nothing, the product of all extents but the last, or the number of "
        "elements above valid_thresh.",
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.data is None else {"output": s.data}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data

    def as_rows(self, to: Rows) -> None:
        to.same(to.output, to.data)

    def backward_as_rows(self, to: Rows) -> None:
        if self.normalization == "valid":
            to.decline()
        divisor = math.prod(to.data.shape[:-1]) if self.normalization == "batch" else 1
        to("fill", to.data_grad, to.data_grad.size, self.grad_scale / max(divisor, 1))

    def backward(self, run: Run, data: Tensor) -> Tensor:
        scale = torch.full_like(data, self.grad_scale)
        if self.normalization == "valid":
            return scale / (data > self.valid_thresh).sum().clamp(min=1)
        return scale / max(math.prod(data.shape[:-1]), 1) if self.normalization == "batch" else scale


class SVMOutput(Op, name="SVMOutput"):
    r"""Passes scores through; its gradient is that of one hinge loss per class.

    With :math:`y_k = 1` for the labelled class and -1 for the others, the loss of a score x is :math:`\max(0,
    m - y_k x)^2`, or without the square if ``use_linear``. Shapes: data and output (n, ...), label
    data.shape[:-1]. The head gradient is ignored. After Tang, *Deep Learning using Linear Support Vector
    Machines*, 2013.
    """

    example = "[[1, 3], [2, 0]]; [1, 0]"
    inputs = LABELLED
    labels = ("label",)
    in_inference = _passed_on
    margin: float = param(default=1.0, doc="Scores beyond it are good enough.")
    regularization_coefficient: float = param(default=1.0, doc="Factor of the loss.")
    use_linear: bool = param(default=False, doc="Whether the hinge loss is not squared.")

    infer_dtype = one_dtype_from_data
    add_gradient = replaced

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        if len(s.data) < 2:
            raise ShapeError(f"{self.name}: expected data (n, ...) of 2 axes or more, but got {s.data}.")
        return {"output": s.data, "label": s.data[:-1]}

    def forward(self, run: Run, data: Tensor, label: Tensor) -> Tensor:
        return data

    def backward(self, run: Run, data: Tensor, label: Tensor) -> tuple[Tensor | None, ...]:
        scores = data.reshape(-1, data.shape[-1])
        index, hit = one_hot_where(label.reshape(-1, 1), scores)
        sign = torch.full_like(scores, -1.0).scatter_add(1, index, 2 * hit)
        slack = (self.margin - sign * scores).nan_to_num(0.0, math.inf, -math.inf)
        slope = (slack > 0).to(scores.dtype) if self.use_linear else 2 * slack.clamp(min=0)
        return (slope * sign * -self.regularization_coefficient).view(data.shape), None


class SoftmaxCrossEntropy(Op, name="softmax_cross_entropy"):
    r"""Sums the cross entropy of softmax over the samples: :math:`-\sum_i \log p_{i, label_i}`.

    Shapes: data (n, k), label (n,), output (1,). The probability of the label counts as at least 1e-8, that
    of a label which is no class as 0. An ordinary function: its gradient is multiplied by the head gradient.
    """

    example = "[[0, 1, 2]]; [2]"
    inputs = LABELLED
    labels = ("label",)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is not None and len(s.data) != 2:
            raise ShapeError(f"data must have 2 axes, sample and class; it has {len(s.data)}.")
        if s.label is not None and len(s.label) != 1:
            raise ShapeError(f"label must have 1 axis; it has {len(s.label)}.")
        return {"output": (1,)} if s.data is None else {"output": (1,), "label": s.data[:1]}

    def forward(self, run: Run, data: Tensor, label: Tensor) -> Tensor:
        p = torch.softmax(data, 1)
        index, hit = one_hot_where(label[:, None], p)
        return -(p.gather(1, index) * hit).clamp(min=1e-8).log().sum().view(1)

    def backward(self, run: Run, grad: Tensor, data: Tensor, label: Tensor) -> tuple[Tensor | None, ...]:
        p = torch.softmax(data, 1)
        index, hit = one_hot_where(label[:, None], p)
        return p.scatter_add(1, index, -hit) * grad, None


class IdentityAttachKLSparseReg(Op, name="IdentityAttachKLSparseReg"):
    r"""Passes activations through and adds to their gradient that of a sparseness penalty.

    The penalty is the Kullback-Leibler divergence of the mean activation of each unit, as a moving average a,
    from the target t: the gradient grows by :math:`penalty \cdot (-t / a + (1 - t) / (1 - a))`. The average
    moves in the backward pass. Shapes: data and output (n, k, ...), moving_avg (k,). After Ng, *Sparse
    autoencoder*, 2011.
    """

    example = "[[0.25, 0.5]]; [0.1, 0.1]"
    in_inference = _passed_on
    inputs = {"data": "Activations between 0 and 1."}
    aux = {"moving_avg": "The moving average of each unit's mean activation."}
    mutates = ("moving_avg",)
    effects = ("backward",)
    pure = False
    sparseness_target: float = param(default=0.1, doc="The mean activation that is aimed at.")
    penalty: float = param(default=0.001, doc="Weight of the penalty.")
    momentum: float = param(default=0.9, doc="How much of the moving average stays in each step.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        if len(s.data) < 2:
            raise ShapeError("data needs at least 2 axes: sample and unit.")
        return {"output": s.data, "moving_avg": s.data[1:2]}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return super().infer_dtype(t) or {"ins": ("float32",), "aux": ("float32",), "outs": ("float32",)}

    def forward(self, run: Run, data: Tensor, moving_avg: Tensor) -> Tensor:
        return data

    def backward(self, run: Run, grad: Tensor, data: Tensor, moving_avg: Tensor) -> Tensor:
        if not run.replayed:
            mean = data.transpose(0, 1).flatten(1).mean(1)
            moving_avg.mul_(self.momentum).add_(mean, alpha=1 - self.momentum)
        target = self.sparseness_target
        slope = (1 - target) / (1 - moving_avg) - target / moving_avg
        return grad + self.penalty * slope.view(-1, *(1,) * (data.dim() - 2))
