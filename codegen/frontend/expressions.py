"""Check expressions: every name known, every operand and argument of the kind that its place wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from .. import ast, errors
from ..source import Span
from .builtins import BUILTINS, Builtin, Kind, Use
from .reserved import INVARIANT_FUNCTIONS
from .symbols import KIND_OF_TYPE, Names, Role, Symbol, accepts, with_article

_NUMERIC = frozenset({Kind.INT, Kind.CPU, Kind.ZONE, Kind.TASK})
_HANDED_ON = frozenset({Kind.HANDLER, Kind.CONDITION})

HOW_TO_GET = {
    Kind.CPU: "a CPU is the variable of for_each_online_cpu or for_each_cpu, or smp_processor_id()",
    Kind.TASK: "a task is a variable of an invariant that ranges over tasks",
    Kind.ZONE: "a zone is the variable of for_each_populated_zone",
    Kind.MASK: "a cpumask is declared by `static cpumask`, or is a local or a parameter",
    Kind.SPINLOCK: "a spinlock is declared by `static spinlock`",
    Kind.MUTEX: "a mutex is declared by `static mutex`",
    Kind.HANDLER: "a handler is declared by `handler name() { ... }`",
    Kind.CONDITION: "a condition is declared by `condition name(cpu target) { ... }`",
    Kind.COUNTER: "a counter is declared by `counter name;`",
    Kind.BOOL: "a bool is `true`, `false`, a comparison or a bool variable",
    Kind.INT: "an int is a number, a count, or the number of a CPU or zone",
    Kind.NOTHING: "",
}


@dataclass(frozen=True)
class Expressions:
    """Finds the kind of expressions and adds what is wrong to `problems`.

    `written` holds, for each routine, the positions of the mask parameters that it writes.
    """

    problems: list[errors.Diagnostic]
    written: Mapping[str, frozenset[int]] = field(default_factory=dict)

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
        asked = ast.asked(expr)
        if asked is not None:
            builtin = BUILTINS.get(asked.call.name.text)
            symbol = names.find(asked.call.name.text)
            if builtin is not None and builtin.use is Use.CONDITION:
                if not asked.compared or builtin.result is Kind.INT:
                    self.builtin_arguments(asked.call, builtin, names)
                    return
            elif symbol is not None and symbol.kind is Kind.CONDITION and not asked.compared:
                self.routine_arguments(asked.call, symbol, names)
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
        if symbol.is_routine and not (symbol.kind in _HANDED_ON and wanted is symbol.kind):
            advice = f"call it: {ref.name}(...)"
            if symbol.kind is Kind.HANDLER:
                advice = f"name it where a handler is wanted, or call it: {ref.name}()"
            elif symbol.kind is Kind.CONDITION:
                advice = f"name it where a condition is wanted, or ask it: if ({ref.name}(...))"
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
        advice = HOW_TO_GET[wanted] if wanted is not None else "declare it before it is used"
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
        elif symbol.kind is Kind.CONDITION:
            self.problems.append(misplaced_condition(call.name.span, symbol))
        elif symbol.is_routine or symbol.kind is Kind.HANDLER:
            self.problems.append(errors.statement_as_value(call.name.span))
        else:
            self.problems.append(errors.not_a_routine(call.name.span, symbol.role))
        for argument in call.args:
            self.kind(argument, names, self._handed_on(argument, names))

    def _handed_on(self, expr: ast.Expr, names: Names) -> Kind | None:
        """The kind of a handler or condition that is handed on."""
        symbol = names.find(expr.name) if isinstance(expr, ast.Ref) else None
        return symbol.kind if symbol is not None and symbol.kind in _HANDED_ON else None

    def builtin_arguments(self, call: ast.Call, builtin: Builtin, names: Names) -> None:
        """Check the arguments of a builtin, and that it does not write `cpu_online_mask`."""
        self._arguments(call, [str(kind) for kind in builtin.params], builtin.params, names)
        written = builtin.params.index(Kind.MASK) if builtin.writes_mask else len(call.args)
        if written >= len(call.args):
            return
        if builtin.local_mask:
            self._local_mask(call.args[written], builtin.name, names)
        else:
            self._not_online_mask(call.args[written], builtin.name, names)

    def routine_arguments(self, call: ast.Call, symbol: Symbol, names: Names) -> None:
        """Check the arguments of a routine, or of what a parameter stands for.

        A handler takes none, a condition that is handed on a CPU.
        """
        if symbol.routine is None:
            params = (Kind.CPU,) if symbol.kind is Kind.CONDITION else ()
            self._arguments(call, [*map(str, params)], params, names)
            return
        declared = symbol.routine.params
        shown = [f"{param.type} {param.name.text}" for param in declared]
        self._arguments(call, shown, [KIND_OF_TYPE[param.type] for param in declared], names)
        for index in sorted(self.written.get(symbol.name, frozenset())):
            if index < len(call.args):
                self._not_online_mask(call.args[index], symbol.name, names)

    def _arguments(self, call: ast.Call, shown: Sequence[str], params: Sequence[Kind], names: Names) -> None:
        name = call.name.text
        if len(call.args) != len(params):
            self.problems.append(errors.wrong_argument_count(call.name.span, name, shown, len(call.args)))
        for index, argument in enumerate(call.args):
            wanted = params[index] if index < len(params) else None
            given = self.kind(argument, names, wanted)
            if wanted is None or given is None or len(call.args) != len(params):
                continue
            if accepts(wanted, given):
                if wanted is Kind.CONDITION:
                    self._asked_about_a_cpu(argument, names)
                continue
            which = f"argument {index + 1} of `{name}`" if len(params) > 1 else f"the argument of `{name}`"
            self.problems.append(
                errors.wrong_argument_kind(
                    argument.span, which, with_article(wanted), with_article(given), HOW_TO_GET[wanted]
                )
            )

    def _asked_about_a_cpu(self, argument: ast.Expr, names: Names) -> None:
        """A condition that is handed on must be what a parameter of that type is called as."""
        symbol = names.find(argument.name) if isinstance(argument, ast.Ref) else None
        if symbol is not None and symbol.routine is not None:
            types = [param.type for param in symbol.routine.params]
            if types != ["cpu"]:
                self.problems.append(errors.condition_handed_on(argument.span))

    def _local_mask(self, argument: ast.Expr, by: str, names: Names) -> None:
        """Refuse to allocate anything but a local mask."""
        symbol = names.find(argument.name) if isinstance(argument, ast.Ref) else None
        if symbol is not None and symbol.kind is Kind.MASK and symbol.role is not Role.LOCAL:
            self.problems.append(errors.not_a_local_mask(argument.span, by, symbol.role))

    def _not_online_mask(self, argument: ast.Expr, by: str, names: Names) -> None:
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


def misplaced_condition(span: Span, what: Builtin | Symbol) -> errors.Diagnostic:
    """The error for a trylock, an allocation or a condition routine that is not a whole condition."""
    if isinstance(what, Symbol):
        params = what.routine.params if what.routine is not None else ()
        shown = ", ".join(f"{param.type} {param.name.text}" for param in params)
        advice = f"write: if ({what.name}({shown if what.routine is not None else Kind.CPU})) ..."
    else:
        advice = f"write: if ({_signature(what)}{' != 0' if what.result is Kind.INT else ''}) ..."
    return errors.condition_elsewhere(span, advice)


def _signature(builtin: Builtin) -> str:
    return f"{builtin.name}({', '.join(map(str, builtin.params))})"


def _how_to_ask(given: Kind) -> str:
    if given is Kind.MASK:
        return "ask it: !cpumask_empty(...)"
    return HOW_TO_GET[Kind.BOOL]


def _operator_span(expr: ast.Binary) -> Span:
    """The place of the operator itself, between its two sides."""
    source, end = expr.span.source, expr.right.span.start
    start = source.text.rfind(expr.op, expr.left.span.end, end)
    return source.span(start, start + len(expr.op)) if start >= 0 else expr.span
