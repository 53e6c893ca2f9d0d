"""The trainer: parameters, an optimizer, and the store that adds up gradients of several devices."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet import autograd
from mxnet import optimizer as optimizers
from mxnet.errors import BindError, MXNetError
from mxnet.files import atomic_write, read_file
from mxnet.gluon.errors import CheckError
from mxnet.gluon.parameter import Parameter, ParameterDict
from mxnet.kvstore.parameters import _create_kvstore, _create_sparse_kvstore, takes_many
from mxnet.optimizer.arrays import flat

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.ndarray import NDArray
    from mxnet.optimizer import Optimizer, Updater

__all__ = ["Trainer"]


class StaleGradientWarning(MXNetError, UserWarning):
    """A parameter was to be updated by a gradient that no backward has written; MXNet raises a warning."""


class RateWarning(MXNetError, UserWarning):
    """A learning rate was set that a scheduler decides; MXNet raises a warning."""


class OtherStatesError(MXNetError, AttributeError, ValueError):
    """A file has the states of other parameters; MXNet meets an attribute that is not there."""


class Trainer:
    """Updates parameters by their gradients.

    Parameters
    ----------
    params : ParameterDict, dict or list of Parameter
        What to update. Of a dictionary, in the order of names.
    optimizer : str or Optimizer
        By what rule.
    optimizer_params : dict, optional
        The parameters of the rule, if that is a name.
    kvstore : str or KVStore, optional
        What adds up the gradients of several devices: ``"device"``, ``"local"``, None; or of several workers:
        ``"dist_sync"``. As in MXNet, these are then divided by the batch size that is given to `step` alone.
    compression_params : dict, optional
        How gradients are rounded on their way; see ``KVStore.set_gradient_compression``.
    update_on_kvstore : bool, optional
        Whether the store updates the parameters, instead of every device its own; it does by default, if
        there is one.

    Examples
    --------
    >>> import mxnet as mx
    >>> weight = mx.gluon.Parameter("weight", shape=(1,), init="ones")
    >>> weight.initialize()
    >>> trainer = mx.gluon.Trainer([weight], "sgd", {"learning_rate": 0.1})
    >>> with mx.autograd.record():
    ...     loss = weight.data() ** 2
    >>> loss.backward()
    >>> trainer.step(batch_size=1)
    >>> weight.data().asnumpy()
    array([0.8], dtype=float32)
    """

    def __init__(
        self,
        params: ParameterDict | Mapping[str, Parameter] | Sequence[Parameter],
        optimizer: str | Optimizer,
        optimizer_params: Mapping[str, Any] | None = None,
        kvstore: Any = "device",
        compression_params: dict[str, Any] | None = None,
        update_on_kvstore: bool | None = None,
    ) -> None:
        self._params = _listed(params)
        self._positions = {parameter.name: i for i, parameter in enumerate(self._params)}
        for parameter in self._params:
            parameter._set_trainer(self)
        self._contexts = self._check_contexts()
        self._contains_sparse_weight = any(each._stype != "default" for each in self._params)
        self._contains_sparse_grad = any(each._grad_stype != "default" for each in self._params)
        self._wanted = (kvstore, update_on_kvstore)
        self._compression_params = compression_params
        self._optimizer = self._make_optimizer(optimizer, optimizer_params)
        self._scale: float = self._optimizer.rescale_grad
        self._updaters = [optimizers.get_updater(self._optimizer) for _ in self._contexts]
        self._kvstore: Any = None
        self._update_on_kvstore: bool | None = None
        self._kv_initialized = False
        self._params_to_init: list[Parameter] = []
        self._reset_kvstore()

    def _make_optimizer(self, optimizer: str | Optimizer, given: Mapping[str, Any] | None) -> Optimizer:
        numbered: dict[int | str, Any] = dict(enumerate(self._params))
        if isinstance(optimizer, optimizers.Optimizer):
            if given:
                raise CheckError(
                    "optimizer_params must be None if optimizer is an instance of Optimizer instead of str: "
                    "it has its parameters."
                )
            optimizer.param_dict = numbered
            return optimizer
        return optimizers.create(optimizer, param_dict=numbered, **(given or {}))

    def _check_contexts(self) -> list[Context]:
        contexts: list[Context] | None = None
        for parameter in self._params:
            own = parameter.list_ctx()
            if contexts is not None and contexts != own:
                raise CheckError(
                    "All Parameters must be initialized on the same set of contexts, but Parameter "
                    f"{parameter.name} is initialized on {own} while previous Parameters are initialized on "
                    f"{contexts}."
                )
            contexts = own
        return contexts or []

    # -------------------------------------------------------------------------------------------------- rates

    @property
    def optimizer(self) -> Optimizer:
        """The rule by which parameters are updated."""
        return self._optimizer

    @property
    def learning_rate(self) -> float:
        """The learning rate, what a scheduler says if there is one."""
        return self._optimizer.learning_rate

    def set_learning_rate(self, lr: float) -> None:
        """Set the learning rate.

        Raises
        ------
        UserWarning
            If a scheduler decides about it.
        """
        if self._optimizer.lr_scheduler is not None:
            raise RateWarning(
                "LRScheduler of the optimizer has already been defined. Note that set_learning_rate can "
                "mutate the value of the learning rate of the optimizer only when the LRScheduler of the "
                "optimizer is undefined."
            )
        self._optimizer.set_learning_rate(lr)

    # -------------------------------------------------------------------------------------------------- store

    def _reset_kvstore(self) -> None:
        """Forget the store; the next step makes another one."""
        self._kv_initialized = False
        self._kvstore = None
        self._update_on_kvstore = None
        self._params_to_init = list(self._params)

    def _weight_was_set(self, parameter: Parameter) -> None:
        """Let the store begin again with a parameter that was set, if it is the store that updates it."""
        if self._kv_initialized and self._update_on_kvstore and parameter not in self._params_to_init:
            self._reset_kvstore()

    def _init_kvstore(self) -> None:
        """Make the store."""
        wanted, wanted_update = self._wanted
        update: bool | None
        if self._contains_sparse_weight:
            store, update = _create_sparse_kvstore(wanted)
            if wanted_update is False:
                raise BindError("Cannot set update_on_kvstore=False when sparse weights are present.")
        else:
            arrays = {each.name: each.list_data()[0] for each in self._params if each._deferred_init is None}
            store, update = _create_kvstore(wanted, len(self._contexts), arrays)
            if wanted_update is not None:
                update = wanted_update
        if store is not None:
            if self._compression_params:
                store.set_gradient_compression(self._compression_params)
            if update:
                store.set_optimizer(self._optimizer)
        self._kvstore, self._update_on_kvstore = store, None if store is None else update
        self._kv_initialized = True

    def _init_params(self) -> None:
        """Put the parameters in the store that are not there yet; those whose shape is not known later."""
        deferred = [each for each in self._params_to_init if each._deferred_init is not None]
        if self._kvstore is not None:
            for parameter in self._params_to_init:
                if parameter._deferred_init is None:
                    arrays = parameter._arrays()
                    position = self._positions[parameter.name]
                    if parameter._stype == "default":
                        self._kvstore.broadcast(position, arrays[0], arrays)
                    else:
                        self._kvstore.init(position, arrays[0])
        self._params_to_init = deferred

    def _get_ready(self) -> None:
        if not self._kv_initialized:
            self._init_kvstore()
        if self._params_to_init:
            self._init_params()

    def _row_sparse_pull(self, parameter: Parameter, out: NDArray, row_id: NDArray) -> None:
        """Copy rows of a row-sparse parameter from the store."""
        self._get_ready()
        with autograd.pause():
            self._kvstore.row_sparse_pull(self._positions[parameter.name], out=out, row_ids=row_id)

    # -------------------------------------------------------------------------------------------------- steps

    def step(self, batch_size: float, ignore_stale_grad: bool = False) -> None:
        """Add up the gradients of all devices, and update the parameters.

        Parameters
        ----------
        batch_size : int
            What gradients are divided by.
        ignore_stale_grad : bool
            Whether parameters stay as they are whose gradients no ``backward`` has written since the last
            step; otherwise there must not be any.

        Raises
        ------
        UserWarning
            If there is one.
        """
        self._optimizer.rescale_grad = self._scale / batch_size
        self._get_ready()
        self._allreduce_grads()
        self._update(ignore_stale_grad)

    def allreduce_grads(self) -> None:
        """Add up the gradients of all devices, without updating parameters.

        Raises
        ------
        AssertionError
            If the store updates them.
        """
        self._get_ready()
        self._refuse_on_kvstore("allreduce_grads()")
        self._allreduce_grads()

    def update(self, batch_size: float, ignore_stale_grad: bool = False) -> None:
        """Update the parameters, whose gradients `allreduce_grads` has added up.

        Parameters
        ----------
        batch_size, ignore_stale_grad
            See `step`.

        Raises
        ------
        AssertionError
            If the store updates them.
        """
        self._get_ready()
        self._refuse_on_kvstore("update()")
        self._optimizer.rescale_grad = self._scale / batch_size
        self._update(ignore_stale_grad)

    def _refuse_on_kvstore(self, what: str) -> None:
        if self._kvstore is not None and self._update_on_kvstore:
            raise CheckError(
                f"{what} when parameters are updated on kvstore is not supported. Try setting "
                "`update_on_kvstore` to False when creating trainer."
            )

    def _allreduce_grads(self) -> None:
        store = self._kvstore
        if store is None:
            return
        given = {i: each.list_grad() for i, each in enumerate(self._params) if each.grad_req != "null"}
        outs = {i: self._params[i]._arrays() for i in given} if self._update_on_kvstore else given
        dense = [i for i in given if self._params[i]._stype == "default"]
        if takes_many(store):
            store.push([*given], [*given.values()])
            store.pull(dense, [outs[i] for i in dense], ignore_sparse=False)
            return
        for position, gradients in given.items():
            if gradients[0].stype == "default":
                store.pushpull(position, gradients, out=outs[position], priority=-position)
                continue
            store.push(position, gradients, priority=-position)
            if position in dense:
                store.pull(position, outs[position], priority=-position, ignore_sparse=False)

    def _update(self, ignore_stale_grad: bool) -> None:
        learned = [(i, each) for i, each in enumerate(self._params) if each.grad_req != "null"]
        if not ignore_stale_grad:
            for _, parameter in learned:
                _refuse_stale(parameter)
        if self._kvstore is not None and self._update_on_kvstore:
            return
        by_device: list[list[tuple[int, NDArray, NDArray]]] = [[] for _ in self._contexts]
        for position, parameter in learned:
            for updates, array in zip(by_device, parameter._arrays(), strict=True):
                gradient = array._grad
                assert gradient is not None
                if not ignore_stale_grad or gradient._is_fresh:
                    updates.append((position, gradient, array))
        for updater, updates in zip(self._updaters, by_device, strict=True):
            if updates:
                updater(*map(list, zip(*updates, strict=True)))
            for _, gradient, _ in updates:
                gradient._is_fresh = False

    # ------------------------------------------------------------------------------------------------- states

    def save_states(self, fname: str | os.PathLike[str]) -> None:
        """Save the optimizer and its states, such as momenta, to a file."""
        self._get_ready()
        if not self._update_on_kvstore:
            states = self._updaters[0].get_states(dump_optimizer=True)
            with atomic_write(fname) as file:
                file.write(states)
            return
        if self._params_to_init:
            raise CheckError(
                "Cannot save trainer states when some parameters are not yet initialized in kvstore: call "
                "the network once before."
            )
        self._kvstore.save_optimizer_states(fname, dump_optimizer=True)

    def load_states(self, fname: str | os.PathLike[str]) -> None:
        """Load what `save_states` saved, also in MXNet.

        Raises
        ------
        ValueError
            If these are the states of other parameters.
        """
        self._get_ready()
        if self._update_on_kvstore:
            self._kvstore.load_optimizer_states(fname)
            updaters = [self._kvstore._updater]
        else:
            states = read_file(fname)
            updaters = self._updaters
            for updater in updaters:
                updater.set_states(states)
                updater.optimizer = updaters[0].optimizer
        self._put_in_order(updaters)
        self._check_states(updaters[0].states, fname)
        self._optimizer = updaters[0].optimizer
        self._optimizer.param_dict = dict(enumerate(self._params))

    def _put_in_order(self, updaters: Sequence[Updater]) -> None:
        """Give states the numbers that parameters have here, where the file names those that they are of.

        Before MXNet 1.3, trainers counted parameters in the order of their making, and wrote them down, too.
        """
        saved = updaters[0].optimizer.param_dict
        numbers = {index: self._positions.get(each.name) for index, each in saved.items()}
        if not numbers or None in numbers.values():
            return
        updaters[0].optimizer.renumber(numbers)
        for updater in updaters:
            updater.states = {numbers.get(index, index): state for index, state in updater.states.items()}

    def _check_states(self, states: Mapping[Any, Any], fname: object) -> None:
        """Refuse states that are not of these parameters."""
        for position, state in states.items():
            parameter = self._params[position] if position in range(len(self._params)) else None
            for array in flat(state if isinstance(state, tuple) else (state,)):
                shape = None if parameter is None else parameter.shape
                # A state has an extent for every one of its parameter's, perhaps 1.
                fits = shape is not None and len(array.shape) == len(shape)
                fits = fits and all(n in {1, m} for n, m in zip(array.shape, shape or (), strict=False))
                if not fits:
                    name = "there is none" if parameter is None else f"{parameter.name!r} has shape {shape}"
                    raise OtherStatesError(
                        f"{str(fname)!r} has a state of shape {array.shape} for parameter {position}, but "
                        f"{name}. They were saved of another network; before MXNet 1.3, trainers counted "
                        "parameters in the order of their making, and not in that of their names."
                    )


def _listed(params: Any) -> list[Parameter]:
    """Return the parameters one after the other."""
    if isinstance(params, Mapping | ParameterDict):
        params = [params[name] for name in sorted(params)]
    if not isinstance(params, list | tuple):
        raise BindError(f"First argument must be a list or dict of Parameters, got {type(params)}.")
    for each in params:
        if not isinstance(each, Parameter):
            raise BindError(f"First argument must be a list or dict of Parameters, got list of {type(each)}.")
    return list(params)


def _refuse_stale(parameter: Parameter) -> None:
    for array in parameter._arrays():
        if not array._fresh_grad:
            raise StaleGradientWarning(
                f"Gradient of Parameter `{parameter.name}` on context {array.context} has not been updated "
                "by backward since last `step`. This could mean a bug in your model that made it only use a "
                "subset of the Parameters (Blocks) for this iteration. If you are intentionally only using a "
                "subset, call step with ignore_stale_grad=True to suppress this warning and skip updating of "
                "Parameters with stale gradient"
            )
