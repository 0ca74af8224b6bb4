"""Diffs: the schedule of a counterexample on every other variant, for the page with two side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pcpdrain.codegen.pipeline import compile_source
from pcpdrain.codegen.properties import PROPERTIES
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source
from pcpdrain.pcpref.errors import PcprefError

from ..schedules import Follower
from ..timeline import timeline
from ..traces import Trace
from .rendering import script
from .rows import row_data
from .runs import run_name


@cache
def _follower(name: str, text: str, scope: Scope) -> Follower:
    """One for all schedules of a scope, by text: each job brings its own copies of the sources."""
    return Follower(compile_source(Source(name, text)).program, scope)


def diff_script(finding: Mapping[str, Any], others: Sequence[Source]) -> tuple[str, str]:
    """The name and the data of one counterexample's schedule, followed by itself and by the others."""
    trace = Trace.from_json(finding["trace"])
    followed: dict[str, dict[str, Any]] = {}
    for source in others:
        follower = _follower(source.name, source.text, trace.scope)
        program = follower.program
        try:
            found = follower.follow(trace)
        except PcprefError as error:
            followed[program.name] = {
                "rows": [],
                "why": f"the machine breaks down: {error}",
                "firstOther": None,
                "violated": [],
            }
            continue
        shown = timeline(found.run, program)
        followed[program.name] = {
            "rows": [row_data(row) for row in shown.rows],
            "why": found.why,
            "firstOther": found.first_other,
            "violated": [name for name in PROPERTIES if name in found.violated],
        }
    shown = timeline(trace, compile_source(trace.source).program)
    data = {
        "variant": trace.variant,
        "scope": trace.scope.name,
        "property": trace.property,
        "steps": len(trace.labels),
        "lanes": list(shown.lanes),
        "followed": followed,
    }
    name = run_name(finding)
    return name, script(f"diffs/{name}", data)
