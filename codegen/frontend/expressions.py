"""Check expressions: every name known, every operand and argument of the kind that its place wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from .. import ast, errors
from ..source import Span
from .builtins import BUILTINS, Builtin, Kind, Use
from .reserved import INVARIANT_FUNCTIONS
from .symbols import KIND_OF_TYPE, Names, Role, Symbol, accepts, with_article

_NUMERIC = frozenset({Kind.INT, Kind.CPU, Kind.ZONE})

_HOW_TO_GET = {
    Kind.CPU: "a CPU is the variable of for_each_online_cpu or for_each_cpu, or smp_processor_id()",
    Kind.ZONE: "a zone is the variable of for_each_populated_zone",
    Kind.MASK: "a cpumask is declared by `static cpumask`, or is a local or a parameter",
    Kind.SPINLOCK: "a spinlock is declared by `static spinlock`",
    Kind.MUTEX: "a mutex is declared by `static mutex`",
    Kind.HANDLER: "a handler is declared by `handler name() { ... }`",
    Kind.COUNTER: "a counter is declared by `counter name;`",
    Kind.BOOL: "a bool is `true`, `false`, a comparison or a bool variable",
    Kind.INT: "an int is a number, a count, or the number of a CPU or zone",
    Kind.NOTHING: "",
}


@dataclass(frozen=True)
class Expressions:
    """Finds the kind of expressions and adds what is wrong to `problems`."""

    problems: list[errors.Diagnostic]

    def kind(self, expr: ast.Expr, names: Names, wanted: Kind | None = None) -> Kind | None:
        """The kind of an expression, or None when an error in it has already been said.

        `wanted` only makes the message about an unknown name more exact; the caller compares.
        """
        match expr:
            case ast.Number():
                return Kind.INT
            case ast.Truth():
                return Kind.BOOL
            case ast.Ref():
                return self._ref(expr, names, wanted)
            case ast.Call():
                return self._call(expr, names)
            case ast.Unary():
                return self._unary(expr, names)
            case ast.Binary():
                return self._binary(expr, names)
            case ast.Quantified():
                span = expr.span.source.span(expr.span.start, expr.span.start + len(expr.kind))
                self.problems.append(errors.invariant_only(span, expr.kind))
                return None
        assert_never(expr)

    def condition(self, expr: ast.Expr, names: Names) -> None:
        """Check the condition of an `if` or `while`, where a trylock may stand as the whole, or negated."""
        inner = expr
        while isinstance(inner, ast.Unary) and inner.op == "!":
            inner = inner.operand
        builtin = _condition_builtin(inner)
        if isinstance(inner, ast.Call) and builtin is not None and builtin.result is Kind.BOOL:
            self.builtin_arguments(inner, builtin, names)
            return
        compared = _compared_with_zero(expr)
        if compared is not None:
            self.builtin_arguments(compared, BUILTINS[compared.name.text], names)
            return
        self.truth(expr, names)

    def truth(self, expr: ast.Expr, names: Names) -> None:
        """Check an expression that must be true or false, without effects."""
        given = self.kind(expr, names, Kind.BOOL)
        if given is not None and given is not Kind.BOOL:
            advice = "compare it, for example with `> 0`" if given in _NUMERIC else _how_to_ask(given)
            self.problems.append(errors.condition_not_bool(expr.span, with_article(given), advice))

    # --- names and calls

    def _ref(self, ref: ast.Ref, names: Names, wanted: Kind | None) -> Kind | None:
        symbol = names.find(ref.name)
        if symbol is None:
            self._unknown(ref, names, wanted)
            return None
        if symbol.is_routine and not (symbol.kind is Kind.HANDLER and wanted is Kind.HANDLER):
            advice = f"call it: {ref.name}(...)"
            if symbol.kind is Kind.HANDLER:
                advice = f"name it where a handler is wanted, or call it: {ref.name}()"
            self.problems.append(errors.not_called(ref.span, symbol.role, advice))
            return None
        return symbol.kind

    def _unknown(self, ref: ast.Ref, names: Names, wanted: Kind | None) -> None:
        if ref.name in BUILTINS:
            self.problems.append(
                errors.not_called(ref.span, "a builtin", f"call it: {_signature(BUILTINS[ref.name])}")
            )
            return
        fitting = [s.name for s in names.visible() if wanted is None or accepts(wanted, s.kind)]
        what = str(wanted) if wanted is not None else "name"
        advice = _HOW_TO_GET[wanted] if wanted is not None else "declare it before it is used"
        self.problems.append(errors.unknown_name(ref.span, what, fitting, advice))

    def _call(self, call: ast.Call, names: Names) -> Kind | None:
        builtin = BUILTINS.get(call.name.text)
        if builtin is None:
            self._call_of_no_builtin(call, names)
            return None
        if builtin.use is Use.STATEMENT:
            self.problems.append(errors.statement_as_value(call.name.span))
        elif builtin.use is Use.CONDITION:
            self.problems.append(misplaced_condition(call.name.span, builtin))
        self.builtin_arguments(call, builtin, names)
        return builtin.result if builtin.use is Use.VALUE else None

    def _call_of_no_builtin(self, call: ast.Call, names: Names) -> None:
        symbol = names.find(call.name.text)
        if symbol is None:
            values = [name for name, builtin in BUILTINS.items() if builtin.use is Use.VALUE]
            if call.name.text in INVARIANT_FUNCTIONS:
                self.problems.append(errors.invariant_only(call.name.span, call.name.text))
            else:
                advice = "see the list of builtins in the language reference"
                self.problems.append(errors.unknown_name(call.name.span, "function", values, advice))
        elif symbol.is_routine or symbol.kind is Kind.HANDLER:
            self.problems.append(errors.statement_as_value(call.name.span))
        else:
            self.problems.append(errors.not_a_routine(call.name.span, symbol.role))
        for argument in call.args:
            self.kind(argument, names, Kind.HANDLER if self._names_handler(argument, names) else None)

    def _names_handler(self, expr: ast.Expr, names: Names) -> bool:
        symbol = names.find(expr.name) if isinstance(expr, ast.Ref) else None
        return symbol is not None and symbol.kind is Kind.HANDLER

    def builtin_arguments(self, call: ast.Call, builtin: Builtin, names: Names) -> None:
        """Check the arguments of a builtin, and that it does not write `cpu_online_mask`."""
        self._arguments(call, [str(kind) for kind in builtin.params], builtin.params, names)
        if builtin.writes_mask:
            written = builtin.params.index(Kind.MASK)
            if written < len(call.args):
                self.not_online_mask(call.args[written], builtin.name, names)

    def routine_arguments(self, call: ast.Call, symbol: Symbol, names: Names) -> None:
        """Check the arguments of a routine, or of a handler parameter, which takes none."""
        params = symbol.routine.params if symbol.routine is not None else ()
        shown = [f"{param.type} {param.name.text}" for param in params]
        self._arguments(call, shown, [KIND_OF_TYPE[param.type] for param in params], names)

    def _arguments(self, call: ast.Call, shown: Sequence[str], params: Sequence[Kind], names: Names) -> None:
        name = call.name.text
        if len(call.args) != len(params):
            self.problems.append(errors.wrong_argument_count(call.name.span, name, shown, len(call.args)))
        for index, argument in enumerate(call.args):
            wanted = params[index] if index < len(params) else None
            given = self.kind(argument, names, wanted)
            if wanted is None or given is None or len(call.args) != len(params) or accepts(wanted, given):
                continue
            which = f"argument {index + 1} of `{name}`" if len(params) > 1 else f"the argument of `{name}`"
            self.problems.append(
                errors.wrong_argument_kind(
                    argument.span, which, with_article(wanted), with_article(given), _HOW_TO_GET[wanted]
                )
            )

    def not_online_mask(self, argument: ast.Expr, by: str, names: Names) -> None:
        """Refuse `cpu_online_mask` as a mask that is written."""
        symbol = names.find(argument.name) if isinstance(argument, ast.Ref) else None
        if symbol is not None and symbol.role is Role.MACHINE:
            self.problems.append(errors.online_mask_written(argument.span, by))

    # --- operators

    def _unary(self, expr: ast.Unary, names: Names) -> Kind | None:
        if expr.op == "!":
            self._operand(expr.operand, "!", Kind.BOOL, names)
            return Kind.BOOL
        self._operand(expr.operand, "-", Kind.INT, names)
        return Kind.INT

    def _binary(self, expr: ast.Binary, names: Names) -> Kind | None:
        match expr.op:
            case "||" | "&&":
                self._operand(expr.left, expr.op, Kind.BOOL, names)
                self._operand(expr.right, expr.op, Kind.BOOL, names)
                return Kind.BOOL
            case "+" | "-" | "*" | "/" | "%":
                self._operand(expr.left, expr.op, Kind.INT, names)
                self._operand(expr.right, expr.op, Kind.INT, names)
                if expr.op in {"/", "%"} and not (
                    isinstance(expr.right, ast.Number) and expr.right.value > 0
                ):
                    self.problems.append(errors.bad_divisor(expr.right.span, expr.op))
                return Kind.INT
            case "<" | "<=" | ">" | ">=":
                self._comparison(expr, names, ordered=True)
                return Kind.BOOL
            case "==" | "!=":
                self._comparison(expr, names, ordered=False)
                return Kind.BOOL
            case "=>" | "in":
                self.problems.append(errors.invariant_only(_operator_span(expr), expr.op))
                return None
        assert_never(expr.op)

    def _operand(self, operand: ast.Expr, operator: str, wanted: Kind, names: Names) -> None:
        given = self.kind(operand, names, wanted)
        if given is not None and not accepts(wanted, given):
            self.problems.append(
                errors.wrong_operand(operand.span, operator, with_article(wanted), with_article(given))
            )

    def _comparison(self, expr: ast.Binary, names: Names, *, ordered: bool) -> None:
        left = self.kind(expr.left, names)
        right = self.kind(expr.right, names)
        comparable = _NUMERIC if ordered else _NUMERIC | {Kind.BOOL}
        wanted = "an int" if ordered else "an int or a bool"
        fits = True
        for side, given in ((expr.left, left), (expr.right, right)):
            if given is not None and given not in comparable:
                self.problems.append(errors.wrong_operand(side.span, expr.op, wanted, with_article(given)))
                fits = False
        if not fits or left is None or right is None:
            return
        if not (accepts(left, right) or accepts(right, left)):
            message = errors.different_kinds(expr.span, expr.op, with_article(left), with_article(right))
            self.problems.append(message)


def misplaced_condition(span: Span, builtin: Builtin) -> errors.Diagnostic:
    """The error for a trylock that is not a whole condition."""
    compared = " != 0" if builtin.result is Kind.INT else ""
    return errors.condition_builtin_elsewhere(span, f"write: if ({_signature(builtin)}{compared}) ...")


def _condition_builtin(expr: ast.Expr) -> Builtin | None:
    builtin = BUILTINS.get(expr.name.text) if isinstance(expr, ast.Call) else None
    return builtin if builtin is not None and builtin.use is Use.CONDITION else None


def _compared_with_zero(expr: ast.Expr) -> ast.Call | None:
    """The call in `call != 0` or `call == 0`, if it is a condition builtin that gives an int."""
    if not (isinstance(expr, ast.Binary) and expr.op in {"==", "!="} and isinstance(expr.left, ast.Call)):
        return None
    builtin = _condition_builtin(expr.left)
    zero = isinstance(expr.right, ast.Number) and expr.right.value == 0
    return expr.left if builtin is not None and builtin.result is Kind.INT and zero else None


def _signature(builtin: Builtin) -> str:
    return f"{builtin.name}({', '.join(map(str, builtin.params))})"


def _how_to_ask(given: Kind) -> str:
    if given is Kind.MASK:
        return "ask it: !cpumask_empty(...)"
    return _HOW_TO_GET[Kind.BOOL]


def _operator_span(expr: ast.Binary) -> Span:
    """The place of the operator itself, between its two sides."""
    source, end = expr.span.source, expr.right.span.start
    start = source.text.rfind(expr.op, expr.left.span.end, end)
    return source.span(start, start + len(expr.op)) if start >= 0 else expr.span
