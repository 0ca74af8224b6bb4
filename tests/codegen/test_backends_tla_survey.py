"""Surveys: which properties share a run, what each run hides, and what the numbers mean that it tells."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pcpdrain.codegen.backends.tla import prove_frames
from pcpdrain.codegen.backends.tla.survey import PREFIX, Survey, emit_survey, grouped
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.library import SPEC, project_scopes, variant_files
from pcpdrain.codegen.properties import GHOSTS, PROPERTIES
from pcpdrain.codegen.scopes import Scope
from pcpdrain.tools.check import write_model
from pcpdrain.tools.engines.tlc import TlcResult, run_tlc
from tests.codegen.compiling import TINY, compile_body, compiled

OF_STATES = [name for name, known in PROPERTIES.items() if not known.temporal]
POSTED = compiled(SPEC / "variants" / "last_zone_decides.drain")
LOCKED = compiled(SPEC / "variants" / "clear_then_set_mutex.drain")
RACING = replace(TINY, name="racing", drainers=(0, 1))


def survey(scope: Scope = TINY, names: Sequence[str] = tuple(PROPERTIES)) -> Survey:
    return emit_survey(POSTED, scope, names)


def checked(made: Survey, number: int = 0) -> TlcResult:
    with tempfile.TemporaryDirectory() as name:
        folder = write_model(made, Path(name))
        part = made.runs[number]
        (folder / "run.cfg").write_text(part.config, "utf-8")
        return run_tlc(folder, made.module, "run.cfg", survey=not part.temporal, timeout=120).verdict()


@pytest.mark.parametrize(
    ("program", "scope", "groups"),
    [
        (POSTED, TINY, 1),
        (POSTED, RACING, 2),
        (POSTED, replace(RACING, calls=1), 1),
        (LOCKED, RACING, 1),
    ],
    ids=["one caller", "racing", "bounded", "locked"],
)
def test_every_property_of_states_is_in_one_group(program: object, scope: Scope, groups: int) -> None:
    found = grouped(list(PROPERTIES), program, scope)  # type: ignore[arg-type]
    assert len(found) == groups
    assert sorted(known.name for group in found for known in group) == sorted(OF_STATES)


@pytest.mark.parametrize("scope", [TINY, RACING], ids=lambda scope: scope.name)
def test_a_view_has_all_but_the_ghosts_that_no_property_of_its_group_reads(scope: Scope) -> None:
    made = survey(scope)
    text = made.files[made.module + ".tla"]
    for number, group in enumerate(grouped(list(PROPERTIES), POSTED, scope), 1):
        found = re.search(rf"^View{number} == <<(.*)>>$", text, re.MULTILINE)
        assert found is not None
        read = {ghost for known in group for ghost in known.ghosts}
        assert set(made.model.state_keys) - set(found[1].split(", ")) == set(GHOSTS) - read
        invariant = text.partition(f"\nGroup{number} ==")[2].partition("}")[0]
        assert re.findall(r"Keeps\(\d+, (\w+)\)", invariant) == [known.operator for known in group]
        assert re.findall(r"Reaches\(\d+, (\w+)\)", invariant) == [known.premise for known in group]


def test_numbers_are_told_by_one_operator_each() -> None:
    made = survey()
    used = re.findall(r"(?:Keeps|Reaches|Tell)\((\d+)[,)]", made.files[f"{made.module}.tla"])
    assert sorted(map(int, used)) == sorted(made.told) == list(range(1, len(used) + 1))
    assert {name for what, name in made.told.values() if what == "taken"} == set(made.model.labels.values())


def test_the_model_itself_knows_neither_tlc_nor_fairness() -> None:
    made = survey(replace(TINY, calls=1))
    assert f"{made.module}.tla" not in made.model.files
    for text in made.model.files.values():
        assert not re.search(r"WF_|TLCGet|EXTENDS.*\bTLC\b", re.sub(r"\\\*.*", "", text))
    assert prove_frames(made.model.files) > 0


def test_fairness_is_there_only_for_properties_of_runs() -> None:
    assert "Fairness" not in survey(names=OF_STATES).files["Check_tiny.tla"]
    made = survey(replace(TINY, calls=1))
    assert made.runs[-1].properties == ("call_returns",)
    assert made.runs[-1].temporal
    text = made.files["Check_tiny.tla"]
    fair = text.partition("TaskStep(d) ==")[2].partition("Fairness ==")[0]
    assert not re.search(r"task_call|task_signal|workload_|\bcpu_|boot", fair)
    assert all(step.replace(".", "__") + "(d)" in fair for step in POSTED.task.steps)


def test_a_step_with_outcomes_is_fair_with_all_of_them() -> None:
    program = compiled(SPEC / "variants" / "per_call_mask.drain")
    text = emit_survey(program, replace(TINY, calls=1), ["call_returns"]).files["Check_tiny.tla"]
    assert "\\/ \\E Contents \\in SUBSET Cpus : drain_all_pages__alloc_cpumask_var(d, TRUE, Contents)" in text
    assert "\\/ AllocFails /\\ drain_all_pages__alloc_cpumask_var(d, FALSE, {})" in text


SAME = r"""
Same ==
  /\ \A d \in Tasks : TaskCanStep(d) <=> ENABLED <<TaskStep(d)>>_WithoutGhosts
  /\ \A c \in Cpus : HandlerCanStep(c) <=> ENABLED <<HandlerStep(c)>>_WithoutGhosts
  /\ \A c \in Cpus, d \in Tasks : CanTake(c, d) <=> ENABLED <<handler_take(c, d)>>_WithoutGhosts
