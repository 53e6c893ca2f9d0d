"""``mx.model``: checkpoints, and `FeedForward`, MXNet's model class from before `Module`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import metric as metrics
from mxnet.callback import BatchEndParam, LogValidationMetricsCallback
from mxnet.checkpoint import load_checkpoint, load_params, save_checkpoint
from mxnet.context import Context, current_context
from mxnet.errors import MXNetError
from mxnet.initializer import Uniform
from mxnet.io import DataBatch, DataDesc, DataIter, NDArrayIter, ResizeIter
from mxnet.module import Module
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mxnet.executor import Executor
    from mxnet.monitor import Monitor
    from mxnet.optimizer import Optimizer
    from mxnet.symbol.symbol import Symbol

__all__ = ["BatchEndParam", "FeedForward", "load_checkpoint", "load_params", "save_checkpoint"]

_INITIALIZER = Uniform(0.01)
_LOG_VALIDATION = LogValidationMetricsCallback()


class ModelError(MXNetError, ValueError):
    """A model lacks something that it was asked to use."""


class FeedForward:
    """A network with parameters, in the manner of scikit-learn. New code uses `Module`.

    Parameters
    ----------
    symbol : Symbol
        The network.
    ctx : Context or list of Context, optional
        Where to run.
    num_epoch : int
        For how many epochs `fit` trains.
    epoch_size : int, optional
        The number of batches of an epoch; by default until the data end.
    optimizer : str or Optimizer, default 'sgd'
    initializer : Initializer
        What fills parameters that are not given.
    numpy_batch_size : int, default 128
        The batch size for numpy arrays.
    arg_params, aux_params : dict of str to NDArray, optional
        Parameters and auxiliary states.
    allow_extra_params : bool
        Whether parameters that the network does not have are dropped without a word.
    begin_epoch : int
        The number of the first epoch.
    **kwargs
        The parameters of the optimizer.
    """

    def __init__(
        self,
        symbol: Symbol,
        ctx: Context | Sequence[Context] | None = None,
        num_epoch: int | None = None,
        epoch_size: int | None = None,
        optimizer: str | Optimizer = "sgd",
        initializer: Callable[[Any, NDArray], None] = _INITIALIZER,
        numpy_batch_size: int = 128,
        arg_params: Mapping[str, NDArray] | None = None,
        aux_params: Mapping[str, NDArray] | None = None,
        allow_extra_params: bool = False,
        begin_epoch: int = 0,
        **kwargs: Any,
    ) -> None:
        self.symbol = symbol
        given = current_context() if ctx is None else ctx
        self.ctx = [given] if isinstance(given, Context) else list(given)
        self.num_epoch = num_epoch
        self.epoch_size = epoch_size
        self.optimizer = optimizer
        self.initializer = initializer
        self.numpy_batch_size = numpy_batch_size
        self.arg_params = arg_params
        self.aux_params = aux_params
        self.allow_extra_params = allow_extra_params
        self.begin_epoch = begin_epoch
        self.kwargs = kwargs
        self._pred_exec: Executor | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_pred_exec": None}

    @staticmethod
    def load(
        prefix: str, epoch: int, ctx: Context | Sequence[Context] | None = None, **kwargs: Any
    ) -> FeedForward:
        """Make a model from a checkpoint.

        Parameters
        ----------
        prefix : str
            What the names of the files start with.
        epoch : int
            Of which epoch.
        ctx, **kwargs
            As of `FeedForward`.
        """
        symbol, arguments, states = load_checkpoint(prefix, epoch)
        return FeedForward(symbol, ctx, arg_params=arguments, aux_params=states, begin_epoch=epoch, **kwargs)

    @staticmethod
    def create(
        symbol: Symbol,
        X: Any,
        y: Any = None,
        ctx: Context | Sequence[Context] | None = None,
        num_epoch: int | None = None,
        epoch_size: int | None = None,
        optimizer: str | Optimizer = "sgd",
        initializer: Callable[[Any, NDArray], None] = _INITIALIZER,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        logger: Any = None,
        work_load_list: Sequence[float] | None = None,
        eval_end_callback: Any = _LOG_VALIDATION,
        eval_batch_end_callback: Any = None,
        **kwargs: Any,
    ) -> FeedForward:
        """Make a model and train it; the parameters are those of `FeedForward` and of `fit`."""
        model = FeedForward(symbol, ctx, num_epoch, epoch_size, optimizer, initializer, **kwargs)
        model.fit(
            X,
            y,
            eval_data,
            eval_metric,
            epoch_end_callback,
            batch_end_callback,
            kvstore,
            logger,
            work_load_list,
            eval_end_callback=eval_end_callback,
            eval_batch_end_callback=eval_batch_end_callback,
        )
        return model

    def save(self, prefix: str, epoch: int | None = None, remove_amp_cast: bool = True) -> None:
        """Save network and parameters.

        Parameters
        ----------
        prefix : str
            What the names of the files start with.
        epoch : int, optional
            Written into the name of the parameter file; by default `num_epoch`.
        remove_amp_cast : bool
            Whether the casts that mixed precision added are left out of the saved network.
        """
        epoch = self.num_epoch if epoch is None else epoch
        if epoch is None:
            raise ModelError("save needs an epoch, because the model has no num_epoch.")
        save_checkpoint(
            prefix, epoch, self.symbol, self.arg_params or {}, self.aux_params or {}, remove_amp_cast
        )

    def fit(
        self,
        X: Any,
        y: Any = None,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        logger: Any = None,
        work_load_list: Sequence[float] | None = None,
        monitor: Monitor | None = None,
        eval_end_callback: Any = _LOG_VALIDATION,
        eval_batch_end_callback: Any = None,
    ) -> None:
        """Train.

        Parameters
        ----------
        X : DataIter, or array
            The data.
        y : array, optional
            The labels, if `X` is an array.
        eval_data : DataIter, or pair of arrays, optional
            What to score after every epoch.
        eval_metric, epoch_end_callback, batch_end_callback, kvstore, monitor
            As of `Module.fit`.
        logger : logging.Logger, optional
            Where progress is reported.
        work_load_list : list of float, optional
            How large the devices' shares of a batch are.
        eval_end_callback, eval_batch_end_callback
            As of `Module.fit`.
        """
        train_data = self._iterator(X, y, is_train=True)
        if self.epoch_size is not None:
            train_data = ResizeIter(train_data, self.epoch_size, reset_internal=False)
        if isinstance(eval_data, (tuple, list)) and len(eval_data) == 2:
            eval_data = self._iterator(*(np.asarray(part) for part in eval_data), is_train=True)
        log = logger or logging
        log.info("Start training with %s", self.ctx)
        module = Module(
            self.symbol,
            [_desc(desc).name for desc in train_data.provide_data],
            [_desc(desc).name for desc in train_data.provide_label],
            log,
            self.ctx,
            work_load_list,
        )
        module.fit(
            train_data,
            eval_data,
            eval_metric,
            epoch_end_callback,
            batch_end_callback,
            kvstore,
            self.optimizer,
            self.kwargs if isinstance(self.optimizer, str) else {},
            # Module.fit logs the validation metrics itself.
            None if isinstance(eval_end_callback, LogValidationMetricsCallback) else eval_end_callback,
            eval_batch_end_callback,
            self.initializer,
            self.arg_params,
            self.aux_params,
            allow_missing=True,
            begin_epoch=self.begin_epoch,
            num_epoch=self.num_epoch,
            monitor=monitor,
        )
        self.arg_params, self.aux_params = module.get_params()

    def predict(
        self, X: Any, num_batch: int | None = None, return_data: bool = False, reset: bool = True
    ) -> Any:
        """Return the outputs for data, as numpy arrays.

        As in MXNet, the parameters are those of the first prediction, until data of another shape come by.

        Parameters
        ----------
        X : DataIter or array
        num_batch : int, optional
            How many batches to look at; all by default.
        return_data : bool
            Whether data and labels are returned as well.
        reset : bool
            Whether to start at the beginning of the data.
        """
        data = self._iterator(X, None, is_train=False)
        found: list[list[list[Any]]] = []
        for batch, outputs in self._run(data, num_batch, reset=reset):
            kept = data.batch_size - (batch.pad or 0)
            groups = [outputs, batch.data or [], batch.label or []] if return_data else [outputs]
            found.append([[array.asnumpy()[:kept] for array in group] for group in groups])
        merged = [
            [np.concatenate(parts) for parts in zip(*groups, strict=True)]
            for groups in zip(*found, strict=True)
        ]
        single = [group[0] if len(group) == 1 else group for group in merged]
        return single if return_data else single[0]

    def score(
        self,
        X: Any,
        eval_metric: Any = "acc",
        num_batch: int | None = None,
        batch_end_callback: Any = None,
        reset: bool = True,
    ) -> Any:
        """Return how good the outputs are.

        Parameters
        ----------
        X : DataIter
        eval_metric : str, EvalMetric, callable or list of them
            What to measure, as of `mxnet.metric.create`.
        num_batch : int, optional
            How many batches to look at; all by default.
        batch_end_callback : callable or list of them, optional
            Called with a `BatchEndParam`.
        reset : bool
            Whether to start at the beginning of the data.
        """
        data = self._iterator(X, None, is_train=False)
        metric = metrics.create(eval_metric)
        metric.reset()
        callbacks = (
            batch_end_callback if isinstance(batch_end_callback, (list, tuple)) else [batch_end_callback]
        )
        for nbatch, (batch, outputs) in enumerate(self._run(data, num_batch, reset=reset)):
            metric.update(list(batch.label or []), outputs)
            for callback in callbacks:
                if callback is not None:
                    callback(BatchEndParam(0, nbatch, metric, locals()))
        return metric.get()[1]

    def _run(
        self, data: DataIter, num_batch: int | None, *, reset: bool
    ) -> Iterator[tuple[DataBatch, list[NDArray]]]:
        """Yield batches with the network's outputs."""
        if reset:
            data.reset()
        executor = self._predictor({d.name: tuple(d.shape) for d in map(_desc, data.provide_data)})
        names = [_desc(desc).name for desc in data.provide_data]
        for nbatch, batch in enumerate(data):
            if nbatch == num_batch:
                return
            yield batch, executor.forward(is_train=False, **dict(zip(names, batch.data or [], strict=True)))

    def _predictor(self, shapes: Mapping[str, tuple[int, ...]]) -> Executor:
        old = self._pred_exec
        if old is None or any(old.arg_dict[name].shape != shape for name, shape in shapes.items()):
            if self.arg_params is None:
                raise ModelError("The model has no parameters: call fit(), or pass arg_params.")
            options: dict[str, Any] = {**shapes, "grad_req": "null"}
            self._pred_exec = self.symbol.simple_bind(self.ctx[0], **options)
            self._pred_exec.copy_params_from(self.arg_params, self.aux_params, self.allow_extra_params)
        assert self._pred_exec is not None
        return self._pred_exec

    def _iterator(self, X: Any, y: Any, *, is_train: bool) -> DataIter:
        if not isinstance(X, (np.ndarray, NDArray)):
            if not isinstance(X, DataIter):
                raise ModelError(f"Expected a DataIter or an array of data, got {type(X).__name__}.")
            return X
        if y is None:
            if is_train:
                raise ModelError("fit needs the labels, y, when the data are an array.")
            y = np.zeros(X.shape[0])
        labels = y.asnumpy() if isinstance(y, NDArray) else np.asarray(y)
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        if labels.shape[0] != X.shape[0]:
            raise ModelError(f"There are {X.shape[0]} samples, but {labels.shape[0]} labels.")
        size = min(X.shape[0], self.numpy_batch_size)
        return NDArrayIter(
            X, labels, size, shuffle=is_train, last_batch_handle="roll_over" if is_train else "pad"
        )


def _desc(desc: Any) -> DataDesc:
    return desc if isinstance(desc, DataDesc) else DataDesc(*desc)
