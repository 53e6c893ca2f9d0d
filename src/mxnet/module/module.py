"""Module: a network with its parameters and optimizer, on one or more devices."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet import optimizer as opt
from mxnet.caller import warn
from mxnet.checkpoint import load_checkpoint
from mxnet.context import Context, current_context
from mxnet.errors import BindError, CompositionError, MXNetError, few
from mxnet.files import atomic_write, read_file
from mxnet.io import DataDesc
from mxnet.kvstore.parameters import (
    _create_kvstore,
    _initialize_kvstore,
    _update_params,
    _update_params_on_kvstore,
    scale_of_batch,
)
from mxnet.module.base_module import BaseModule
from mxnet.module.executor_group import DataParallelExecutorGroup, _LengthError, _prepare_group2ctxs
from mxnet.module.inputs import (
    _check_input_names,
    _parse_data_desc,
    as_batch,
    label_error,
    labels_among,
    like,
)
from mxnet.module.optimizers import optimizer_of
from mxnet.module.parameters import MissingParameterError, give_value, make_room
from mxnet.module.steps import Binding, NotReadyError, OptimizerChoice, ParamValues, Steps
from mxnet.ndarray import NDArray
from mxnet.symbol.symbol import Symbol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mxnet.io import DataBatch
    from mxnet.kvstore import KVStore
    from mxnet.metric import EvalMetric
    from mxnet.monitor import Monitor
    from mxnet.optimizer import Optimizer, Updater

__all__ = ["Module"]

Params = Mapping[str, NDArray]


class Module(BaseModule):
    """A network to be trained and used.

    Parameters
    ----------
    symbol : Symbol
        The network.
    data_names, label_names : list of str
        Which of its arguments are data and labels. All others are parameters.
    logger : logging.Logger, optional
        Where `fit` reports progress.
    context : Context or list of Context
        Where to run. With several devices each takes a share of every batch.
    work_load_list : list of float, optional
        How large these shares are, in proportion.
    fixed_param_names : list of str, optional
        Parameters that are not trained.
    state_names : list of str, optional
        Arguments that are kept from batch to batch, such as the states of a recurrent network.
    group2ctxs : dict of str to Context, or list of such dicts, optional
        Where the network's context groups go (on each of several devices).
    compression_params : dict, optional
        How gradients are compressed on their way between devices, as of ``KVStore.set_gradient_compression``.

    Examples
    --------
    >>> import mxnet as mx
    >>> import numpy as np
    >>> net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    >>> module = mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"))
    >>> batches = mx.io.NDArrayIter(np.eye(4), np.array([0, 1, 0, 1]), batch_size=2)
    >>> module.fit(batches, num_epoch=30, optimizer_params={"learning_rate": 1.0})
    >>> module.score(batches, "acc")
    [('accuracy', 1.0)]
    """

    def __init__(
        self,
        symbol: Symbol,
        data_names: Sequence[str] | None = ("data",),
        label_names: Sequence[str] | None = ("softmax_label",),
        logger: Any = logging,
        context: Context | Sequence[Context] | None = None,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(logger)
        if not isinstance(symbol, Symbol):
            raise CompositionError(f"Module needs a Symbol, not {symbol!r}, of type {type(symbol).__name__}.")
        given = current_context() if context is None else context
        self._context = [given] if isinstance(given, Context) else list(given)
        if not all(isinstance(each, Context) for each in self._context):
            raise BindError(
                f"context must be a context such as mx.cpu(), or a list of them, not {context!r}."
            )
        self._work_load_list = [1] * len(self._context) if work_load_list is None else list(work_load_list)
        if len(self._work_load_list) != len(self._context):
            raise _LengthError(
                f"work_load_list has {len(self._work_load_list)} entries, but there are "
                f"{len(self._context)} contexts."
            )
        _prepare_group2ctxs(group2ctxs, len(self._context))  # refuses what cannot be bound
        self._group2ctxs = group2ctxs
        self._symbol: Symbol = symbol
        self._data_names = list(data_names or ())
        self._label_names = list(label_names or ())
        self._state_names = list(state_names or ())
        self._fixed_param_names = list(fixed_param_names or ())
        _check_input_names(symbol, self._data_names, "data", throw=True)
        _check_input_names(symbol, self._label_names, "label", throw=False)
        _check_input_names(symbol, self._state_names, "state", throw=True)
        _check_input_names(symbol, self._fixed_param_names, "fixed_param", throw=True)
        inputs = {*self._data_names, *self._label_names, *self._state_names}
        self._param_names = [name for name in symbol.list_arguments() if name not in inputs]
        self._aux_names = symbol.list_auxiliary_states()
        self._output_names = symbol.list_outputs()
        self._arg_params: dict[str, NDArray] = None  # type: ignore[assignment]  # until it is bound, and so
        self._aux_params: dict[str, NDArray] = None  # type: ignore[assignment]
        self._params_dirty = False
        self._compression_params = compression_params
        self._optimizer: Optimizer | None = None
        self._kvstore: KVStore | None = None
        self._update_on_kvstore: bool = None  # type: ignore[assignment]
        self._updater: Updater | None = None
        self._preload_opt_states: str | None = None
        self._grad_req: Any = None
        self._exec_group: DataParallelExecutorGroup = None  # type: ignore[assignment]
        # What fills parameters that only networks bound later have, and the values given for such.
        self._initializer: Any = None
        self._unused: tuple[dict[str, NDArray], dict[str, NDArray]] = ({}, {})
        # The number under which the optimizer knows each parameter; modules that share one agree on it.
        self._positions: dict[str, int] = {}
        self._data_shapes: list[DataDesc] = None  # type: ignore[assignment]
        self._label_shapes: list[DataDesc] | None = None

    # ------------------------------------------------------------------------------------------- checkpoints

    @staticmethod
    def load(prefix: str, epoch: int, load_optimizer_states: bool = False, **kwargs: Any) -> Module:
        """Make a module from a checkpoint.

        Parameters
        ----------
        prefix : str
            What the names of the files start with.
        epoch : int
            Of which epoch.
        load_optimizer_states : bool
            Whether `init_optimizer` is to go on with the optimizer's saved states.
        **kwargs
            As of `Module`: ``context``, ``label_names`` and so on.
        """
        symbol, arguments, states = load_checkpoint(prefix, epoch)
        module = Module(symbol, **kwargs)
        module._arg_params = arguments
        module._aux_params = states
        module.params_initialized = True
        if load_optimizer_states:
            module._preload_opt_states = f"{prefix}-{epoch:04d}.states"
        return module

    def save_checkpoint(
        self, prefix: str, epoch: int, save_optimizer_states: bool = False, remove_amp_cast: bool = True
    ) -> None:
        """Save the network, its parameters and, if asked for, the optimizer's states.

        Parameters
        ----------
        prefix : str
            What the names of the files start with.
        epoch : int
            Written into the names.
        save_optimizer_states : bool
        remove_amp_cast : bool
            Whether the casts that mixed precision added are left out of the saved network.
        """
        self._symbol.save(f"{prefix}-symbol.json", remove_amp_cast=remove_amp_cast)
        name = f"{prefix}-{epoch:04d}.params"
        self.save_params(name)
        logging.info('Saved checkpoint to "%s"', name)  # noqa: LOG015 - MXNet logs to the root logger
        if save_optimizer_states:
            name = f"{prefix}-{epoch:04d}.states"
            self.save_optimizer_states(name)
            logging.info('Saved optimizer state to "%s"', name)  # noqa: LOG015

    def save_optimizer_states(self, fname: str) -> None:
        """Save what the optimizer remembers, as a pickle that MXNet reads too."""
        self._require("optimizer_initialized")
        if self._update_on_kvstore:
            assert self._kvstore is not None
            self._kvstore.save_optimizer_states(fname)
            return
        assert self._updater is not None
        data = self._updater.get_states()
        with atomic_write(fname) as file:
            file.write(data)

    def load_optimizer_states(self, fname: str) -> None:
        """Load what the optimizer remembers, as saved here or by MXNet."""
        self._require("optimizer_initialized")
        if self._update_on_kvstore:
            assert self._kvstore is not None
            self._kvstore.load_optimizer_states(fname)
            return
        assert self._updater is not None
        self._updater.set_states(read_file(fname))

    # -------------------------------------------------------------------------------------- names and shapes

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
        self._require("binded")
        return self._data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        self._require("binded")
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        self._require("binded")
        return self._exec_group.get_output_shapes()

    # -------------------------------------------------------------------------------------------- parameters

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return the parameters and the auxiliary states, on the CPU.

        The dictionaries stay the module's own: later calls write newer values into the same arrays.
        """
        self._require("params_initialized")
        if self._params_dirty:
            self._sync_params_from_devices()
        return self._arg_params, self._aux_params

    def _sync_params_from_devices(self) -> None:
        self._exec_group.get_params(self._arg_params, self._aux_params)
        self._params_dirty = False

    def _init_params(self, wanted: ParamValues) -> None:
        if self._keeps_params(wanted, "init_params"):
            self._initializer = self._initializer or wanted.initializer
            return
        self._require("binded")
        self._remember(wanted)
        self._fill(wanted)
        self.params_initialized = True
        self._params_dirty = False

    def _remember(self, wanted: ParamValues) -> None:
        """Keep what parameters of networks that are bound later may need."""
        self._initializer = wanted.initializer or self._initializer
        for given, own, unused in zip(
            (wanted.arg_params, wanted.aux_params),
            (self._arg_params, self._aux_params),
            self._unused,
            strict=True,
        ):
            unused.update({n: array for n, array in (given or {}).items() if n not in (own or {})})

    def _fill(self, wanted: ParamValues, names: Iterable[str] | None = None) -> None:
        """Give parameters, all or some, the values that are given for them, or initial ones."""
        attributes = self._symbol.attr_dict()
        filled = [
            {name: own[name] for name in known if names is None or name in names}
            for own, known in self._owned()
        ]
        for own, given in zip(filled, (wanted.arg_params, wanted.aux_params), strict=True):
            for name, array in sorted(own.items()):
                try:
                    give_value(name, array, given, wanted, attributes)
                except MXNetError:
                    if name in self._labels_without_value:
                        raise label_error(self._labels_without_value, self._label_names) from None
                    raise
        self._exec_group.set_params(filled[0], filled[1])

    def _owned(self) -> tuple[tuple[dict[str, NDArray], list[str]], ...]:
        """Return the parameters that are shared and the names of the network's; so of auxiliary states."""
        return (self._arg_params, self._exec_group.param_names), (self._aux_params, self._aux_names)

    def _set_params(self, wanted: ParamValues) -> None:
        if not wanted.allow_missing:
            super()._set_params(wanted)
        elif not self._keeps_params(wanted, "set_params"):
            self._require("binded")
            params = wanted.arg_params or {}, wanted.aux_params or {}
            self._exec_group.set_params(*params, allow_extra=wanted.allow_extra)
            self._params_dirty = True
            self.params_initialized = True

    # ----------------------------------------------------------------------------------------------- binding

    def _bind(self, wanted: Binding) -> None:
        if self._stays_bound(wanted):
            return
        self._reset_bind()
        if wanted.inputs_need_grad and not wanted.for_training:
            raise NotReadyError(
                "inputs_need_grad=True needs for_training=True: without it there are no gradients."
            )
        self._data_shapes, self._label_shapes = self._shapes_given(wanted.data_shapes, wanted.label_shapes)
        other = _bound_module(wanted.shared_module)
        self.for_training = wanted.for_training
        self.inputs_need_grad = wanted.inputs_need_grad
        self._grad_req = wanted.grad_req
        self._exec_group = DataParallelExecutorGroup(
            self._symbol,
            self._context,
            self._work_load_list,
            self._data_shapes,
            self._label_shapes,
            self._param_names,
            wanted.for_training,
            wanted.inputs_need_grad,
            other._exec_group if other else None,
            logger=self.logger,
            fixed_param_names=self._fixed_param_names,
            grad_req=wanted.grad_req,
            state_names=self._state_names,
            group2ctxs=_prepare_group2ctxs(self._group2ctxs, len(self._context)),
        )
        self.binded = True
        if other is not None:
            self._share_params(other)
        elif self.params_initialized:  # loaded from a file, or kept from before a rebind
            self._exec_group.set_params(self._arg_params, self._aux_params)
        else:
            self._arg_params, self._aux_params = {}, {}
            self._add_params()

    def _add_params(self) -> list[str]:
        """Make room on the CPU for those parameters that are not there yet, and return their names."""
        blocks = self._exec_group.param_arrays, self._exec_group.aux_arrays
        return [
            name
            for known, block in zip(self._owned(), blocks, strict=True)
            for name in make_room(*known, block)
        ]

    def _share_params(self, other: Module) -> None:
        """Use the parameters, and the optimizer, of another module; those that it lacks get values here."""
        self._arg_params, self._aux_params = other._arg_params, other._aux_params
        self._initializer, self._unused = other._initializer, other._unused
        self.params_initialized = other.params_initialized
        new = self._add_params()
        if self.params_initialized and new:
            args, auxs = ({n: a for n, a in values.items() if n in new} for values in other._unused)
            left = [name for name in new if name not in args and name not in auxs]
            if left and self._initializer is None:
                raise MissingParameterError(
                    f"The parameters {few(map(repr, left))} are not among those that are shared, and have no "
                    "value: give them one, or an initializer, in init_params()."
                )
            self._fill(ParamValues(self._initializer, args, auxs, True, True, True), new)
        if other.optimizer_initialized:
            self.borrow_optimizer(other)

    def _reset_bind(self) -> None:
        if self.binded and self.params_initialized and self._params_dirty:
            self._sync_params_from_devices()
        self.binded = False
        self._exec_group = None  # type: ignore[assignment]

    def _shapes_given(
        self, data_shapes: Any, label_shapes: Any
    ) -> tuple[list[DataDesc], list[DataDesc] | None]:
        """Return descriptions of data and labels, checked against what the network has."""
        data, labels = _parse_data_desc(self._data_names, self._label_names, data_shapes, label_shapes)
        if labels and self._labels_without_value:
            raise label_error(self._labels_without_value, self._label_names, labels)
        return data, labels if labels and self._label_names else None

    @functools.cached_property
    def _labels_without_value(self) -> list[str]:
        return labels_among(self._symbol, self._param_names)

    def reshape(self, data_shapes: Sequence[Any], label_shapes: Sequence[Any] | None = None) -> None:
        """Make room for other shapes, keeping parameters and optimizer.

        Parameters
        ----------
        data_shapes, label_shapes
            As of `bind`.
        """
        self._require("binded")
        shapes = self._shapes_given(data_shapes, label_shapes)
        self._exec_group.reshape(*shapes)
        self._data_shapes, self._label_shapes = shapes

    # --------------------------------------------------------------------------------------------- optimizer

    def _updater_in_use(self) -> Updater | None:
        updater = getattr(self._kvstore, "_updater", None) if self._update_on_kvstore else self._updater
        return updater if isinstance(updater, opt.Updater) else None

    def _init_optimizer(self, wanted: OptimizerChoice) -> None:
        if self._keeps_optimizer(wanted):
            return
        if self._params_dirty:
            self._sync_params_from_devices()
        store, update_on_store = _create_kvstore(wanted.kvstore, len(self._context), self._arg_params)
        names = self._exec_group.param_names
        self._update_on_kvstore = update_on_store
        self._kvstore = store
        indices = self._index_of(dict(enumerate(names)))
        self._optimizer = self._make_optimizer(wanted.optimizer, wanted.optimizer_params, indices)
        self._positions = {name: i for i, name in enumerate(names)}
        self._updater = None if update_on_store else opt.get_updater(self._optimizer)
        if store is not None:
            if self._compression_params:
                store.set_gradient_compression(self._compression_params)
            if update_on_store:
                store.set_optimizer(self._optimizer)
            _initialize_kvstore(
                kvstore=store,
                param_arrays=self._exec_group.param_arrays,
                arg_params=self._arg_params,
                param_names=names,
                update_on_kvstore=update_on_store,
            )
            self._params_dirty = True  # other workers may have had other values
        self.optimizer_initialized = True
        if self._preload_opt_states is not None:
            self.load_optimizer_states(self._preload_opt_states)
            self._preload_opt_states = None

    def _index_of(self, names: Mapping[int, str]) -> dict[Any, str]:
        """Return the names of parameters by the numbers that they have for the optimizer on each device."""
        devices = 1 if self._update_on_kvstore else len(self._context)
        return {i * devices + k: name for k in range(devices) for i, name in names.items()}

    def _make_optimizer(
        self, optimizer: str | Optimizer, optimizer_params: Any, idx2name: dict[Any, str]
    ) -> Optimizer:
        batch_size = (self._exec_group.batch_size or 1) * scale_of_batch(self._kvstore)
        return optimizer_of(optimizer, optimizer_params, self._symbol, idx2name, batch_size)

    def borrow_optimizer(self, shared_module: Module) -> None:
        """Use the optimizer of another module, with its states.

        Parameters
        ----------
        shared_module : Module
            A module that has an optimizer.
        """
        if not shared_module.optimizer_initialized:
            raise NotReadyError(
                "The module to borrow an optimizer from has none: call its init_optimizer() first."
            )
        self._optimizer = shared_module._optimizer
        self._positions = shared_module._positions
        self._kvstore = shared_module._kvstore
        self._update_on_kvstore = shared_module._update_on_kvstore
        self._updater = shared_module._updater
        self.optimizer_initialized = True
        group = self._exec_group
        new = [i for i, name in enumerate(group.param_names) if name not in self._positions]
        if not new or self._optimizer is None:
            return
        names = [group.param_names[i] for i in new]
        numbered = dict(enumerate(names, len(self._positions)))
        self._positions.update({name: number for number, name in numbered.items()})
        self._optimizer.meet(self._index_of(numbered), self._symbol)
        if self._kvstore is not None:
            arrays, values = [group.param_arrays[i] for i in new], self._arg_params
            _initialize_kvstore(self._kvstore, arrays, values, names, self._update_on_kvstore)

    # ----------------------------------------------------------------------------------------------- running

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        self._require("binded", "params_initialized")
        data_batch = as_batch(data_batch)
        if self._differs(data_batch):
            self.reshape(*self._shapes_of(data_batch))
        if (
            self._label_shapes
            and not data_batch.label
            and (is_train or (is_train is None and self.for_training))
        ):
            warn(
                "The batch has no labels, but the module was bound with "
                f"{[d.name for d in self._label_shapes]}: it trains on those of the batch before."
            )
        self._exec_group.forward(data_batch, is_train)

    def _differs(self, batch: DataBatch) -> bool:
        given = [tuple(array.shape) for array in batch.data or ()]
        bound = [desc.shape for desc in self._data_shapes]
        return given != bound and len(given) == len(bound)

    def _shapes_of(self, batch: DataBatch) -> tuple[Sequence[Any], Sequence[Any] | None]:
        data = batch.provide_data or like(self._data_shapes, batch.data)
        if batch.provide_label:
            return data, batch.provide_label
        return data, like(self._label_shapes or [], batch.label) if batch.label else None

    def prepare(
        self, data_batch: DataBatch, sparse_row_id_fn: Callable[[DataBatch], Any] | None = None
    ) -> None:
        self._require("binded")

    def backward(self, out_grads: Any = None) -> None:
        self._require("binded", "params_initialized")
        self._exec_group.backward(out_grads)

    def _clear_gradients(self, parameters: bool) -> None:
        group = self._exec_group
        for block in [*group.input_grad_arrays, *(group.grad_arrays if parameters else ())]:
            for gradient in block:
                if gradient is not None:
                    gradient[:] = 0

    def update(self) -> None:
        self._require("binded", "params_initialized", "optimizer_initialized")
        self._params_dirty = True
        group = self._exec_group
        if self._update_on_kvstore:
            _update_params_on_kvstore(group.param_arrays, group.grad_arrays, self._kvstore, group.param_names)
        else:
            assert self._updater is not None
            _update_params(
                group.param_arrays,
                group.grad_arrays,
                updater=self._updater,
                num_device=len(self._context),
                kvstore=self._kvstore,
                param_names=group.param_names,
                positions=[self._positions[name] for name in group.param_names] if self._positions else None,
            )

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        self._require("binded", "params_initialized")
        return self._exec_group.get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        self._require("binded", "params_initialized")
        return self._exec_group.get_input_grads(merge_multi_context)

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        self._require("binded", "params_initialized")
        return self._exec_group.get_states(merge_multi_context)

    def set_states(self, states: Any = None, value: float | None = None) -> None:
        self._require("binded", "params_initialized")
        self._exec_group.set_states(states, value)

    def update_metric(self, eval_metric: EvalMetric, labels: Sequence[Any], pre_sliced: bool = False) -> None:
        self._require("binded")
        self._exec_group.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Monitor) -> None:
        """Let a monitor look into the executors."""
        self._require("binded")
        self._exec_group.install_monitor(mon)


def _bound_module(module: Steps | None) -> Module | None:
    if module is None:
        return None
    if not isinstance(module, Module) or not module.binded:
        raise NotReadyError("shared_module must be a Module that is bound already.")
    return module
