"""Module: a network with its parameters and optimizer, on one or more devices."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import kvstore as kv
from mxnet import ndarray as nd
from mxnet import optimizer as opt
from mxnet.caller import warn
from mxnet.checkpoint import load_checkpoint
from mxnet.context import Context, cpu, current_context
from mxnet.errors import BindError, CompositionError, MXNetError, NameLookupError, ShapeError, did_you_mean
from mxnet.files import atomic_write, read_file
from mxnet.initializer import InitDesc
from mxnet.initializer import create as create_initializer
from mxnet.io import DataDesc
from mxnet.module.base_module import (
    BaseModule,
    NotReadyError,
    as_batch,
)
from mxnet.module.executor_group import DataParallelExecutorGroup
from mxnet.module.requests import Binding, OptimizerChoice, ParamValues
from mxnet.ndarray import NDArray
from mxnet.symbol.symbol import Symbol

if TYPE_CHECKING:
    from mxnet.io import DataBatch
    from mxnet.kvstore import KVStore
    from mxnet.metric import EvalMetric
    from mxnet.monitor import Monitor
    from mxnet.optimizer import Optimizer, Updater

__all__ = ["Module"]

Params = Mapping[str, NDArray]


class MissingParameterError(MXNetError, RuntimeError):
    """A parameter was left out of those given."""


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
        self._work_load_list = list(work_load_list or [1] * len(self._context))
        if len(self._work_load_list) != len(self._context):
            raise ShapeError(
                f"work_load_list has {len(self._work_load_list)} entries, but there are "
                f"{len(self._context)} contexts."
            )
        self._group2ctxs = _per_device(group2ctxs, len(self._context))
        self._symbol: Symbol = symbol
        self._data_names = list(data_names or ())
        self._label_names = list(label_names or ())
        self._state_names = list(state_names or ())
        self._fixed_param_names = list(fixed_param_names or ())
        _check_names(symbol, self._data_names, "data", required=True)
        _check_names(symbol, self._label_names, "label", required=False)
        _check_names(symbol, self._state_names, "state", required=True)
        _check_names(symbol, self._fixed_param_names, "fixed_param", required=True)
        inputs = {*self._data_names, *self._label_names, *self._state_names}
        self._param_names = [name for name in symbol.list_arguments() if name not in inputs]
        self._aux_names = symbol.list_auxiliary_states()
        self._output_names = symbol.list_outputs()
        self._arg_params: dict[str, NDArray] | None = None
        self._aux_params: dict[str, NDArray] | None = None
        self._params_dirty = False
        self._compression_params = compression_params
        self._optimizer: Optimizer | None = None
        self._kvstore: KVStore | None = None
        self._update_on_kvstore = False
        self._updater: Updater | None = None
        self._preload_opt_states: str | None = None
        self._grad_req: Any = None
        self._exec_group: Any = None
        # The number under which the optimizer knows each parameter; modules that share one agree on it.
        self._positions: dict[str, int] = {}
        self._data_shapes: list[DataDesc] = []
        self._label_shapes: list[DataDesc] | None = None

    # --------------------------------------------------------------------------------------------------
    # checkpoints

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
            logging.info('Saved optimizer states to "%s"', name)  # noqa: LOG015

    def save_optimizer_states(self, fname: str, *, format: str = "symnet") -> None:
        """Save what the optimizer remembers.

        Parameters
        ----------
        fname : str
        format : {'symnet', 'mxnet'}
            As of ``Updater.get_states``.
        """
        self._require("optimizer_initialized")
        if self._update_on_kvstore:
            assert self._kvstore is not None
            self._kvstore.save_optimizer_states(fname, format=format)
            return
        assert self._updater is not None
        data = self._updater.get_states(format=format)
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

    # -------------------------------------------------------------------------------------------- names and
    # shapes

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
        shapes: list[tuple[str, tuple[int, ...]]] = self._exec_group.get_output_shapes()
        return shapes

    # ---------------------------------------------------------------------------------------------------
    # parameters

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return the parameters and the auxiliary states, on the CPU.

        The dictionaries stay the module's own: later calls write newer values into the same arrays.
        """
        self._require("params_initialized")
        if self._params_dirty:
            self._sync_params_from_devices()
        assert self._arg_params is not None
        assert self._aux_params is not None
        return self._arg_params, self._aux_params

    def _sync_params_from_devices(self) -> None:
        self._exec_group.get_params(self._arg_params, self._aux_params)
        self._params_dirty = False

    def _init_params(self, wanted: ParamValues) -> None:
        if self._keeps_params(wanted, "init_params", "gives new ones"):
            return
        self._require("binded")
        initializer = wanted.initializer
        if isinstance(initializer, str):
            initializer = create_initializer(initializer)
        assert self._arg_params is not None
        assert self._aux_params is not None
        attributes = self._symbol.attr_dict()
        for kind, own, given in (
            ("parameter", self._arg_params, wanted.arg_params),
            ("state", self._aux_params, wanted.aux_params),
        ):
            for name, array in sorted(own.items()):
                if given is not None and name in given:
                    _copy_param(name, given[name], array)
                elif given is not None and not wanted.allow_missing:
                    raise MissingParameterError(
                        f"No value is given for the {kind} {name!r}.{did_you_mean(name, given)} "
                        f"allow_missing=True "
                        "leaves it to the initializer."
                    )
                elif initializer is not None:
                    initializer(InitDesc(name, attributes.get(name)), array)
        self.params_initialized = True
        self._params_dirty = False
        self._exec_group.set_params(self._arg_params, self._aux_params)

    def _set_params(self, wanted: ParamValues) -> None:
        if not wanted.allow_missing:
            super()._set_params(wanted)
        elif not self._keeps_params(wanted, "set_params", "sets them"):
            self._require("binded")
            self._exec_group.set_params(wanted.arg_params, wanted.aux_params, allow_extra=wanted.allow_extra)
            self._params_dirty = True
            self.params_initialized = True

    # ------------------------------------------------------------------------------------------------------
    # binding

    def _bind(self, wanted: Binding) -> None:
        if self._stays_bound(wanted):
            return
        self._reset_bind()
        if wanted.inputs_need_grad and not wanted.for_training:
            raise NotReadyError(
                "inputs_need_grad=True needs for_training=True: without it there are no gradients."
            )
        self._set_shapes(wanted.data_shapes, wanted.label_shapes)
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
            group2ctxs=self._group2ctxs,
        )
        self.binded = True
        if other is not None:
            self.params_initialized = other.params_initialized
            self._arg_params, self._aux_params = other._arg_params, other._aux_params
        elif self.params_initialized:  # loaded from a file, or kept from before a rebind
            self._exec_group.set_params(self._arg_params, self._aux_params)
        else:
            group = self._exec_group
            self._arg_params = _on_cpu(group.param_names, group.param_arrays)
            self._aux_params = _on_cpu(group.aux_names, group.aux_arrays)
        if other is not None and other.optimizer_initialized:
            self.borrow_optimizer(other)

    def _reset_bind(self) -> None:
        if self.binded and self.params_initialized and self._params_dirty:
            self._sync_params_from_devices()
        self.binded = False
        self._exec_group = None

    def _set_shapes(self, data_shapes: Sequence[Any], label_shapes: Sequence[Any] | None) -> None:
        self._data_shapes = _described(self._data_names, data_shapes, "data")
        self._label_shapes = None
        if label_shapes and self._label_names:
            self._label_shapes = _described(self._label_names, label_shapes, "label")

    def reshape(self, data_shapes: Sequence[Any], label_shapes: Sequence[Any] | None = None) -> None:
        """Make room for other shapes, keeping parameters and optimizer.

        Parameters
        ----------
        data_shapes, label_shapes
            As of `bind`.
        """
        self._require("binded")
        before = self._data_shapes, self._label_shapes
        self._set_shapes(data_shapes, label_shapes)
        try:
            self._exec_group.reshape(self._data_shapes, self._label_shapes)
        except MXNetError:
            self._data_shapes, self._label_shapes = before
            raise

    # ----------------------------------------------------------------------------------------------------
    # optimizer

    def _init_optimizer(self, wanted: OptimizerChoice) -> None:
        if self._keeps_optimizer(wanted):
            return
        if self._params_dirty:
            self._sync_params_from_devices()
        store, update_on_store = self._store_for(wanted.kvstore)
        names = self._exec_group.param_names
        devices = 1 if update_on_store else len(self._context)
        idx2name: dict[Any, str] = {
            i * devices + k: name for k in range(devices) for i, name in enumerate(names)
        }
        self._optimizer = self._make_optimizer(wanted.optimizer, wanted.optimizer_params, idx2name)
        self._positions = {name: i for i, name in enumerate(names)}
        self._kvstore = store
        self._update_on_kvstore = update_on_store
        self._updater = None if update_on_store else opt.get_updater(self._optimizer)
        if store is not None:
            if self._compression_params:
                store.set_gradient_compression(self._compression_params)
            if update_on_store:
                store.set_optimizer(self._optimizer)
            for name, arrays in zip(names, self._exec_group.param_arrays, strict=True):
                store.init(name, (self._arg_params or {})[name])
                if update_on_store:
                    store.pull(name, arrays)
        self.optimizer_initialized = True
        if self._preload_opt_states is not None:
            self.load_optimizer_states(self._preload_opt_states)
            self._preload_opt_states = None

    def _store_for(self, kvstore: Any) -> tuple[KVStore | None, bool]:
        """Return the store, if one is needed, and whether it updates the parameters."""
        if kvstore is None:
            return None, False
        if not isinstance(kvstore, (str, kv.KVStoreBase)):
            raise NameLookupError(
                f"kvstore is {kvstore!r}. Expected None, a name such as 'local', or a KVStore."
            )
        if isinstance(kvstore, str) and len(self._context) == 1 and "dist" not in kvstore:
            return None, False
        update = os.environ.get("MXNET_UPDATE_ON_KVSTORE", "1") not in {"0", "false"}
        if kvstore == "local":
            # The devices update very large parameters themselves, which spares sending them around.
            update = update and max((a.size for a in (self._arg_params or {}).values()), default=0) <= 2**24
        store: Any = kv.create(kvstore) if isinstance(kvstore, str) else kvstore
        return store, update

    def _make_optimizer(
        self, optimizer: str | Optimizer, optimizer_params: Any, idx2name: dict[Any, str]
    ) -> Optimizer:
        rescale = 1.0 / self._exec_group.batch_size if self._exec_group.batch_size else 1.0
        if isinstance(optimizer, str):
            parameters = {"rescale_grad": rescale, **dict(optimizer_params)}
            return opt.create(optimizer, sym=self._symbol, param_idx2name=idx2name, **parameters)
        if not isinstance(optimizer, opt.Optimizer):
            raise NameLookupError(f"optimizer is {optimizer!r}. Expected a registered name or an Optimizer.")
        if optimizer.rescale_grad != rescale:
            warn(
                f"The optimizer's rescale_grad is {optimizer.rescale_grad}, not 1 / batch size ({rescale}), "
                "which gradients summed over a batch usually need. Is this intended?",
            )
        if not optimizer.idx2name:
            optimizer.idx2name = dict(idx2name)
        return optimizer

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

    # ------------------------------------------------------------------------------------------------------
    # running

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
                f"The batch has no labels, but the module was bound with "
                f"{[d.name for d in self._label_shapes]}: it trains on those of the batch before.",
            )
        self._exec_group.forward(data_batch, is_train)

    def _differs(self, batch: DataBatch) -> bool:
        bound = [tuple(desc.shape) for desc in self._data_shapes]
        return [tuple(array.shape) for array in batch.data or ()] != bound and len(batch.data or ()) == len(
            bound
        )

    def _shapes_of(self, batch: DataBatch) -> tuple[Sequence[Any], Sequence[Any] | None]:
        data = batch.provide_data or _like(self._data_shapes, batch.data)
        if batch.provide_label:
            return data, batch.provide_label
        return data, _like(self._label_shapes or [], batch.label) if batch.label else None

    def backward(self, out_grads: Any = None) -> None:
        self._require("binded", "params_initialized")
        self._exec_group.backward(out_grads)

    def update(self) -> None:
        self._require("binded", "params_initialized", "optimizer_initialized")
        self._params_dirty = True
        group = self._exec_group
        names: list[str] = []
        weights: list[list[NDArray]] = []  # of each parameter, on each device
        grads: list[list[NDArray]] = []
        for name, weight, grad in zip(group.param_names, group.param_arrays, group.grad_arrays, strict=True):
            if grad[0] is not None:
                names.append(name)
                weights.append(weight)
                grads.append(grad)
        if self._kvstore is not None:
            self._kvstore.push(names, grads)
            self._kvstore.pull(names, weights if self._update_on_kvstore else grads)
        if self._updater is not None:
            devices = len(self._context)
            first = [self._positions.setdefault(n, len(self._positions)) * devices for n in names]
            for k in range(devices):
                self._updater([i + k for i in first], [g[k] for g in grads], [w[k] for w in weights])

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        self._require("binded", "params_initialized")
        outputs: list[Any] = self._exec_group.get_outputs(merge_multi_context)
        return outputs

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        self._require("binded", "params_initialized")
        grads: list[Any] = self._exec_group.get_input_grads(merge_multi_context)
        return grads

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        self._require("binded", "params_initialized")
        states: list[Any] = self._exec_group.get_states(merge_multi_context)
        return states

    def set_states(self, states: Any = None, value: float | None = None) -> None:
        self._require("binded", "params_initialized")
        self._exec_group.set_states(states, value)

    def update_metric(self, eval_metric: EvalMetric, labels: Sequence[Any], pre_sliced: bool = False) -> None:
        self._exec_group.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Monitor) -> None:
        """Let a monitor look into the executors."""
        self._require("binded")
        self._exec_group.install_monitor(mon)


