"""Loops and branches composed from Python functions: what ``mx.sym.contrib`` has beside operators."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from mxnet.attribute import AttrScope, current_attributes, hidden_key
from mxnet.errors import CompositionError, ParameterError, brief
from mxnet.ir.node import Entry, Node, postorder, user_line
from mxnet.ir.op import find_operator
from mxnet.ir.param import as_text
from mxnet.ir.subgraphs import bind_subgraphs
from mxnet.name import current_names
from mxnet.nesting import arguments, flatten, pair, regroup, shown, whole_number
from mxnet.symbol.symbol import Symbol
from mxnet.symbol.variable import Variable

__all__ = ["cond", "foreach", "while_loop"]

SCOPE = "__subgraph_name__"
"""The attribute that tells which nodes were made inside of a body."""

_numbers: defaultdict[str, Iterator[int]] = defaultdict(itertools.count)


# ------------------------------------------------------------------------------------------------- functions


def foreach(
    body: Callable[[Any, Any], tuple[Any, Any]], data: Any, init_states: Any, name: str = "foreach"
) -> tuple[Any, Any]:
    """Run a function on each item of the data along the first axis, passing states from item to item.

    The function is called once, with symbols that stand for an item and the states, to make the graph that
    is run. It may use any other symbol.

    Parameters
    ----------
    body : callable
        Takes an item and the states, in the form of `data` and `init_states`; returns the outputs of the step
        and the next states.
    data : Symbol or nested list of Symbol
        What to go through; all have the same first extent.
    init_states : Symbol or nested list of Symbol
        The states before the first item.
    name : str, default 'foreach'
        What the attribute that marks the nodes of the body starts with.

    Returns
    -------
    outputs : Symbol or nested list of Symbol
        The outputs of all steps, stacked along a new first axis.
    states : Symbol or nested list of Symbol
        The last states.

    Raises
    ------
    MXNetError
        If the body does not return outputs and states, in the form of `init_states`, or does not use all
        that it gets.

    Examples
    --------
    >>> import mxnet as mx
    >>> total = lambda item, state: (item + state, item + state)
    >>> outputs, state = mx.sym.contrib.foreach(total, mx.sym.var("x"), mx.sym.var("start"))
    >>> outputs.eval(x=mx.nd.array([[1], [2], [4]]), start=mx.nd.zeros((1,)))[0].asnumpy().ravel().tolist()
    [1.0, 3.0, 7.0]
    """
    items, item_form = _symbols(data, "foreach: data")
    states, state_form = _symbols(init_states, "foreach: init_states")
    with _scope(name) as scope:
        item_inputs, state_inputs = _placeholders(items), _placeholders(states)
        returned = body(regroup(item_inputs, item_form), regroup(state_inputs, state_form))
        made, changed = pair(returned, "foreach: body")
        outputs, output_form = _symbols(made, "foreach: the outputs of body")
        next_states, next_form = _symbols(changed, "foreach: the states that body returns")
        if next_form != state_form:
            raise CompositionError(
                "foreach: body must return states in the form of init_states, "
                f"{shown(state_form, 'Symbol')}, but returned {shown(next_form, 'Symbol')}."
            )
        names = {each.name for each in outputs}
        outputs = [_own(each, scope) for each in outputs]
        next_states = [_copy(each) if each.name in names else _own(each, scope) for each in next_states]
    graph = _Cut([*outputs, *next_states], scope)
    given = [*item_inputs, *state_inputs]
    locs = [graph.find(each) for each in given]
    for each, loc in zip([*items, *states], locs, strict=True):
        if loc is None:
            raise CompositionError(
                f"foreach: body does not use {each.name!r}, but must use all data and states."
            )
    remaining = [i for i in range(len(graph.inputs)) if i not in locs]
    return _compose(
        "_foreach",
        [*_entries(items), *_entries(states), *(graph.inputs[i] for i in remaining)],
        [graph],
        {
            "num_outputs": len(outputs) + len(next_states),
            "num_out_data": len(outputs),
            "in_state_locs": locs[len(items) :],
            "in_data_locs": locs[: len(items)],
            "remain_locs": remaining,
        },
        output_form,
        state_form,
    )


def while_loop(
    cond: Callable[..., Symbol],
    func: Callable[..., tuple[Any, Any]],
    loop_vars: Any,
    max_iterations: int | None = None,
    name: str = "while_loop",
) -> tuple[Any, Any]:
    """Run a function on loop variables as long as a condition holds, but at most `max_iterations` times.

    Parameters
    ----------
    cond : callable
        Takes the loop variables; returns a Symbol of one element.
    func : callable
        Takes the loop variables; returns the outputs of the step, which may be None or [], and the next loop
        variables.
    loop_vars : Symbol or nested list of Symbol
        The loop variables before the first step.
    max_iterations : int
        The most steps to run.
    name : str, default 'while_loop'
        What the attributes that mark the nodes of the two graphs start with.

    Returns
    -------
    outputs : Symbol or nested list of Symbol
        The outputs of all steps, stacked along a new first axis of `max_iterations`; zeros for steps that
        were not run.
    loop_vars : Symbol or nested list of Symbol
        The last loop variables.

    Raises
    ------
    MXNetError
        If there are no loop variables or no `max_iterations`, or the functions return something else.

    Examples
    --------
    >>> import mxnet as mx
    >>> outputs, last = mx.sym.contrib.while_loop(
    ...     lambda i: i < 3, lambda i: (i * i, i + 1), mx.sym.var("i"), max_iterations=5
    ... )
    >>> outputs.eval(i=mx.nd.array([0]))[0].asnumpy().ravel().tolist()
    [0.0, 1.0, 4.0, 0.0, 0.0]
    """
    most = whole_number(max_iterations)
    variables, form = _symbols(loop_vars, "while_loop: loop_vars")
    if not variables:
        raise ParameterError("while_loop: loop_vars should contain at least one element.")
    with _scope(f"{name}_cond") as scope:
        tested = _placeholders(variables)
        test = cond(*arguments(regroup(tested, form)))
        if not isinstance(test, Symbol) or len(test) != 1:
            raise ParameterError(
                f"while_loop: cond must return a Symbol of one output, but returned {brief(test)}."
            )
        condition = _Cut([_own(test, scope)], scope)
    with _scope(f"{name}_func") as scope:
        given = _placeholders(variables)
        returned = func(*arguments(regroup(given, form)))
        made, changed = pair(returned, "while_loop: func")
        outputs, output_form = _symbols([] if made is None else made, "while_loop: the outputs of func")
        after, after_form = _symbols([] if changed is None else changed, "while_loop: the loop_vars of func")
        if len(after) != len(variables):
            raise ParameterError(
                f"while_loop: func must return as many loop_vars as it takes, {len(variables)}, but returned "
                f"{len(after)}."
            )
        body = _Cut([_own(each, scope) for each in (*outputs, *after)], scope)
    positions = [condition.find(each) for each in tested]
    found = [body.find(each) for each in given]
    for each, loc in zip(variables, found, strict=True):
        if loc is None:
            raise ParameterError(f"while_loop: func does not use {each.name!r}, but must use all loop_vars.")
    entries = list(condition.inputs)
    for variable, loc in zip(variables, positions, strict=True):
        if loc is not None:
            entries[loc] = variable._outputs[0]
    where = dict(zip(found, positions, strict=True))
    outer = dict(zip(found, _entries(variables), strict=True))
    func_input_locs = []
    for i, entry in enumerate(body.inputs):
        position = where.get(i)
        if position is None:
            position = len(entries)
            entries.append(outer.get(i, entry))
        func_input_locs.append(position)
    return _compose(
        "_while_loop",
        entries,
        [condition, body],
        {
            "max_iterations": most,
            "func_input_locs": func_input_locs,
            "cond_input_locs": list(range(len(condition.inputs))),
            "func_var_locs": found,
            "num_out_data": len(outputs),
            "num_outputs": len(outputs) + len(after),
        },
        output_form,
        after_form,
    )


def cond(pred: Symbol, then_func: Callable[[], Any], else_func: Callable[[], Any], name: str = "cond") -> Any:
    """Run one of two functions: the first if `pred` is true.

    Both functions are called, to make the two graphs; when the symbol runs, only one graph does.

    Parameters
    ----------
    pred : Symbol
        The condition, of one element.
    then_func, else_func : callable
        Take nothing; return a Symbol or nested list of Symbol, both the same number with the same shapes.
    name : str, default 'cond'
        What the attributes that mark the nodes of the graphs start with.

    Returns
    -------
    Symbol or nested list of Symbol
        What the function returned that is run.

    Raises
    ------
    MXNetError
        If `pred` is no Symbol of one output, or the functions return different numbers of symbols.

    Examples
    --------
    >>> import mxnet as mx
    >>> a, b = mx.sym.var("a"), mx.sym.var("b")
    >>> larger = mx.sym.contrib.cond(a > b, lambda: a * 1, lambda: b * 1)
    >>> larger.eval(a=mx.nd.array([1]), b=mx.nd.array([2]))[0].asnumpy().tolist()
    [2.0]
    """
    if not isinstance(pred, Symbol) or len(pred) != 1:
        raise CompositionError(f"cond: pred must be a Symbol of one output, not {brief(pred)}.")
    with _scope(f"{name}_pred") as scope:
        condition = _Cut([_own(pred, scope)], scope)
    branches, forms = [], []
    for function, what in ((then_func, "then"), (else_func, "else")):
        with _scope(f"{name}_{what}") as scope:
            outputs, form = _symbols(function(), f"cond: the outputs of {what}_func")
            branches.append(_Cut([_own(each, scope) for each in outputs], scope))
            forms.append(form)
    counts = [len(branch.outputs) for branch in branches]
    if counts[0] != counts[1]:
        raise ParameterError(f"cond: then_func returns {counts[0]} symbols, but else_func {counts[1]}.")
    if not counts[0]:
        raise CompositionError("cond: then_func and else_func must return at least one symbol.")
    entries: list[Entry] = []
    variables: dict[Entry, int] = {}
    locs = []
    for graph in (condition, *branches):
        graph_locs = []
        for entry in graph.inputs:
            position = variables.get(entry)
            if position is None:
                position = len(entries)
                entries.append(entry)
                if entry.node.op is None:
                    variables[entry] = position
            graph_locs.append(position)
        locs.append(graph_locs)
    params = {
        "cond_input_locs": locs[0],
        "then_input_locs": locs[1],
        "else_input_locs": locs[2],
        "num_outputs": counts[0],
    }
    return _compose("_cond", entries, [condition, *branches], params, forms[0], [])[0]


# --------------------------------------------------------------------------------------- what users pass in


def _symbols(value: Any, what: str) -> tuple[list[Symbol], Any]:
    """Return the symbols in a nested list, and its form; a symbol of several outputs is a list of them."""
    return flatten(value, Symbol, what, lambda symbol: list(symbol) if len(symbol) > 1 else None)


# ------------------------------------------------------------------------------------------- making a graph


@contextmanager
def _scope(prefix: str) -> Iterator[str]:
    """Mark the nodes made in this scope with a name of their own: ``foreach0``, ``foreach0$foreach0``."""
    outer = current_attributes().get(None).get(SCOPE)
    prefix = f"{outer}${prefix}" if outer else prefix
    scope = f"{prefix}{next(_numbers[prefix])}"
    with AttrScope(**{SCOPE: scope}):
        yield scope


def _placeholders(symbols: Sequence[Symbol]) -> list[Symbol]:
    """Return a variable for each symbol, named after its output: ``x-0``."""
    return [Variable(f"{each.name}-{each._outputs[0].index}") for each in symbols]


def _copy(symbol: Symbol) -> Symbol:
    return Symbol._create("_copy", [symbol], {}, hint="identity")


def _own(symbol: Symbol, scope: str) -> Symbol:
    """Return a symbol of this scope: a copy of what is a variable, or was made outside."""
    return symbol if _is_inside(symbol._outputs[0].node, scope) else _copy(symbol)


def _is_inside(node: Node, scope: str) -> bool:
    return node.op is not None and node.attrs.get(SCOPE) == scope


def _entries(symbols: Sequence[Symbol]) -> list[Entry]:
    return [each._outputs[0] for each in symbols]


class _Cut:
    """The graph of what a body returns, cut where it leaves the body's scope.

    Attributes
    ----------
    outputs : tuple of Entry
        Of the graph, whose nodes are copies.
    inputs : list of Entry
        What its variables, in order, stand for: a variable of the same name, or a value made outside, for
        which there is a variable with the name of that output.
    """

    def __init__(self, symbols: Sequence[Symbol], scope: str) -> None:
        heads = _entries(symbols)
        copies: dict[Entry, Entry] = {}
        for node in _nodes_inside(heads, scope):
            inputs = tuple(_inner(entry, copies, scope) for entry in node.inputs)
            copy = Node(node.op, node.name, inputs, dict(node.attrs), node.source, node.subgraphs)
            copies.update(zip(node.entries, copy.entries, strict=True))
        self.outputs = tuple(copies[head] for head in heads)
        outer = {inner.node: entry for entry, inner in copies.items()}
        self.inputs = [outer[node] for node in postorder(self.outputs) if node.op is None]

    def find(self, variable: Symbol) -> int | None:
        """Return which of the inputs is this variable, None if the graph does not use it."""
        entry = variable._outputs[0]
        return self.inputs.index(entry) if entry in self.inputs else None


def _nodes_inside(heads: Sequence[Entry], scope: str) -> list[Node]:
    """Return the nodes of a scope that the heads depend on, each after its inputs."""
    order: list[Node] = []
    seen: set[Node] = set()
    stack = [(head.node, False) for head in heads]
    while stack:
        node, inputs_done = stack.pop()
        if inputs_done:
            order.append(node)
        elif node not in seen and _is_inside(node, scope):
            seen.add(node)
            stack.append((node, True))
            stack += [(entry.node, False) for entry in node.inputs]
    return order


def _inner(entry: Entry, copies: dict[Entry, Entry], scope: str) -> Entry:
    """Return what stands for a value inside: its copy, or a variable if it is one or comes from outside."""
    if entry not in copies:
        made_inside = entry.node.op is None and entry.node.attrs.get(SCOPE) == scope
        attrs = dict(entry.node.attrs) if made_inside else {}
        copies[entry] = Entry(Node(None, entry.output_name, (), attrs, entry.node.source))
    return copies[entry]


def _compose(
    name: str,
    entries: Sequence[Entry],
    graphs: Sequence[_Cut],
    params: Mapping[str, Any],
    output_form: Any,
    state_form: Any,
) -> tuple[Any, Any]:
    """Make the node, and return its outputs and states in the form that the user chose."""
    attrs = {hidden_key(key): value for key, value in current_attributes().get(None).items()}
    given = {key: as_text(value) for key, value in params.items()}
    given["num_args"] = str(len(entries) + len(graphs))
    subgraphs = tuple(graph.outputs for graph in graphs)
    op = bind_subgraphs(find_operator(name).bind(given), subgraphs)
    node = Node(
        op, current_names().get(None, name), tuple(entries), {**attrs, **given}, user_line(), subgraphs
    )
    made = [Symbol((entry,)) for entry in node.outputs]
    count = int(params.get("num_out_data", len(made)))
    return regroup(made[:count], output_form), regroup(made[count:], state_form)
