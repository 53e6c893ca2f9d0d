"""``mx.model``: checkpoints, and `FeedForward`, MXNet's model class from before `Module`."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import metric as metrics
from mxnet.callback import BatchEndParam, LogValidationMetricsCallback
from mxnet.callback.stopping import until_stopped
from mxnet.checkpoint import (
    Checkpoint,
    CheckpointWriter,
    check_params,
    last_checkpoint,
    load_checkpoint,
    load_params,
    save_checkpoint,
)
from mxnet.context import Context, current_context
from mxnet.errors import MXNetError
from mxnet.historic import lend
from mxnet.initializer import Uniform
from mxnet.io import DataBatch, DataDesc, DataIter, NDArrayIter
from mxnet.kvstore.parameters import (  # noqa: F401 - where programs outside look for them
    _create_kvstore,
    _create_sparse_kvstore,
    _initialize_kvstore,
    _update_params,
    _update_params_on_kvstore,
)
from mxnet.module import BucketingModule, Module
from mxnet.name import NameManager
from mxnet.ndarray import NDArray
from mxnet.symbol.symbol import Symbol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mxnet.executor import Executor
    from mxnet.monitor import Monitor
    from mxnet.optimizer import Optimizer

    AnyModule = Module | BucketingModule

__all__ = [
    "BatchEndParam",
    "Checkpoint",
    "CheckpointWriter",
    "FeedForward",
    "check_params",
    "last_checkpoint",
    "load_checkpoint",
    "load_params",
    "save_checkpoint",
]

_INITIALIZER = Uniform(0.01)
_LOG_VALIDATION = LogValidationMetricsCallback()


class ModelError(MXNetError, ValueError):
    """A model lacks something that it was asked to use."""


class DataKindError(MXNetError, TypeError):
    """Data is of a kind that a model does not take."""


class FeedForward:
    """A network with parameters, in the manner of scikit-learn. New code uses `Module`.

    Parameters
    ----------
    symbol : Symbol, or callable
        The network; or ``symbol(bucket_key)`` returns that of a batch, as `sym_gen` of `BucketingModule`
        does, but without names. Then `fit` sets `symbol` to the network of the data's ``default_bucket_key``.
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
        Whether parameters that the network does not have are dropped without a word. `predict` and `score`
        refuse them otherwise.
    begin_epoch : int
        The number of the first epoch.
    **kwargs
        The parameters of the optimizer.
    """

    def __init__(
        self,
        symbol: Symbol | Callable[[Any], Symbol],
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
        self.sym_gen = None if isinstance(symbol, Symbol) or not callable(symbol) else symbol
        self.symbol: Any = None if self.sym_gen else symbol
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
        self.argument_checked = False
        self._pred_exec: Executor | None = None
        if self.sym_gen is None:
            self._check_arguments()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_pred_exec": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def _check_arguments(self) -> None:
        """Drop parameters that the network does not have, if that is allowed."""
        self.argument_checked = True
        if self.allow_extra_params:
            kept = self.symbol.list_arguments(), self.symbol.list_auxiliary_states()
            self.arg_params, self.aux_params = (
                params and {name: params[name] for name in params if name in names}
                for params, names in zip((self.arg_params, self.aux_params), kept, strict=True)
            )

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
        train_data = self._init_iter(X, y, is_train=True)
        eval_data = self._init_eval_iter(eval_data)
        if self.num_epoch is None:
            raise ModelError("fit needs num_epoch, the number of epochs to train for.")
        logger = logger or logging
        eval_metric = metrics.create(eval_metric)
        module = self._module_for(train_data, logger, work_load_list)
        logger.info("Start training with %s", self.ctx)
        if monitor is not None:
            module.install_monitor(monitor)
        optimizer_params = self.kwargs if isinstance(self.optimizer, str) else {}
        module.init_optimizer(kvstore, self.optimizer, optimizer_params)
        train_data.reset()
        with until_stopped(logger, train_data):
            for epoch in range(self.begin_epoch, self.num_epoch):
                tic = time.perf_counter()
                eval_metric.reset()
                for nbatch, data_batch in enumerate(self._batches(train_data, epoch, logger), 1):
                    if monitor is not None:
                        monitor.tic()
                    module.forward_backward(data_batch)
                    module.update()
                    if monitor is not None:
                        monitor.toc_print()
                    module.update_metric(eval_metric, data_batch.label or [])
                    _multiple_callbacks(
                        batch_end_callback, BatchEndParam(epoch, nbatch, eval_metric, locals())
                    )
                logger.info("Epoch[%d] Time cost=%.3f", epoch, time.perf_counter() - tic)
                if epoch_end_callback is not None:
                    self.arg_params, self.aux_params = module.get_params()
                _multiple_callbacks(epoch_end_callback, epoch, self.symbol, self.arg_params, self.aux_params)
                if eval_data is not None:
                    eval_metric.reset()
                    eval_data.reset()
                    count = self._validate(locals())
                    _multiple_callbacks(eval_end_callback, BatchEndParam(epoch, count, eval_metric, locals()))
        self.arg_params, self.aux_params = module.get_params()

    def _module_for(self, data: DataIter, log: Any, work_load_list: Sequence[float] | None) -> AnyModule:
        """Return a module for the data, with the parameters that there are."""
        shapes, labels = (
            [_desc(desc) for desc in descs or ()] for descs in (data.provide_data, data.provide_label)
        )
        names = [desc.name for desc in shapes], [desc.name for desc in labels]
        module: AnyModule
        if self.sym_gen is None:
            module = Module(self.symbol, *names, log, self.ctx, work_load_list)
        else:
            generate, key = self.sym_gen, getattr(data, "default_bucket_key", None)
            module = BucketingModule(lambda key: (generate(key), *names), key, log, self.ctx, work_load_list)
            with NameManager():
                self.symbol = generate(key)
            self._check_arguments()
        module.bind(shapes, labels)
        module.init_params(self.initializer, self.arg_params, self.aux_params, allow_missing=True)
        return module

    def _batches(self, data: DataIter, epoch: int, log: Any) -> Iterator[DataBatch]:
        """Yield the batches of an epoch, starting the data over as often as that takes."""
        count = 0
        started_over = False
        while True:
            before = count
            for batch in data:
                yield batch
                count += 1
                if count == self.epoch_size:
                    return
            log.info("Epoch[%d] Resetting Data Iterator", epoch)
            data.reset()
            if self.epoch_size is None:
                return
            if count == before and started_over:
                raise ModelError("The training data has no batch.")
            started_over = True

    def _validate(self, given: dict[str, Any]) -> int:
        """Hand the outputs for all data to the metric, given the variables of `fit`; count the batches."""
        module, metric, callbacks = given["module"], given["eval_metric"], given["eval_batch_end_callback"]
        count = 0
        for eval_batch in given["eval_data"]:
            module.forward(eval_batch, is_train=False)
            module.update_metric(metric, eval_batch.label or [])
            seen = {**given, "eval_batch": eval_batch}
            _multiple_callbacks(callbacks, BatchEndParam(given["epoch"], count, metric, seen))
            count += 1
        return count

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
        data = self._init_iter(X, None, is_train=False)
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
        data = self._init_iter(X, None, is_train=False)
        metric = metrics.create(eval_metric)
        metric.reset()
        for nbatch, (batch, outputs) in enumerate(self._run(data, num_batch, reset=reset)):
            metric.update(list(batch.label or []), outputs)
            _multiple_callbacks(batch_end_callback, BatchEndParam(0, nbatch, metric, locals()))
        return metric.get()[1]

    def _run(
        self, data: DataIter, num_batch: int | None, *, reset: bool
    ) -> Iterator[tuple[DataBatch, list[NDArray]]]:
        """Yield batches with the network's outputs."""
        if reset:
            data.reset()
        executor = self._init_predictor({d.name: tuple(d.shape) for d in map(_desc, data.provide_data)})
        names = [_desc(desc).name for desc in data.provide_data]
        for nbatch, batch in enumerate(data):
            if nbatch == num_batch:
                return
            arrays = batch.data or []
            if len(arrays) != len(names):
                raise ModelError(
                    f"The batch holds {len(arrays)} arrays of data, but the iterator names {names}."
                )
            yield batch, executor.forward(is_train=False, **dict(zip(names, arrays, strict=True)))

    def _init_predictor(
        self, input_shapes: Mapping[str, tuple[int, ...]], type_dict: Mapping[str, Any] | None = None
    ) -> Executor:
        old = self._pred_exec
        if old is None or any(old.arg_dict[name].shape != shape for name, shape in input_shapes.items()):
            if self.arg_params is None or self.symbol is None:
                raise ModelError("The model has no parameters: call fit(), or pass arg_params.")
            options: dict[str, Any] = {**input_shapes, "grad_req": "null", "type_dict": type_dict}
            self._pred_exec = self.symbol.simple_bind(self.ctx[0], **options)
            self._pred_exec.copy_params_from(self.arg_params, self.aux_params)
        assert self._pred_exec is not None
        return self._pred_exec

    def _init_iter(self, X: Any, y: Any, is_train: bool) -> DataIter:
        """Return an iterator over arrays, or the one that is given."""
        if not isinstance(X, (np.ndarray, NDArray)):
            if not isinstance(X, DataIter):
                raise DataKindError(f"Expected a DataIter or an array of data, got {type(X).__name__}.")
            return X
        if y is None:
            if is_train:
                raise ModelError("fit needs the labels, y, when the data are an array.")
            y = np.zeros(X.shape[0])
        labels = y.asnumpy() if isinstance(y, NDArray) else np.asarray(y)
        if labels.shape[0] != X.shape[0]:
            raise ModelError(f"There are {X.shape[0]} samples, but {labels.shape[0]} labels.")
        if labels.ndim != 1 and labels.shape[1:] != (1,):
            raise ModelError(f"A label is one number, but the labels' shape is {labels.shape}.")
        size = min(X.shape[0], self.numpy_batch_size)
        return NDArrayIter(
            X, labels.ravel(), size, shuffle=is_train, last_batch_handle="roll_over" if is_train else "pad"
        )

    def _init_eval_iter(self, eval_data: Any) -> DataIter | None:
        """Return an iterator over a pair of data and labels, or the one that is given."""
        if eval_data is None or isinstance(eval_data, DataIter):
            return eval_data
        if not isinstance(eval_data, (tuple, list)) or len(eval_data) != 2:
            raise DataKindError(
                f"eval_data is a DataIter, or a pair of data and labels, not {type(eval_data).__name__}."
            )
        data, labels = eval_data
        if data is None:
            raise ModelError("eval_data has no data.")
        if labels is None and isinstance(data, DataIter):
            return data
        return self._init_iter(np.asarray(data) if isinstance(data, list) else data, labels, is_train=True)


def _multiple_callbacks(callbacks: Any, *args: Any, **kwargs: Any) -> None:
    """Call one callback, or each of a list, or none if that is None."""
    several = callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
    for callback in several:
        if callback is not None:
            callback(*args, **kwargs)


def _desc(desc: Any) -> DataDesc:
    return desc if isinstance(desc, DataDesc) else DataDesc(*desc)


lend(__name__)
