"""A model: one variant at one scope, with an operator without arguments for each step of each actor.

Older TLC versions name only the operator of a step, never its arguments; so the model gives every labelled
transition an operator of its own, and `labels` says which label each one stands for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from ...ir.steps import MACHINE_VARIABLES, Program
from ...library import SPEC
from ...properties import GHOSTS, PROPERTIES
from ...render import render
from ...scopes import Scope
from .expressions import constant
from .frames import FrameError, prove_frames
from .labels import labelled
from .module import emit_module, variables

INVARIANTS = {known.name: known.operator for known in PROPERTIES.values() if not known.temporal}
"""The TLA+ operator of each property that speaks of single states."""

CONSTANTS = "ModelConstants"
"""The operator that gives the constants their values where no configuration does: for Apalache. (In a
configuration, Apalache takes an empty set for one of any type, and refuses it.)"""

_EXTENDS = re.compile(r"^EXTENDS +(.+)$", re.MULTILINE)


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
        behaviour = ["INIT Init", "NEXT LabelledNext", *([] if ghosts else ["VIEW WithoutGhosts"])]
        return config(self.scope, behaviour, invariants)


def config(
    scope: Scope, behaviour: Sequence[str], invariants: Sequence[str], temporal: Sequence[str] = ()
) -> str:
    """A TLC configuration: how states follow each other, the constants of the scope, and what to check."""
    settings = [
        ("Home", "<- ModelHome"),
        *((name, f"= {value}") for name, value in _constants(scope).items()),
    ]
    return render(
        "model.cfg.j2",
        scope=scope.name,
        behaviour=behaviour,
        constants=settings,
        invariants=invariants,
        temporal=temporal,
    )


def _constants(scope: Scope) -> dict[str, object]:
    """The constants of the modules in TLA+, but for Home, which is a function."""
    return {
        "Cpus": constant(frozenset(range(scope.cpus))),
        "Zones": constant(frozenset(range(scope.zones))),
        "Tasks": constant(frozenset(range(len(scope.drainers)))),
        "Pages": scope.pages,
        "High": scope.high,
        "Batch": scope.batch,
        "Leavers": constant(frozenset(scope.leavers)),
        "Signals": constant(scope.signals),
        "AllocFails": constant(scope.alloc_fails),
        "CountWindow": constant(scope.count_window),
        "Calls": scope.calls,
    }


def emit_model(program: Program, scope: Scope) -> TlaModel:
    """The model of a variant at a scope, its frames proved."""
    module = f"MC_{scope.name}"
    transitions = list(labelled(program, scope))
    operators = [transition.operator for transition in transitions]
    if len(set(operators)) != len(operators):
        raise FrameError("two labels share an operator")
    keys = {name: name for name in MACHINE_VARIABLES} | {v.name: v.key for v in variables(program)}
    text = render(
        "model.tla.j2",
        module=module,
        program=program,
        scope=scope,
        transitions=transitions,
        constants=_constants(scope),
        visible=without_ghosts(keys),
    )
    own = {**hand_written(), f"{program.name}.tla": emit_module(program)}
    files = {**own, f"{module}.tla": text}
    prove_frames(own)
    prove_frames(files, "LabelledNext")
    labels = {transition.operator: transition.label for transition in transitions}
    return TlaModel(module, files, labels, keys, scope)


def without_ghosts(names: Iterable[str], but: Collection[str] = ()) -> list[str]:
    """The variables that are no ghosts, and those ghosts that are named."""
    return [name for name in names if name not in GHOSTS or name in but]


@cache
def hand_written() -> dict[str, str]:
    """The modules of `spec/tla` that a generated module extends, each before those that extend it."""
    found: dict[str, str] = {}

    def read(module: str) -> None:
        path = SPEC / "tla" / f"{module}.tla"
        if path.name in found or not path.exists():  # not ours: a standard module
            return
        text = path.read_text(encoding="utf-8")
        for line in _EXTENDS.findall(text):
            for extended in line.split(","):
                read(extended.strip())
        found[path.name] = text

    read("Properties")
    return found
