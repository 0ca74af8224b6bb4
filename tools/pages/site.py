"""Site: all files of the report, from the results of a check; written together."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.pipeline import Compiled, compile_source
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source
from pcpdrain.pcpref.machine import Machine

from ..buddy import ROW as BUDDY
from ..chosen import is_broken
from ..engines.explorer import TooManyStates, explored_graph
from ..engines.java import EngineMissing
from ..files import OutputError, ensure_folder_writable, write_together
from ..links import DIGITS, fragment
from ..parallel import in_parallel
from ..replay import machine_for
from ..review import read_results
from ..traces import Trace
from .diffs import diff_script
from .graphs import SCOPES, graph_script
from .matrix import index_page
from .rendering import page, script
from .rows import by_name
from .runs import run_name, run_pages
from .variants import variant_page

_LISTED = "files.txt"
"""Names the files of the report, so that the next one removes those that it does not have."""

Graphs = Mapping[tuple[str, str], str]
"""The scripts of the explorer's graphs, by variant and scope."""

Advance = Callable[[int, int], None]
"""Is told how much of how much is done."""


def write_site(
    results: Path, out: Path, units: Sequence[Compiled], most_states: int, advance: Advance
) -> int:
    """Write the report of these variants; returns how many files it has.

    Raises:
        ReviewError: there are no results, or not of the files as they are now.
        OutputError: the files cannot be written; then those of an older report are as they were.
    """
    found = list(read_results(results).values())
    ensure_folder_writable(out)
    texts = site(found, units, most_states, advance)
    names = sorted([*texts, _LISTED])
    old = set(_listed(out))
    texts[_LISTED] = "".join(f"{name}\n" for name in names)
    write_together({out / name: text for name, text in texts.items()})
    _remove(out, old - set(names))
    return len(texts)


def site(
    rows: Sequence[Mapping[str, Any]], units: Sequence[Compiled], most_states: int, advance: Advance
) -> dict[str, str]:
    """The texts of all files, by their names."""
    programs = {unit.program.name: unit.program for unit in units}
    rows = [finding for finding in rows if finding["variant"] in {*programs, BUDDY}]
    shown = [finding for finding in rows if finding["trace"]]
    graphs = [
        (program.source, project_scopes().ready[scope], most_states)
        for program in programs.values()
        for scope in (SCOPES[:1] if is_broken(program.source) else SCOPES)
    ]
    others = tuple(program.source for program in programs.values() if not is_broken(program.source))
    schedules = [(finding, others) for finding in shown if not is_broken(programs[finding["variant"]].source)]
    advance(0, total := len(graphs) + len(schedules))
    done = itertools.count(1)
    explored = in_parallel(_graph, graphs, lambda: advance(next(done), total))
    diffs = dict(in_parallel(diff_script, schedules, lambda: advance(next(done), total)))
    names = [(Path(source.name).stem, scope.name) for source, scope, _ in graphs]
    kept = {name: text for name, (text, _) in zip(names, explored, strict=True) if text}
    left_out = [f"{v}, {s}: {why}" for (v, s), (_, why) in zip(names, explored, strict=True) if why]
    return {
        **_fixed_files(),
        "index.html": index_page(rows, programs, left_out),
        **_variant_pages(rows, programs, kept),
        **_run_pages(shown, programs, kept, diffs),
        **{f"graphs/{variant}-{scope}.js": text for (variant, scope), text in kept.items()},
        **{f"diffs/{name}.js": text for name, text in diffs.items()},
        "graphs.js": script(
            "graphs", {"graphs": [[v, s, programs[v].source.digest[:DIGITS]] for v, s in kept]}
        ),
        "diffs.js": script("diffs", {"diffs": sorted(diffs)}),
    }


def _fixed_files() -> dict[str, str]:
    """What is the same in every report: scripts, the style, and the pages that load data themselves."""
    static = resources.files(__package__).joinpath("static")
    texts = {file.name: file.read_text("utf-8") for file in static.iterdir()}
    texts["explorer.html"] = page("explorer.html.j2", root=".", title="explorer")
    texts["diff.html"] = page("diff.html.j2", root=".", title="two variants")
    return dict(sorted(texts.items()))


def _variant_pages(
    rows: Sequence[Mapping[str, Any]], programs: Mapping[str, Program], kept: Graphs
) -> dict[str, str]:
    findings = by_name(rows)
    return {
        f"variants/{name}.html": variant_page(
            program, findings.get(name, []), [scope for variant, scope in kept if variant == name]
        )
        for name, program in programs.items()
    }


def _run_pages(
    shown: Sequence[Mapping[str, Any]],
    programs: Mapping[str, Program],
    kept: Graphs,
    diffs: Mapping[str, str],
) -> dict[str, str]:
    texts: dict[str, str] = {}
    for finding in shown:
        variant, name = finding["variant"], run_name(finding)
        link = _link(finding) if (variant, finding["scope"]) in kept else ""
        texts |= run_pages(finding, programs[variant], link, name if name in diffs else "")
    return texts


def _graph(source: Source, scope: Scope, most_states: int) -> tuple[str, str]:
    """A graph's script, or why there is none; whether it is too large is seen quickest in C."""
    try:
        explored_graph(compile_source(source).program, scope, most_states)
    except TooManyStates:
        return "", f"more than {most_states:,} states"
    except EngineMissing:
        pass  # without a C compiler the reference machine finds out by itself
    return graph_script(source, scope, most_states)


def _link(finding: Mapping[str, Any]) -> str:
    """The run of a counterexample as the explorer's link."""
    trace = Trace.from_json(finding["trace"])
    machine: Machine = machine_for(trace)
    choices = []
    for label in trace.labels:
        choices.append(sorted(machine.enabled()).index(label))
        machine.step(label)
    return fragment(trace.source, trace.variant, trace.scope.name, choices)


def _listed(out: Path) -> list[str]:
    """The files of an older report in a folder."""
    try:
        return (out / _LISTED).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise OutputError(f"cannot read {out / _LISTED}: {error.strerror}") from None


def _remove(out: Path, names: Iterable[str]) -> None:
    """Remove files of an older report; never anything outside of its folder."""
    for name in names:
        path = out / name
        if path.resolve().is_relative_to(out.resolve()):
            path.unlink(missing_ok=True)
