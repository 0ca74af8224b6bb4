"""Judging of TLA+ mutants: another specification, whose suites are run against the reference machine."""

from __future__ import annotations

from dataclasses import replace

from pcpdrain.codegen.backends.python import class_name, emit_python
from pcpdrain.codegen.backends.tla import FrameError, emit_model
from pcpdrain.codegen.backends.tla.frames import prove_frames
from pcpdrain.codegen.graph import GraphError

from ..conformance import state_graph
from ..engines.explorer import TooManyStates
from ..engines.tlc import EngineFailed
from .behaviour import fitted, same_behaviour
from .bench import Bench
from .mutants import Mutant, MutantResult, Verdict, result_of
from .reference import reference
from .source_mutants import line_diff
from .suites import OURS, suites_of


def judge_tla(mutant: Mutant, bench: Bench) -> MutantResult:
    """By TLC's graph: if it is another, the suites that it makes must not fit the reference machine.

    A mutant whose frames cannot be proved, that TLC refuses, or in which a label leads to two states, is no
    specification. One for which TLC finds no end makes no suite, and that is noticed.
    """
    model = emit_model(bench.program, bench.scope)
    files = {**model.files, mutant.module: mutant.text}
    try:
        prove_frames(files)
        prove_frames(files, "LabelledNext")
        found = state_graph(replace(model, files=files), most_states=bench.most_states)
        graph = fitted(found, bench.graph)
    except (FrameError, GraphError) as error:
        return result_of(mutant, "stillborn", reason=str(error))
    except TooManyStates as error:
        return result_of(mutant, "timeout", {OURS: True}, reason=str(error))
    except EngineFailed as error:
        return result_of(mutant, "stillborn", reason=str(error))
    if same_behaviour(bench.graph, graph):
        return result_of(mutant, "equivalent")
    make = reference(emit_python(bench.program), class_name(bench.program.name), bench.scope)
    killed_by = suites_of(bench.program, bench.scope, graph, bench.seed).killed_by(make)
    verdict: Verdict = "killed" if killed_by[OURS] else "survived"
    diff = "" if killed_by[OURS] else line_diff(model.files[mutant.module], mutant.text)
    return result_of(mutant, verdict, killed_by, diff=diff)
