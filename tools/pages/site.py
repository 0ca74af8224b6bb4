"""Site: all files of the report, from the results of a check; written together, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.pipeline import Compiled, compile_source
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source
from pcpdrain.pcpref.machine import Machine

from ..chosen import is_broken
from ..engines.explorer import TooManyStates, explored_graph
from ..engines.java import EngineMissing
from ..files import OutputError, ensure_folder_writable, write_together
from ..links import fragment
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

Advance = Callable[[int, int], None]
"""Is told how much of how much is done."""


def write_site(
    results: Path, out: Path, units: Sequence[Compiled], most_states: int, advance: Advance
) -> int:  # fmt: skip
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
) -> dict[str, str]:  # fmt: skip
    """The texts of all files, by their names."""
    programs = {unit.program.name: unit.program for unit in units}
    findings = by_name(rows)
    shown = [finding for finding in rows if finding["trace"] and finding["variant"] in programs]
    sources = [program.source for program in programs.values()]
    whole = [source for source in sources if not is_broken(source)]
    compared = [finding for finding in shown if not is_broken(programs[finding["variant"]].source)]
    wanted = [
        (unit.program.source, project_scopes().ready[scope], most_states)
        for unit in units
        for scope in (SCOPES[:1] if is_broken(unit.program.source) else SCOPES)
    ]
    total, done = len(wanted) + len(compared), 0

    def step() -> None:
        nonlocal done
        done += 1
        advance(done, total)

    advance(0, total)
    graphs = in_parallel(_graph, wanted, step)
    diffs = dict(in_parallel(diff_script, [(finding, tuple(whole)) for finding in compared], step))
    names = [(Path(source.name).stem, scope.name) for source, scope, _ in wanted]
    kept = {name: text for name, (text, _) in zip(names, graphs, strict=True) if text}
    left_out = [f"{v}, {s}: {why}" for (v, s), (_, why) in zip(names, graphs, strict=True) if why]

    texts = {name: resources.files(__package__).joinpath("static", name).read_text("utf-8") for name in _static()}
    texts["index.html"] = index_page(rows, programs, sorted({v for v, _ in kept}), left_out, len(compared))
    for name, program in programs.items():
        scopes = [scope for variant, scope in kept if variant == name]
        texts[f"variants/{name}.html"] = variant_page(program, findings.get(name, []), scopes)
    for finding in shown:
        variant, scope = finding["variant"], finding["scope"]
        link = _link(finding) if (variant, scope) in kept else ""
        compare = run_name(finding) if run_name(finding) in diffs else ""
        texts |= run_pages(finding, programs[variant], link, compare)
    texts |= {f"graphs/{v}-{s}.js": text for (v, s), text in kept.items()}
    texts |= {f"diffs/{name}.js": text for name, text in diffs.items()}
    texts["explorer.html"] = page("explorer.html.j2", root=".", title="explorer")
    texts["diff.html"] = page("diff.html.j2", root=".", title="two variants")
    starts = [[v, s, programs[v].source.digest[:8]] for v, s in kept]
    texts["graphs.js"] = script("graphs", {"graphs": starts})
    texts["diffs.js"] = script("diffs", {"diffs": sorted(diffs)})
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


def _static() -> list[str]:
    """The files that are the same in every report."""
    return sorted(file.name for file in resources.files(__package__).joinpath("static").iterdir())


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
