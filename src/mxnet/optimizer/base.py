"""What all optimizers share: rates and decay per parameter, counts, multi-precision."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mxnet import registry
from mxnet.caller import warn
from mxnet.errors import MXNetError, NameLookupError, ParameterError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mxnet.lr_scheduler import LRScheduler
    from mxnet.ndarray import NDArray
    from mxnet.symbol.symbol import Symbol

__all__ = ["Index", "Optimizer", "State", "create", "register"]

Index = int | str
State = Any  # None, an NDArray, or a tuple of states


class UnknownParameterError(ParameterError, TypeError):
    """An optimizer was given a parameter it does not have (MXNet raises TypeError)."""


class OptimizerError(MXNetError, ValueError):
    """An optimizer's parameters make no sense."""


class _NotANameTable(MXNetError, TypeError, AssertionError):
    """`param_idx2name` is no dictionary."""


class Optimizer:
    """Base of all optimizers.

    A subclass writes `create_state`, which makes what it remembers of a parameter, and `update`, which
    changes a parameter in place. It asks `_get_lr` and `_get_wd` for the rates of a parameter, after
    `_update_count`.

    Parameters
    ----------
    rescale_grad : float, default 1.0
        What gradients are multiplied by, such as 1 / batch size.
    param_idx2name : dict of int to str, optional
        The names of the parameters. With it, weight decay leaves out every parameter whose name does not end
        in ``_weight`` or ``_gamma``.
    wd : float, default 0.0
        Weight decay: how much of a parameter is added to its gradient.
    clip_gradient : float, optional
        Gradients are cut to ``[-clip_gradient, clip_gradient]``, after rescaling.
    learning_rate : float, optional
        The learning rate, 0.01 if neither it nor `lr_scheduler` is given.
    lr_scheduler : LRScheduler, optional
        Supplies the rate instead. If `learning_rate` is given as well, it becomes the schedule's ``base_lr``.
    sym : Symbol, optional
        The network; the ``__lr_mult__`` and ``__wd_mult__`` attributes of its variables are taken into
        account.
    begin_num_update : int, default 0
        The number of updates to start counting from.
    multi_precision : bool, default False
        Whether float16 parameters are updated through a float32 copy.
    param_dict : dict, optional
        Parameters by index, whose own ``lr_mult`` and ``wd_mult`` come before all others.
    """

    opt_registry: ClassVar[dict[str, type[Optimizer]]] = {}

    # In a multi-precision state, the float32 copy stands before the optimizer's own state (SGD: behind it).
    _master_first: ClassVar[bool] = True

    def __init__(
        self,
        rescale_grad: float = 1.0,
        param_idx2name: Mapping[Index, str] | None = None,
        wd: float = 0.0,
        clip_gradient: float | None = None,
        learning_rate: float | None = None,
        lr_scheduler: LRScheduler | None = None,
        sym: Symbol | None = None,
        begin_num_update: int = 0,
        multi_precision: bool = False,
        param_dict: Mapping[Index, Any] | None = None,
    ) -> None:
        if param_idx2name is not None and not isinstance(param_idx2name, dict):
            raise _NotANameTable(
                f"param_idx2name is a dictionary of indices to names, got {type(param_idx2name).__name__}."
            )
        self.rescale_grad = rescale_grad
        self.lr_scheduler = lr_scheduler
        self.lr = 0.01 if learning_rate is None and lr_scheduler is None else learning_rate
        if lr_scheduler is not None and learning_rate is not None:
            if lr_scheduler.base_lr != learning_rate:
                print(  # noqa: T201 - as in MXNet
                    "learning rate from ``lr_scheduler`` has been overwritten by ``learning_rate`` in "
                    "optimizer."
                )
            lr_scheduler.base_lr = learning_rate
        self.wd = wd
        self.lr_mult: dict[Index, float] = {}
        self.wd_mult: dict[Index, float] = {}
        self.begin_num_update = begin_num_update
        self.num_update = begin_num_update
        # Updates by parameter, for each device; MXNet's pickles have these names, and the two below.
        self._all_index_update_counts: dict[int, dict[Index, int]] = {0: {}}
        self._index_update_count = self._all_index_update_counts[0]
        self.aggregate_num = 0
        self.allow_np_array = False
        self.clip_gradient = clip_gradient or None  # 0 is no limit, as in MXNet
        self.multi_precision = multi_precision
        self.idx2name: dict[Index, str] = dict(param_idx2name or {})
        self.sym_info: tuple[Any, ...] = () if sym is None else (sym.attr_dict(), sym.list_arguments())
        self.param_dict: dict[Index, Any] = dict(param_dict or {})
        self.set_lr_mult({})
        self.set_wd_mult({})

    @staticmethod
    def register(klass: type[Optimizer]) -> type[Optimizer]:
        """Register a subclass under its name in lower case, for `create`."""
        register(klass)
        return klass

    @staticmethod
    def create_optimizer(name: str, **kwargs: Any) -> Optimizer:
        """Make the optimizer of that name.

        Examples
        --------
        >>> import mxnet as mx
        >>> type(mx.optimizer.create("adam", learning_rate=0.01)).__name__
        'Adam'
        """
        if not isinstance(name, str):
            raise NameLookupError(f"An optimizer is made from its name, such as 'sgd', not from {name!r}.")
        if name.lower() not in Optimizer.opt_registry:
            raise NameLookupError(
                f"{name!r} is not a registered optimizer. Known: {', '.join(sorted(Optimizer.opt_registry))}."
                f"{did_you_mean(name.lower(), Optimizer.opt_registry)}"
            )
        klass = Optimizer.opt_registry[name.lower()]
        for key in kwargs if klass.__module__.startswith("mxnet.") else ():  # a user's may take any
            if key not in (known := _parameters_of(klass)):
                raise UnknownParameterError(
                    f"{klass.__name__} has no parameter {key!r}.{did_you_mean(key, known)} Its parameters "
                    f"are: {', '.join(known)}."
                )
        return klass(**kwargs)

    @property
    def learning_rate(self) -> float:
        """The rate before the multiplier of a parameter."""
        if self.lr_scheduler is not None:
            rate = self.lr_scheduler(self.num_update)
            try:
                return float(rate)
            except (TypeError, ValueError):
                raise OptimizerError(
                    f"lr_scheduler({self.num_update}) must return a number, but {self.lr_scheduler!r} "
                    f"returned {rate!r}."
                ) from None
        assert self.lr is not None
        return self.lr

    def set_learning_rate(self, lr: float) -> None:
        """Set the rate; refused when a schedule supplies it."""
        if self.lr_scheduler is not None:
            raise UserWarning(  # MXNet raises this kind
                "The learning rate comes from lr_scheduler. Set the schedule's base_lr, or use no schedule."
            )
        self.lr = lr

    def create_state(self, index: Index, weight: NDArray) -> State:
        """Return what the optimizer remembers of a parameter before its first update; nothing by default."""

    def create_state_multi_precision(self, index: Index, weight: NDArray) -> State:
        """Return the state of a parameter, with a float32 copy if it is float16 and that is asked for."""
        if weight.dtype != np.float16:
            return self.create_state(index, weight)
        if not self.multi_precision:
            warn(
                "Small updates of float16 parameters are lost to rounding. Pass multi_precision=True to the "
                "optimizer to update them through float32 copies.",
            )
            return self.create_state(index, weight)
        master = weight.astype(np.float32)
        state = self.create_state(index, master)
        return (master, state) if self._master_first else (state, master)

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: State) -> None:
        """Change a parameter, and its state, in place.

        Parameters
        ----------
        index : int or str
            Which parameter, for rates and counts.
        weight : NDArray
            The parameter.
        grad : NDArray
            The gradient of the loss, of the same shape.
        state : NDArray, tuple or None
            What `create_state` returned for this parameter.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not define update(index, weight, grad, state)."
        )

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Change a parameter by way of its float32 copy, if it has one."""
        if not (self.multi_precision and weight.dtype == np.float16):
            self.update(index, weight, grad, state)
            return
        master, inner = state if self._master_first else state[::-1]
        self.update(index, master, grad.astype(np.float32), inner)
        weight[:] = master.astype(weight.dtype)

    def update_all(
        self,
        indices: Sequence[Index],
        weights: Sequence[NDArray],
        grads: Sequence[NDArray],
        states: Sequence[State],
    ) -> None:
        """Change several different parameters by one call, if they `steps_together`."""
        raise NotImplementedError(f"{type(self).__name__} updates one parameter at a time.")

    @property
    def steps_together(self) -> bool:
        """Whether all parameters may be updated by one call of `update_all`."""
        return False

    def set_lr_scale(self, args_lrscale: Mapping[Index, float]) -> None:
        """Refuse: MXNet's name of `set_lr_mult` from before version 0.7."""
        raise OptimizerError("set_lr_scale is gone since MXNet 0.7: use set_lr_mult.")

    def set_lr_mult(self, args_lr_mult: Mapping[Index, float]) -> None:
        """Set what the learning rate of single parameters is multiplied by.

        Parameters
        ----------
        args_lr_mult : dict of str or int to float
            By the parameter's name or index. They come before those of the network's variables.
        """
        self.lr_mult = {**self._multipliers_of_variables("__lr_mult__"), **args_lr_mult}

    def set_wd_mult(self, args_wd_mult: Mapping[Index, float]) -> None:
        """Set what the weight decay of single parameters is multiplied by.

        Parameters
        ----------
        args_wd_mult : dict of str or int to float
            By the parameter's name or index. They come before those of the network's variables, and these
            before the rule that only names ending in ``_weight`` and ``_gamma`` decay.
        """
        self.wd_mult = {
            **{name: 0.0 for name in self.idx2name.values() if not self._decays(name)},
            **self._multipliers_of_variables("__wd_mult__"),
            **args_wd_mult,
        }

    def meet(self, idx2name: Mapping[Index, str], sym: Symbol) -> None:
        """Take in parameters of one more network, with the multipliers of its variables.

        Parameters
        ----------
        idx2name : dict of int to str
            Their names.
        sym : Symbol
            The network.
        """
        self.idx2name.update(idx2name)
        attributes = sym.attr_dict()
        for name in idx2name.values():
            for table, key in ((self.lr_mult, "__lr_mult__"), (self.wd_mult, "__wd_mult__")):
                if key in attributes.get(name, {}):
                    table.setdefault(name, float(attributes[name][key]))
            if not self._decays(name):
                self.wd_mult.setdefault(name, 0.0)

    def _decays(self, name: str) -> bool:
        return name.endswith(("_weight", "_gamma"))

    def _multipliers_of_variables(self, key: str) -> dict[Index, float]:
        if not self.sym_info:
            return {}
        attributes, arguments = self.sym_info
        return {name: float(attributes[name][key]) for name in arguments if key in attributes.get(name, {})}

    def _set_current_context(self, device_id: int) -> None:
        """Count updates for another device from now on."""
        self._index_update_count = self._all_index_update_counts.setdefault(device_id, {})

    def _update_count(self, index: Index | Iterable[Index]) -> None:
        """Count an update of one parameter, or of each of several."""
        several: Any = index if isinstance(index, (list, tuple)) else [index]
        for one in several:
            count = self._index_update_count.get(one, self.begin_num_update) + 1
            self._index_update_count[one] = count
            self.num_update = max(count, self.num_update)

    def _get_lr(self, index: Index) -> float:
        """Return the learning rate of a parameter."""
        return self._get_lrs([index])[0]

    def _get_wd(self, index: Index) -> float:
        """Return the weight decay of a parameter."""
        return self._get_wds([index])[0]

    def _get_lrs(self, indices: Sequence[Index]) -> list[float]:
        """Return the learning rates of several parameters."""
        rate = self.learning_rate
        return [rate * each for each in self._multipliers(indices, self.lr_mult, "lr_mult")]

    def _get_wds(self, indices: Sequence[Index]) -> list[float]:
        """Return the weight decays of several parameters."""
        return [self.wd * each for each in self._multipliers(indices, self.wd_mult, "wd_mult")]

    def _multipliers(
        self, indices: Sequence[Index], table: Mapping[Index, float], attribute: str
    ) -> list[float]:
        """Return what a rate of each parameter is multiplied by: as it says itself, by index, or by name."""
        own, names = self.param_dict, self.idx2name
        if not own and not table:
            return [1.0] * len(indices)
        return [
            float(getattr(own[index], attribute))
            if index in own
            else table[index]
            if index in table
            else table.get(names.get(index, index), 1.0)
            for index in indices
        ]

    def __getstate__(self) -> dict[str, Any]:
        # Parameters belong to the running process; MXNet leaves them out as well.
        return {key: value for key, value in self.__dict__.items() if key not in {"param_dict", "_plans"}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.aggregate_num = 0  # that and the counts by device are younger than some files
        self._all_index_update_counts = {0: state["_index_update_count"]}
        self.__dict__.update(state)
        saved = state.get("param_dict")  # before MXNet 1.3
        known = saved.items() if isinstance(saved, dict) else ()
        self.param_dict = {index: each for index, each in known if hasattr(each, "lr_mult")}

    def renumber(self, numbers: Mapping[Index, Index]) -> None:
        """Count parameters by other numbers, as which those of before become known."""
        counts = self._index_update_count
        self._index_update_count = {numbers.get(index, index): count for index, count in counts.items()}
        self._all_index_update_counts = {0: self._index_update_count}
        self.idx2name = {numbers.get(index, index): name for index, name in self.idx2name.items()}


_registered: Callable[..., type[Optimizer]] = registry.get_register_func(Optimizer, "optimizer")


def register(klass: type[Optimizer]) -> type[Optimizer]:
    """Register a subclass of `Optimizer` under its name in lower case, for `create`.

    Examples
    --------
    >>> import mxnet as mx
    >>> @mx.optimizer.register
    ... class PlainDescent(mx.optimizer.Optimizer):
    ...     def update(self, index, weight, grad, state):
    ...         self._update_count(index)
    ...         weight -= self._get_lr(index) * grad
    >>> optimizer = mx.optimizer.create("plaindescent", learning_rate=0.1)
    """
    _registered(klass)
    Optimizer.opt_registry[klass.__name__.lower()] = klass
    return klass


create = Optimizer.create_optimizer


def _parameters_of(klass: type[Optimizer]) -> list[str]:
    """Return the parameters that an optimizer of ours and its bases take."""
    names: dict[str, None] = {}
    for each in klass.__mro__[:-1]:
        parameters = inspect.signature(each).parameters.values()
        names.update({p.name: None for p in parameters if p.kind is not p.VAR_KEYWORD})
    return list(names)
