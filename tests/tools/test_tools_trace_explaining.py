"""What is refused is explained: the event, the state before it, what was possible, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pcpdrain.codegen.backends.tla.guards import Guard, guards
from pcpdrain.codegen.backends.tla.labels import labelled
from pcpdrain.codegen.backends.tla.model import hand_written
from pcpdrain.codegen.backends.tla.module import emit_module
from pcpdrain.codegen.backends.tla.types import typed_variables
from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.codegen.scopes import Scope
from pcpdrain.pcpref.cpu import Cpu
from pcpdrain.pcpref.kernel import Kernel
from pcpdrain.pcpref.pcp import PcpList
from pcpdrain.tools.replay import machine_of
from pcpdrain.tools.tracing.event_traces import EventTrace, SeenEvent
from pcpdrain.tools.tracing.explain import explain
from pcpdrain.tools.tracing.guard_words import words
from pcpdrain.tools.tracing.record import record
from pcpdrain.tools.tracing.refusals import refusal_text
from pcpdrain.tools.tracing.validate import validate
from tests.thinning import thinned
from tests.tools.driving import POSTED

VARIANTS = sorted((SPEC / "variants").glob("*.drain"))
BROKEN = sorted((SPEC / "broken").glob("*.drain"))
LAST_ZONE = compile_file(SPEC / "variants" / "last_zone_decides.drain").program
MUTEX = compile_file(SPEC / "variants" / "clear_then_set_mutex.drain").program
SOLO, RACING = (project_scopes().ready[name] for name in ("solo", "racing"))
FOUR = Scope("four", cpus=4, zones=3, pages=16, high=4, batch=3, drainers=(0, 1, 1, 3), signals=True)


def trace(*events: SeenEvent, program: object = LAST_ZONE, scope: Scope = SOLO) -> EventTrace:
    return EventTrace(program, scope, (SeenEvent(), *events), "run")  # type: ignore[arg-type]


def along(labels: list[str]) -> list[SeenEvent]:
    return [SeenEvent(label) for label in labels]


def explained(run: EventTrace, at: int) -> str:
    text = refusal_text(explain(run, at))
    assert [line for line in text.splitlines() if len(line) > 80] == []
    return text


def test_a_step_that_is_not_possible() -> None:
    run = trace(*along(POSTED[:5]), SeenEvent("d0:on_each_cpu_mask.preempt_disable", time=1.5))
    assert (
        explained(run, 6)
        == """\
run: refused at event 6, d0:on_each_cpu_mask.preempt_disable, smp.drain:24, time
  1.5
  This step is not possible there: d0 is at drain_all_pages.pcp_count, not at
    on_each_cpu_mask.preempt_disable.
  (In on_each_cpu_mask__preempt_disable: at[d] =
    "on_each_cpu_mask.preempt_disable")
  A state before it, of those that fit, where it is not as at the start:
    pcp = ((1, 0), (0, 0))
    in_use = (0, 1)
    at = (drain_all_pages.pcp_count)
    cpus_with_pcps = {0}
    drain_all_pages.cpu = (0)
    drain_all_pages.zone = (1)
  Steps that are possible there: 4
    d0: drain_all_pages.pcp_count
    c0: alloc z0, free z1
    c1: free z1"""
    )


def test_a_value_that_the_step_does_not_lead_to() -> None:
    whole = record(LAST_ZONE, SOLO, 1, 0).events[0]
    after = replace(whole, label="c1:free z1", seen={**whole.seen, "pcp": ((0, 1), (0, 0)), "in_use": (1, 0)})
    assert (
        explained(EventTrace(LAST_ZONE, SOLO, (whole, after), "run"), 1)
        == """\
