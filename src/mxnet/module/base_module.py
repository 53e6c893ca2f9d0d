"""What all modules share: training, scoring and predicting, in terms of the steps that subclasses define."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import metric as metrics
from mxnet import ndarray as nd
from mxnet.callback import BatchEndParam
from mxnet.callback.progress import shown
from mxnet.callback.stopping import until_stopped
from mxnet.checkpoint import load_named_params, save_named_params
from mxnet.context import cpu
from mxnet.io import DataBatch, DataIter
from mxnet.kvstore import create
from mxnet.kvstore.parameters import scale_of_batch
from mxnet.module.inputs import (  # noqa: F401 - where programs outside look for them
    _check_input_names,
    _check_names_match,
    _parse_data_desc,
    check_iterator,
)
from mxnet.module.micro_batches import batch_size_of, parts_of, shapes_of_part
from mxnet.module.resuming import Saving, found_by_first
from mxnet.module.steps import DEFAULT_INITIALIZER, DEFAULT_OPTIMIZER_PARAMS, NotReadyError, Steps
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mxnet.initializer import Initializer
    from mxnet.metric import EvalMetric
    from mxnet.monitor import Monitor
    from mxnet.optimizer import Optimizer

__all__ = ["BaseModule"]

Params = Mapping[str, NDArray]


class BaseModule(Steps):
    """Base of all modules.

    A module is bound to shapes (`bind`), its parameters get values (`init_params`) and an optimizer
    (`init_optimizer`); then it runs `forward`, `backward` and `update`. `fit` does all of this over and over.
    """

    def save_params(self, fname: str) -> None:
        """Save the parameters and the auxiliary states to a file."""
        save_named_params(
            fname, *({n: a.as_in_context(cpu()) for n, a in kind.items()} for kind in self.get_params())
        )

    def load_params(self, fname: str) -> None:
        """Load the parameters and the auxiliary states from a file."""
        self.set_params(*load_named_params(fname))

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
        *,
        micro_batches: int = 1,
        checkpoint: str | None = None,
        resume: bool = False,
        progress: bool | None = None,
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
        micro_batches : int
            In how many parts a batch is worked on, one after the other, whose gradients are added up: that
            takes as much memory as a batch of the size of one. Updates are those of the whole batch, unless
            samples of a batch depend on each other (BatchNorm normalises each part by itself), or the loss is
            a mean over the batch (then it is over each part, and the gradient is as many times larger).
        checkpoint : str, optional
            After each epoch, network, parameters and optimizer states are saved under names that start with
            this, while training goes on; of several workers the first one does. ``PREFIX-0003.params`` and so
            on are those of three epochs.
        resume : bool
            Whether to go on from the newest checkpoint, if there is one, in place of `begin_epoch` and the
            first values of parameters.
        progress : bool, optional
            Whether to show a bar that moves with every batch; by default in a terminal. What is logged is the
            same with a bar and without.

        Notes
        -----
        A callback ends the training by raising `mxnet.callback.StopTraining`.
        """
        if num_epoch is None:
            raise NotReadyError("fit needs num_epoch, the number of epochs to train for.")
        check_iterator(train_data)
        if isinstance(kvstore, str) and "dist" in kvstore:  # who resumes asks the other workers first
            kvstore = create(kvstore)
        found = found_by_first(checkpoint, kvstore) if resume else None
        if found is not None:
            begin_epoch, force_init = found.epoch, True
            arg_params, aux_params = found.arrays()
        shapes = train_data.provide_data, train_data.provide_label
        adding: dict[str, Any] = {}
        if micro_batches != 1:
            if isinstance(optimizer, str):
                size = batch_size_of(shapes[0]) * scale_of_batch(kvstore)
                optimizer_params = {"rescale_grad": 1.0 / size, **dict(optimizer_params)}
            adding = {"grad_req": "add"}
            shapes = shapes_of_part(shapes[0], micro_batches), shapes_of_part(shapes[1] or (), micro_batches)
        self.bind(
            data_shapes=shapes[0],
            label_shapes=shapes[1],
            for_training=True,
            force_rebind=force_rebind,
            **adding,
        )
        if monitor is not None:
            self.install_monitor(monitor)
        self.init_params(
            initializer=initializer,
            arg_params=arg_params,
            aux_params=aux_params,
            allow_missing=allow_missing,
            force_init=force_init,
        )
        self.init_optimizer(kvstore=kvstore, optimizer=optimizer, optimizer_params=optimizer_params)
        validation_metric = eval_metric if validation_metric is None else validation_metric
        eval_metric = metrics.create(eval_metric)
        with (
            Saving(self, checkpoint, kvstore) as saving,
            shown(progress, train_data, num_epoch) as bars,
            until_stopped(self.logger, train_data),
        ):
            saving.go_on_from(found)
            # The bar comes first: a Speedometer resets the metric that it shows.
            batch_end_callback = [*bars, *_listed(batch_end_callback)]
            self._fit_epochs(locals())

    def _fit_epochs(self, given: dict[str, Any]) -> None:
        """Train for as many epochs as `fit` was asked to, given its variables."""
        train_data, eval_data, saving = (given[name] for name in ("train_data", "eval_data", "saving"))
        eval_metric: EvalMetric = given["eval_metric"]
        for epoch in range(given["begin_epoch"], given["num_epoch"]):
            tic = time.perf_counter()
            eval_metric.reset()
            values = self._fit_epoch({**given, "epoch": epoch, "tic": tic})
            for name, value in values:
                self.logger.info("Epoch[%d] Train-%s=%f", epoch, name, value)
            self.logger.info("Epoch[%d] Time cost=%.3f", epoch, time.perf_counter() - tic)

            arguments, states = self.get_params()
            self.set_params(arguments, states)  # with several devices, all go on from the mean
            saving.save(epoch + 1)
            for callback in _listed(given["epoch_end_callback"]):
                callback(epoch, self._symbol_to_save, arguments, states)
            if eval_data is not None:
                found = self.score(
                    eval_data,
                    given["validation_metric"],
                    score_end_callback=given["eval_end_callback"],
                    batch_end_callback=given["eval_batch_end_callback"],
                    epoch=epoch,
                )
                for name, value in found:
                    self.logger.info("Epoch[%d] Validation-%s=%f", epoch, name, value)
            train_data.reset()

    def _fit_epoch(self, given: dict[str, Any]) -> list[tuple[str, Any]]:
        """Train on every batch once and return the metric.

        Parameters
        ----------
        given : dict
            The variables of `fit`, which callbacks see among the locals, as in MXNet.
        """
        epoch: int = given["epoch"]
        eval_metric: EvalMetric = given["eval_metric"]
        monitor: Monitor | None = given["monitor"]
        callbacks = _listed(given["batch_end_callback"])
        values: list[tuple[str, Any]] = []
        data_iter = iter(given["train_data"])
        data_batch = next(data_iter, None)
        if data_batch is None:
            raise NotReadyError(
                "The training data has no batch. (Was the iterator used up before? Call its reset().)"
            )
        nbatch = 0
        while data_batch is not None:
            if monitor is not None:
                monitor.tic()
            if given["micro_batches"] == 1:
                self.forward_backward(data_batch)
                self.update()
                self.update_metric(eval_metric, data_batch.label or [])
            else:
                self._fit_in_parts(data_batch, given)
            next_data_batch = next(data_iter, None)
            end_of_batch = next_data_batch is None
            if next_data_batch is not None:
                self.prepare(next_data_batch, sparse_row_id_fn=given["sparse_row_id_fn"])
            if monitor is not None:
                monitor.toc_print()
            if end_of_batch:  # before the callbacks, which may reset the metric
                values = eval_metric.get_global_name_value()
            for callback in callbacks:
                callback(BatchEndParam(epoch, nbatch, eval_metric, {**given, **locals()}))
            nbatch += 1
            data_batch = next_data_batch
        return values

    def _fit_in_parts(self, batch: DataBatch, given: dict[str, Any]) -> None:
        """Update the parameters by a batch whose gradients are added up part by part."""
        source = given["train_data"]
        parts = parts_of(batch, given["micro_batches"], source.provide_data, source.provide_label)
        for number, part in enumerate(parts):
            self.forward(part, is_train=True)
            self._clear_gradients(parameters=number == 0)
            self.backward()
            self.update_metric(given["eval_metric"], part.label or [])
        self.update()

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
        actual_num_batch = 0
        for nbatch, eval_batch in enumerate(_first(eval_data, num_batch)):
            self.prepare(eval_batch, sparse_row_id_fn=sparse_row_id_fn)
            self.forward(eval_batch, is_train=False)
            self.update_metric(eval_metric, eval_batch.label or [])
            actual_num_batch = nbatch + 1
            for callback in _listed(batch_end_callback):
                callback(BatchEndParam(epoch, nbatch, eval_metric, locals()))
        for callback in _listed(score_end_callback):
            callback(BatchEndParam(epoch, actual_num_batch, eval_metric, locals()))
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
            self.prepare(eval_batch, sparse_row_id_fn=sparse_row_id_fn)
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


def _listed(values: Any) -> Sequence[Any]:
    """Return a list or tuple as it is, one value as a list, and None as an empty one."""
    if values is None:
        return []
    return values if isinstance(values, (list, tuple)) else [values]


def _first(batches: Iterable[DataBatch], count: int | None) -> Iterator[DataBatch]:
    """Yield the first batches, taking no more from the iterator than that."""
    for taken, batch in enumerate(batches):
        if taken == count:
            return
        yield batch
