"""Conformance: the state graph that TLC dumps => pytest suites in a folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from pcpdrain.codegen.backends.suite import emit_suite
from pcpdrain.codegen.backends.tla import TlaModel, emit_model
from pcpdrain.codegen.graph import LabelledGraph, canonical_graph
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.passes.cover import Cover
from pcpdrain.codegen.pipeline import Compiled, compile_source
from pcpdrain.codegen.properties import GHOSTS
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source
from pcpdrain.pcpref.suite import Suite

from .check import TIME_LIMIT, write_model
from .engines.dot import read_dot
from .engines.explorer import TooManyStates
from .engines.servers import Servers, own_servers
from .engines.tlc import JAVA_OPTIONS, EngineFailed, run_tlc
from .files import OutputError, write_atomically
from .parallel import in_parallel
from .planning import scopes_of

SuiteJob = tuple[Compiled, Scope]

_OF_A_SUITE = '{"format":"pcpdrain-suite '


_BOUNDED = "BoundedGraph"
_FEW = "FewStates"
_BOUNDED_MODULE = """---- MODULE BoundedGraph ----
EXTENDS {model}, TLC
FewStates == TLCGet("distinct") <= {most}
====
"""


def generate_suite(compiled: Compiled, scope: Scope, out: Path) -> LabelledGraph:
    """Write the suite of a variant at a scope into `out`, in the place of an older one.

    The graph is made by the servers of this process.

    Raises:
        EngineMissing, EngineFailed: there is no TLC, or it did not finish.
        OutputError: the folder cannot be written.
    """
    graph = state_graph(emit_model(compiled.program, scope), servers=own_servers())
    files = emit_suite(compiled.program, scope, graph)
    try:
        if out.exists():
            shutil.rmtree(out)
    except OSError as error:
        raise OutputError(f"cannot replace {out}: {error.strerror or error}") from None
    for name, text in files.items():
        write_atomically(out / name, text)
    return graph


def write_suite(
    program: Program, scope: Scope, graph: LabelledGraph, folder: Path, covered: Cover | None = None
) -> Suite:
    """Write the suite of a graph into a folder of the caller's own, and load it; see `emit_suite`."""
    for name, text in emit_suite(program, scope, graph, covered).items():
        (folder / name).write_text(text, encoding="utf-8")
    return Suite.load(folder)


def state_graph(
    model: TlaModel,
    *,
    workers: int = 1,
    timeout: float = TIME_LIMIT,
    most_states: int | None = None,
    java_options: Sequence[str] = JAVA_OPTIONS,
    servers: Servers | None = None,
) -> LabelledGraph:
    """The whole labelled state graph of a model, as TLC finds it, in the project's names, without ghosts.

    Ghosts are the specification's own: no implementation has them. The graph is the same for any number of
    TLC's workers.

    Raises:
        TooManyStates: there are more than `most_states`.
        EngineMissing, EngineFailed: there is no TLC, or it did not finish.
    """
    with tempfile.TemporaryDirectory(prefix="pcpdrain-", ignore_cleanup_errors=True) as name:
        folder = write_model(model, Path(name))
        module, invariants = model.module, []
        if most_states is not None:
            module, invariants = _BOUNDED, [_FEW]
            text = _BOUNDED_MODULE.format(model=model.module, most=most_states)
            (folder / f"{module}.tla").write_text(text, encoding="utf-8")
        (folder / "graph.cfg").write_text(model.config(invariants, ghosts=False), encoding="utf-8")
        dump = folder / "graph.dot"
        found = run_tlc(
            folder,
            module,
            "graph.cfg",
            dump=dump,
            timeout=timeout,
            workers=workers,
            java_options=java_options,
            servers=servers,
        )
        if found.violated == _FEW:
            raise TooManyStates(f"more than {most_states:,} states")
        result = found.verdict()
        graph = read_dot(dump)
    if result.distinct != len(graph.states) or len(graph.initial) != 1:
        raise EngineFailed(f"TLC found {result.distinct} states but wrote {len(graph.states)}")
    operators = [name for name in model.state_keys if name not in GHOSTS]
    labelled = canonical_graph(
        [model.state_keys[name] for name in operators],
        graph.initial[0],
        {number: tuple(state[name] for name in operators) for number, state in graph.states.items()},
        ((source, model.labels[operator], target) for source, operator, target in graph.edges),
    )
    if result.generated != labelled.transitions + 1:
        raise EngineFailed(f"TLC took {result.generated} steps for {labelled.transitions} transitions")
    return labelled


def suite_jobs(compiled: Sequence[Compiled], scopes: Sequence[Scope], *, named: bool) -> list[SuiteJob]:
    """Which suites are made: at scopes that were named, for every variant; else as the scopes' sizes say."""
    jobs: list[SuiteJob] = []
    for unit in compiled:
        checked = scopes_of(unit, scopes)
        wanted = (scope for scope in scopes if named or scope.suites == "tiny" or scope in checked)
        jobs += [(unit, scope) for scope in wanted]
    return jobs


def generate_suites(jobs: Sequence[SuiteJob], out: Path, on_done: Callable[[], None]) -> list[str]:
    """Write suites, several at once; a line about each, in order.

    Raises:
        EngineMissing, EngineFailed, OutputError: as `generate_suite`, for the first that fails.
    """
    folders = [out / unit.program.name / scope.name for unit, scope in jobs]
    made = in_parallel(
        _generate,
        [(unit.program.source, scope, folder) for (unit, scope), folder in zip(jobs, folders, strict=True)],
        on_done,
    )
    return [
        f"{folder}: {states:,} states, {transitions:,} transitions"
        for folder, (states, transitions) in zip(folders, made, strict=True)
    ]


def remove_others(jobs: Sequence[SuiteJob], out: Path) -> None:
    """Remove the suites that an earlier run left there for variants or scopes that are no more."""
    wanted = {out / unit.program.name / scope.name for unit, scope in jobs}
    try:
        for graph in out.glob("*/*/graph.json"):
            if graph.parent not in wanted and graph.read_text("utf-8", "replace").startswith(_OF_A_SUITE):
                shutil.rmtree(graph.parent)
    except OSError as error:
        raise OutputError(f"cannot remove an old suite in {out}: {error.strerror or error}") from None


def _generate(source: Source, scope: Scope, folder: Path) -> tuple[int, int]:
    """One suite, in a worker process; its size."""
    graph = generate_suite(compile_source(source), scope, folder)
    return len(graph.states), graph.transitions
