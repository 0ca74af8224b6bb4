"""The pytest backend: a labelled state graph => a folder with a conformance suite.

`graph.json` holds the spec's states and transitions, `paths.json` the paths that the tests walk,
`program.py` the variant for the reference machine, and `test_*.py` the tests themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..graph import LabelledGraph, Value
from ..ir.steps import Machine, Program
from ..passes.cover import Cover, cover
from ..render import render
from ..scopes import Scope
from .path_names import path_name
from .python import class_name, emit_python

FORMAT = "pcpdrain-suite 2"
"""Written into the suite and demanded by its reader."""

MAX_PATH = 1000
"""About how many steps one test takes: so many that few are spent on the way in."""


def suite_cover(graph: LabelledGraph) -> Cover:
    """The paths of the suite of a graph, and how few steps any suite could have."""
    return cover(graph, MAX_PATH)


def emit_suite(
    program: Program, scope: Scope, graph: LabelledGraph, covered: Cover | None = None
) -> dict[str, str]:
    """The files of the suite, by name. The same graph gives the same bytes.

    `covered` is its `suite_cover`, for whoever has it: in a large graph it takes longer than all the rest.
    """
    covered = covered or suite_cover(graph)
    paths = covered.paths or ((),)  # where nothing can happen, that is compared
    labels = sorted({label for out in graph.edges for label in out})
    index = {label: number for number, label in enumerate(labels)}
    numbered = {path_name(graph, path): [index[label] for label in path] for path in paths}
    test = render(
        "test_suite.py.j2",
        program=program,
        scope=scope,
        graph=graph,
        paths=len(paths),
        steps=covered.steps,
        bound=covered.bound,
        source_name=Path(program.source.name).name,
    )
    return {
        f"test_{program.name}_{scope.name}.py": test,
        "program.py": emit_python(program),
        "graph.json": _json(_graph(program, scope, graph, labels, index)),
        "paths.json": _json({"format": FORMAT, "paths": numbered}),
    }


def _graph(
    program: Program, scope: Scope, graph: LabelledGraph, labels: list[str], index: dict[str, int]
) -> dict[str, Any]:
    """The graph with each variable's values listed once, and states as numbers into these lists."""
    values: list[dict[Value, int]] = [{} for _ in graph.variables]
    states = [
        [known.setdefault(value, len(known)) for known, value in zip(values, state, strict=True)]
        for state in graph.states
    ]
    return {
        "format": FORMAT,
        "variant": program.name,
        "class": class_name(program.name),
        "source": program.source.digest,
        "scope": scope.bounds(),
        "places": places(program),
        "variables": list(graph.variables),
        "values": [[encode(value) for value in known] for known in values],
        "labels": labels,
        "states": states,
        "edges": [[[index[label], target] for label, target in out.items()] for out in graph.edges],
    }


def places(program: Program) -> dict[str, str]:
    """For each step, the file and line it comes from."""
    found: dict[str, str] = {}
    machines: Iterable[Machine | None] = (program.task, program.handler)
    for machine in machines:
        if machine is not None:
            for step in machine.steps.values():
                found[step.name] = f"{Path(step.span.source.name).name}:{step.span.line}"
    return dict(sorted(found.items()))


def encode(value: Value) -> Any:
    """A canonical value as JSON: a tuple is an array, a set `{"set": [...]}` in order."""
    if isinstance(value, frozenset):
        return {"set": sorted((encode(member) for member in value), key=json.dumps)}
    if isinstance(value, tuple):
        return [encode(member) for member in value]
    return value


def _json(data: Any) -> str:
    return json.dumps(data, separators=(",", ":")) + "\n"
