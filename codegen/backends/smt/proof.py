"""Proof: that a conjunction is an inductive invariant of a variant at a scope and implies properties.

Three kinds of obligations, each the unsatisfiability of a formula:

- initiation: the initial state has each conjunct;
- consecution: each step, from any state that has them all, leads to a state that has each of them again;
- property: a state that has them all has the property.

So the properties hold in every state that can be reached, after however many steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import z3

from ...ir import formula as f
from ...ir.proof import Failure
from ...ir.steps import Program
from ...passes.claims import claims
from ...passes.known import known
from ...scopes import Scope
from .machine import Transition, Updates
from .program import transitions
from .properties import Properties
from .state import State, flat, initial, observed, unknown, variables
from .terms import formula
from .values import Truth, vector

TIME_LIMIT = 60
"""Seconds for one query; those of the shipped variants take hundredths of a second."""


class NoAnswer(Exception):
    """z3 gave no answer to a query; the message says to which, and why."""


@dataclass(frozen=True)
class Proof:
    """How many obligations there were, and which of them do not hold: none, if it is a proof."""

    obligations: int
    failures: tuple[Failure, ...]

    @property
    def inductive(self) -> bool:
        """Whether the conjunction is an inductive invariant, whatever it implies."""
        return not any(failure.kind != "property" for failure in self.failures)

    def proves(self, name: str) -> bool:
        """Whether a property, or an invariant of the file, holds in every state that can be reached."""
        broken = {failure.broken.name for failure in self.failures if failure.kind == "property"}
        return self.inductive and name not in broken


def conjuncts(program: Program, scope: Scope) -> list[f.Conjunct]:
    """All conjuncts of the inductive invariant but for the ranges of variables."""
    return [*known(program, scope), *claims(program)]


def prove(program: Program, scope: Scope, properties: Sequence[str]) -> Proof:
    """Discharge all obligations of a variant at a scope.

    Raises:
        Unprovable: the program or the scope is beyond this backend.
        NoAnswer: z3 leaves a query undecided.
    """
    prover = _Prover(program, scope)
    failures = [*prover.initiation(), *prover.consecution(), *prover.property(properties)]
    return Proof(prover.obligations, tuple(failures))


class _Prover:
    """The invariant of one variant at one scope, and the solver that has it as an assumption."""

    def __init__(self, program: Program, scope: Scope) -> None:
        self.program, self.scope = program, scope
        self.variables = variables(program, scope)
        self.state = unknown(self.variables)
        self.invariant = [*_ranges(self.state), *self.claimed(self.state)]
        self.whole = z3.And(*(term for _, term in self.invariant))
        self.obligations = 0
        self.solver = z3.SolverFor("QF_FD")
        self.solver.set("timeout", TIME_LIMIT * 1000)
        self.solver.add(*(term for _, term in self.invariant))

    def claimed(self, state: State) -> Iterator[tuple[f.Conjunct, Truth]]:
        for conjunct in conjuncts(self.program, self.scope):
            yield conjunct, formula(conjunct.formula, state, self.scope)

    def initiation(self) -> Iterator[Failure]:
        """The conjuncts that the initial state lacks."""
        start = initial(self.variables)
        for conjunct, term in (*_ranges(start), *self.claimed(start)):
            self.obligations += 1
            if not z3.is_true(z3.simplify(term)):
                yield Failure("initiation", conjunct, observed(start, z3.simplify))

    def consecution(self) -> Iterator[Failure]:
        """For each step the conjuncts that it can break."""
        for step in transitions(self.program, self.scope, self.state):
            self.obligations += len(self.invariant)
            affected = list(self._affected(step))
            self.solver.push()
            self.solver.add(step.guard)
            if self._counterexample([z3.Not(z3.And(*(new for _, new in affected)))], step.label):
                for conjunct, new in affected:
                    model = self._counterexample([z3.Not(new)], step.label)
                    if model is not None:
                        yield self._step_failure(conjunct, step, model)
            self.solver.pop()

    def _affected(self, step: Transition) -> Iterator[tuple[f.Conjunct, Truth]]:
        """The conjuncts that speak of what a step changes, as claims about the state after it."""
        # All in one substitution: a call of z3 for each would take longer than its answers.
        after = z3.substitute(self.whole, *_changed(self.state, step.updates))
        for (conjunct, old), new in zip(self.invariant, after.children(), strict=True):
            if not new.eq(old):
                yield conjunct, new

    def property(self, names: Iterable[str]) -> Iterator[Failure]:
        """The properties that the invariant does not imply. An invariant of the file is part of it."""
        own = {conjunct.name for conjunct, _ in self.invariant}
        judged = Properties(self.program, self.scope, self.state)
        for name in names:
            self.obligations += 1
            if name in own:
                continue
            model = self._counterexample([z3.Not(judged.of(name))], name)
            if model is not None:
                about = "the property itself"
                yield Failure("property", f.Conjunct(name, f.TRUE, about), observed(self.state, _in(model)))

    def _counterexample(self, assumptions: Sequence[Truth], what: str) -> z3.ModelRef | None:
        self.solver.push()
        self.solver.add(*assumptions)
        answer = self.solver.check()
        model = self.solver.model() if answer == z3.sat else None
        reason = self.solver.reason_unknown() if answer == z3.unknown else ""
        self.solver.pop()
        if answer == z3.unknown:
            raise NoAnswer(f"z3 does not decide {what}: {reason}")
        return model

    def _step_failure(self, conjunct: f.Conjunct, step: Transition, model: z3.ModelRef) -> Failure:
        values = {**self.state.values, **step.updates}
        before, after = (observed(state, _in(model)) for state in (self.state, State(self.variables, values)))
        return Failure("consecution", conjunct, before, step.label, after)


def _in(model: z3.ModelRef) -> Callable[[z3.ExprRef], z3.ExprRef]:
    """Evaluates terms in a model; what it leaves open is false or zero."""
    return lambda term: model.eval(term, model_completion=True)


def _ranges(state: State) -> Iterator[tuple[f.Conjunct, Truth]]:
    """That each variable of numbers is in its range, and each place one that there is."""
    for variable, term in state.types():
        yield f.Conjunct("TypeOK", f.TRUE, f"`{variable.key}` is in its range"), term


def _changed(state: State, updates: Updates) -> Iterator[tuple[z3.ExprRef, z3.ExprRef]]:
    """Each element of the state that may change, with its new value."""
    for key, new in updates.items():
        for old_part, new_part in zip(flat(state.values[key]), flat(new), strict=True):
            term = vector(new_part) if isinstance(new_part, int) else new_part
            if not term.eq(old_part):
                yield old_part, term