"""


def says_the_same(program: Program, scope: Scope) -> bool:
    """Whether what fairness asks, cheaply, is in all states what weak fairness asks."""
    made = emit_survey(program, scope, ["call_returns"])
    name = f"{made.module}.tla"
    files = made.files | {name: made.files[name].replace("\n====", f"{SAME}====")}
    (run,) = made.runs
    run = replace(run, config=re.sub(r"PROPERTIES.*", "INVARIANTS Same", run.config, flags=re.DOTALL))
    result = checked(replace(made, files=files, runs=(run,)))
    assert result.distinct is not None
    assert result.distinct > 300
    return result.outcome == "holds"


SPINNING = """
while (!mutex_trylock(drain_mutex)) {
}
on_each_cpu(drain_local_pages, true);
mutex_unlock(drain_mutex);
"""
"""A step that leads to itself and changes nothing while another task has the mutex."""


@pytest.mark.parametrize(
    "program",
    [
        compiled(SPEC / "variants" / "clear_then_set_mutex_interruptible.drain"),
        compiled(SPEC / "variants" / "uninitialised_mask.drain"),
        compile_body(SPINNING, "static mutex drain_mutex;"),
    ],
    ids=["interruptible", "uninitialised", "spinning"],
)
def test_who_can_step_is_known_without_trying(program: Program) -> None:
    assert says_the_same(program, replace(RACING, calls=1, signals=True))


@pytest.mark.exhaustive
@pytest.mark.parametrize("path", variant_files(), ids=lambda path: path.stem)
def test_of_all_variants_who_can_step_is_known_without_trying(path: Path) -> None:
    wide = replace(RACING, calls=1, pages=2, high=3, alloc_fails=True, signals=True)
    assert says_the_same(compiled(path), wide)


def test_one_run_finds_all_first_violations_and_sees_the_whole_graph() -> None:
    """At one page a zone and two zones, the posted patch misses the page in the first one."""
    scope = project_scopes().ready["solo"]
    made = emit_survey(POSTED, scope, ["drain_complete", "drain_instant", "page_conservation"])
    result = checked(made)
    told = {made.told[number] for number in result.told}
    assert ("violated", "drain_complete") in told
    assert ("violated", "page_conservation") not in told
    assert ("premise", "page_conservation") in told
    assert {name for what, name in told if what == "taken"} >= {
        "d0:call",
        "d0:return",
        "c1:ack",
        "c0:free z0",
    }
    (violation,) = result.violations
    named = {made.told[number] for number in violation.told}
    assert {("violated", "drain_complete"), ("violated", "drain_instant")} <= named
    assert len(violation.trace) == 20
    assert all(str(operator).startswith(PREFIX) for operator, _ in violation.trace[1:])
    with tempfile.TemporaryDirectory() as name:
        folder = write_model(made.model, Path(name))
        (folder / "all.cfg").write_text(made.model.config([], ghosts=True), "utf-8")
        everything = run_tlc(folder, made.model.module, "all.cfg", timeout=120).distinct
    assert result.distinct is not None
    assert everything is not None
    assert 500 < result.distinct < everything


def test_of_a_caller_that_waits_for_ever_the_last_state_is_the_loop() -> None:
    program = compiled(SPEC / "variants" / "clear_then_set_spinlock_irqsave.drain")
    result = checked(emit_survey(program, project_scopes().ready["racing_once"], ["call_returns"]))
    assert result.outcome == "violated"
    assert result.loop == len(result.trace) - 1
