"""Judging: what becomes of one mutant. Its graph decides whether it is equivalent, never a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from pcpdrain.codegen.backends.python import class_name, emit_python
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
"""How long a mutant may take in all its suites together, where no single step is endless."""


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
    except EngineFailed as error:
        return result_of(mutant, "stillborn", reason=str(error))
    except explorer.TooManyStates as error:
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
    found = isolated(lambda: _alone(bench, program, module), ISOLATED_SECONDS)
    if found is None:
        return result_of(
            mutant, "timeout", dict.fromkeys(bench.suites.columns, True), reason="ran on or died"
        )
    verdict, killed_by, said = found
    return result_of(
        mutant, verdict, killed_by, diff=diff if verdict == "survived" else "", reason=said or reason
    )


def _alone(
    bench: Bench, program: str, module: tuple[str, str] | None
) -> tuple[Verdict, dict[str, bool], str]:
    """In a process of its own: the verdict on a machine, which suites notice, and what there is to say."""
    if module is not None:
        import_again(*module)
    try:
        make = reference(program, class_name(bench.program.name), bench.scope)
    except Exception as error:  # noqa: BLE001 - a mutant may raise anything
        return "stillborn", {}, f"cannot be loaded: {type(error).__name__}: {error}"
    said = {column: _failure(bench.suites, column, make) for column in bench.suites.columns}
    killed_by = {column: bool(failure) for column, failure in said.items()}
    if killed_by[OURS]:
        return ("timeout" if said[OURS] == _ENDLESS else "killed"), killed_by, ""
    try:
        graph = explore(Hurried(make()), bench.graph.variables, bench.most_states)
    except Exception as error:  # noqa: BLE001 - as above
        return "survived", killed_by, f"{type(error).__name__}: {error}"
    except Endless:
        return "survived", killed_by, _ENDLESS
    if same_behaviour(bench.graph, graph):
        return "equivalent", {}, ""
    return "survived", killed_by, "another graph"


_ENDLESS = "a step without end"


def _failure(suites: Suites, column: str, make: Callable[[], Implementation]) -> str:
    try:
        return suites.failure(column, lambda: Hurried(make()))
    except Endless:
        return _ENDLESS
