"""A model: one variant at one scope, with an operator without arguments for each step of each actor.

Older TLC versions name only the operator of a step, never its arguments; so the model gives every labelled
transition an operator of its own, and `labels` says which label each one stands for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...ir.steps import MACHINE_VARIABLES, Program
from ...library import SPEC
from ...render import render
from ...scopes import Scope
from .expressions import HANDLER, TASK
from .frames import FrameError, prove_frames
from .module import emit_module, step_operator, variables

INVARIANTS = {
    "drain_complete": "DrainComplete",
    "page_conservation": "PageConservation",
    "no_useless_ipi": "NoUselessIpi",
    "never_stuck": "NeverStuck",
}
"""The TLA+ operator of each property."""

GHOSTS = ("owes", "had_pages")
"""What only properties read. No step depends on these: hiding them joins only states that behave alike."""

_HAND_WRITTEN = ("Machine.tla", "Allocator.tla", "Properties.tla")


@dataclass(frozen=True)
class Labelled:
    """An operator of the model, the label it stands for, and the action it is an instance of."""

    operator: str
    label: str
    action: str


@dataclass(frozen=True)
class TlaModel:
    """Everything an engine needs: the files by name, which to start from, and what its answers mean."""

    module: str
    files: dict[str, str]
    labels: dict[str, str]
    state_keys: dict[str, str]
    scope: Scope

    def config(self, invariants: Sequence[str], *, ghosts: bool = True) -> str:
        """A TLC configuration for these operators; without `ghosts`, states differ by the rest only."""
        return render("model.cfg.j2", scope=self.scope, invariants=list(invariants), ghosts=ghosts)


def emit_model(program: Program, scope: Scope) -> TlaModel:
    """The model of a variant at a scope, its frames proved."""
    module = f"MC_{scope.name}"
    transitions = list(labelled(program, scope))
    operators = [transition.operator for transition in transitions]
    if len(set(operators)) != len(operators):
        raise FrameError("two labels share an operator")
    hand_written = {name: (SPEC / "tla" / name).read_text(encoding="utf-8") for name in _HAND_WRITTEN}
    keys = {name: name for name in MACHINE_VARIABLES} | {v.name: v.key for v in variables(program)}
    visible = [name for name in keys if name not in GHOSTS]
    text = render(
        "model.tla.j2", module=module, program=program, scope=scope, transitions=transitions, visible=visible
    )
    files = {**hand_written, f"{program.name}.tla": emit_module(program), f"{module}.tla": text}
    prove_frames(files)
    prove_frames(files, "LabelledNext")
    labels = {transition.operator: transition.label for transition in transitions}
    return TlaModel(module, files, labels, keys, scope)


def labelled(program: Program, scope: Scope) -> Iterator[Labelled]:
    """Every labelled transition of the scope, whether it can ever happen or not."""
    cpus, tasks, zones = range(scope.cpus), range(len(scope.drainers)), range(scope.zones)
    for task in tasks:
        yield _labelled(f"d{task}:call", f"task_call({task})")
        for name in program.task.steps:
            yield _labelled(f"d{task}:{name}", f"{step_operator(TASK, name)}({task})")
        yield _labelled(f"d{task}:return", f"task_return({task})")
    if program.handler is not None:
        for cpu in cpus:
            for task in tasks:
                yield _labelled(f"c{cpu}:take d{task}", f"handler_take({cpu}, {task})")
            for name in program.handler.steps:
                yield _labelled(f"c{cpu}:{name}", f"{step_operator(HANDLER, name)}({cpu})")
            yield _labelled(f"c{cpu}:ack", f"handler_ack({cpu})")
    for cpu in cpus:
        for zone in zones:
            yield _labelled(f"c{cpu}:free z{zone}", f"workload_free({cpu}, {zone})")
            yield _labelled(f"c{cpu}:alloc z{zone}", f"workload_alloc({cpu}, {zone})")


def _labelled(label: str, action: str) -> Labelled:
    return Labelled(re.sub(r"[^A-Za-z0-9_]", "__", label), label, action)
