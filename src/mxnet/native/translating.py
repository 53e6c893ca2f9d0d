"""Translates the Python that kernels are written in to LLVM's language, one kernel to a function.

Variables, loops, conditions, arithmetic and calls are all there is; :mod:`mxnet.native.kernels.language` says
what can be called. Types are LLVM's: a variable has that of what it is first given. A number that is written
down takes the type of what it meets; all other numbers meet only their kind, or are converted by name. What
is called stands in the place of its call, where a condition on what is written down is decided at once.
"""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import math
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np
from llvmlite import ir

__all__ = ["FAST", "KernelError", "translated"]

FAST = ("reassoc", "contract", "nsz", "arcp")
"""What LLVM may take for granted about floats; not that there are no NaN and no infinities."""

BOOL, I32, I64, F32, F64 = ir.IntType(1), ir.IntType(32), ir.IntType(64), ir.FloatType(), ir.DoubleType()
_FLOATS = (F32, F64)
_CASTS: dict[Any, Any] = {np.float32: F32, np.float64: F64, np.int32: I32, np.int64: I64}
_MATH = {math.sqrt: "llvm.sqrt", math.floor: "llvm.floor", math.ceil: "llvm.ceil", builtins.abs: "llvm.fabs"}
_MATH |= {math.exp: "llvm.exp", math.log: "llvm.log", math.sin: "llvm.sin", math.cos: "llvm.cos"}
_MATH |= {math.trunc: "llvm.trunc"}
_LIBRARY: set[Any] = {math.tan, math.asin, math.acos, math.atan, math.sinh, math.cosh, math.expm1, math.log1p}
_LIBRARY |= {math.asinh, math.acosh, math.atanh, math.log2, math.log10, math.erf, math.pow, math.hypot}
_LIBRARY |= {math.fmod}
"""What the C library computes of float32, under the same name with an f."""

_COMPARED = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_FLOATING = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
_WHOLE = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.BitAnd: "and_", ast.BitOr: "or_"}
_WHOLE |= {ast.BitXor: "xor", ast.LShift: "shl", ast.RShift: "ashr", ast.FloorDiv: "sdiv", ast.Mod: "srem"}

Constant = bool | int | float
"""A number that is written down, or follows from such."""


class KernelError(Exception):
    """A kernel says what cannot be translated."""


def translated(kernel: Callable[..., None], symbol: str, triple: str) -> str:
    """Return the text of a module with one function, of the words of a kernel."""
    module = ir.Module(symbol)
    module.triple = triple
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64.as_pointer()]), symbol)
    builder = ir.IRBuilder(function.append_basic_block())
    _Body(builder, kernel, function.args).translate()
    builder.ret_void()
    return str(module)


@functools.cache
def _tree(function: Any) -> ast.FunctionDef:
    """Return what a function says."""
    lines, first = inspect.getsourcelines(function)
    tree = ast.increment_lineno(ast.parse(textwrap.dedent("".join(lines))), first - 1)
    found = tree.body[0]
    assert isinstance(found, ast.FunctionDef)
    return found


@functools.cache
def _assigned(function: Any) -> frozenset[str]:
    """Return the names that a function gives a value to."""
    return frozenset(
        node.id
        for node in ast.walk(_tree(function))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )


def _is_pure(node: ast.AST, scope: Callable[[ast.expr], Any]) -> bool:
    """Whether it may be computed even if nobody asks for it: it reads no memory, and divides no integers."""
    for each in ast.walk(node):
        if isinstance(each, ast.Subscript | ast.While | ast.For | ast.FloorDiv | ast.Mod):
            return False
        if isinstance(each, ast.Call):
            called = scope(each.func)
            if inspect.isfunction(called) and not _is_pure_function(called):
                return False
    return True


@functools.cache
def _is_pure_function(function: Any) -> bool:
    if hasattr(function, "emit"):
        return bool(function.is_pure)
    return _is_pure(_tree(function), functools.partial(_looked_up, function))


def _looked_up(function: Any, node: ast.expr) -> Any:
    """Return what a name, perhaps with a dot, means around a function; None if nothing of Python's."""
    if isinstance(node, ast.Attribute):
        return getattr(_looked_up(function, node.value), node.attr, None)
    if not isinstance(node, ast.Name):
        return None
    free = function.__code__.co_freevars
    if node.id in free:
        return function.__closure__[free.index(node.id)].cell_contents
    return function.__globals__.get(node.id, getattr(builtins, node.id, None))


