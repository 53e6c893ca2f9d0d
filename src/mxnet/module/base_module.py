"""What all modules share: training, scoring and predicting, in terms of steps that subclasses define."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import metric as metrics
from mxnet import ndarray as nd
from mxnet.callback import BatchEndParam
from mxnet.caller import warn
from mxnet.checkpoint import load_named_params, save_named_params
from mxnet.context import cpu
from mxnet.errors import BindError, MXNetError
from mxnet.initializer import Uniform
from mxnet.io import DataBatch, DataIter
from mxnet.module.requests import Binding, OptimizerChoice, ParamValues
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mxnet.initializer import Initializer
    from mxnet.io import DataDesc
    from mxnet.metric import EvalMetric
    from mxnet.monitor import Monitor
    from mxnet.optimizer import Optimizer
    from mxnet.symbol.symbol import Symbol

    Params = Mapping[str, NDArray]

__all__ = ["DEFAULT_INITIALIZER", "DEFAULT_OPTIMIZER_PARAMS", "BaseModule", "NotReadyError"]

DEFAULT_INITIALIZER = Uniform(0.01)
DEFAULT_OPTIMIZER_PARAMS = (("learning_rate", 0.01),)


class NotReadyError(MXNetError, RuntimeError):
    """A module was asked for something before the step that has to come first."""


class BaseModule:
    """Base of all modules.

    A module is bound to shapes (`bind`), its parameters get values (`init_params`) and an optimizer
    (`init_optimizer`); then it runs `forward`, `backward` and `update`. `fit` does all of this over and over.

    Parameters
    ----------
    logger : logging.Logger, optional
        Where `fit` reports progress.

    Attributes
    ----------
    binded, params_initialized, optimizer_initialized : bool
        Which steps have been taken.
    for_training, inputs_need_grad : bool
        How it was bound.
    """

    def __init__(self, logger: Any = logging) -> None:
        self.logger = logger
        self.binded = False
        self.for_training = False
        self.inputs_need_grad = False
        self.params_initialized = False
        self.optimizer_initialized = False
        self._symbol: Symbol | None = None

    # -------------------------------------------------------------------------------- what subclasses are
    # asked for

    @property
    def data_names(self) -> Sequence[str]:
        """The names of the data."""
        raise self._not_defined("data_names")

    @property
    def label_names(self) -> Sequence[str]:
        """The names of the labels."""
        raise self._not_defined("label_names")

    @property
    def output_names(self) -> Sequence[str]:
        """The names of the outputs."""
        raise self._not_defined("output_names")

    @property
    def data_shapes(self) -> Sequence[DataDesc]:
        """The names and shapes of the data."""
        raise self._not_defined("data_shapes")

    @property
    def label_shapes(self) -> Sequence[DataDesc] | None:
        """The names and shapes of the labels."""
        raise self._not_defined("label_shapes")

    @property
    def output_shapes(self) -> Sequence[tuple[str, tuple[int, ...]]]:
        """The names and shapes of the outputs."""
        raise self._not_defined("output_shapes")

    @property
    def symbol(self) -> Symbol | None:
        """The network."""
        return self._symbol

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return the parameters and the auxiliary states."""
        raise self._not_defined("get_params")

    def init_params(
        self,
        initializer: Callable[[Any, NDArray], None] | str | None = DEFAULT_INITIALIZER,
        arg_params: Params | None = None,
        aux_params: Params | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Give the parameters and the auxiliary states their first values.

        Parameters
        ----------
        initializer : Initializer, str or None
            What fills parameters that are not given.
        arg_params, aux_params : dict of str to NDArray, optional
            Values for them. If a dictionary is given, it has to be complete unless `allow_missing`.
        allow_missing : bool
            Whether parameters may be left out; then `initializer` fills them.
        force_init : bool
            Whether parameters that have values already get new ones.
        allow_extra : bool
            Accepted for MXNet's sake; arrays that are no parameters are passed over.
        """
        self._init_params(
            ParamValues(initializer, arg_params, aux_params, allow_missing, force_init, allow_extra)
        )

    def _init_params(self, wanted: ParamValues) -> None:
        """Do what `init_params` says."""
        raise self._not_defined("init_params")

    def bind(
        self,
        data_shapes: Sequence[Any],
        label_shapes: Sequence[Any] | None = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: BaseModule | None = None,
        grad_req: str | Sequence[str] | Mapping[str, str] = "write",
    ) -> None:
        """Make room for inputs of given shapes.

        Parameters
        ----------
        data_shapes, label_shapes : list of DataDesc or of (str, tuple of int)
            The names and shapes of data and labels, such as an iterator's ``provide_data`` and
            ``provide_label``.
        for_training : bool
            Whether gradients will be computed.
        inputs_need_grad : bool
            Whether those of the data are among them.
        force_rebind : bool
            Whether a module that is bound already is bound anew.
        shared_module : Module, optional
            A module that shares its parameters with this one.
        grad_req : str, list or dict
            What becomes of gradients: ``write``, ``add`` or ``null``.
        """
        self._bind(
            Binding(
                data_shapes,
                label_shapes,
                for_training,
                inputs_need_grad,
                force_rebind,
                shared_module,
                grad_req,
            )
        )

    def _bind(self, wanted: Binding) -> None:
        """Do what `bind` says."""
        raise self._not_defined("bind")

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: str | Optimizer = "sgd",
        optimizer_params: Any = DEFAULT_OPTIMIZER_PARAMS,
        force_init: bool = False,
    ) -> None:
        """Set up the optimizer.

        Parameters
        ----------
        kvstore : str, KVStore or None
            Where gradients from several devices meet. One device needs none.
        optimizer : str or Optimizer
            A registered name, or an optimizer that is ready.
        optimizer_params : dict, or list of pairs
            The parameters of the optimizer of that name. ``rescale_grad`` is 1 / batch size by default.
        force_init : bool
            Whether an optimizer that is set up already is replaced.
        """
        self._init_optimizer(OptimizerChoice(kvstore, optimizer, optimizer_params, force_init))

    def _init_optimizer(self, wanted: OptimizerChoice) -> None:
        """Do what `init_optimizer` says."""
        raise self._not_defined("init_optimizer")

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Compute the outputs of a batch.

        Parameters
        ----------
        data_batch : DataBatch
            Or anything else with ``data`` and perhaps ``label``, such as a named tuple. If its shapes differ
            from those the module is bound to, the module is reshaped.
        is_train : bool, optional
            Whether this is for training; by default as the module was bound.
        """
        raise self._not_defined("forward")

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients of the last `forward`.

        Parameters
        ----------
        out_grads : NDArray or list of NDArray, optional
            The gradients of the outputs; losses need none.
        """
        raise self._not_defined("backward")

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the outputs of the last `forward`.

        Parameters
        ----------
        merge_multi_context : bool
            Whether the shares of several devices are put together; otherwise each output is a list of shares.
        """
        raise self._not_defined("get_outputs")

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradients of the data of the last `backward`, as `get_outputs` does the outputs."""
        raise self._not_defined("get_input_grads")

    def update(self) -> None:
        """Update the parameters by the gradients of the last `backward`."""
        raise self._not_defined("update")

    def update_metric(self, eval_metric: EvalMetric, labels: Sequence[Any], pre_sliced: bool = False) -> None:
        """Hand the outputs of the last `forward`, and labels, to a metric.

        Parameters
        ----------
        eval_metric : EvalMetric
        labels : list of NDArray, or such a list for each device if `pre_sliced`
        pre_sliced : bool
        """
        raise self._not_defined("update_metric")

    def install_monitor(self, mon: Monitor) -> None:
        """Let a monitor look into the module."""
        raise self._not_defined("install_monitor")

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the states that are kept from batch to batch; none by default."""
        self._require("binded", "params_initialized")
        return []

    def set_states(self, states: Any = None, value: float | None = None) -> None:
        """Set the states that are kept from batch to batch; there are none by default.

        Parameters
        ----------
        states : list of NDArray, or of lists of NDArray for each device
        value : float
            A value for all of them, in place of `states`.
        """
        self._require("binded", "params_initialized")
        if states or value:
            raise NotReadyError(f"A {type(self).__name__} keeps no states.")

    def prepare(
        self, data_batch: DataBatch, sparse_row_id_fn: Callable[[DataBatch], Any] | None = None
    ) -> None:
        """Get ready for a batch before its `forward`; by default there is nothing to do.

        Parameters
        ----------
        data_batch : DataBatch
        sparse_row_id_fn : callable, optional
            Tells which rows of sparse parameters the batch needs. All rows are always up to date here.
        """

    # -------------------------------------------------------------------------------------------------------
    # params

    def set_params(
        self,
        arg_params: Params,
        aux_params: Params,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Set the parameters and the auxiliary states.

        Parameters
        ----------
        arg_params, aux_params : dict of str to NDArray
        allow_missing : bool
            Whether parameters may be left out; they stay as they are.
        force_init : bool
            Whether parameters that have values already are changed.
        allow_extra : bool
            Whether there may be arrays that are no parameters. Without `allow_missing` they always may.
        """
        self._set_params(ParamValues(None, arg_params, aux_params, allow_missing, force_init, allow_extra))

    def _set_params(self, wanted: ParamValues) -> None:
        """Do what `set_params` says."""
        self.init_params(*wanted)

    def save_params(self, fname: str) -> None:
        """Save the parameters and the auxiliary states to a file."""
        save_named_params(
            fname, *({n: a.as_in_context(cpu()) for n, a in kind.items()} for kind in self.get_params())
        )

    def load_params(self, fname: str) -> None:
        """Load the parameters and the auxiliary states from a file."""
        self.set_params(*load_named_params(fname))

    # ------------------------------------------------------------------------------------------- training and
    # using

    def forward_backward(self, data_batch: DataBatch) -> None:
        """Run `forward` for training, and `backward`."""
        self.forward(data_batch, is_train=True)
        self.backward()

    def fit(
        self,
        train_data: DataIter,
        eval_data: DataIter | None = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        optimizer: str | Optimizer = "sgd",
        optimizer_params: Any = DEFAULT_OPTIMIZER_PARAMS,
        eval_end_callback: Any = None,
        eval_batch_end_callback: Any = None,
        initializer: Initializer | Callable[[Any, NDArray], None] | str | None = DEFAULT_INITIALIZER,
        arg_params: Params | None = None,
        aux_params: Params | None = None,
        allow_missing: bool = False,
        force_rebind: bool = False,
        force_init: bool = False,
        begin_epoch: int = 0,
        num_epoch: int | None = None,
        validation_metric: Any = None,
        monitor: Monitor | None = None,
        sparse_row_id_fn: Callable[[DataBatch], Any] | None = None,
    ) -> None:
        """Train.

        Parameters
        ----------
        train_data : DataIter
            What to learn from.
        eval_data : DataIter, optional
            What to score after every epoch.
        eval_metric : str, EvalMetric, callable or list of them
            What to measure, as of `mxnet.metric.create`.
        epoch_end_callback : callable or list of them, optional
            Called as ``callback(epoch, symbol, arg_params, aux_params)``.
        batch_end_callback : callable or list of them, optional
            Called with a `BatchEndParam`.
        kvstore : str, KVStore or None
            Where gradients from several devices meet.
        optimizer, optimizer_params
            As of `init_optimizer`.
        eval_end_callback, eval_batch_end_callback : callable or list of them, optional
            As `batch_end_callback`, for `eval_data`.
        initializer, arg_params, aux_params, allow_missing, force_init
            As of `init_params`.
        force_rebind : bool
            Whether a module that is bound already is bound anew.
        begin_epoch, num_epoch : int
            The first epoch, and the number after the last one.
        validation_metric : optional
            What to measure on `eval_data`; by default `eval_metric`.
        monitor : Monitor, optional
            Looks into the network.
        sparse_row_id_fn : callable, optional
            As of `prepare`.
        """
        if num_epoch is None:
            raise NotReadyError("fit needs num_epoch, the number of epochs to train for.")
        check_iterator(train_data)
        self.bind(
            train_data.provide_data, train_data.provide_label, for_training=True, force_rebind=force_rebind
        )
        if monitor is not None:
            self.install_monitor(monitor)
        self.init_params(initializer, arg_params, aux_params, allow_missing, force_init)
        self.init_optimizer(kvstore, optimizer, optimizer_params)
        validation_metric = eval_metric if validation_metric is None else validation_metric
        eval_metric = metrics.create(eval_metric)

        for epoch in range(begin_epoch, num_epoch):
            started = time.perf_counter()
            eval_metric.reset()
            values = self._fit_epoch(
                epoch, train_data, eval_metric, batch_end_callback, monitor, sparse_row_id_fn
            )
            for name, value in values:
                self.logger.info("Epoch[%d] Train-%s=%f", epoch, name, value)
            self.logger.info("Epoch[%d] Time cost=%.3f", epoch, time.perf_counter() - started)

            arguments, states = self.get_params()
            self.set_params(arguments, states)  # with several devices, all go on from the mean
            for callback in _listed(epoch_end_callback):
                callback(epoch, self.symbol, arguments, states)
            if eval_data is not None:
                found = self.score(
                    eval_data,
                    validation_metric,
                    score_end_callback=eval_end_callback,
                    batch_end_callback=eval_batch_end_callback,
                    epoch=epoch,
                )
                for name, value in found:
                    self.logger.info("Epoch[%d] Validation-%s=%f", epoch, name, value)
            train_data.reset()

    def _fit_epoch(
        self,
        epoch: int,
        train_data: DataIter,
        eval_metric: EvalMetric,
        batch_end_callback: Any,
        monitor: Monitor | None,
        sparse_row_id_fn: Callable[[DataBatch], Any] | None,
    ) -> list[tuple[str, Any]]:
        """Train on every batch once and return the metric."""
        values: list[tuple[str, Any]] = []
        batches = iter(train_data)
        data_batch = next(batches, None)
        if data_batch is None:
            raise NotReadyError(
                "The training data has no batch. (Was the iterator used up before? Call its reset().)"
            )
        nbatch = 0
        while data_batch is not None:
            if monitor is not None:
                monitor.tic()
            self.forward_backward(data_batch)
            self.update()
            self.update_metric(eval_metric, data_batch.label or [])
            next_batch = next(batches, None)
            if next_batch is not None:
                self.prepare(next_batch, sparse_row_id_fn)
            if monitor is not None:
                monitor.toc_print()
            if next_batch is None:  # before the callbacks, which may reset the metric
                values = eval_metric.get_global_name_value()
            for callback in _listed(batch_end_callback):
                callback(BatchEndParam(epoch, nbatch, eval_metric, locals()))
            nbatch += 1
            data_batch = next_batch
        return values

    def score(
        self,
        eval_data: DataIter,
        eval_metric: Any,
        num_batch: int | None = None,
        batch_end_callback: Any = None,
        score_end_callback: Any = None,
        reset: bool = True,
        epoch: int = 0,
        sparse_row_id_fn: Callable[[DataBatch], Any] | None = None,
    ) -> list[tuple[str, Any]]:
        """Measure how good the outputs are.

        Parameters
        ----------
        eval_data : DataIter
        eval_metric : str, EvalMetric, callable or list of them
            What to measure, as of `mxnet.metric.create`.
        num_batch : int, optional
            How many batches to look at; all by default.
        batch_end_callback, score_end_callback : callable or list of them, optional
            Called with a `BatchEndParam` after each batch, and at the end.
        reset : bool
            Whether to start at the beginning of the data.
        epoch : int
            What callbacks are told.
        sparse_row_id_fn : callable, optional
            As of `prepare`.

        Returns
        -------
        list of (str, float)
            The names and values of the metrics.
        """
        self._require("binded", "params_initialized")
        if reset:
            eval_data.reset()
        eval_metric = metrics.create(eval_metric)
        eval_metric.reset()
        count = 0
        for nbatch, eval_batch in enumerate(_first(eval_data, num_batch)):
            self.prepare(eval_batch, sparse_row_id_fn)
            self.forward(eval_batch, is_train=False)
            self.update_metric(eval_metric, eval_batch.label or [])
            count = nbatch + 1
            for callback in _listed(batch_end_callback):
                callback(BatchEndParam(epoch, nbatch, eval_metric, locals()))
        for callback in _listed(score_end_callback):
            callback(BatchEndParam(epoch, count, eval_metric, locals()))
        values: list[tuple[str, Any]] = eval_metric.get_name_value()
        return values

    def iter_predict(
        self,
        eval_data: DataIter,
        num_batch: int | None = None,
        reset: bool = True,
        sparse_row_id_fn: Callable[[DataBatch], Any] | None = None,
    ) -> Iterator[tuple[list[NDArray], int, DataBatch]]:
        """Yield the outputs, the number and the contents of each batch; samples that fill it up are cut off.

        Parameters
        ----------
        eval_data : DataIter
        num_batch : int, optional
            How many batches to look at; all by default.
        reset : bool
            Whether to start at the beginning of the data.
        sparse_row_id_fn : callable, optional
            As of `prepare`.
        """
        self._require("binded", "params_initialized")
        if reset:
            eval_data.reset()
        for nbatch, eval_batch in enumerate(_first(eval_data, num_batch)):
            self.prepare(eval_batch, sparse_row_id_fn)
            self.forward(eval_batch, is_train=False)
            pad = eval_batch.pad or 0
            yield [out[: out.shape[0] - pad] for out in self.get_outputs()], nbatch, eval_batch

    def predict(
        self,
        eval_data: Any,
        num_batch: int | None = None,
        merge_batches: bool = True,
        reset: bool = True,
        always_output_list: bool = False,
        sparse_row_id_fn: Callable[[DataBatch], Any] | None = None,
    ) -> Any:
        """Return the outputs for data.

        Parameters
        ----------
        eval_data : DataIter, NDArray or numpy array
            An array is one batch.
        num_batch : int, optional
            How many batches to look at; all by default.
        merge_batches : bool
            Whether the outputs of all batches are put together.
        reset : bool
            Whether to start at the beginning of the data.
        always_output_list : bool
            Whether to return a list even if there is one output only.
        sparse_row_id_fn : callable, optional
            As of `prepare`.

        Returns
        -------
        NDArray, list of NDArray, or list of lists of NDArray
            The outputs: one array, one for each output, or one for each output in a list for each batch.
        """
        self._require("binded", "params_initialized")
        if isinstance(eval_data, (NDArray, np.ndarray)):
            array = eval_data if isinstance(eval_data, NDArray) else nd.array(eval_data)
            self.forward(DataBatch([array]), is_train=False)
            return self.get_outputs()[0]
        if not isinstance(eval_data, DataIter):
            raise NotReadyError(f"predict takes a DataIter or an array, got {type(eval_data).__name__}.")
        found = [
            [out.copy() for out in outputs]
            for outputs, _, _ in self.iter_predict(eval_data, num_batch, reset, sparse_row_id_fn)
        ]
        if not found or not merge_batches:
            return found
        if len({len(outputs) for outputs in found}) > 1:
            raise NotReadyError(
                "The batches have different numbers of outputs, so they cannot be merged: pass "
                "merge_batches=False."
            )
        merged = [
            nd.concat(*parts, dim=0) if len(parts) > 1 else parts[0] for parts in zip(*found, strict=True)
        ]
        return merged[0] if len(merged) == 1 and not always_output_list else merged

    # ------------------------------------------------------------------------------------------------------
    # helpers

    _STEPS = {  # noqa: RUF012 - never changed
        "binded": "bind(data_shapes, label_shapes)",
        "params_initialized": "init_params() (or set_params)",
        "optimizer_initialized": "init_optimizer()",
    }

    def _require(self, *steps: str) -> None:
        """Raise unless these steps have been taken."""
        for step in steps:
            if not getattr(self, step):
                raise NotReadyError(f"Call {self._STEPS[step]} of this {type(self).__name__} first.")

    def _stays_bound(self, wanted: Binding) -> bool:
        """Tell whether the module is bound and is not to be bound anew, and say so."""
        if stays := self.binded and not wanted.force_rebind:
            self.logger.warning(
                "The module is bound already, so bind() does nothing. force_rebind=True binds anew."
            )
        return stays

    def _keeps_params(self, wanted: ParamValues, asked: str, remedy: str) -> bool:
        """Tell whether the parameters have values and are not to get new ones, and warn."""
        if keeps := self.params_initialized and not wanted.force_init:
            warn(
                f"The parameters have values already, so {asked} does nothing. force_init=True {remedy}.",
            )
        return keeps

    def _keeps_optimizer(self, wanted: OptimizerChoice) -> bool:
        """Tell whether there is an optimizer that is not to be replaced, and say so."""
        self._require("binded", "params_initialized")
        if keeps := self.optimizer_initialized and not wanted.force_init:
            self.logger.warning(
                "There is an optimizer already, so init_optimizer() does nothing. force_init=True replaces "
                "it."
            )
        return keeps

    def _not_defined(self, name: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__} does not define {name}.")


def as_batch(given: Any) -> DataBatch:
    """Return a batch; anything that has ``data`` may stand for one, such as a named tuple without labels.

    Raises
    ------
    BindError
        If it has none.
    """
    if isinstance(given, DataBatch):
        return given
    if not isinstance(getattr(given, "data", None), (list, tuple)):
        raise BindError(
            f"A batch such as mx.io.DataBatch(data=[...]) was expected, but got {type(given).__name__}."
        )
    return DataBatch(given.data, *(getattr(given, name, None) for name in _BATCH_FIELDS))


_BATCH_FIELDS = ("label", "pad", "index", "bucket_key", "provide_data", "provide_label")


def check_iterator(given: Any) -> None:
    """Raise unless this yields batches and says what they hold."""
    if not hasattr(given, "provide_data"):
        raise BindError(
            f"A data iterator such as mx.io.NDArrayIter was expected, but got {type(given).__name__}. "
            "mx.io.NDArrayIter(data, label, batch_size) makes one of arrays."
        )


def _listed(callbacks: Any) -> Sequence[Callable[..., None]]:
    if callbacks is None:
        return []
    return callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]


def _first(batches: Iterable[DataBatch], count: int | None) -> Iterator[DataBatch]:
    """Yield the first batches, taking no more from the iterator than that."""
    for taken, batch in enumerate(batches):
        if taken == count:
            return
        yield batch
