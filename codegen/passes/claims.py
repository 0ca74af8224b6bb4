"""Claims: the clauses of invariants => conjuncts about states, one for each place and copy of a routine.

A clause speaks of one call, whichever it is: in a task's steps of that task's, in a handler's of the call
that it serves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from .. import ast, errors
from ..ir import expr as x
from ..ir import formula as f
from ..ir.steps import ACK, IDLE, RETURN, Machine, Program, targets
from ..ir.tree import Region

CALLER = f.Bound("Caller")
"""The task whose call a clause speaks of. A capital cannot begin a name of a variant."""

CPU = f.Bound("Here")
"""The CPU of the handler that a clause speaks of."""

_FUNCTIONS = {
    "cpumask_test_cpu": "test", "cpumask_weight": "weight", "cpumask_empty": "empty",
}  # fmt: skip


@dataclass(frozen=True)
class _Spot:
    """Where a clause holds: steps of the task's or the handler's process, and what names mean there."""

    shown: str
    steps: tuple[str, ...]
    of_handler: bool
    names: Mapping[str, x.Expr]


def claims(program: Program) -> list[f.Conjunct]:
    """The conjuncts of all invariants: those of the libraries, then the variant's own."""
    return [
        f.Conjunct(invariant.name.text, formula, where, clause.span)
        for invariant in program.invariants
        for clause in invariant.clauses
        for where, formula in _conjuncts(program, clause)
    ]


def unplaced(program: Program, variant: ast.Variant) -> Iterator[errors.Diagnostic]:
    """An error at each place of the variant's own clauses that has no step."""
    for invariant in variant.invariants:
        for clause in invariant.clauses:
            for place in clause.places:
                regions = list(_regions(program, place))
                if not any(steps for _, steps, _ in regions):
                    yield errors.label_without_step(place.span, used=bool(regions))


def _conjuncts(program: Program, clause: ast.InvariantClause) -> Iterator[tuple[str, f.Formula]]:
    if not clause.places:
        formula = _Translation(_statics(program)).show(clause.formula)
        yield "in every state", f.forall([(CALLER.name, "tasks")], formula)
    elif clause.where == "outside":
        steps = {
            name
            for place in clause.places
            for of_handler, found, _ in _regions(program, place)
            if not of_handler
            for name in found
        }
        if steps:
            inside = f.At("at", CALLER, tuple(sorted(steps)))
            shown = ", ".join(place.span.text for place in clause.places)
            body = f.either(inside, _Translation(_statics(program)).show(clause.formula))
            yield f"outside {shown}", f.forall([(CALLER.name, "tasks")], body)
    else:
        for place in clause.places:
            for spot in _spots(program, clause.where, place):
                yield f"{clause.where} {spot.shown}", _at(spot, clause.formula)


def _at(spot: _Spot, formula: ast.Expr) -> f.Formula:
    """The formula, wherever a task is at the spot, or a handler that serves a task."""
    if not spot.of_handler:
        there: f.Formula = f.At("at", CALLER, spot.steps)
        body = _Translation(spot.names).show(formula)
        return f.forall([(CALLER.name, "tasks")], f.implies(there, body))
    serves = f.equal(f.Value("serving", (CPU,)), CALLER)
    there = f.both(f.At("irq_at", CPU, spot.steps), serves)
    body = _Translation(spot.names, of_handler=True).show(formula)
    return f.forall([(CPU.name, "cpus"), (CALLER.name, "tasks")], f.implies(there, body))


# --- places


def _spots(program: Program, where: str | None, place: ast.Place) -> Iterator[_Spot]:
    for of_handler, steps, region in _regions(program, place):
        machine = program.handler if of_handler else program.task
        assert machine is not None
        begin = _entries(machine, steps)
        chosen = {"at": begin, "amid": steps - begin}.get(where or "", steps)
        if chosen:
            names = _alive(machine, region.names) if region is not None else _statics(program)
            shown = place.span.text + (" of the handler" if of_handler and region is not None else "")
            yield _Spot(shown, tuple(sorted(chosen)), of_handler, names)


def _regions(program: Program, place: ast.Place) -> Iterator[tuple[bool, frozenset[str], Region | None]]:
    """What a place stands for: of each copy whether it is a handler's, its steps, the labelled statement."""
    label = place.label.text
    if place.routine is None and label in (IDLE, RETURN, ACK):
        if label != ACK or program.handler is not None:
            yield label == ACK, frozenset({label}), None
        return
    source = place.span.source
    for machine, of_handler in ((program.task, False), (program.handler, True)):
        for region in machine.process.regions if machine is not None else ():
            named = place.routine is None or place.routine.text == region.routine
            own = place.routine is not None or region.source is source
            if machine is not None and region.label == label and named and own:
                yield of_handler, region.steps & machine.steps.keys(), region


