"""How a bound graph is to be run: what ``bind`` was asked for, or else what the environment says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxnet.config import KNOBS, as_bytes, knob
from mxnet.errors import BindError

if TYPE_CHECKING:
    from mxnet.passes import Pass

__all__ = ["Options"]


@dataclass(frozen=True)
class Options:
    """What changes how programs are made from a graph.

    Attributes
    ----------
    memory_budget : int or None
        The most bytes that intermediate values of training may take.
    mirror : bool
        Whether to recompute cheap values in the backward half.
    compiler : {'', 'inductor'}
        Whether programs are handed to ``torch.compile``.
    check_numerics : bool
        Whether to stop at the first NaN or Inf.
    disabled : frozenset of str
        The passes that are left out; ``"all"`` stands for all.
    """

    memory_budget: int | None = None
    mirror: bool = False
    compiler: str = ""
    check_numerics: bool = False
    disabled: frozenset[str] = frozenset()

    @classmethod
    def of_environment(
        cls,
        *,
        memory_budget: str | float | None = None,
        compiler: str | None = None,
        check_numerics: bool | None = None,
    ) -> Options:
        """Return the options of the environment variables, but for those that are given.

        Raises
        ------
        MXNetError
            If a value makes no sense.
        """
        try:
            budget = None if memory_budget is None else as_bytes(memory_budget)
            chosen = None if compiler is None else KNOBS["MXNET_COMPILER"].read(compiler)
        except ValueError as error:
            what = "memory_budget" if compiler is None else "memory_budget or compiler"
            raise BindError(f"bind: {what} {memory_budget!r} {compiler!r}: {error}.") from None
        return cls(
            memory_budget=knob("MXNET_MEMORY_BUDGET") if budget is None else budget,
            mirror=knob("MXNET_BACKWARD_DO_MIRROR"),
            compiler=knob("MXNET_COMPILER") if chosen is None else chosen,
            check_numerics=knob("MXNET_CHECK_NUMERICS") if check_numerics is None else check_numerics,
            disabled=knob("MXNET_DISABLED_PASSES"),
        )

    def without_disabled(self, pipeline: Sequence[Pass]) -> Sequence[Pass]:
        """Return the passes of a pipeline that are not switched off."""
        if "all" in self.disabled:
            return ()
        return [each for each in pipeline if each.__name__ not in self.disabled]
