"""What operators say of their work in rows, asked once for all steps of one operator and types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mxnet.ir.op import Op
from mxnet.ir.types import CHANNELS_LAST, Type
from mxnet.native.rows import Declined, Recipe, Rows
from mxnet.ops.backward import Backward
from mxnet.ops.tools.in_rows import names_in_rows
from mxnet.plan.plan import Plan, Step

__all__ = ["Recipes"]


class Recipes:
    """What operators say of their work in rows, asked once for all steps of one operator and types.

    Parameters
    ----------
    plan : Plan
        Whose steps these are.
    is_train : callable
        Whether an operator behaves as in training.
    """

    def __init__(self, plan: Plan, is_train: Callable[[Op], bool]) -> None:
        self._values = plan.values
        self._is_train = is_train
        self._known: dict[tuple[Any, ...], Recipe | None] = {}
        self._seen: dict[tuple[Any, ...], Recipe | None] = {}

    def of(self, step: Step) -> Recipe | None:
        """Return the rows of a step; None where torch has to do it."""
        op = step.node.op
        if op is None or op.as_rows is None or step.wants:
            return None
        values = self._values
        types = tuple([values[v].type for v in (*step.inputs, *step.outputs)])
        same = id(op), tuple(map(id, types))  # they live as long as the plan, and are quicker to look up so
        if same not in self._seen:
            key = id(op), types
            if key not in self._known:
                self._known[key] = self._ask(op, types, len(step.inputs))
            self._seen[same] = self._known[key]
        return self._seen[same]

    def _ask(self, op: Op, types: tuple[Type, ...], n_in: int) -> Recipe | None:
        unread = op.shape_only
        for i, (shape, dtype, where, layout) in enumerate(types):
            if (
                (layout and not op.rows_of_any_layout)
                or (layout == CHANNELS_LAST and self._is_train(op))
                or where.device_type == "gpu"
                or shape is None
                or None in shape
                or 0 in shape
            ):
                return None
            if dtype != "float32" and i not in unread:
                return None
        op = op.held_in([each.dtype for each in types[:n_in]])
        assert op.as_rows is not None
        to = Rows(
            [each.shape for each in types],  # type: ignore[misc]
            n_in,
            _names(op),
            unread=unread,
            may_share=op.memory.result != "new",
            is_train=self._is_train(op),
            layouts=[each.layout for each in types],
        )
        try:
            op.as_rows(to)
            for place in to.unsaid():
                if not isinstance(op, Backward):
                    raise TypeError(
                        f"{op.name}.as_rows does not say how output {place.position - n_in} is made"
                    )
                to("fill", place, place.size, 0.0)  # as the kernel's None stands for zeros
            return to.recipe()
        except Declined:
            return None


def _names(op: Op) -> dict[str, int | None]:
    if isinstance(op, Backward):
        return names_in_rows(op.forward_op, op.read_names(), [f"{name}_grad" for name in op.wants])
    return names_in_rows(op, op.slots, ())
