"""Formulas as TLA+ text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...ir import formula as f
from .expressions import INFIX, constant, string

_DOMAINS = {"cpus": "Cpus", "zones": "Zones", "tasks": "Tasks"}
_ATOMIC = (f.Const, f.Bound, f.Value, f.Home)


@dataclass(frozen=True)
class FormulaPrinter:
    """Prints formulas; `names` gives the TLA+ variable of each variable of an observed state."""

    names: Mapping[str, str]

    def show(self, formula: f.Formula) -> str:
        """The formula, without parentheses around it."""
        match formula:
            case f.Const(value):
                return constant(value)
            case f.Bound(name):
                return name
            case f.Value(variable, index):
                return self.names[variable] + "".join(f"[{self.show(part)}]" for part in index)
            case f.Owed(ghost, task, cpu, zone):
                return f"<<{self.show(cpu)}, {self.show(zone)}>> \\in {ghost}[{self.show(task)}]"
            case f.Home(task):
                return f"Home[{self.show(task)}]"
            case f.At(variable, who, steps):
                here = f"{variable}[{self.show(who)}]"
                if len(steps) == 1:
                    return f"{here} = {string(steps[0])}"
                return f"{here} \\in {{{', '.join(map(string, steps))}}}"
            case f.Quantified(kind, variable, domain, body):
                sign = "\\A" if kind == "forall" else "\\E"
                return f"{sign} {variable} \\in {_DOMAINS[domain]} : {self.show(body)}"
            case f.Apply(op, args):
                return self._apply(op, args)

    def _operand(self, formula: f.Formula, outer: str) -> str:
        text = self.show(formula)
        same = isinstance(formula, f.Apply) and formula.op == outer and outer in ("&&", "||", "+")
        return text if same or isinstance(formula, _ATOMIC) else f"({text})"

    def _apply(self, op: str, args: tuple[f.Formula, ...]) -> str:
        operands = [self._operand(arg, op) for arg in args]
        match op, operands:
            case "no_cpus", _:
                return "{}"
            case "=>", [premise, conclusion]:
                return f"{premise} => {conclusion}"
            case "!", [inner]:
                return f"~{inner}"
            case "-", [inner]:
                return f"-{inner}"
            case "test", [one, members]:
                return f"{one} \\in {members}"
            case "weight", [members]:
                return f"Cardinality({members})"
            case "empty", [members]:
                return f"{members} = {{}}"
            case "ite", [condition, then, other]:
                return f"IF {condition} THEN {then} ELSE {other}"
        left, right = operands
        return f"{left} {INFIX[op]} {right}"


def variables_of(formula: f.Formula) -> Iterator[str]:
    """The variables of an observed state that a formula reads."""
    match formula:
        case f.Value(variable, index):
            yield variable
            parts: tuple[f.Formula, ...] = index
        case f.Owed(ghost, task, cpu, zone):
            yield ghost
            parts = (task, cpu, zone)
        case f.At(variable, who):
            yield variable
            parts = (who,)
        case f.Home(task):
            parts = (task,)
        case f.Quantified(_, _, _, body):
            parts = (body,)
        case f.Apply(_, args):
            parts = args
        case _:
            parts = ()
    for part in parts:
        yield from variables_of(part)
