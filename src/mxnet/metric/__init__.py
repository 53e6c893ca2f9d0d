"""Metrics: how good predictions are, added up over batches."""

from __future__ import annotations

from mxnet.historic import lend
from mxnet.metric.base import EvalMetric, alias, check_label_shapes, register
from mxnet.metric.classes import F1, MCC, PCC, Accuracy, TopKAccuracy
from mxnet.metric.composite import CompositeEvalMetric, create
from mxnet.metric.custom import Caffe, CustomMetric, Loss, Torch, np
from mxnet.metric.likelihood import CrossEntropy, NegativeLogLikelihood, Perplexity
from mxnet.metric.regression import MAE, MSE, RMSE, PearsonCorrelation

__all__ = [
    "F1",
    "MAE",
    "MCC",
    "MSE",
    "PCC",
    "RMSE",
    "Accuracy",
    "Caffe",
    "CompositeEvalMetric",
    "CrossEntropy",
    "CustomMetric",
    "EvalMetric",
    "Loss",
    "NegativeLogLikelihood",
    "PearsonCorrelation",
    "Perplexity",
    "TopKAccuracy",
    "Torch",
    "alias",
    "check_label_shapes",
    "create",
    "np",
    "register",
]

# Pickles name a class by its module, and MXNet has these here.
for _class in [value for value in map(globals().get, __all__) if isinstance(value, type)]:
    _class.__module__ = __name__


lend(__name__)
