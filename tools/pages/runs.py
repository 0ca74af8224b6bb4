"""Runs: a page for each counterexample, an interactive timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.properties import PROPERTIES

from ..blame import blame
from ..lanes import Lanes
from ..review import bounds
from ..sentences import guilt
from ..timeline import timeline
from ..traces import Trace
from .rendering import page, script
from .rows import changes, ordered, row_data, sources

_TEXT_WIDTH = 104
"""Columns of the lanes that are shown where scripts do not run."""


def run_name(finding: Mapping[str, Any]) -> str:
    """The name of a counterexample's page."""
    return f"{finding['variant']}-{finding['scope']}-{finding['property']}"


def run_pages(finding: Mapping[str, Any], program: Program, link: str, compare: str) -> dict[str, str]:
    """The page of a counterexample and its data.

    `link` is the same run in the explorer, `compare` the name of its schedule on other variants; both are
    empty if there is none.
    """
    trace = Trace.from_json(finding["trace"])
    shown, decides = timeline(trace, program), blame(trace, program)
    names = ordered(program, {name for state in trace.states for name in state})
    name = run_name(finding)
    data = {
        "lanes": list(shown.lanes),
        "rows": [row_data(row) for row in shown.rows],
        "following": [row_data(row) for row in shown.following],
        "loop": shown.loop,
        "decides": decides.step if decides else None,
        "variables": names,
        "changes": changes(trace.states, names),
        "sources": sources(program),
    }
    lanes = Lanes(shown, trace.source.name, decides.step if decides else None)
    html = page(
        "run.html.j2",
        root="..",
        title=f"{trace.variant}, {trace.scope.name}: {trace.property}",
        finding=finding,
        name=name,
        steps=len(trace.labels),
        meaning=PROPERTIES[trace.property].meaning,
        bounds=bounds(trace.scope),
        guilt=guilt(trace, program),
        blame=decides.text if decides else "",
        decides=decides.step if decides else None,
        lanes="\n".join(line.plain for line in lanes.lines(_TEXT_WIDTH)),
        link=link,
        compare=compare,
    )
    return {f"runs/{name}.html": html, f"runs/{name}.js": script(f"runs/{name}", data)}
