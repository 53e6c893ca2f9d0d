"""Losses, ``mx.gluon.loss``: what networks are trained to make small.

Most return one number for each sample, the mean over all other axes; `batch_axis` tells samples apart.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

from mxnet.gluon.block import HybridBlock
from mxnet.gluon.errors import CheckError, NotForwardError

__all__ = [
    "CTCLoss",
    "CosineEmbeddingLoss",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "L2Loss",
    "LogisticLoss",
    "Loss",
    "PoissonNLLLoss",
    "SDMLLoss",
    "SigmoidBCELoss",
    "SigmoidBinaryCrossEntropyLoss",
    "SoftmaxCELoss",
    "SoftmaxCrossEntropyLoss",
    "SquaredHingeLoss",
    "TripletLoss",
]

Weight: TypeAlias = "float | None"

_TINY = 1e-12  # keeps logarithms of 0 finite


class Loss(HybridBlock):
    """Base of all losses.

    A subclass defines `hybrid_forward`, or `_each`, which says what a pair of a prediction and a label costs.

    Parameters
    ----------
    weight : float or None
        What the loss is multiplied by.
    batch_axis : int
        The axis of the samples.
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, weight: Weight, batch_axis: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._weight = weight
        self._batch_axis = batch_axis

    def __repr__(self) -> str:
        return f"{type(self).__name__}(batch_axis={self._batch_axis}, w={self._weight})"

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """Return the loss of each sample.

        Parameters
        ----------
        F : module
        pred, label : NDArray or Symbol
            Of as many values.
        sample_weight : NDArray or Symbol, optional
            Of a shape that broadcasts to `pred`.
        """
        loss = self._each(F, pred, _reshape_like(F, label, pred))
        return self._mean(F, _apply_weighting(F, loss, self._factor(), sample_weight))

    def _each(self, F: Any, pred: Any, label: Any) -> Any:  # noqa: ARG002 - what a subclass defines
        """Return the loss of each pair of values; the label has the shape of the prediction."""
        raise NotForwardError(f"{type(self).__name__} defines no hybrid_forward().")

    def _factor(self) -> Weight:
        return self._weight

    def _mean(self, F: Any, loss: Any) -> Any:
        """Return the mean of each sample."""
        return F.mean(loss, axis=self._batch_axis, exclude=True)


def _apply_weighting(F: Any, loss: Any, weight: Weight = None, sample_weight: Any = None) -> Any:
    """Multiply a loss by what is given for each sample, and by a number."""
    if sample_weight is not None:
        loss = F.broadcast_mul(loss, sample_weight)
    return loss if weight is None else loss * weight


def _reshape_like(F: Any, x: Any, y: Any) -> Any:
    return F.reshape_like(x, y)


def _softplus_of_negative_size(F: Any, x: Any) -> Any:
    """Return ``log(1 + exp(-|x|))``, which never overflows."""
    return F.Activation(-F.abs(x), act_type="softrelu")


def _logistic(F: Any, pred: Any, label: Any) -> Any:
    """Return the cross entropy of a label from 0 to 1 and the sigmoid of a prediction."""
    return F.relu(pred) - pred * label + _softplus_of_negative_size(F, pred)


class L2Loss(Loss):
    """Half the squared difference, ``(label - pred)² / 2``.

    Parameters
    ----------
    weight : float, default 1.0
    batch_axis : int, default 0
    **kwargs
        `prefix` and `params`, see `Block`.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.gluon.loss.L2Loss()(mx.nd.array([1, 2]), mx.nd.array([1, 4])).asnumpy()
    array([0., 2.], dtype=float32)
    """

    def __init__(self, weight: Weight = 1.0, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)

    def _factor(self) -> Weight:
        return 0.5 if self._weight is None else self._weight / 2

    def _each(self, F: Any, pred: Any, label: Any) -> Any:
        return F.square(label - pred)


class L1Loss(Loss):
    """The size of the difference, ``|label - pred|``.

    Parameters
    ----------
    weight : float, optional
    batch_axis : int, default 0
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, weight: Weight = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)

    def _each(self, F: Any, pred: Any, label: Any) -> Any:
        return F.abs(label - pred)


class HuberLoss(Loss):
    """The square of small differences and the size of large ones.

    Parameters
    ----------
    rho : float, default 1
        Where small ends.
    weight : float, optional
    batch_axis : int, default 0
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, rho: float = 1, weight: Weight = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._rho = rho

    def _each(self, F: Any, pred: Any, label: Any) -> Any:
        size = F.abs(label - pred)
        return F.where(size > self._rho, size - 0.5 * self._rho, (0.5 / self._rho) * F.square(size))


