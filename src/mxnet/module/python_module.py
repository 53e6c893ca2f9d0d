"""Modules written in Python: for steps without parameters between or after networks, such as losses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mxnet import ndarray as nd
from mxnet.errors import NameLookupError
from mxnet.io import DataDesc
from mxnet.module.base_module import BaseModule
from mxnet.module.steps import Binding, NotReadyError, OptimizerChoice, ParamValues
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from mxnet.io import DataBatch
    from mxnet.metric import EvalMetric
    from mxnet.monitor import Monitor

__all__ = ["PythonLossModule", "PythonModule"]


class PythonModule(BaseModule):
    """Base of modules in Python: has names and shapes, but no parameters.

    A subclass writes `forward`, `get_outputs`, `_compute_output_shapes` and, to be trained through,
    `backward` and `get_input_grads`.

    Parameters
    ----------
    data_names, label_names, output_names : list of str
    logger : logging.Logger, optional
        Where `fit` reports progress.
    """

    def __init__(
        self,
        data_names: Sequence[str],
        label_names: Sequence[str] | None,
        output_names: Sequence[str],
        logger: Any = logging,
    ) -> None:
        super().__init__(logger)
        self._data_names = list(data_names)
        self._label_names = list(label_names or ())
        self._output_names = list(output_names)
        self._data_shapes: list[DataDesc] = []
        self._label_shapes: list[DataDesc] | None = None
        self._output_shapes: Sequence[tuple[str, tuple[int, ...]]] = []

    @property
    def data_names(self) -> list[str]:
        return self._data_names

    @property
    def label_names(self) -> list[str]:
        return self._label_names

    @property
    def output_names(self) -> list[str]:
        return self._output_names

    @property
    def data_shapes(self) -> list[DataDesc]:
        return self._data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        return self._label_shapes

    @property
    def output_shapes(self) -> Sequence[tuple[str, tuple[int, ...]]]:
        return self._output_shapes

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return two empty dictionaries."""
        return {}, {}

    def _init_params(self, wanted: ParamValues) -> None:
        self.params_initialized = True

    def _bind(self, wanted: Binding) -> None:
        if self._stays_bound(wanted):
            return
        if wanted.grad_req != "write":
            raise NotReadyError(
                f"Python modules write their gradients, so grad_req cannot be {wanted.grad_req!r}."
            )
        self._data_shapes = [DataDesc(*desc) for desc in wanted.data_shapes]
        given = [desc.name for desc in self._data_shapes]
        if given != self._data_names:
            raise NameLookupError(
                f"data_shapes is for {given}, but the module's data are {self._data_names}."
            )
        self._label_shapes = [DataDesc(*desc) for desc in wanted.label_shapes or ()] or None
        self.for_training = wanted.for_training
        self.inputs_need_grad = wanted.inputs_need_grad
        self._output_shapes = self._compute_output_shapes()
        self.binded = True

    def _compute_output_shapes(self) -> Sequence[tuple[str, tuple[int, ...]]]:
        """Return the names and shapes of the outputs, by `data_shapes` and `label_shapes`."""
        raise self._not_defined("_compute_output_shapes")

    def _init_optimizer(self, wanted: OptimizerChoice) -> None:
        self.optimizer_initialized = True

    def update(self) -> None:
        """Do nothing: there are no parameters."""

    def update_metric(self, eval_metric: EvalMetric, labels: Sequence[Any], pre_sliced: bool = False) -> None:
        """Hand the outputs and labels to a metric, if the module takes labels."""
        if self._label_shapes is None:
            return
        if pre_sliced:
            raise NotReadyError("A Python module runs on one device, so its labels are not sliced.")
        eval_metric.update(labels, self.get_outputs())


class PythonLossModule(PythonModule):
    """A loss whose gradient is a function of scores and labels.

    Parameters
    ----------
    name : str, default 'pyloss'
        What the output's name starts with.
    data_names, label_names : list of str
        The names of the scores and of the labels.
    logger : logging.Logger, optional
        Where `fit` reports progress.
    grad_func : callable, optional
        ``grad_func(scores, labels)`` returns the gradient of the scores, as NDArray or numpy array.
    """

    def __init__(
        self,
        name: str = "pyloss",
        data_names: Sequence[str] = ("data",),
        label_names: Sequence[str] = ("softmax_label",),
        logger: Any = logging,
        grad_func: Callable[[NDArray, NDArray], Any] | None = None,
    ) -> None:
        super().__init__(data_names, label_names, [f"{name}_output"], logger)
        self._name = name
        self._scores: NDArray | None = None
        self._labels: NDArray | None = None
        self._scores_grad: NDArray | None = None
        self._grad_func = grad_func

    def _compute_output_shapes(self) -> Sequence[tuple[str, tuple[int, ...]]]:
        return [(self._output_names[0], tuple(self._data_shapes[0].shape))]

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Take note of scores and, for training, labels."""
        if not data_batch.data:
            raise NotReadyError("The batch holds no scores.")
        self._scores = data_batch.data[0]
        if self.for_training if is_train is None else is_train:
            if not data_batch.label:
                raise NotReadyError("The batch holds no labels, but the loss needs them for training.")
            self._labels = data_batch.label[0]

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the scores."""
        return [self._scores]

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradient of the scores; there must be no gradients of the outputs."""
        if out_grads is not None:
            raise NotReadyError("A loss starts the gradient, so backward() takes no out_grads.")
        if not self.for_training:
            raise NotReadyError("There are no gradients: the module was bound with for_training=False.")
        self._backward_impl()

    def _backward_impl(self) -> None:
        """Write the gradient of the scores to ``self._scores_grad``; subclasses may override this."""
        if self._grad_func is None:
            raise self._not_defined("grad_func (nor _backward_impl)")
        assert self._scores is not None
        assert self._labels is not None
        grad = self._grad_func(self._scores, self._labels)
        self._scores_grad = grad if isinstance(grad, NDArray) else nd.array(grad)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradient of the scores."""
        return [self._scores_grad]

    def install_monitor(self, mon: Monitor) -> None:
        """Refuse: there is no executor to look into."""
        raise self._not_defined("install_monitor")
