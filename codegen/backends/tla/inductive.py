r"""Inductive: the obligations of a proof by induction as a TLA+ module, for Apalache and, where tiny, TLC.

`Ind` is the conjunction of what the compiler knows and what the invariants claim; `IndInit` are the states
that satisfy it and the types. It gives each variable its values with `x \in S`, as Apalache wants it, and
asks each conjunct as soon as all of its variables have one, so that TLC enumerates no more than it must.
The ghosts of which no conjunct speaks begin as at the start: no step reads them, so nothing that `Ind` says
depends on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...ir import formula as f
from ...ir.steps import ACK, IDLE, RETURN, Machine, Program
from ...ir.tree import LocalKind
from ...passes.claims import claims
from ...passes.known import known
from ...properties import GHOSTS, PROPERTIES
from ...render import render
from ...scopes import Scope
from .expressions import HANDLER, TASK, strings
from .formulas import FormulaPrinter, variables_of
from .model import TlaModel, config, emit_model, hand_written, without_ghosts
from .module import variables

_TYPED = re.compile(r"^  /\\ (\w+) \\in (.+)$", re.MULTILINE)
_MACHINE = (
    "irq_at", "serving", "preempt_count", "irqs_on", "online", "linking", "dead_zone", "signalled",
    "calls_left", "call_queue", "awaiting", "buddy", "in_use", "pcp", "owes", "notified",
)  # fmt: skip
"""The machine's variables in the order in which a state is made up, but for `at`."""

_LOCAL_SETS = {
    LocalKind.BOOL: "BOOLEAN",
    LocalKind.MASK: "SUBSET Cpus",
    LocalKind.CPU: "Cpus \\cup {-1}",
    LocalKind.ZONE: "Zones \\cup {-1}",
}


@dataclass(frozen=True)
class Obligation:
    """What Apalache is to check: that `inv` holds in all states up to `length` steps from `init`."""

    name: str
    init: str
    inv: str
    length: int
    module: str
    next: str = "Next"


@dataclass(frozen=True)
class InductiveModel:
    """The modules, and what their operators stand for: `conjuncts` by operator, the properties by theirs."""

    module: str
    model: TlaModel
    files: dict[str, str]
    conjuncts: dict[str, f.Conjunct]
    properties: dict[str, str]
    visible: tuple[str, ...]

    def config(self, init: str) -> str:
        """A TLC configuration that asks each conjunct and property of the states from `init` on."""
        behaviour = [f"INIT {init}", "NEXT LabelledNext", "VIEW ProofView"]
        return config(self.model.scope, behaviour, ["TypesOK", *self.conjuncts, *self.properties])

    @property
    def obligations(self) -> tuple[Obligation, ...]:
        """The obligations for Apalache: initiation, consecution, and each property."""
        return (
            Obligation("initiation", "Init", "Ind", 0, self.module),
            Obligation("consecution", "IndInit", "Ind", 1, self.module),
            *(
                Obligation(name, "IndInit", operator, 0, self.module)
                for operator, name in self.properties.items()
            ),
        )


@dataclass(frozen=True)
class _Typed:
    """A variable of the module, its key in an observed state and the set of its values."""

    name: str
    key: str
    values: str


def emit_inductive(program: Program, scope: Scope, properties: Sequence[str]) -> InductiveModel:
    """The proof obligations of a variant at a scope.

    Raises:
        Unprovable: the program has variables without bounds.
    """
    model = emit_model(program, scope)
    named = [
        *((f"Known_{conjunct.name}", conjunct) for conjunct in known(program, scope)),
        *(
            (f"Claim_{conjunct.name}_{number}", conjunct)
            for number, conjunct in enumerate(claims(program), 1)
        ),
    ]
    names = {key: name for name, key in model.state_keys.items()}
    printer = FormulaPrinter(names)
    reads = {operator: {names[key] for key in variables_of(c.formula)} for operator, c in named}
    spoken_of = set().union(*reads.values(), *_ghosts(properties))
    module = f"Ind_{scope.name}"
    operators = {PROPERTIES[name].operator: name for name in properties if name in PROPERTIES}
    visible = tuple(without_ghosts(names.values(), spoken_of))
    typed = list(_typed(program))
    text = render(
        "inductive.tla.j2",
        module=module,
        model=model.module,
        program=program,
        scope=scope,
        typed=typed,
        conjuncts=[(operator, c, _about(c), printer.show(c.formula)) for operator, c in named],
        init=list(_init(typed, reads, spoken_of)),
        visible=visible,
    )
    files = {**model.files, f"{module}.tla": text}
    return InductiveModel(module, model, files, dict(named), operators, visible)


