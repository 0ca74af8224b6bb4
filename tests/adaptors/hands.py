"""The hands that `per_cpu_summary` exists by, and the specification that each must agree with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from pcpdrain.codegen.backends.suite import emit_suite
from pcpdrain.codegen.graph import LabelledGraph
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.library import SPEC
from pcpdrain.codegen.properties import GHOSTS
from pcpdrain.codegen.scopes import Scope, load_scopes
from pcpdrain.pcpref.protocol import Implementation
from pcpdrain.pcpref.suite import Suite
from pcpdrain.tools.engines.explorer import explored_graph
from tests.adaptors.c_adaptor import InC
from tests.adaptors.python_adaptor import by_hand
from tests.codegen.compiling import compiled, machine, reference_scope

READY = load_scopes(SPEC / "scopes.toml").ready
ONCE = READY["solo_once"]

SMALL = {
    "alone": READY["alone"],
    "hotplug_once": READY["hotplug_once"],
    "signals_once": replace(ONCE, signals=True),
    "solo_once": ONCE,
    "three_cpus_once": replace(READY["three_cpus"], calls=1),
    "two_zones_once": replace(ONCE, zones=2, batch=2),
    "window_once": replace(ONCE, pages=2, count_window=True),
}
"""In `make test`."""

LARGE = {
    "count_window": READY["count_window"],
    "hotplug": READY["hotplug"],
    "racing_once": READY["racing_once"],
    "same_cpu_once": replace(READY["racing_same_cpu"], calls=1),
    "solo": READY["solo"],
    "solo_one_zone": READY["solo_one_zone"],
    "three_cpus": READY["three_cpus"],
    "two_leavers": replace(READY["three_cpus"], calls=1, leavers=(1, 2)),
    "window_and_hotplug": replace(ONCE, pages=2, count_window=True, leavers=(1,)),
}
"""Marked `exhaustive`."""

SCOPES = {name: replace(scope, name=name) for name, scope in {**SMALL, **LARGE}.items()}


class Plain:
    """An implementation without the ghosts that it shows."""

    def __init__(self, shown: Implementation) -> None:
        self.reset, self.enabled, self.step, self.all = shown.reset, shown.enabled, shown.step, shown.observe

    def observe(self) -> dict[str, object]:
        return {name: value for name, value in self.all().items() if name not in GHOSTS}


HANDS: dict[str, Callable[[Scope], Implementation]] = {
    "python": lambda scope: by_hand(reference_scope(scope)),
    "c": lambda scope: InC(reference_scope(scope)),
    "compiled": lambda scope: Plain(machine(program(), scope)),
}


def program() -> Program:
    """The variant, compiled."""
    return compiled(SPEC / "variants" / "per_cpu_summary.drain")


@cache
def specification(scope: str) -> LabelledGraph:
    """Its labelled graph at a scope, locals and all."""
    return explored_graph(program(), SCOPES[scope])


def write_suite(scope: str, folder: Path) -> Suite:
    """Its conformance suite at a scope, in a folder that may hold others."""
    own = folder / scope
    own.mkdir()
    for name, text in emit_suite(program(), SCOPES[scope], specification(scope)).items():
        (own / name).write_text(text, encoding="utf-8")
    return Suite.load(own)
