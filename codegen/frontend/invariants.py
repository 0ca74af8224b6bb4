"""Check invariants: that each name in them means something.

Kinds are not looked at yet: this part of the language grows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import ast, errors
from ..source import Span
from .builtins import BUILTINS, Kind, Use
from .calls import walk
from .declare import Declarations
from .expectations import Vocabulary
from .reserved import DOMAINS, INVARIANT_FUNCTIONS
from .symbols import KIND_OF_TYPE, Names, Role, Symbol


def labels(own: Sequence[ast.Routine], problems: list[errors.Diagnostic]) -> dict[str, ast.Routine]:
    """The routine of each label; a label names one statement of the whole file."""
    found: dict[str, tuple[ast.Routine, Span]] = {}
    for routine in own:
        for node in walk(routine.body):
            if isinstance(node, ast.Labelled):
                label = node.label
                if label.text in found:
                    problems.append(errors.duplicate_label(label.span, found[label.text][1]))
                else:
                    found[label.text] = routine, label.span
    return {label: routine for label, (routine, _) in found.items()}


def check_invariants(variant: ast.Variant, names: Names, vocabulary: Vocabulary) -> list[errors.Diagnostic]:
    """Check all invariants of a variant; `names` are those at its top level."""
    problems: list[errors.Diagnostic] = []
    formulas = _Formulas(problems, labels(variant.routines, []))
    first: dict[str, Span] = {}
    for invariant in variant.invariants:
        name = invariant.name
        if name.text in vocabulary.properties:
            problems.append(
                errors.reserved_name(name.span, name.text, "it is a property that every variant has")
            )
        elif name.text in first:
            problems.append(errors.duplicate_name(name.span, "an invariant", first[name.text]))
        first.setdefault(name.text, name.span)
        formulas.check(invariant, names)
    return problems


@dataclass(frozen=True)
class _Formulas:
    """The check of the formulas, with the labels that `at` may name."""

    problems: list[errors.Diagnostic]
    labels: Mapping[str, ast.Routine]

    def check(self, invariant: ast.Invariant, names: Names) -> None:
        """Check one invariant, and say that no engine proves it yet."""
        advice = "it waits for inductive proofs; the expectations are checked without it"
        self.problems.append(
            errors.not_yet_checked(invariant.name.span, f"invariant `{invariant.name.text}`", advice)
        )
        for clause in invariant.clauses:
            inside = names.inner()
            if clause.label is not None:
                routine = self.labels.get(clause.label.text)
                if routine is None:
                    self.problems.append(errors.unknown_label(clause.label.span, self.labels))
                else:
                    _add_variables(routine, inside)
            self._formula(clause.formula, inside)

    def _formula(self, expr: ast.Expr, names: Names) -> None:
        match expr:
            case ast.Ref():
                if names.find(expr.name) is None and expr.name not in DOMAINS:
                    known = [symbol.name for symbol in names.visible()] + sorted(DOMAINS)
                    advice = "bind it: forall c in cpus: ..."
                    self.problems.append(errors.unknown_name(expr.span, "name", known, advice))
            case ast.Call():
                self._call(expr, names)
            case ast.Unary():
                self._formula(expr.operand, names)
            case ast.Binary():
                self._formula(expr.left, names)
                self._formula(expr.right, names)
            case ast.Quantified():
                self._quantified(expr, names)
            case ast.Number() | ast.Truth():
                pass

    def _call(self, call: ast.Call, names: Names) -> None:
        counts = {
            name: len(b.params) for name, b in BUILTINS.items() if b.use is Use.VALUE
        } | INVARIANT_FUNCTIONS
        count = counts.get(call.name.text)
        if count is None:
            advice = (
                "the functions of invariants are owes(c, z), not_yet_scanned(c, z) and the value builtins"
            )
            self.problems.append(errors.unknown_name(call.name.span, "function", counts, advice))
        elif count != len(call.args):
            builtin = BUILTINS.get(call.name.text)
            shown = (
                [str(kind) for kind in builtin.params]
                if builtin is not None
                else [str(Kind.CPU), str(Kind.ZONE)]
            )
            name = call.name.text
            self.problems.append(errors.wrong_argument_count(call.name.span, name, shown, len(call.args)))
        for argument in call.args:
            self._formula(argument, names)

    def _quantified(self, quantified: ast.Quantified, names: Names) -> None:
        inside = names.inner()
        declarations = Declarations(self.problems)
        for variable, domain in quantified.bindings:
            symbol = names.find(domain.text)
            if domain.text not in DOMAINS and (symbol is None or symbol.kind is not Kind.MASK):
                masks = [s.name for s in names.visible() if s.kind is Kind.MASK]
                known = sorted(DOMAINS) + masks
                advice = "it may be cpus, zones, tasks or a mask"
                self.problems.append(errors.unknown_name(domain.span, "domain", known, advice))
            kind = {"zones": Kind.ZONE, "tasks": Kind.INT}.get(domain.text, Kind.CPU)
            declarations.declare(Symbol(variable.text, kind, Role.BOUND, variable.span), inside)
        self._formula(quantified.body, inside)


def _add_variables(routine: ast.Routine, names: Names) -> None:
    """Make the parameters and locals of the routine that holds a label known to the clauses about it."""
    for param in routine.params:
        name = param.name
        names.own.setdefault(
            name.text, Symbol(name.text, KIND_OF_TYPE[param.type], Role.PARAMETER, name.span)
        )
    for node in walk(routine.body):
        if isinstance(node, ast.Local):
            kind, name = KIND_OF_TYPE[node.type], node.name
            names.own.setdefault(name.text, Symbol(name.text, kind, Role.LOCAL, name.span))
        elif isinstance(node, ast.ForEach):
            kind = Kind.ZONE if node.kind == "for_each_populated_zone" else Kind.CPU
            name = node.variable
            names.own.setdefault(name.text, Symbol(name.text, kind, Role.LOOP, name.span))
