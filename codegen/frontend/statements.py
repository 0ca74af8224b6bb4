"""Check statements: the bodies of routines, block by block."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .. import ast, errors
from .builtins import BUILTINS, Kind, Use
from .declare import Declarations
from .expressions import Expressions, misplaced_condition
from .symbols import KIND_OF_TYPE, Names, Role, Symbol, accepts, with_article

_LOOP_KIND: dict[ast.LoopKind, Kind] = {
    "for_each_online_cpu": Kind.CPU,
    "for_each_cpu": Kind.CPU,
    "for_each_populated_zone": Kind.ZONE,
}
_LOCAL_TYPES = ("cpumask", "bool", "int")


@dataclass(frozen=True)
class Body:
    """The check of one routine's body.

    `seen` holds the first symbol of each name in this routine; in a condition, `gives` tells that `return`
    has a value.
    """

    expressions: Expressions
    declarations: Declarations
    gives: bool = False
    seen: dict[str, Symbol] = field(default_factory=dict)
    in_loop: bool = False

    @property
    def _problems(self) -> list[errors.Diagnostic]:
        return self.expressions.problems

    def block(self, block: ast.Block, names: Names) -> None:
        """Check a block; what it declares is known until its end."""
        inside = names.inner()
        for statement in block.body:
            self.statement(statement, inside)

    def statement(self, statement: ast.Stmt, names: Names) -> None:
        """Check one statement; a declaration adds to `names`."""
        expressions = self.expressions
        match statement:
            case ast.Block():
                self.block(statement, names)
            case ast.Local():
                self._local(statement, names)
            case ast.Assign():
                self._assign(statement, names)
            case ast.CallStmt():
                self._call(statement.call, names)
            case ast.If():
                expressions.condition(statement.condition, names)
                self._only_statement(statement.then, names)
                if statement.other is not None:
                    self._only_statement(statement.other, names)
            case ast.While():
                expressions.condition(statement.condition, names)
                self._looped(statement.body, names)
            case ast.ForEach():
                self._for_each(statement, names)
            case ast.Jump():
                if not self.in_loop:
                    self._problems.append(errors.jump_outside_loop(statement.span, statement.kind))
            case ast.Return():
                self._return(statement, names)
            case ast.Labelled():
                self._only_statement(statement.statement, names)
            case ast.Atomic():
                self.block(statement.body, names)
            case ast.Assert():
                expressions.truth(statement.condition, names)

    def _return(self, statement: ast.Return, names: Names) -> None:
        if self.gives and statement.value is None:
            self._problems.append(errors.return_without_value(statement.span))
        elif self.gives and statement.value is not None:
            self.expressions.truth(statement.value, names)
        elif statement.value is not None:
            self._problems.append(errors.return_value(statement.value.span))

    def _only_statement(self, statement: ast.Stmt, names: Names) -> None:
        """Check a statement that is not in a block of its own, where nothing can be declared."""
        if isinstance(statement, ast.Local):
            self._problems.append(errors.declared_without_block(statement.name.span))
        self.statement(statement, names.inner())

    def _looped(self, statement: ast.Stmt, names: Names) -> None:
        replace(self, in_loop=True)._only_statement(statement, names)

    def declare(self, symbol: Symbol, names: Names) -> None:
        """Add a parameter, local or loop variable; in all blocks of the routine a name is of one sort."""
        self.declarations.declare(symbol, names)
        first = self.seen.setdefault(symbol.name, symbol)
        if (first.kind, first.role) == (symbol.kind, symbol.role) or names.own.get(symbol.name) is not symbol:
            return
        if first.span is not None and symbol.span is not None:
            problem = errors.name_of_two_kinds(symbol.span, _sort(symbol), _sort(first), first.span)
            self._problems.append(problem)

    def _local(self, local: ast.Local, names: Names) -> None:
        kind = KIND_OF_TYPE[local.type]
        if local.type not in _LOCAL_TYPES:
            self._problems.append(errors.wrong_declared_type(local.type_span, Role.LOCAL, _LOCAL_TYPES))
        if local.value is not None:
            if kind in {Kind.BOOL, Kind.INT}:
                self._value(local.value, local.name.text, kind, names)
            else:
                self.expressions.kind(local.value, names, kind)
                advice = (
                    f"write: cpumask_copy({local.name.text}, ...)"
                    if kind is Kind.MASK
                    else "remove the value"
                )
                self._problems.append(errors.not_assignable(local.name.span, with_article(kind), advice))
        self.declare(Symbol(local.name.text, kind, Role.LOCAL, local.name.span), names)

    def _assign(self, assign: ast.Assign, names: Names) -> None:
        name = assign.name
        symbol = names.find(name.text)
        if symbol is None:
            fitting = [s.name for s in names.visible() if s.role is Role.LOCAL and s.kind is not Kind.MASK]
            advice = f"declare it: bool {name.text}; or int {name.text};"
            self._problems.append(errors.unknown_name(name.span, "variable", fitting, advice))
            self.expressions.kind(assign.value, names)
        elif symbol.role is Role.LOCAL and symbol.kind in {Kind.BOOL, Kind.INT}:
            self._value(assign.value, name.text, symbol.kind, names)
        else:
            self.expressions.kind(assign.value, names, symbol.kind)
            what, advice = _why_not_assigned(symbol)
            self._problems.append(errors.not_assignable(name.span, what, advice))

    def _value(self, value: ast.Expr, name: str, wanted: Kind, names: Names) -> None:
        given = self.expressions.kind(value, names, wanted)
        if given is not None and not accepts(wanted, given):
            message = errors.assigned_kind(value.span, name, with_article(wanted), with_article(given))
            self._problems.append(message)

    def _for_each(self, loop: ast.ForEach, names: Names) -> None:
        if loop.mask is not None:
            given = self.expressions.kind(loop.mask, names, Kind.MASK)
            if given is not None and given is not Kind.MASK:
                which = f"the second argument of `{loop.kind}`"
                advice = "name a mask, such as cpu_online_mask"
                kinds = with_article(Kind.MASK), with_article(given)
                self._problems.append(errors.wrong_argument_kind(loop.mask.span, which, *kinds, advice))
        inside = names.inner()
        self.declare(Symbol(loop.variable.text, _LOOP_KIND[loop.kind], Role.LOOP, loop.variable.span), inside)
        self._looped(loop.body, inside)

    def _call(self, call: ast.Call, names: Names) -> None:
        builtin = BUILTINS.get(call.name.text)
        if builtin is not None:
            if builtin.use is Use.VALUE:
                self._problems.append(errors.value_as_statement(call.name.span))
            elif builtin.use is Use.CONDITION:
                self._problems.append(misplaced_condition(call.name.span, builtin))
            self.expressions.builtin_arguments(call, builtin, names)
            return
        symbol = names.find(call.name.text)
        if symbol is None:
            known = [name for name, builtin in BUILTINS.items() if builtin.use is Use.STATEMENT]
            known += [
                s.name
                for s in names.visible()
                if s.kind is Kind.HANDLER or (s.is_routine and s.kind is not Kind.CONDITION)
            ]
            advice = f"declare it: routine {call.name.text}(...) {{ ... }}"
            self._problems.append(errors.unknown_name(call.name.span, "routine", known, advice))
            for argument in call.args:
                if not isinstance(argument, ast.Ref) or names.find(argument.name) is None:
                    self.expressions.kind(argument, names)
        elif symbol.kind is Kind.CONDITION:
            self._problems.append(misplaced_condition(call.name.span, symbol))
            self.expressions.routine_arguments(call, symbol, names)
        elif symbol.is_routine or symbol.kind is Kind.HANDLER:
            self.expressions.routine_arguments(call, symbol, names)
        else:
            self._problems.append(errors.not_a_routine(call.name.span, symbol.role))


def _sort(symbol: Symbol) -> str:
    return f"{symbol.role} of kind {symbol.kind}"


def _why_not_assigned(symbol: Symbol) -> tuple[str, str]:
    """What the symbol is, and what to write instead of an assignment to it."""
    name = symbol.name
    if symbol.role is Role.MACHINE:
        return str(symbol.role), f"copy it: cpumask_copy(mine, {name})"
    if symbol.kind is Kind.MASK:
        return "a cpumask", f"write: cpumask_copy({name}, ...)"
    if symbol.role is Role.LOOP:
        return str(symbol.role), "use a local variable, or `break` and `continue`"
    if symbol.role is Role.PARAMETER:
        return str(symbol.role), f"copy it into a local variable: {symbol.kind} mine = {name};"
    if symbol.role is Role.COUNTER:
        return str(symbol.role), f"write: count_event({name})"
    return str(symbol.role), "only `bool` and `int` locals are assigned"
