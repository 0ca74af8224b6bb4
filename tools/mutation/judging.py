"""Judging: what becomes of one mutant. Its graph decides whether it is equivalent, never a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic

from pcpdrain.codegen.backends.python import class_name, emit_python
from pcpdrain.codegen.graph import LabelledGraph
from pcpdrain.codegen.scopes import Scope
from pcpdrain.pcpref.protocol import Implementation

from ..engines import explorer
from ..engines.tlc import EngineFailed
from ..exploring import explore
from .behaviour import GraphImplementation, fitted, same_behaviour
from .bench import Bench
from .isolation import Endless, Hurried, import_again, isolated
from .mutants import Mutant, MutantResult, Verdict, result_of
from .reference import reference
from .source_mutants import line_diff, mutated, pcpref_text
from .suites import OURS, Suites
from .tla_judging import judge_tla

ISOLATED_SECONDS = 180.0
"""How long a mutant may take in all its suites together, or be explored; no step of it is endless."""

_ENDLESS = "a step without end"


def judge(mutant: Mutant, bench: Bench) -> MutantResult:
    """The result for one mutant."""
    began = monotonic()
    by_kind: dict[str, Callable[[Mutant, Bench], MutantResult]] = {
        "ir": judge_ir, "python": judge_python, "pcpref": judge_python, "tla": judge_tla,
    }  # fmt: skip
    return replace(by_kind[mutant.kind](mutant, bench), seconds=monotonic() - began)


def judge_ir(mutant: Mutant, bench: Bench) -> MutantResult:
    """By its graph, which is also what the suites are run against; where that is too large, on pcpref."""
    if mutant.program is None:
        return result_of(mutant, "stillborn", reason="the compiler cannot make it")
    try:
        graph = fitted(explorer.explored_graph(mutant.program, bench.scope, bench.most_states), bench.graph)
    except (EngineFailed, explorer.TooManyStates) as error:
        text = emit_python(mutant.program)
        if text == bench.suites.program_text:  # a mistake of the step machine alone
            return result_of(mutant, "survived", diff=mutant.description, reason=f"not judged: {error}")
        return judge_on_pcpref(mutant, bench, text, reason=str(error))
    if same_behaviour(bench.graph, graph):
        return result_of(mutant, "equivalent")
    killed_by = bench.suites.killed_by(lambda: GraphImplementation(graph))
    verdict: Verdict = "killed" if killed_by[OURS] else "survived"
    return result_of(mutant, verdict, killed_by, diff="" if killed_by[OURS] else mutant.description)


def judge_python(mutant: Mutant, bench: Bench) -> MutantResult:
    """By exploring the machine with the mistake in it, which is done where no suite has noticed."""
    program = bench.suites.program_text
    original = pcpref_text(mutant.module) if mutant.module else program
    text = mutated(mutant, original)
    diff = line_diff(original, text)
    if mutant.module:
        return judge_on_pcpref(mutant, bench, program, (mutant.module, text), diff=diff)
    return judge_on_pcpref(mutant, bench, text, diff=diff)


def judge_on_pcpref(
    mutant: Mutant,
    bench: Bench,
    program: str,
    module: tuple[str, str] | None = None,
    *,
    diff: str = "",
    reason: str = "",
) -> MutantResult:
    """Run the suites against pcpref with this text of the program, and perhaps another text of a module."""
    bench.suites.suite.way_to(0)  # before the fork, so that it is known in every process
    load = Load(program, class_name(bench.program.name), bench.scope, module)
    said = isolated(lambda: _failures(load, bench.suites), ISOLATED_SECONDS)
    if said is None:
        return result_of(mutant, "timeout", {OURS: True}, reason="ran on or died")
    if isinstance(said, str):
        return result_of(mutant, "stillborn", reason=f"cannot be loaded: {said}")
    killed_by = {column: bool(failure) for column, failure in said.items()}
    if killed_by[OURS]:
        return result_of(mutant, "timeout" if said[OURS] == _ENDLESS else "killed", killed_by, reason=reason)
    graph = isolated(lambda: _graph(load, bench), ISOLATED_SECONDS)
    if isinstance(graph, LabelledGraph) and same_behaviour(bench.graph, graph):
        return result_of(mutant, "equivalent", reason=reason)
    why = "another graph" if isinstance(graph, LabelledGraph) else graph or "not explored: ran on or died"
    return result_of(mutant, "survived", killed_by, diff=diff, reason=why)


@dataclass(frozen=True)
class Load:
    """What makes the machine in a process of its own: a program's text, perhaps another text of a module."""

    program: str
    name: str
    scope: Scope
    module: tuple[str, str] | None

    def __call__(self) -> Callable[[], Implementation]:
        """Import it; the result makes machines."""
        if self.module is not None:
            import_again(*self.module)
        make = reference(self.program, self.name, self.scope)
        return lambda: Hurried(make())


def _failures(load: Load, suites: Suites) -> dict[str, str] | str:
    """What each suite says of a machine (ours alone, if it meets an endless step); or why nothing loads."""
    try:
        make = load()
    except Exception as error:  # noqa: BLE001 - a mutant may raise anything
        return f"{type(error).__name__}: {error}"
    ours = _failure(suites, OURS, make)
    if ours == _ENDLESS:
        return {OURS: ours}
    return {column: ours if column == OURS else _failure(suites, column, make) for column in suites.columns}


def _failure(suites: Suites, column: str, make: Callable[[], Implementation]) -> str:
    try:
        return suites.failure(column, make)
    except Endless:
        return _ENDLESS


def _graph(load: Load, bench: Bench) -> LabelledGraph | str:
    """The graph of a machine; or why it has none."""
    try:
        return explore(load()(), bench.graph.variables, bench.most_states)
    except Exception as error:  # noqa: BLE001 - as above
        return f"{type(error).__name__}: {error}"
    except Endless:
        return _ENDLESS