class HingeLoss(Loss):
    """What is missing to a margin, ``max(0, margin - pred * label)``, with labels -1 and 1.

    Parameters
    ----------
    margin : float, default 1
    weight : float, optional
    batch_axis : int, default 0
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, margin: float = 1, weight: Weight = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def _each(self, F: Any, pred: Any, label: Any) -> Any:
        return F.relu(self._margin - pred * label)


class SquaredHingeLoss(HingeLoss):
    """The square of what is missing to a margin; see `HingeLoss` for the parameters."""

    def _each(self, F: Any, pred: Any, label: Any) -> Any:
        return F.square(super()._each(F, pred, label))


class LogisticLoss(Loss):
    """``log(1 + exp(-pred * label))``, with labels -1 and 1, or the same with labels 0 and 1.

    Parameters
    ----------
    weight : float, optional
    batch_axis : int, default 0
    label_format : {'signed', 'binary'}
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(
        self, weight: Weight = None, batch_axis: int = 0, label_format: str = "signed", **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        if label_format not in {"signed", "binary"}:
            raise CheckError(f"label_format has to be 'signed' or 'binary', got {label_format!r}.")
        self._label_format = label_format

    def _each(self, F: Any, pred: Any, label: Any) -> Any:
        if self._label_format == "signed":
            label = (label + 1.0) / 2.0
        return _logistic(F, pred, label)


class SigmoidBinaryCrossEntropyLoss(Loss):
    """The cross entropy of labels from 0 to 1 and the sigmoid of predictions.

    Parameters
    ----------
    from_sigmoid : bool, default False
        Whether the predictions have been through a sigmoid. To leave it to the loss is more exact.
    weight : float, optional
    batch_axis : int, default 0
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(
        self, from_sigmoid: bool = False, weight: Weight = None, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_sigmoid = from_sigmoid

    def hybrid_forward(
        self, F: Any, pred: Any, label: Any, sample_weight: Any = None, pos_weight: Any = None
    ) -> Any:
        """Return the loss of each sample.

        Parameters
        ----------
        F : module
        pred, label : NDArray or Symbol
            Of as many values.
        sample_weight : NDArray or Symbol, optional
            Of a shape that broadcasts to `pred`.
        pos_weight : NDArray or Symbol, optional
            How much more labels of 1 count, for each class.
        """
        label = _reshape_like(F, label, pred)
        each = self._of_probabilities if self._from_sigmoid else self._of_logits
        loss = _apply_weighting(F, each(F, pred, label, pos_weight), self._weight, sample_weight)
        return self._mean(F, loss)

    def _of_logits(self, F: Any, pred: Any, label: Any, pos_weight: Any) -> Any:
        if pos_weight is None:
            return _logistic(F, pred, label)
        weight = 1 + F.broadcast_mul(pos_weight - 1, label)
        return pred - pred * label + weight * (_softplus_of_negative_size(F, pred) + F.relu(-pred))

    def _of_probabilities(self, F: Any, pred: Any, label: Any, pos_weight: Any) -> Any:
        ones = F.log(pred + _TINY) * label
        if pos_weight is not None:
            ones = F.broadcast_mul(ones, pos_weight)
        return -(ones + F.log(1.0 - pred + _TINY) * (1.0 - label))


SigmoidBCELoss = SigmoidBinaryCrossEntropyLoss


class SoftmaxCrossEntropyLoss(Loss):
    """The cross entropy of labels and the softmax of predictions.

    Parameters
    ----------
    axis : int, default -1
        That of the classes.
    sparse_label : bool, default True
        Whether labels are numbers of classes; else they are probabilities, in the shape of the predictions.
    from_logits : bool, default False
        Whether the predictions are logarithms of probabilities already.
    weight : float, optional
    batch_axis : int, default 0
    **kwargs
        `prefix` and `params`, see `Block`.

    Examples
    --------
    >>> import mxnet as mx
    >>> loss = mx.gluon.loss.SoftmaxCrossEntropyLoss()
    >>> loss(mx.nd.array([[0, 0], [2, 0]]), mx.nd.array([1, 0])).asnumpy().round(4)
    array([0.6931, 0.1269], dtype=float32)
    """

    def __init__(
        self,
        axis: int = -1,
        sparse_label: bool = True,
        from_logits: bool = False,
        weight: Weight = None,
        batch_axis: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._axis = axis
        self._sparse_label = sparse_label
        self._from_logits = from_logits

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """Return the loss of each sample.

        Parameters
        ----------
        F : module
        pred : NDArray or Symbol
        label : NDArray or Symbol
            Numbers of classes in the shape of `pred` without its `axis`, or probabilities in its shape.
        sample_weight : NDArray or Symbol, optional
            Of a shape that broadcasts to `pred`, whose `axis` is 1 long.
        """
        if not self._from_logits:
            pred = F.log_softmax(pred, axis=self._axis)
        if self._sparse_label:
            chosen = F.pick(pred, label, axis=self._axis, keepdims=True)
        else:
            chosen = F.sum(pred * _reshape_like(F, label, pred), axis=self._axis, keepdims=True)
        return self._mean(F, _apply_weighting(F, -chosen, self._weight, sample_weight))


SoftmaxCELoss = SoftmaxCrossEntropyLoss


class KLDivLoss(Loss):
    """The Kullback-Leibler divergence of predicted from true probabilities, summed for each sample.

    Parameters
    ----------
    from_logits : bool, default True
        Whether the predictions are logarithms of probabilities already.
    axis : int, default -1
        That of the classes.
    weight : float, optional
    batch_axis : int, default 0
    **kwargs
        `prefix` and `params`, see `Block`.

    Notes
    -----
    MXNet before 1.5 took the mean.
    """

    def __init__(
        self,
        from_logits: bool = True,
        axis: int = -1,
        weight: Weight = None,
        batch_axis: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_logits = from_logits
        self._axis = axis

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """Return the loss of each sample; `label` are probabilities in the shape of `pred`."""
        if not self._from_logits:
            pred = F.log_softmax(pred, self._axis)
        loss = label * (F.log(label + _TINY) - pred)
        loss = _apply_weighting(F, loss, self._weight, sample_weight)
        return F.sum(loss, axis=self._batch_axis, exclude=True)


class CTCLoss(Loss):
    """Connectionist temporal classification: labels of sequences without their places (Graves et al. 2006).

    The last class is the blank. Labels are followed by -1 where `label_lengths` does not tell their length.

    Parameters
    ----------
    layout : {'NTC', 'TNC'}
        Of the predictions.
    label_layout : {'NT', 'TN'}
    weight : float, optional
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(
        self, layout: str = "NTC", label_layout: str = "NT", weight: Weight = None, **kwargs: Any
    ) -> None:
        for name, given, allowed in (
            ("layout", layout, ("NTC", "TNC")),
            ("label_layout", label_layout, ("NT", "TN")),
        ):
            if given not in allowed:
                raise CheckError(f"{name} has to be {allowed[0]!r} or {allowed[1]!r}, got {given!r}.")
        self._layout = layout
        self._label_layout = label_layout
        super().__init__(weight, label_layout.find("N"), **kwargs)

    def hybrid_forward(  # type: ignore[override]
        self,
        F: Any,
        pred: Any,
        label: Any,
        pred_lengths: Any = None,
        label_lengths: Any = None,
        sample_weight: Any = None,
    ) -> Any:
        """Return the loss of each sample.

        Parameters
        ----------
        F : module
        pred : NDArray or Symbol
            Before the softmax.
        label : NDArray or Symbol
        pred_lengths, label_lengths : NDArray or Symbol, optional
            Of shape (batch,).
        sample_weight : NDArray or Symbol, optional
        """
        if self._layout == "NTC":
            pred = F.swapaxes(pred, 0, 1)
        if self._batch_axis == 1:
            label = F.swapaxes(label, 0, 1)
        loss = F.CTCLoss(
            pred,
            label,
            pred_lengths,
            label_lengths,
            use_data_lengths=pred_lengths is not None,
            use_label_lengths=label_lengths is not None,
            blank_label="last",
        )
        return _apply_weighting(F, loss, self._weight, sample_weight)


class TripletLoss(Loss):
    """How much nearer a sample is to a negative than to a positive example, and a margin.

    Parameters
    ----------
    margin : float, default 1
    weight : float, optional
    batch_axis : int, default 0
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, margin: float = 1, weight: Weight = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, pred: Any, positive: Any, negative: Any) -> Any:  # type: ignore[override]
        """Return the loss of each sample; all three are of as many values."""
        positive, negative = _reshape_like(F, positive, pred), _reshape_like(F, negative, pred)
        nearer = F.square(positive - pred) - F.square(negative - pred)
        loss = F.relu(F.sum(nearer, axis=self._batch_axis, exclude=True) + self._margin)
        return _apply_weighting(F, loss, self._weight, None)


class PoissonNLLLoss(Loss):
    """The negative log likelihood of counts that follow Poisson's distribution, the mean of all.

    Parameters
    ----------
    weight : float, optional
    from_logits : bool, default True
        Whether the predictions are logarithms of the expected counts.
    batch_axis : int, default 0
        Has no effect: the loss is one number.
    compute_full : bool, default False
        Whether Stirling's approximation of ``log(target!)`` is added for counts above 1.
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(
        self,
        weight: Weight = None,
        from_logits: bool = True,
        batch_axis: int = 0,
        compute_full: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_logits = from_logits
        self._compute_full = compute_full

    def hybrid_forward(
        self, F: Any, pred: Any, target: Any, sample_weight: Any = None, epsilon: float = 1e-8
    ) -> Any:
        """Return the loss.

        Parameters
        ----------
        F : module
        pred, target : NDArray or Symbol
            Of as many values.
        sample_weight : NDArray or Symbol, optional
            Of a shape that broadcasts to `pred`.
        epsilon : float, default 1e-8
            Keeps the logarithm of 0 finite.
        """
        target = _reshape_like(F, target, pred)
        loss = F.exp(pred) - target * pred if self._from_logits else pred - target * F.log(pred + epsilon)
        if self._compute_full:
            stirling = target * F.log(target) - target + 0.5 * F.log(2 * target * math.pi)
            loss = loss + F.where(target > 1, stirling, F.zeros_like(target))
        return F.mean(_apply_weighting(F, loss, self._weight, sample_weight))


class CosineEmbeddingLoss(Loss):
    """How far two vectors are from pointing the same way (label 1), or from not doing so (label -1).

    Parameters
    ----------
    weight : float, optional
    batch_axis : int, default 0
    margin : float, default 0
        The cosine that vectors with label -1 may have.
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, weight: Weight = None, batch_axis: int = 0, margin: float = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, input1: Any, input2: Any, label: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        """Return the loss of each pair, of shape (batch, 1)."""
        input1 = _reshape_like(F, input1, input2)
        label = label.reshape((-1, 1))
        cosine = self._cosine_similarity(F, input1, input2)
        same = (1 - cosine) * (label == 1)
        # The operator has no axis; but files of MXNet have it there.
        other = F.broadcast_maximum(F.zeros((1, 1)), (label == -1) * (cosine - self._margin), axis=1)
        return _apply_weighting(F, same + other, self._weight, sample_weight)

    def _cosine_similarity(self, F: Any, x: Any, y: Any, axis: int = -1) -> Any:
        x_norm, y_norm = (F.norm(each, axis=axis).reshape((-1, 1)) for each in (x, y))
        product = F.sum(x * y, axis=axis).reshape((-1, 1))
        return product / F.broadcast_maximum(x_norm * y_norm, F.full((1, 1), _TINY))


class SDMLLoss(Loss):
    """Smoothed deep metric learning (Bonadiman et al. 2019): the pairs of a batch against all other pairings.

    Parameters
    ----------
    smoothing_parameter : float, default 0.3
        How much of the probability the other pairings are thought to have.
    weight : float, default 1.0
        Has no effect, as in MXNet.
    batch_axis : int, default 0
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(
        self, smoothing_parameter: float = 0.3, weight: Weight = 1.0, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self.kl_loss = KLDivLoss(from_logits=True)
        self.smoothing_parameter = smoothing_parameter

    def hybrid_forward(self, F: Any, x1: Any, x2: Any) -> Any:  # type: ignore[override]
        """Return the loss of each sample; `x1` and `x2` are of shape (batch, values)."""
        gaps = F.broadcast_sub(F.expand_dims(x1, 1), F.expand_dims(x2, 0))
        distances = F.sum(F.square(gaps), axis=2)
        number = F.contrib.arange_like(distances, axis=0)
        same = F.broadcast_equal(F.expand_dims(number, 1), F.expand_dims(number, 0))
        others = 1 - same
        share = self.smoothing_parameter / F.sum(others, axis=1, keepdims=True)
        labels = same * (1 - self.smoothing_parameter) + F.broadcast_mul(others, share)
        return self.kl_loss(F.log_softmax(-distances, axis=1), labels)