def _entries(machine: Machine, steps: frozenset[str]) -> frozenset[str]:
    """The steps to which control comes from outside of them."""
    reached = targets(machine.entry)
    for name, step in machine.steps.items():
        if name not in steps:
            reached |= targets(step.next)
    return steps if not steps & machine.steps.keys() else steps & reached


def _alive(machine: Machine, names: Mapping[str, x.Expr]) -> dict[str, x.Expr]:
    """The names, with its default for each local that is no part of the state: it is alive before no step."""
    kinds = {v.name: v.kind for instance in machine.process.instances for v in instance.locals.values()}
    kept = {local.name for local in machine.locals}
    return {
        name: x.Const(kinds[meaning.name].default)
        if isinstance(meaning, x.Local) and meaning.name in kinds.keys() - kept
        else meaning
        for name, meaning in names.items()
    }


def _statics(program: Program) -> dict[str, x.Expr]:
    masks: dict[str, x.Expr] = {name: x.StaticMask(name, name) for name in program.masks}
    return masks | {"cpu_online_mask": x.OnlineMask()}


# --- formulas


@dataclass(frozen=True)
class _Translation:
    """From the source to a formula; `names` are the program's, in front of them the bound ones."""

    names: Mapping[str, x.Expr]
    of_handler: bool = False
    bound: frozenset[str] = frozenset()

    def show(self, expr: ast.Expr) -> f.Formula:
        """The formula of an expression that the checker has passed."""
        match expr:
            case ast.Number(value) | ast.Truth(value):
                return f.Const(value)
            case ast.Ref(name):
                return f.Bound(name) if name in self.bound else self._variable(self.names[name])
            case ast.Unary(op, operand):
                return f.Apply(op, (self.show(operand),))
            case ast.Binary("in", left, right):
                return f.member(self.show(left), self.show(right))
            case ast.Binary(op, left, right):
                return f.Apply(op, (self.show(left), self.show(right)))
            case ast.Call(name, args):
                return self._call(name.text, tuple(map(self.show, args)))
            case ast.Quantified(kind, bindings, body):
                return self._quantified(kind == "forall", bindings, body)
        raise AssertionError(f"{expr.span}: refused by the checker")

    def _variable(self, meaning: x.Expr) -> f.Formula:
        match meaning:
            case x.Local(name):
                return f.Value(f"irq.{name}", (CPU,)) if self.of_handler else f.Value(name, (CALLER,))
            case x.StaticMask(name):
                return f.Value(name)
            case x.OnlineMask():
                return f.Value("online")
            case x.Const(bool() | int() as value):
                return f.Const(value)
            case x.Const():
                return f.NO_CPUS
        raise AssertionError(f"{meaning}: not a variable")

    def _call(self, name: str, args: tuple[f.Formula, ...]) -> f.Formula:
        match name, args:
            case "owes", (*task, cpu, zone):
                return f.Owed("owes", task[0] if task else CALLER, cpu, zone)
            case "awaits", (*task, cpu):
                return f.member(cpu, f.Value("awaiting", (task[0] if task else CALLER,)))
            case "smp_processor_id", _:
                return CPU if self.of_handler else f.Home(CALLER)
            case "pcp_count", _:
                return f.Value("pcp", args)
            case "num_online_cpus", _:
                return f.Apply("weight", (f.Value("online"),))
        return f.Apply(_FUNCTIONS[name], args)

    def _quantified(
        self, universal: bool, bindings: tuple[tuple[ast.Name, ast.Name], ...], body: ast.Expr
    ) -> f.Formula:
        if not bindings:
            return self.show(body)
        (variable, domain), *rest = bindings
        inner = _Translation(self.names, self.of_handler, self.bound | {variable.text})
        inside = inner._quantified(universal, tuple(rest), body)
        quantify = partial(f.Quantified, "forall" if universal else "exists", variable.text)
        match domain.text:
            case "cpus" | "zones" | "tasks" as known:
                return quantify(known, inside)
        chosen = f.member(f.Bound(variable.text), self._variable(self.names[domain.text]))
        return quantify("cpus", f.implies(chosen, inside) if universal else f.both(chosen, inside))
