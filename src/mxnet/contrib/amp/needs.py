"""Which operators of a network need which dtype, as the lists say or the user does."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mxnet.contrib.amp.lists import Lists, lists_of, narrow_dtype
from mxnet.contrib.checks import CheckError
from mxnet.dtype import DTypeLike
from mxnet.errors import did_you_mean
from mxnet.ir.op import REGISTRY, Op

__all__ = ["Conditions", "Names", "Needs"]

Names = Sequence[str] | None
Conditions = Sequence[tuple[str, str, Sequence[str]]] | None


@dataclass(frozen=True)
class Needs:
    """Which operators need which dtype.

    Attributes
    ----------
    narrow : str
        The narrow dtype.
    narrow_ops, float32_ops, widest_ops : frozenset of str
        Operators by what their inputs become. As in MXNet, a name stands for the operator that writes it into
        files, and an alias for none.
    conditional : list of (str, str, list of str)
        Operators that need float32 if a parameter that was given has one of some values.
    excluded : collection of str
        Names of nodes that need float32.
    """

    narrow: str
    narrow_ops: frozenset[str]
    float32_ops: frozenset[str]
    widest_ops: frozenset[str]
    conditional: Sequence[tuple[str, str, Sequence[str]]]
    excluded: Collection[str]

    @classmethod
    def of(
        cls,
        target_dtype: DTypeLike,
        target_dtype_ops: Names = None,
        fp32_ops: Names = None,
        conditional_fp32_ops: Conditions = None,
        excluded_sym_names: Names = None,
    ) -> Needs:
        """Return what operators need, with the default for each list that is not given.

        Raises
        ------
        AssertionError
            If a list has something else, an operator nobody knows, or one that another list has as well.
        """
        narrow = narrow_dtype(target_dtype)
        lists = lists_of(narrow)
        conditional = _conditions(conditional_fp32_ops, lists.conditional)
        chosen = {
            "target_dtype_ops": _names("target_dtype_ops", target_dtype_ops, lists.narrow),
            "fp32_ops": _names("fp32_ops", fp32_ops, lists.float32),
            "conditional_fp32_ops": [name for name, _, _ in conditional],
        }
        _check_distinct(chosen)
        for what, names in chosen.items():
            _check_known(what, names, lists)
        return cls(
            narrow,
            frozenset(chosen["target_dtype_ops"]),
            frozenset(chosen["fp32_ops"]),
            frozenset(lists.widest),
            conditional,
            _names("excluded_sym_names", excluded_sym_names),
        )

    def of_node(
        self, op: Op, name: str | None = None
    ) -> Literal["narrow", "float32", "all float32", "widest", "any"]:
        """Return what the inputs of a node become; ``all float32`` means variables, too."""
        if name in self.excluded or op.name in self.float32_ops:
            return "float32"
        if self._meets_condition(op):
            return "all float32"
        if op.name in self.narrow_ops:
            return "narrow"
        return "widest" if op.name in self.widest_ops else "any"

    def _meets_condition(self, op: Op) -> bool:
        return any(
            op.name == name and op.given.get(parameter) in values
            for name, parameter, values in self.conditional
        )


def _names(what: str, given: Names, default: Sequence[str] = ()) -> Sequence[str]:
    if given is None:
        return default
    if not isinstance(given, (list, tuple)) or not all(isinstance(name, str) for name in given):
        raise CheckError(f"{what} must be a list of names, but is {given!r}.")
    return given


def _conditions(
    given: Conditions, default: Sequence[tuple[str, str, Sequence[str]]]
) -> Sequence[tuple[str, str, Sequence[str]]]:
    if given is None:
        return default
    for condition in given:
        match condition:
            case (str(), str(), list()):
                continue
        raise CheckError(
            "conditional_fp32_ops must be a list of operators, parameters and lists of values, such as "
            f"('Activation', 'act_type', ['softrelu']), but has {condition!r}."
        )
    return given


def _check_distinct(chosen: Mapping[str, Sequence[str]]) -> None:
    first: dict[str, str] = {}
    for what, names in chosen.items():
        for name in names:
            other = first.setdefault(name, what)
            if other != what:
                raise CheckError(f"The operator {name!r} is in two lists, {other} and {what}.")


def _check_known(what: str, names: Sequence[str], lists: Lists) -> None:
    """Refuse operators that nobody knows, and those that always take the widest dtype of their inputs."""
    listed = {*lists.narrow, *lists.either, *lists.float32, *(name for name, _, _ in lists.conditional)}
    for name in names:
        if name in lists.widest:
            raise CheckError(f"{what} has {name!r}, which takes the widest dtype of its inputs.")
        if name not in listed and name not in REGISTRY:
            raise CheckError(f"{what} has {name!r}, which is no operator.{did_you_mean(name, REGISTRY)}")
