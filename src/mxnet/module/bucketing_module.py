"""BucketingModule: one network for each length of input, with the same parameters."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet import ndarray as nd
from mxnet.checkpoint import load_params
from mxnet.context import Context, current_context
from mxnet.errors import CompositionError, MXNetError, NameLookupError, add_note
from mxnet.module.base_module import BaseModule
from mxnet.module.module import Module
from mxnet.module.steps import Binding, NotReadyError, OptimizerChoice, ParamValues
from mxnet.name import NameManager

if TYPE_CHECKING:
    from mxnet.io import DataBatch, DataDesc
    from mxnet.metric import EvalMetric
    from mxnet.monitor import Monitor
    from mxnet.ndarray import NDArray
    from mxnet.optimizer import Updater
    from mxnet.symbol.symbol import Symbol

__all__ = ["BucketingModule"]

Params = Mapping[str, "NDArray"]
Names = Sequence[str] | None


class _NotThreeError(CompositionError, ValueError):
    """A function of a bucket returns something else than a network with its names."""


class BucketingModule(BaseModule):
    """A module whose network depends on the batch, such as on the length of its sentences.

    Every batch states its ``bucket_key``; the first time a key comes by, its network is made and bound. All
    networks share the parameters of the same names. Those that the network of the default key lacks get the
    values that `init_params` was given for them, or else from its initializer, when they first come by.

    Parameters
    ----------
    sym_gen : callable
        ``sym_gen(bucket_key)`` returns the network and the names of its data and labels. Names that are
        made automatically start from 0 in every call, so that they agree.
    default_bucket_key
        The key of the network that `bind` binds, usually the largest.
    logger, context, work_load_list, fixed_param_names, state_names, group2ctxs, compression_params
        As of `Module`.
    """

    def __init__(
        self,
        sym_gen: Callable[[Any], tuple[Symbol, Names, Names]],
        default_bucket_key: Any = None,
        logger: Any = logging,
        context: Context | Sequence[Context] | None = None,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(logger)
        if default_bucket_key is None:
            raise NotReadyError(
                "BucketingModule needs default_bucket_key, the key of the network to bind first."
            )
        self._default_bucket_key = default_bucket_key
        self._sym_gen = sym_gen
        self._context: Any = current_context() if context is None else context
        self._work_load_list = work_load_list
        self._fixed_param_names = list(fixed_param_names or ())
        self._state_names = list(state_names or ())
        self._group2ctxs = group2ctxs
        self._compression_params = compression_params
        self._buckets: dict[Any, Module] = {}
        self._curr_module: Any = None  # a Module once it is bound
        self._curr_bucket_key: Any = None
        self._grad_req: Any = None
        self._monitor: Monitor | None = None
        self._loaded: tuple[Params, Params] | None = None
        self._params_dirty = False
        self._module_of(default_bucket_key)  # fails now rather than at the first batch if the names are wrong

    def _call_sym_gen(self, *args: Any, **kwargs: Any) -> Any:
        """Return the network of a key and the names of its data and labels."""
        with NameManager():
            return self._sym_gen(*args, **kwargs)

    def _module_of(self, key: Any) -> Module:
        made = self._call_sym_gen(key)
        if not isinstance(made, (tuple, list)) or len(made) != 3:
            raise _NotThreeError(
                f"sym_gen({key!r}) must return (symbol, data_names, label_names), but returned {made!r}."
            )
        symbol, data_names, label_names = made
        return Module(
            symbol,
            data_names,
            label_names,
            self.logger,
            self._context,
            self._work_load_list,
            self._fixed_param_names,
            self._state_names,
            self._group2ctxs,
            self._compression_params,
        )

    @property
    def _current(self) -> Module:
        self._require("binded")
        module: Module = self._curr_module
        return module

    # ------------------------------------------------------------------------------------------- checkpoints

    def save_checkpoint(self, prefix: str, epoch: int, remove_amp_cast: bool = False) -> None:
        """Save the parameters, and the networks of all keys (integers) met so far.

        Parameters
        ----------
        prefix : str
            What the names of the files start with.
        epoch : int
            Written into the name of the parameter file.
        remove_amp_cast : bool
            Whether the casts that mixed precision added are left out of the saved networks.
        """
        self._require("binded", "params_initialized")
        if not all(isinstance(key, int) for key in self._buckets):
            raise NameLookupError(
                f"Only networks with integer keys can be saved, not {list(self._buckets)}. Use save_params."
            )
        nd.save(f"{prefix}.buckets", nd.array(list(self._buckets), dtype="int32"))
        for key, module in self._buckets.items():
            module._symbol.save(f"{prefix}-{key}-symbol.json", remove_amp_cast=remove_amp_cast)
        self.save_params(f"{prefix}-{epoch:04d}.params")

    @staticmethod
    def load(
        prefix: str,
        epoch: int,
        sym_gen: Callable[[Any], tuple[Symbol, Names, Names]] | None = None,
        default_bucket_key: Any = None,
        **kwargs: Any,
    ) -> BucketingModule:
        """Make a module from saved parameters.

        Parameters
        ----------
        prefix : str
            What the names of the files start with.
        epoch : int
            Of which epoch.
        sym_gen, default_bucket_key, **kwargs
            As of `BucketingModule`.
        """
        if sym_gen is None:
            raise NotReadyError("BucketingModule.load needs sym_gen, which makes the network of a key.")
        module = BucketingModule(sym_gen, default_bucket_key, **kwargs)
        module._loaded = load_params(prefix, epoch)
        module.params_initialized = True
        return module

    @staticmethod
    def load_dict(
        sym_dict: Mapping[Any, Symbol] | None = None,
        sym_gen: Callable[[Any], tuple[Symbol, Names, Names]] | None = None,
        default_bucket_key: Any = None,
        arg_params: Params | None = None,
        aux_params: Params | None = None,
        **kwargs: Any,
    ) -> BucketingModule:
        """Make a module from networks and parameters in memory.

        Parameters
        ----------
        sym_dict : dict of key to Symbol, optional
            The networks; used in place of `sym_gen`, with data named ``data`` and labels ``softmax_label``.
        sym_gen, default_bucket_key, **kwargs
            As of `BucketingModule`.
        arg_params, aux_params : dict of str to NDArray
        """
        if sym_gen is None:
            networks = dict(sym_dict or {})
            if not networks:
                raise NotReadyError("BucketingModule.load_dict needs sym_dict or sym_gen.")

            def sym_gen(key: Any) -> tuple[Symbol, Names, Names]:
                return networks[key], ("data",), ("softmax_label",)

        module = BucketingModule(sym_gen, default_bucket_key, **kwargs)
        module._loaded = (arg_params or {}, aux_params or {})
        module.params_initialized = True
        return module

    # -------------------------------------------------------------------------------------- names and shapes

    @property
    def data_names(self) -> Sequence[str]:
        if self.binded:
            return self._current.data_names
        names: Sequence[str] = self._call_sym_gen(self._default_bucket_key)[1] or ()
        return names

    @property
    def label_names(self) -> Sequence[str]:
        if self.binded:
            return self._current.label_names
        names: Sequence[str] = self._call_sym_gen(self._default_bucket_key)[2] or ()
        return names

    @property
    def output_names(self) -> Sequence[str]:
        if self.binded:
            return self._current.output_names
        return list(self._call_sym_gen(self._default_bucket_key)[0].list_outputs())

    @property
    def data_shapes(self) -> Sequence[DataDesc]:
        """The names and shapes of the data of the current network."""
        return self._current.data_shapes

    @property
    def label_shapes(self) -> Sequence[DataDesc] | None:
        """The names and shapes of the labels of the current network."""
        return self._current.label_shapes

    @property
    def output_shapes(self) -> Sequence[tuple[str, tuple[int, ...]]]:
        """The names and shapes of the outputs of the current network."""
        return self._current.output_shapes

    @property
    def symbol(self) -> Symbol | None:
        """The current network."""
        return self._current.symbol

    @property
    def _symbol_to_save(self) -> Symbol | None:
        """The network of the default key; MXNet's `fit` saves that of the last batch."""
        self._require("binded")
        return self._buckets[self._default_bucket_key].symbol

    # -------------------------------------------------------------------------------------------- parameters

    def _owners(self) -> Iterator[tuple[Module, list[str]]]:
        """Pair networks with the parameters and states that they have and those before them have not."""
        seen: set[str] = set()
        for module in self._buckets.values():
            new = [n for n in (*module._exec_group.param_names, *module._aux_names) if n not in seen]
            seen.update(new)
            if new:
                yield module, new

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return the parameters and the auxiliary states of all networks met so far."""
        self._require("binded", "params_initialized")
        arguments, states = self._current._arg_params or {}, self._current._aux_params or {}
        if self._params_dirty:
            for module, names in self._owners():
                module._exec_group.get_params(
                    *({n: own[n] for n in names if n in own} for own in (arguments, states))
                )
            self._params_dirty = False
        return arguments, states

    def _init_params(self, wanted: ParamValues) -> None:
        self._require("binded")
        default = self._buckets[self._default_bucket_key]
        if self.params_initialized and not wanted.force_init:
            default._initializer = default._initializer or wanted.initializer
            return
        default._remember(wanted)
        for module, names in self._owners():
            module._fill(wanted, names)
        for module in self._buckets.values():
            module.params_initialized = True
        self._params_dirty = False
        self.params_initialized = True

    def _set_params(self, wanted: ParamValues) -> None:
        if not wanted.allow_missing:
            super()._set_params(wanted)
        elif not self._keeps_params(wanted, "set_params"):
            self._current._set_params(wanted)
            self._params_dirty = True
            self.params_initialized = True

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the states of the current network."""
        self._require("params_initialized")
        return self._current.get_states(merge_multi_context)

    def set_states(self, states: Any = None, value: float | None = None) -> None:
        """Set the states of the current network."""
        self._require("params_initialized")
        self._current.set_states(states, value)

    # ----------------------------------------------------------------------------------------------- binding

    def _bind(self, wanted: Binding) -> None:
        if wanted.shared_module is not None:
            raise NotReadyError("A BucketingModule shares its parameters among its own networks only.")
        if self._stays_bound(wanted):
            return
        kept = self.get_params() if self.binded and self.params_initialized else self._loaded
        self.binded = False
        self._buckets = {}
        self.for_training = wanted.for_training
        self.inputs_need_grad = wanted.inputs_need_grad
        self._grad_req = wanted.grad_req
        module = self._module_of(self._default_bucket_key)
        module.bind(*wanted._replace(force_rebind=False))
        self._buckets[self._default_bucket_key] = module
        self._make_current(self._default_bucket_key)
        self.binded = True
        if kept is not None:
            self._loaded = None
            self.set_params(*kept)

    def switch_bucket(
        self, bucket_key: Any, data_shapes: Sequence[Any], label_shapes: Sequence[Any] | None = None
    ) -> None:
        """Make the network of a key the current one, binding it if it is new.

        Parameters
        ----------
        bucket_key
            The key.
        data_shapes, label_shapes
            As of `bind`, for a new network.
        """
        current = self._current
        if bucket_key not in self._buckets:
            module = self._module_of(bucket_key)
            try:
                module.bind(
                    data_shapes,
                    label_shapes,
                    current.for_training,
                    current.inputs_need_grad,
                    shared_module=self._buckets[self._default_bucket_key],
                    grad_req=self._grad_req,
                )
            except MXNetError as error:
                add_note(error, f"This is the network of the bucket {bucket_key!r}.")
                raise
            if self._monitor is not None:
                module.install_monitor(self._monitor)
            self._buckets[bucket_key] = module
        self._make_current(bucket_key)

    def _make_current(self, key: Any) -> None:
        self._curr_bucket_key, self._curr_module = key, self._buckets[key]

    def _init_optimizer(self, wanted: OptimizerChoice) -> None:
        if self._keeps_optimizer(wanted):
            return
        current = self._current
        current.init_optimizer(**wanted._asdict())
        for module in self._buckets.values():
            if module is not current:
                module.borrow_optimizer(current)
        self.optimizer_initialized = True

    # ----------------------------------------------------------------------------------------------- running

    def prepare(
        self, data_batch: DataBatch, sparse_row_id_fn: Callable[[DataBatch], Any] | None = None
    ) -> None:
        """Bind the network of a batch before it is its turn."""
        self._require("binded", "params_initialized")
        current = self._curr_bucket_key
        self._switch_to(data_batch)
        self._current.prepare(data_batch, sparse_row_id_fn)
        self._make_current(current)

    def _switch_to(self, batch: DataBatch) -> None:
        if batch.bucket_key is None or not batch.provide_data:
            raise NotReadyError(
                "A batch for a BucketingModule states its bucket_key, provide_data and provide_label: "
                f"got bucket_key={batch.bucket_key!r}, provide_data={batch.provide_data!r}."
            )
        self.switch_bucket(batch.bucket_key, batch.provide_data, batch.provide_label)

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Compute the outputs of a batch by the network of its key."""
        self._require("binded", "params_initialized")
        self._switch_to(data_batch)
        self._current.forward(data_batch, is_train)

    def backward(self, out_grads: Any = None) -> None:
        self._require("params_initialized")
        self._current.backward(out_grads)

    def _updater_in_use(self) -> Updater | None:
        return self._current._updater_in_use()

    def _clear_gradients(self, parameters: bool) -> None:
        self._current._clear_gradients(parameters)

    def update(self) -> None:
        self._require("binded", "params_initialized", "optimizer_initialized")
        self._params_dirty = True
        self._current.update()

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        self._require("params_initialized")
        return self._current.get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        self._require("params_initialized")
        return self._current.get_input_grads(merge_multi_context)

    def update_metric(self, eval_metric: EvalMetric, labels: Sequence[Any], pre_sliced: bool = False) -> None:
        self._require("params_initialized")
        self._current.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Monitor) -> None:
        """Let a monitor look into all networks."""
        self._require("binded")
        self._monitor = mon
        for module in self._buckets.values():
            module.install_monitor(mon)
