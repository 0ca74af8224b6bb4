"""Build: lark's parse tree => AST nodes with spans."""

# ruff: noqa: D102 - each method is the rule of the grammar that it is named after

from __future__ import annotations

from typing import Any

from lark import Token, Transformer, v_args
from lark.tree import Meta

from .. import ast, errors
from ..source import Source, Span

LARGEST_INT = 2**31 - 1
"""The largest `int` of the kernel, and of TLC."""


@v_args(meta=True)
class BuildAst(Transformer[Token, Any]):
    """One method for each rule of the grammar, of the same name; what they refuse is in `problems`."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source
        self.problems: list[errors.Diagnostic] = []

    def _span(self, meta: Meta) -> Span:
        if meta.empty:
            return self.source.span(0, 0)
        return self.source.span(meta.start_pos, meta.end_pos)

    def _name(self, token: Token) -> ast.Name:
        return ast.Name(str(token), self.source.span(token.start_pos or 0, token.end_pos or 0))

    # --- files and declarations

    def start(self, _meta: Meta, children: list[Any]) -> Any:
        return children[0]

    def variant(self, meta: Meta, children: list[Any]) -> ast.Variant:
        name, title, *items = children

        def of(kind: type) -> tuple[Any, ...]:
            return tuple(item for item in items if isinstance(item, kind))

        lines = [line for item in items if isinstance(item, list) for line in item]
        return ast.Variant(
            self._name(name),
            title[1:-1],
            of(ast.Origin),
            of(ast.Static),
            of(ast.Counter),
            of(ast.Routine),
            of(ast.Invariant),
            tuple(line for line in lines if isinstance(line, ast.Expectation)),
            tuple(line for line in lines if isinstance(line, ast.Proved)),
            of(ast.Allow),
            self.source,
            self._span(meta),
        )

    def library(self, meta: Meta, children: list[Any]) -> ast.Library:
        name, title, *items = children
        routines = tuple(item for item in items if isinstance(item, ast.Routine))
        invariants = tuple(item for item in items if isinstance(item, ast.Invariant))
        return ast.Library(self._name(name), title[1:-1], routines, invariants, self.source, self._span(meta))

    def origin(self, meta: Meta, children: list[Any]) -> ast.Origin:
        return ast.Origin(children[0][1:-1], self._span(meta))

    def allow(self, meta: Meta, children: list[Any]) -> ast.Allow:
        return ast.Allow(self._name(children[0]), self._span(meta))

    def type(self, _meta: Meta, children: list[Any]) -> ast.Name:
        return self._name(children[0])

    def static(self, meta: Meta, children: list[Any]) -> ast.Static:
        of_type, name, *rest = children
        uninitialised = rest[0] if rest else None
        return ast.Static(of_type.text, self._name(name), uninitialised, self._span(meta), of_type.span)

    def uninitialised(self, meta: Meta, _children: list[Any]) -> Span:
        return self._span(meta)

    def counter(self, meta: Meta, children: list[Any]) -> ast.Counter:
        return ast.Counter(self._name(children[0]), self._span(meta))

    def routine_kind(self, _meta: Meta, children: list[Any]) -> list[str]:
        return [str(children[0])]

    def routine(self, meta: Meta, children: list[Any]) -> ast.Routine:
        kind: Any = children[0][0] if isinstance(children[0], list) else "entry"
        name, params, body = children[-3:]
        return ast.Routine(kind, self._name(name), params, body, self._span(meta))

    def params(self, _meta: Meta, children: list[Any]) -> tuple[ast.Param, ...]:
        return tuple(children)

    def param(self, meta: Meta, children: list[Any]) -> ast.Param:
        of_type, name = children
        return ast.Param(of_type.text, self._name(name), self._span(meta), of_type.span)

    def invariant(self, meta: Meta, children: list[Any]) -> ast.Invariant:
        return ast.Invariant(self._name(children[0]), tuple(children[1:]), self._span(meta))

    def clause(self, meta: Meta, children: list[Any]) -> ast.InvariantClause:
        where, *places = children[:-1] or [None]
        return ast.InvariantClause(where, tuple(places), children[-1], self._span(meta))

    def where(self, _meta: Meta, children: list[Any]) -> str:
        return str(children[0])

    def place(self, meta: Meta, children: list[Any]) -> ast.Place:
        routine = self._name(children[0]) if len(children) > 1 else None
        return ast.Place(routine, self._name(children[-1]), self._span(meta))

    def expect(self, _meta: Meta, children: list[Any]) -> list[Any]:
        return children

    def expectation(self, meta: Meta, children: list[Any]) -> ast.Expectation | ast.Proved:
        name, verdict, *rest = (c for c in children if not (isinstance(c, Token) and c.type == "IN"))
        scopes = tuple(map(self._name, rest))
        if verdict == "proved":
            return ast.Proved(self._name(name), scopes, self._span(meta))
        return ast.Expectation(self._name(name), verdict, scopes, self._span(meta))

    def verdict(self, _meta: Meta, children: list[Any]) -> str:
        return str(children[0])

    # --- statements

    def block(self, meta: Meta, children: list[Any]) -> ast.Block:
        return ast.Block(tuple(children), self._span(meta))

    def local(self, meta: Meta, children: list[Any]) -> ast.Local:
        of_type, name, *value = children
        return ast.Local(
            of_type.text, self._name(name), value[0] if value else None, self._span(meta), of_type.span
        )

    def assign(self, meta: Meta, children: list[Any]) -> ast.Assign:
        return ast.Assign(self._name(children[0]), children[1], self._span(meta))

    def call_statement(self, meta: Meta, children: list[Any]) -> ast.CallStmt:
        return ast.CallStmt(children[0], self._span(meta))

    def if_statement(self, meta: Meta, children: list[Any]) -> ast.If:
        condition, then, *other = children
        return ast.If(condition, then, other[0] if other else None, self._span(meta))

    def while_statement(self, meta: Meta, children: list[Any]) -> ast.While:
        return ast.While(children[0], children[1], self._span(meta))

    def for_each(self, meta: Meta, children: list[Any]) -> ast.ForEach:
        (kind, variable, mask, head), body = children
        return ast.ForEach(kind, variable, mask, body, head, self._span(meta))

    def for_head(self, meta: Meta, children: list[Any]) -> tuple[Any, ...]:
        kind, variable, *mask = children
        return str(kind), self._name(variable), mask[0] if mask else None, self._span(meta)

    def jump(self, meta: Meta, children: list[Any]) -> ast.Jump:
        kind: Any = str(children[0])
        return ast.Jump(kind, self._span(meta))

    def return_statement(self, meta: Meta, children: list[Any]) -> ast.Return:
        return ast.Return(children[0] if children else None, self._span(meta))

    def labelled(self, meta: Meta, children: list[Any]) -> ast.Labelled:
        return ast.Labelled(self._name(children[0]), children[1], self._span(meta))

    def atomic(self, meta: Meta, children: list[Any]) -> ast.Atomic:
        return ast.Atomic(children[0], self._span(meta))

    def assertion(self, meta: Meta, children: list[Any]) -> ast.Assert:
        return ast.Assert(children[0], self._span(meta))

    # --- expressions

    def quantifier(self, _meta: Meta, children: list[Any]) -> str:
        return str(children[0])

    def binding(self, _meta: Meta, children: list[Any]) -> tuple[ast.Name, ast.Name]:
        return self._name(children[0]), self._name(children[-1])

    def quantified(self, meta: Meta, children: list[Any]) -> ast.Quantified:
        kind, *bindings, body = children
        return ast.Quantified(kind, tuple(bindings), body, self._span(meta))

    def binary(self, meta: Meta, children: list[Any]) -> ast.Binary:
        left, op, right = children
        operator: Any = str(op)
        return ast.Binary(operator, left, right, self._span(meta))

    def unary(self, meta: Meta, children: list[Any]) -> ast.Unary:
        operator: Any = str(children[0])
        return ast.Unary(operator, children[1], self._span(meta))

    def number(self, meta: Meta, children: list[Any]) -> ast.Number:
        digits = str(children[0])
        fits = len(digits) <= len(str(LARGEST_INT)) and int(digits) <= LARGEST_INT
        if not fits or (len(digits) > 1 and digits.startswith("0")):
            self.problems.append(errors.bad_number(self._span(meta), LARGEST_INT))
            return ast.Number(0, self._span(meta))
        return ast.Number(int(digits), self._span(meta))

    def truth(self, meta: Meta, children: list[Any]) -> ast.Truth:
        return ast.Truth(str(children[0]) == "true", self._span(meta))

    def ref(self, meta: Meta, children: list[Any]) -> ast.Ref:
        return ast.Ref(str(children[0]), self._span(meta))

    def call(self, meta: Meta, children: list[Any]) -> ast.Call:
        return ast.Call(self._name(children[0]), tuple(children[1:]), self._span(meta))