class _Node(ir.MDValue):  # type: ignore[misc]
    """Metadata that is no other's: a group of accesses to memory, or, as it begins with itself, of a loop."""

    def __init__(self, module: Any, *says: Any) -> None:
        super().__init__(module, says, name=str(len(module.metadata)))

    def descr(self, buf: list[str]) -> None:
        """Write what stands behind the name."""
        names = [each.get_reference() for each in (self, *self.operands)] if self.operands else []
        buf += (f"distinct !{{ {', '.join(names)} }}", "\n")

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


class _Body:
    """Translates a function, there where it is called."""

    def __init__(
        self,
        builder: Any,
        function: Any,
        arguments: Sequence[Any],
        flags: tuple[str, ...] = FAST,
        group: _Node | None = None,
    ) -> None:
        self._builder = builder
        self._group = group  # of accesses to memory, inside of a loop whose turns are independent
        self._flags = () if hasattr(function, "is_exact") else flags
        self._function = function
        self._scope = functools.partial(_looked_up, function)
        self._variables: dict[str, Any] = {}  # where they are kept
        self._fixed: dict[str, Any] = {}  # those that are never given another value
        self._results: list[Any] | None = None
        self._loops: list[tuple[Any, Any]] = []  # where `continue` and `break` go
        self._line = 0
        names = [each.arg for each in _tree(function).args.args]
        if len(names) != len(arguments):
            raise KernelError(f"{function.__name__} takes {len(names)} arguments, not {len(arguments)}")
        for name, value in zip(names, arguments, strict=True):
            if name in _assigned(function):
                self._keep(name, value)
            else:
                self._fixed[name] = value

    def translate(self) -> Any:
        """Write all that it does, and return what it returns: a value, a tuple, or None."""
        tree = _tree(self._function)
        *before, last = tree.body
        if isinstance(last, ast.Return) and not any(
            isinstance(each, ast.Return) for one in before for each in ast.walk(one)
        ):
            self._do(before)
            return None if last.value is None else self._value_or_tuple(last.value)
        self._end = self._builder.append_basic_block()
        self._do(tree.body)
        if not self._builder.block.is_terminated:
            self._builder.branch(self._end)
        self._builder.position_at_end(self._end)
        if self._results is None:
            return None
        values = tuple(self._builder.load(each) for each in self._results)
        return values[0] if len(values) == 1 else values

    # --------------------------------------------------------------------------------------------- statements

    def _do(self, statements: Sequence[ast.stmt]) -> None:
        for each in statements:
            if self._builder.block.is_terminated:
                return
            self._line = each.lineno
            rule = getattr(self, f"_do_{type(each).__name__}", None)
            if rule is None:
                self._refuse(f"there is no {type(each).__name__}")
            rule(each)

    def _refuse(self, why: str) -> NoReturn:
        code = self._function.__code__
        raise KernelError(f"{code.co_filename}:{self._line}: {self._function.__name__}: {why}")

    def _do_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self._value_or_tuple(node.value)

    def _do_Pass(self, node: ast.Pass) -> None:
        pass

    def _do_Assign(self, node: ast.Assign) -> None:
        target = node.targets[0]
        if not isinstance(target, ast.Tuple):
            value = self._value(node.value)
            for each in node.targets:
                self._store(each, value)
            return
        values = self._value_or_tuple(node.value)
        if not isinstance(values, tuple) or len(values) != len(target.elts):
            self._refuse("as many values are needed as there are names")
        for each, value in zip(target.elts, values, strict=True):
            self._store(each, value)

    def _do_AugAssign(self, node: ast.AugAssign) -> None:
        place = self._place(node.target)
        value = self._value(node.value)
        self._write(
            place, self._operate(node.op, self._access(self._builder.load(place), place.type.pointee), value)
        )

    def _store(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name) and target.id not in self._variables:
            self._keep(target.id, value)
        else:
            self._write(self._place(target), value)

    def _keep(self, name: str, value: Any) -> None:
        value = self._typed(value)
        with self._builder.goto_entry_block():
            place = self._variables[name] = self._builder.alloca(value.type)
        self._builder.store(value, place)

    def _write(self, place: Any, value: Any) -> None:
        wanted = place.type.pointee
        value = self._as(value, wanted)
        if value.type == I64 and wanted == I32:
            value = self._builder.trunc(value, I32)
        if value.type != wanted:
            self._refuse(f"{wanted} was expected, and this is {value.type}")
        self._access(self._builder.store(value, place), wanted)

    def _place(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Subscript):
            at = self._value(node.slice)
            return self._builder.gep(self._value(node.value), [self._as(at, I64)])
        if isinstance(node, ast.Name) and node.id in self._variables:
            return self._variables[node.id]
        return self._refuse("this cannot be written to")

    def _do_Return(self, node: ast.Return) -> None:
        if node.value is not None:
            values = self._value_or_tuple(node.value)
            values = values if isinstance(values, tuple) else (values,)
            if self._results is None:
                with self._builder.goto_entry_block():
                    self._results = [self._builder.alloca(self._typed(each).type) for each in values]
            for place, value in zip(self._results, values, strict=True):
                self._write(place, value)
        self._builder.branch(self._end)

    def _do_If(self, node: ast.If) -> None:
        condition = self._condition(node.test)
        if isinstance(condition, bool):
            self._do(node.body if condition else node.orelse)
            return
        then, otherwise, after = (self._builder.append_basic_block() for _ in range(3))
        self._builder.cbranch(condition, then, otherwise)
        for block, body in ((then, node.body), (otherwise, node.orelse)):
            self._builder.position_at_end(block)
            self._do(body)
            if not self._builder.block.is_terminated:
                self._builder.branch(after)
        self._builder.position_at_end(after)

    def _do_While(self, node: ast.While) -> None:
        self._loop(lambda: self._condition(node.test), node.body, lambda: None)

    def _do_For(self, node: ast.For) -> None:
        """Count; a step that is not written down is taken for positive."""
        call, target = node.iter, node.target
        counts = self._scope(call.func) if isinstance(call, ast.Call) else None
        is_independent = hasattr(counts, "turns_are_independent")
        if not (isinstance(call, ast.Call) and isinstance(target, ast.Name)) or not (
            counts is range or is_independent
        ):
            self._refuse("a loop counts a name through a range")
        numbers = [self._value(each) for each in call.args]
        first, last, step = {1: (0, *numbers, 1), 2: (*numbers, 1), 3: tuple(numbers)}[len(numbers)]
        falls = isinstance(step, int) and step < 0
        first, last, step = (self._cast(self._typed(each), I64) for each in (first, last, step))
        self._store(target, first)
        place = self._variables[target.id]
        self._loop(
            lambda: self._builder.icmp_signed(">" if falls else "<", self._builder.load(place), last),
            node.body,
            lambda: self._builder.store(self._builder.add(self._builder.load(place), step), place),
            is_independent=is_independent,
        )

    def _loop(
        self,
        condition: Callable[[], Any],
        body: Sequence[ast.stmt],
        go_on: Callable[[], Any],
        *,
        is_independent: bool = False,
    ) -> None:
        builder, outer = self._builder, self._group
        if is_independent and outer is None:
            self._group = _Node(builder.module)
        head, inside, further, after = (builder.append_basic_block() for _ in range(4))
        builder.branch(head)
        builder.position_at_end(head)
        builder.cbranch(self._typed(condition()), inside, after)
        builder.position_at_end(inside)
        self._loops.append((further, after))
        self._do(body)
        self._loops.pop()
        if not builder.block.is_terminated:
            builder.branch(further)
        builder.position_at_end(further)
        go_on()
        again = builder.branch(head)
        if is_independent:
            says = builder.module.add_metadata(["llvm.loop.parallel_accesses", self._group])
            again.set_metadata("llvm.loop", _Node(builder.module, says))
        self._group = outer
        builder.position_at_end(after)

    def _do_Continue(self, node: ast.Continue) -> None:  # noqa: ARG002
        self._builder.branch(self._loops[-1][0])

    def _do_Break(self, node: ast.Break) -> None:  # noqa: ARG002
        self._builder.branch(self._loops[-1][1])

    # ------------------------------------------------------------------------------------------------- values

    def _value_or_tuple(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Tuple):
            return tuple(self._value(each) for each in node.elts)
        if isinstance(node, ast.Call):
            return self._of_Call(node)
        return self._value(node)

    def _value(self, node: ast.expr) -> Any:
        rule = getattr(self, f"_of_{type(node).__name__}", None)
        if rule is None:
            self._refuse(f"there is no {type(node).__name__}")
        return rule(node)

    def _of_Constant(self, node: ast.Constant) -> Constant:
        if not isinstance(node.value, bool | int | float):
            self._refuse(f"{node.value!r} is no number")
        return node.value

    def _of_Attribute(self, node: ast.expr) -> Any:
        return self._known(node)

    def _of_Name(self, node: ast.Name) -> Any:
        if node.id in self._variables:
            return self._builder.load(self._variables[node.id])
        return self._fixed[node.id] if node.id in self._fixed else self._known(node)

    def _known(self, node: ast.expr) -> Any:
        found = self._scope(node)
        if isinstance(found, np.float32):
            return ir.Constant(F32, float(found))
        if isinstance(found, np.integer):
            return int(found)
        if not isinstance(found, bool | int | float):
            self._refuse(f"{ast.unparse(node)} is no number")
        return found

    def _of_Subscript(self, node: ast.Subscript) -> Any:
        place = self._place(node)
        return self._access(self._builder.load(place), place.type.pointee)

    def _access(self, instruction: Any, kind: Any) -> Any:
        instruction.align = 4 if kind in (F32, I32) else 8
        if self._group is not None:
            instruction.set_metadata("llvm.access.group", self._group)
        return instruction

    def _of_UnaryOp(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not):
            truth = self._condition(node.operand)
            return not truth if isinstance(truth, bool) else self._builder.not_(truth)
        value = self._value(node.operand)
        if isinstance(value, bool | int | float):
            return -value if isinstance(node.op, ast.USub) else ~value  # type: ignore[operator]
        if isinstance(node.op, ast.Invert):
            return self._builder.not_(value)
        return (
            self._builder.fneg(value, flags=self._flags)
            if value.type in _FLOATS
            else self._builder.neg(value)
        )

    def _of_BinOp(self, node: ast.BinOp) -> Any:
        return self._operate(node.op, self._value(node.left), self._value(node.right))

    def _operate(self, op: ast.operator, x: Any, y: Any) -> Any:
        if isinstance(x, bool | int | float) and isinstance(y, bool | int | float):
            return _folded(op, x, y)
        x, y = self._alike(x, y)
        known = _FLOATING if x.type in _FLOATS else _WHOLE
        if type(op) not in known:
            self._refuse(f"there is no {type(op).__name__} of {x.type}")
        if known is _FLOATING:
            return getattr(self._builder, known[type(op)])(x, y, flags=self._flags)
        made = getattr(self._builder, known[type(op)])(x, y)
        if isinstance(op, ast.FloorDiv | ast.Mod):  # down, as in Python
            rest = self._builder.srem(x, y)
            is_off = self._builder.icmp_signed("<", self._builder.xor(rest, y), rest.type(0))
            is_off = self._builder.and_(is_off, self._builder.icmp_signed("!=", rest, rest.type(0)))
            moved = (
                self._builder.sub(made, made.type(1))
                if isinstance(op, ast.FloorDiv)
                else self._builder.add(made, y)
            )
            made = self._builder.select(is_off, moved, made)
        return made

    def _of_Compare(self, node: ast.Compare) -> Any:
        values = [self._value(each) for each in (node.left, *node.comparators)]
        found: Any = True
        for op, x, y in zip(node.ops, values, values[1:], strict=False):
            truth = self._compare(_COMPARED[type(op)], x, y)
            if found is True:
                found = truth
            elif isinstance(truth, bool):
                found = found if truth else False
            elif found is not False:
                found = self._builder.and_(found, truth)
        return found

    def _compare(self, how: str, x: Any, y: Any) -> Any:
        if isinstance(x, bool | int | float) and isinstance(y, bool | int | float):
            order = (x > y) - (x < y)
            return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}.get(
                how, (order == 0) == (how == "==")
            )
        x, y = self._alike(x, y)
        if x.type not in _FLOATS:
            return self._builder.icmp_signed(how, x, y)
        compare = self._builder.fcmp_unordered if how == "!=" else self._builder.fcmp_ordered
        return compare(how, x, y)

    def _of_BoolOp(self, node: ast.BoolOp) -> Any:
        first, *rest = node.values
        found = self._condition(first)
        is_and = isinstance(node.op, ast.And)
        for each in rest:
            if isinstance(found, bool):
                found = self._condition(each) if found is is_and else found
            elif is_and:
                found = self._choose(found, each, None)
            else:
                found = self._choose(found, None, each)
        return found

    def _of_IfExp(self, node: ast.IfExp) -> Any:
        condition = self._condition(node.test)
        if isinstance(condition, bool):
            return self._value(node.body if condition else node.orelse)
        return self._choose(condition, node.body, node.orelse)

    def _choose(self, condition: Any, then: ast.expr | None, otherwise: ast.expr | None) -> Any:
        """Return one of two values, and compute only that one if it matters; None is the condition."""

        def computed(node: ast.expr | None, is_bool: bool) -> Any:
            if node is None:
                return condition
            return self._typed(self._condition(node)) if is_bool else self._value(node)

        is_bool = then is None or otherwise is None
        if all(node is None or _is_pure(node, self._scope) for node in (then, otherwise)):
            x, y = self._alike(computed(then, is_bool), computed(otherwise, is_bool))
            return self._builder.select(condition, x, y)
        blocks = [self._builder.append_basic_block() for _ in range(3)]
        self._builder.cbranch(condition, *blocks[:2])
        ends = []
        for block, node in zip(blocks, (then, otherwise), strict=False):
            self._builder.position_at_end(block)
            ends.append((computed(node, is_bool), self._builder.block))
        wanted = next((v.type for v, _ in ends if isinstance(v, ir.Value)), self._typed(ends[0][0]).type)
        incoming = []
        for value, block in ends:
            self._builder.position_at_end(block)
            incoming.append((self._as(value, wanted), block))
            self._builder.branch(blocks[2])
        self._builder.position_at_end(blocks[2])
        phi = self._builder.phi(wanted)
        for value, block in incoming:
            if value.type != wanted:
                self._refuse(f"a value is {wanted} or {value.type}")
            phi.add_incoming(value, block)
        return phi

    def _condition(self, node: ast.expr) -> Any:
        value = self._value(node)
        if isinstance(value, bool | int | float):
            return bool(value)
        return value if value.type == BOOL else self._compare("!=", value, 0)

    def _of_Call(self, node: ast.Call) -> Any:
        called = self._scope(node.func)
        arguments = [self._value(each) for each in node.args]
        if called in _CASTS:
            return self._cast(arguments[0], _CASTS[called])
        if called in _MATH:
            (x,) = map(self._typed, arguments)
            intrinsic = self._builder.module.declare_intrinsic(_MATH[called], [x.type])
            return self._builder.call(intrinsic, [x], fastmath=self._flags)
        if called in _LIBRARY:
            given = list(map(self._typed, arguments))
            kind = ir.FunctionType(F32, [F32] * len(given))
            return self._builder.call(self._outside(f"{called.__name__}f", kind), given)
        if called in (max, min):
            x, y = self._alike(*arguments)
            return self._builder.select(self._compare(">" if called is max else "<", y, x), y, x)
        if hasattr(called, "emit"):
            return called.emit(self._builder, *[self._typed(each) for each in arguments])
        if not hasattr(called, "is_inline"):
            self._refuse(f"{ast.unparse(node.func)} cannot be called")
        return _Body(self._builder, called, arguments, self._flags, self._group).translate()

    def _outside(self, name: str, kind: Any) -> Any:
        """Return a function of the C library."""
        module = self._builder.module
        return module.globals[name] if name in module.globals else ir.Function(module, kind, name)

    # ---------------------------------------------------------------------------------------- types of values

    def _typed(self, value: Any) -> Any:
        """Return a value of LLVM's: a number that is written down is an int64, a float32 or a truth."""
        if isinstance(value, bool):
            return ir.Constant(BOOL, int(value))
        if isinstance(value, int):
            return ir.Constant(I64, value)
        if isinstance(value, float):
            return ir.Constant(F32, float(np.float32(value)))
        return value

    def _as(self, value: Any, wanted: Any) -> Any:
        """Return a number that is written down as one of a type; anything else as it is."""
        if isinstance(value, ir.Value):
            return value
        if wanted in _FLOATS:
            return ir.Constant(wanted, float(np.float32(value)) if wanted == F32 else float(value))
        if isinstance(value, float):
            self._refuse(f"{value} is no {wanted}")
        return ir.Constant(wanted, int(value))

    def _alike(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Return two values of one type."""
        if not isinstance(x, ir.Value):
            x = self._as(x, y.type) if isinstance(y, ir.Value) else self._typed(x)
        y = self._as(y, x.type)
        if {x.type, y.type} == {I32, I64}:
            x, y = (each if each.type == I64 else self._builder.sext(each, I64) for each in (x, y))
        if x.type != y.type:
            self._refuse(f"{x.type} meets {y.type}: convert one of them")
        return x, y

    def _cast(self, value: Any, wanted: Any) -> Any:
        if not isinstance(value, ir.Value):
            return self._as(value if wanted in _FLOATS else int(value), wanted)
        builder, of = self._builder, value.type
        if of == wanted:
            return value
        if of in _FLOATS and wanted in _FLOATS:
            convert = builder.fpext if wanted == F64 else builder.fptrunc
        elif of in _FLOATS:
            convert = builder.fptosi
        elif wanted in _FLOATS:
            convert = builder.uitofp if of == BOOL else builder.sitofp
        elif of.width > wanted.width:
            convert = builder.trunc
        else:
            convert = builder.zext if of == BOOL else builder.sext
        return convert(value, wanted)


def _folded(op: ast.operator, x: Constant, y: Constant) -> Constant:
    expression = ast.Expression(ast.BinOp(ast.Constant(x), op, ast.Constant(y)))
    return eval(compile(ast.fix_missing_locations(expression), "kernel", "eval"))  # type: ignore[no-any-return] # noqa: S307