run: refused at event 1, c1:free z1, time 0
  After it, the specification does not have what was seen:
    pcp[0][1]: the trace says 1, the specification 0
    pcp[1][1]: the trace says 0, the specification 1
  The state before it, where it is not as at the start:
    nothing
  Steps that are possible there: 5
    d0: call
    c0: free z0, free z1
    c1: free z0, free z1"""
    )


WRONG: dict[str, tuple[EventTrace, int, str]] = {
    "start": (
        EventTrace(LAST_ZONE, SOLO, (SeenEvent(seen={"in_use": (1, 2)}),), "run"),
        0,
        "in_use[1]: the trace says 2, the specification 1",
    ),
    "no step": (trace(SeenEvent("d0:lock")), 1, "last_zone_decides has no such step at this scope."),
    "whose": (
        trace(SeenEvent("d0:call", cpu=1)),
        1,
        "This is a step of CPU 0, task 0, and the trace says CPU 1.",
    ),
    "nobody": (trace(SeenEvent(cpu=1, task=0)), 1, "No step of CPU 1, task 0 is possible there."),
    "any step": (
        trace(SeenEvent(seen={"buddy[0]": 1})),
        1,
        "After any step, the specification does not have what was seen:",
    ),
    "element": (
        trace(SeenEvent("d0:call", {"pcp[0][7]": 0})),
        1,
        "pcp[0][7]: the trace says 0, and there is no such element",
    ),
    "not both": (
        trace(SeenEvent(seen={"in_use[0]": 0, "in_use[1]": 0})),
        1,
        "Each of the values seen is possible after it, but not all of them at once.",
    ),
    "unseen before": (trace(SeenEvent(), SeenEvent("c1:take d0")), 2, "no request of d0 is queued at CPU 1"),
    "lock": (
        trace(
            *along(["d0:call", "d1:call", "d0:drain_all_pages.mutex_lock", "d1:drain_all_pages.mutex_lock"]),
            program=MUTEX,
            scope=RACING,
        ),
        4,
        "(In drain_all_pages__mutex_lock: drain_mutex = NoTask)",
    ),
}
"""What is wrong, at which event, and what is said of it."""


def test_each_is_refused_where_it_is_wrong() -> None:
    assert validate([run for run, _, _ in WRONG.values()]) == [at for _, at, _ in WRONG.values()]


@pytest.mark.parametrize("name", thinned(WRONG, every=4))
def test_what_is_wrong_is_said(name: str) -> None:
    run, at, sentence = WRONG[name]
    assert sentence in explained(run, at)


def does_not_wait(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Kernel, "call_answered", lambda _self, _target: True)


def drains_a_batch_only(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PcpList, "drain", lambda self: self._bulk_free(min(self.count, self.batch - 1)))


def is_interrupted_with_irqs_off(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Cpu, "accepts_interrupts", lambda self: self.online and self.serving is None)


MISTAKES: dict[Callable[[pytest.MonkeyPatch], None], tuple[str, ...]] = {
    does_not_wait: (
        "smp_call_function_many",
        "smp.drain:",
        "has not answered d",
        "target \\notin awaiting[d]",
    ),
    drains_a_batch_only: ("drain_zone_pages", "pcp.drain:6", "]: the trace says 1, the specification 0"),
    is_interrupted_with_irqs_off: ("interrupts are off on CPU", "irqs_on[c]"),
}


@pytest.mark.parametrize("mistake", thinned(MISTAKES, every=3))
def test_a_machine_that_is_wrong_is_found_and_explained(
    mistake: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mistake(monkeypatch)
    runs = [record(MUTEX, FOUR, seed, 250) for seed in range(4)]
    refused = [(run, at) for run, at in zip(runs, validate(runs), strict=True) if at is not None]
    assert refused
    text = refusal_text(explain(*min(refused, key=lambda found: found[1])))
    assert [sign for sign in MISTAKES[mistake] if sign not in text] == [], text


@pytest.mark.parametrize("path", [*VARIANTS, *BROKEN], ids=lambda path: path.stem)
def test_there_are_words_for_every_guard(path: Path) -> None:
    program = compile_file(path).program
    files = {**hand_written(), f"{program.name}.tla": emit_module(program)}
    for scope in (
        Scope("x", 2, 1, 1, 1, 1, (0, 0), signals=True, alloc_fails=True, leavers=(1,)),
        Scope("x", 1, 1, 1, 1, 1, (0,), count_window=True),
    ):
        observed = machine_of(program, scope).observe()
        state = {variable.name: observed[variable.key] for variable in typed_variables(program)}
        for step in labelled(program, scope):
            for guard in guards(files, step.action):
                text = words(guard, state, scope)
                assert "{" not in text
                assert len(text) < 160


def test_a_guard_without_words_is_a_mistake_of_ours() -> None:
    with pytest.raises(AssertionError, match="no words"):
        words(Guard("New", (), (), "", "moon"), {}, SOLO)
