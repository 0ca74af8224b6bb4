"""Formulas: the kinds of expressions in invariants, which have more words than a program's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .. import ast, errors
from .builtins import BUILTINS, Kind, Use
from .declare import Declarations
from .expressions import HOW_TO_GET, Expressions
from .reserved import DOMAINS, INVARIANT_FUNCTIONS
from .symbols import Names, Role, Symbol, accepts, with_article

_DOMAIN_KINDS = {"cpus": Kind.CPU, "zones": Kind.ZONE, "tasks": Kind.TASK}
_PARAMETERS = {"owes": (Kind.CPU, Kind.ZONE), "awaits": (Kind.CPU,)}
assert _PARAMETERS.keys() == INVARIANT_FUNCTIONS


@dataclass(frozen=True)
class Formulas(Expressions):
    """As `Expressions`, with `=>`, `in`, quantifiers and the functions of invariants.

    `hidden` holds the variables that a formula of this place cannot speak of, each with its routine.
    """

    hidden: Mapping[str, str] = field(default_factory=dict)

    def kind(self, expr: ast.Expr, names: Names, wanted: Kind | None = None) -> Kind | None:
        """The kind of an expression, or None when an error in it has already been said."""
        match expr:
            case ast.Quantified():
                self._quantified(expr, names)
                return Kind.BOOL
            case ast.Binary("=>"):
                self._operand(expr.left, "=>", Kind.BOOL, names)
                self._operand(expr.right, "=>", Kind.BOOL, names)
                return Kind.BOOL
            case ast.Binary("in"):
                self._operand(expr.left, "in", Kind.CPU, names)
                self._operand(expr.right, "in", Kind.MASK, names)
                return Kind.BOOL
            case ast.Ref(name) if names.find(name) is None and name in self.hidden:
                advice = f"only at a label inside {self.hidden[name]} it means something: `at LABEL: ...`"
                self.problems.append(errors.unknown_name(expr.span, "name", (), advice))
                return None
            case ast.Call(name) if name.text in _PARAMETERS:
                self._function(expr, _PARAMETERS[name.text], names)
                return Kind.BOOL
            case ast.Call(name) if names.find(name.text) is None and not _is_value(name.text):
                known = [*_PARAMETERS, *filter(_is_value, BUILTINS)]
                advice = "there are owes(c, z), awaits(c) and the builtins that give a value"
                self.problems.append(errors.unknown_name(name.span, "function", known, advice))
                return None
        return super().kind(expr, names, wanted)

    def _function(self, call: ast.Call, params: tuple[Kind, ...], names: Names) -> None:
        """A function of invariants; it is about the call in question, or about that of a task named first."""
        if len(call.args) == len(params) + 1:
            params = (Kind.TASK, *params)
        self._arguments(call, [str(kind) for kind in params], params, names)

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
            kind = _DOMAIN_KINDS.get(domain.text, Kind.CPU)
            declarations.declare(Symbol(variable.text, kind, Role.BOUND, variable.span), inside)
        given = self.kind(quantified.body, inside, Kind.BOOL)
        if given is not None and not accepts(Kind.BOOL, given):
            what = with_article(given)
            self.problems.append(errors.condition_not_bool(quantified.body.span, what, HOW_TO_GET[Kind.BOOL]))


def _is_value(name: str) -> bool:
    return name in BUILTINS and BUILTINS[name].use is Use.VALUE
