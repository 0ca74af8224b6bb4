"""A survey: one variant at one scope, as TLC is to check it, and what the numbers mean that it tells.

Most properties speak of single states; they are checked in a few runs, each on the graph with the ghosts that
its properties read. A temporal property has a run of its own, on the graph without ghosts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...ir.steps import Machine, Program, targets
from ...properties import PROPERTIES, Property
from ...render import render
from ...scopes import Scope
from .actions import program_steps
from .expressions import strings
from .model import TlaModel, config, emit_model, without_ghosts
from .module import handler_steps

PREFIX = "Taken_"
"""What stands before the name of an operator that tells that it is taken."""

Told = tuple[str, str]
"""What a number means: `taken` and a label, `violated` or `premise` and a property."""


@dataclass(frozen=True)
class Run:
    """One run of TLC: its configuration, and the properties that it decides."""

    properties: tuple[str, ...]
    config: str
    temporal: bool


@dataclass(frozen=True)
class Survey:
    """A model with the module that checks it. `labels` also knows the operators that tell."""

    model: TlaModel
    module: str
    files: dict[str, str]
    labels: dict[str, str]
    told: dict[int, Told]
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class _Group:
    number: int
    properties: tuple[Property, ...]
    variables: tuple[str, ...]

    @property
    def invariant(self) -> str:
        return f"Group{self.number}"

    @property
    def view(self) -> str:
        return f"View{self.number}"


def grouped(names: Sequence[str], program: Program, scope: Scope) -> list[tuple[Property, ...]]:
    """The properties of single states, in groups that share a run.

    Every run costs the start of a Java (about a second), every ghost multiplies the states. Measured in
    seconds of CPU, all in one run against a second one for `had_pages`, the ghost that is dearest
    beside the others: `per_cpu_summary` at `racing` 14.8 against 11.7 (77,100 states against 22,700 and
    43,900), with counters 26.6 against 18.1; but `clear_then_set_mutex` there 2.3 against 3.3,
    `per_call_mask` at `alloc_fails` 9.2 against 10.6, `per_cpu_summary` at `solo` 1.9 against 3.1. So a
    second run pays where callers race for a static mask without a lock, again and again.
    """
    wanted = [PROPERTIES[name] for name in PROPERTIES if name in names and not PROPERTIES[name].temporal]
    groups = [tuple(wanted)]
    if len(scope.drainers) > 1 and not scope.calls and program.masks and not program.locks:
        apart = tuple(known for known in wanted if "had_pages" in known.ghosts)
        groups = [tuple(known for known in wanted if known not in apart), apart]
    return [group for group in groups if group]


def emit_survey(program: Program, scope: Scope, names: Sequence[str]) -> Survey:
    """The survey of these properties."""
    model = emit_model(program, scope)
    module = f"Check_{scope.name}"
    temporal = [PROPERTIES[name] for name in names if PROPERTIES[name].temporal]
    groups = [
        _Group(number, group, tuple(without_ghosts(model.state_keys, {g for p in group for g in p.ghosts})))
        for number, group in enumerate(grouped(names, program, scope), 1)
    ]
    told: list[Told] = [
        (what, known.name)
        for group in groups
        for known in group.properties
        for what in ("violated", "premise")
    ]
    told += [("taken", operator) for operator in model.labels]
    numbers = {meaning: number for number, meaning in enumerate(told, 1)}
    text = render(
        "check.tla.j2",
        module=module,
        model=model.module,
        program=program,
        scope=scope,
        groups=groups,
        told=told,
        number=numbers,
        prefix=PREFIX,
        operators=list(model.labels),
        temporal=temporal,
        task_steps=list(program_steps(program)),
        handler_steps=handler_steps(program),
        task_loops=_loops(program.task),
        handler_loops=_loops(program.handler) if program.handler else "",
    )
    runs = [
        Run(
            tuple(known.name for known in group.properties),
            config(scope, ["INIT Init", "NEXT TellingNext", f"VIEW {group.view}"], [group.invariant]),
            temporal=False,
        )
        for group in groups
    ]
    if temporal:
        behaviour = ["SPECIFICATION FairSpec", "VIEW WithoutGhosts"]
        operators = [known.operator for known in temporal]
        runs.append(
            Run(tuple(p.name for p in temporal), config(scope, behaviour, [], operators), temporal=True)
        )
    return Survey(
        model,
        module,
        {**model.files, f"{module}.tla": text},
        model.labels | {f"{PREFIX}{operator}": label for operator, label in model.labels.items()},
        {
            number: (what, model.labels[name] if what == "taken" else name)
            for (what, name), number in numbers.items()
        },
        tuple(runs),
    )


def _loops(machine: Machine) -> str:
    """The set of the steps that may lead to themselves."""
    return strings(name for name, step in machine.steps.items() if name in targets(step.next))