def _check_names(symbol: Symbol, names: Sequence[str], kind: str, *, required: bool) -> None:
    """Raise, or warn, if a name is no argument of the network."""
    arguments = symbol.list_arguments()
    for name in names:
        if name in arguments:
            continue
        inputs = [a for a in arguments if not a.endswith(("_weight", "_bias", "_gamma", "_beta"))]
        message = (
            f"{kind}_names={list(names)} has {name!r}, which is no argument of the network."
            f"{did_you_mean(name, arguments)} Its arguments that are no usual parameters are {inputs}."
        )
        if required:
            raise NameLookupError(message)
        warn(message)


def _described(names: Sequence[str], shapes: Sequence[Any] | None, kind: str) -> list[DataDesc]:
    """Return descriptions of all inputs, checked against their names."""
    for desc in shapes or ():
        if not isinstance(desc, tuple | list) or len(desc) < 2 or not isinstance(desc[0], str):
            raise ShapeError(
                f"{kind}_shapes is a list of names with shapes, such as [({names[0]!r}, (32, 10))], "
                f"but is {shapes!r}."
                if names
                else f"{kind}_shapes is {shapes!r}, but the module has no {kind}_names."
            )
    descs = [desc if isinstance(desc, DataDesc) else DataDesc(*desc) for desc in shapes or ()]
    given = [desc.name for desc in descs]
    if sorted(given) != sorted(names):
        raise NameLookupError(
            f"{kind}_shapes is for {given}, but the module was made with {kind}_names={list(names)}. Name "
            f"the iterator's "
            f"{kind} so ({kind}_name=...), or pass {kind}_names={given} to the module."
        )
    for desc in descs:
        if not all(isinstance(n, (int, np.integer)) for n in desc.shape):
            raise ShapeError(f"The shape of {desc.name!r} must be a tuple of integers, got {desc.shape!r}.")
    return descs