def _ghosts(properties: Sequence[str]) -> Iterator[set[str]]:
    for name in properties:
        yield set(PROPERTIES[name].ghosts) if name in PROPERTIES else set()


def _about(conjunct: f.Conjunct) -> str:
    span = conjunct.span
    if span is None:
        return f"Added by the compiler: {conjunct.about}."
    where = f"{Path(span.source.name).name}:{span.line}"
    return f"{where}, {conjunct.name}, {conjunct.about}: {span.text}"


def _init(typed: Sequence[_Typed], reads: dict[str, set[str]], spoken_of: set[str]) -> Iterator[str]:
    """The conjuncts of `IndInit`: each variable's values, and what can be asked from there on."""
    left, assigned = dict(reads), set[str]()
    starts = _starts()
    for variable in typed:
        if variable.name in GHOSTS and variable.name not in spoken_of:
            yield f"{variable.name} = {starts[variable.name]}"
        else:
            yield f"{variable.name} \\in {variable.values}"
        assigned.add(variable.name)
        for operator in [operator for operator, needs in left.items() if needs <= assigned]:
            del left[operator]
            yield operator


def _starts() -> dict[str, str]:
    """What the ghosts are at the start."""
    sets = dict.fromkeys(("never_empty", "had_pages", "called", "owes", "notified"), "[d \\in Tasks |-> {}]")
    return {**sets, "missed": "[d \\in Tasks |-> FALSE]", "last_writer": "NoTask"}


def _typed(program: Program) -> Iterator[_Typed]:
    """Every variable with its values, in the order in which a state is made up.

    What excludes much comes early: who is where, then who holds a lock; masks come last.
    """
    text = hand_written()["Properties.tla"].partition("\nTypeOK ==\n")[2].partition("\n\n")[0]
    machine = dict(_TYPED.findall(text))
    machine["at"] = f"[Tasks -> {_places(program.task, RETURN)}]"
    machine["irq_at"] = f"[Cpus -> {_places(program.handler, ACK)}]"
    own = _of_program(program)
    masks = [name for name in own if "SUBSET" in own[name]]
    others = [name for name in own if name not in (*masks, *program.locks)]
    order = ["at", *program.locks, *_MACHINE, *others, *masks]
    keys = {variable.name: variable.key for variable in variables(program)}
    for name in [*order, *(name for name in machine if name not in order)]:
        yield _Typed(name, keys.get(name, name), {**machine, **own}[name])


def _places(machine: Machine | None, last: str) -> str:
    return strings([IDLE] if machine is None else [IDLE, *machine.steps, last])


def _of_program(program: Program) -> dict[str, str]:
    sets = {"last_writer": "Tasks \\cup {NoTask}", "missed": "[Tasks -> BOOLEAN]"}
    if program.uninitialised:
        sets["booted"] = "BOOLEAN"
    sets |= dict.fromkeys(program.locks, "Tasks \\cup {NoTask}")
    sets |= dict.fromkeys(program.masks, "SUBSET Cpus")
    processes = ((program.task, TASK, "Tasks"), (program.handler, HANDLER, "Cpus"))
    for machine, actor, domain in processes:
        for local in machine.locals if machine is not None else ():
            sets[actor.variable(local.name)] = f"[{domain} -> {_LOCAL_SETS[local.kind]}]"
    return sets