def _like(descs: Sequence[DataDesc], arrays: Sequence[Any] | None) -> list[DataDesc]:
    return [
        DataDesc(desc.name, array.shape, desc.dtype, desc.layout)
        for desc, array in zip(descs, arrays or (), strict=False)
    ]


def _copy_param(name: str, source: NDArray, target: NDArray) -> None:
    if not isinstance(source, NDArray):
        raise BindError(f"The value given for {name!r} must be an NDArray, not {type(source).__name__}.")
    if tuple(source.shape) != target.shape:
        raise ShapeError(
            f"The value given for {name!r} has the shape {tuple(source.shape)}, but the network needs "
            f"{target.shape}."
        )
    if source is not target:
        target[:] = source


def _on_cpu(names: Sequence[str], blocks: Sequence[Sequence[NDArray]]) -> dict[str, NDArray]:
    return {
        name: nd.zeros(block[0].shape, cpu(), dtype=block[0].dtype)
        for name, block in zip(names, blocks, strict=True)
    }


def _bound_module(module: BaseModule | None) -> Module | None:
    if module is None:
        return None
    if not isinstance(module, Module) or not module.binded:
        raise NotReadyError("shared_module must be a Module that is bound already.")
    return module


def _per_device(groups: Any, count: int) -> list[Mapping[str, Context] | None]:
    """Return where context groups go on each device."""
    if groups is None:
        return [None] * count
    if isinstance(groups, Mapping):
        spread = {name: [c] * count if isinstance(c, Context) else list(c) for name, c in groups.items()}
        groups = [{name: contexts[i] for name, contexts in spread.items()} for i in range(count)]
    if len(groups) != count:
        raise ShapeError(f"group2ctxs has {len(groups)} entries, but there are {count} contexts.")
    return list(groups)
