"""Words: what each kind of step is called and what it changes, and what is wrong at the end of a run."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from pcpdrain.codegen.pipeline import compile_source
from pcpdrain.codegen.properties import PROPERTIES
from pcpdrain.tools.sentences import guilt
from pcpdrain.tools.traces import Trace
from pcpdrain.tools.words import Teller
from tests.tools.driving import run_of


def told(trace: Trace) -> list[tuple[int, str, list[str]]]:
    """For each step its lane, what happens, and what that reads and changes."""
    teller = Teller(compile_source(trace.source).program, trace.scope.drainers, trace.property)
    pairs = zip(trace.labels, trace.states[:-1], trace.states[1:], strict=True)
    return [
        (teller.cpu(label, before), teller.event(label, before), teller.effects(label, before, after))
        for label, before, after in pairs
    ]


def test_a_cpu_goes_and_comes_back() -> None:
    labels = ["c1:free z1", "d0:call", "c1:offline", "c1:dead z0", "c1:dead z1", "c1:online"]
    assert told(run_of("per_cpu_summary", "hotplug", labels)) == [
        (1, "page freed, zone 1", ["pcp[1][1] = 1"]),
        (0, "calls drain_all_pages", ["to empty: pcp[1][1]"]),
        (1, "goes offline", ["left to the notifier: pcp[1][1]", "online = {0}"]),
        (0, "notifier of CPU 1: zone 0", []),
        (0, "notifier of CPU 1: zone 1", ["the notifier is through", "pcp[1][1] = 0", "buddy[1] = 1"]),
        (1, "comes online", ["online = {0,1}"]),
    ]


def test_a_waiter_is_signalled() -> None:
    lock = "drain_all_pages.mutex_lock_interruptible"
    labels = ["d0:call", f"d0:{lock}", "d1:call", "d1:signal", f"d1:{lock}", "d1:return"]
    assert told(run_of("clear_then_set_mutex_interruptible", "signals", labels))[1:] == [
        (0, "mutex_lock_interruptible", ["drain_mutex = d0"]),
        (1, "calls drain_all_pages", []),
        (1, "d1 is signalled", []),
        (1, "mutex_lock_interruptible", ["drain_mutex is d0: -EINTR"]),
        (1, "returns", []),
    ]


def test_a_page_is_linked_and_then_counted() -> None:
    labels = ["c1:link z0", "c1:count z0", "c1:link z0", "c1:count z0"]
    assert told(run_of("clear_then_set", "count_window", labels)) == [
        (1, "page linked, zone 0", ["pcp[1][0] is still 0"]),
        (1, "page counted, zone 0", ["pcp[1][0] = 1"]),
        (1, "page linked, zone 0", ["pcp[1][0] is still 1"]),
        (1, "page counted, zone 0", ["buddy[0] = 1"]),
    ]


def test_a_mask_that_nobody_has_zeroed() -> None:
    labels = ["boot:cpus_with_pcps={1}", "d0:call"]
    rows = told(run_of("uninitialised_mask", "solo", labels))
    assert rows[0] == (0, "boots", ["cpus_with_pcps = {1}"])


@pytest.mark.parametrize(
    ("outcome", "event"), [(" fails", "alloc_cpumask_var fails"), (" {0,1}", "alloc_cpumask_var")]
)
def test_an_allocation_fails_or_not(outcome: str, event: str) -> None:
    labels = ["d0:call", f"d0:drain_all_pages.alloc_cpumask_var{outcome}"]
    assert told(run_of("per_call_mask", "alloc_fails", labels))[1][:2] == (0, event)


def test_whom_only_one_property_asks_about() -> None:
    labels = ["c0:free z0", "d0:call", "d0:drain_all_pages.cpumask_clear"]
    assert told(run_of("clear_then_set", "racing", labels))[2][2] == ["cpus_with_pcps = {}"]
    writer = told(run_of("clear_then_set", "racing", labels, "last_writer_complete"))
    assert writer[2][2] == ["last writer: d0", "cpus_with_pcps = {}"]
    assert told(run_of("clear_then_set", "racing", labels, "drain_instant"))[1][2] == ["with pages: CPU 0"]
    assert told(run_of("clear_then_set", "racing", ["d0:call"], "drain_instant"))[0][2] == [
        "with pages: no CPU"
    ]


NOTHING: frozenset[int] = frozenset()
BOTH = (frozenset({(0, 0)}), NOTHING)

SENTENCES: dict[str, tuple[str, str, Mapping[str, Any], str]] = {
    "drain_complete": (
        *("clear_then_set", "racing", {"owes": (frozenset({(0, 0), (1, 0)}), NOTHING)}),
        "d0 has returned, but the list of CPU 0 in zone 0 and the list of CPU 1 in zone 0 each had pages",
    ),
    "drain_complete_or_notified": (
        *("per_cpu_summary", "hotplug", {"notified": (frozenset({(1, 0)}),), "dead_zone": (-1, 1)}),
        "CPU 1 went offline, and its notifier is already past that zone.",
    ),
    "drain_instant": (
        *("clear_then_set", "racing", {"never_empty": (frozenset({1}), NOTHING)}),
        "d0 has returned, but at every moment of its call CPU 1 had a page on one of its lists.",
    ),
    "page_conservation": (
        *("clear_then_set", "count_window", {"linking": (0, -1)}),
        "Zone 0 has 2 pages, but the places where pages are hold 3.",
    ),
    "no_ipi_to_offline": (
        *("per_cpu_summary", "hotplug", {"call_queue": (NOTHING, frozenset({0})), "online": frozenset({0})}),
        "d0 has called CPU 1, which is offline and cannot answer.",
    ),
    "no_useless_ipi": (
        *("clear_then_set", "racing", {"call_queue": (NOTHING, frozenset({0})), "at": ("return", "idle")}),
        "d0 calls CPU 1, all of whose lists have been empty since d0 was called.",
    ),
    "never_stuck": (
        "clear_then_set_spinlock_irqsave",
        "racing",
        {
            "at": ("smp_call_function_many.wait_call", "drain_all_pages.spin_lock_irqsave"),
            "awaiting": (frozenset({1}), NOTHING),
            "irqs_on": (False, False),
            "drain_lock": 0,
            "smp_call_function_many.target": (1, -1),
        },
        "d0 waits for CPU 1 to answer, which has irqs off; d1 waits for drain_lock, which d0 holds.",
    ),
    "saved_is_honest": (
        *("per_cpu_summary_counters", "racing"),
        {"at": ("drain_all_pages.count_event_2", "idle"), "called": (frozenset({1}), NOTHING)},
        "but of 2 online CPUs it has called 1: CPU 1.",
    ),
    "unlocked_context": (
        *("clear_then_set_spinlock", "racing"),
        {"preempt_count": (1, 0), "drain_lock": 0, "irqs_on": (False, True)},
        "d0 has returned and still holds drain_lock. CPU 0 has irqs off, though none of its tasks is in a",
    ),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_what_is_wrong_is_said_in_a_sentence(name: str) -> None:
    variant, scope, changes, sentence = SENTENCES[name]
    trace = run_of(variant, scope, [], name)
    end = {**trace.states[0], **changes}
    assert set(end) == set(trace.states[0])
    assert sentence in guilt(replace(trace, states=(end,)), compile_source(trace.source).program)


def test_who_wrote_last_is_judged_by_what_it_owed_when_it_returned() -> None:
    start = run_of("clear_then_set", "racing", [], "last_writer_complete")
    before = {**start.states[0], "owes": BOTH, "last_writer": 0, "at": ("return", "idle")}
    after = {**before, "at": ("idle", "idle"), "missed": (True, False)}
    settled = {**after, "owes": (NOTHING, NOTHING)}
    trace = replace(start, labels=("d0:return", "c0:alloc z0"), states=(before, after, settled))
    assert guilt(trace, compile_source(trace.source).program) == (
        "No call is under way, and d0 was the last to write the mask. When it returned, in step 1, "
        "the list of CPU 0 in zone 0 had not been empty since its call."
    )
    assert told(trace)[0] == (0, "returns", ["not emptied: pcp[0][0]"])


def test_each_property_has_its_sentence() -> None:
    assert set(SENTENCES) | {"call_returns", "last_writer_complete"} == set(PROPERTIES)


def lasso(variant: str, labels: list[str], loop: int) -> str:
    """What is said of a run whose steps from `loop` on repeat for ever."""
    trace = replace(run_of(variant, "racing_once", labels, "call_returns"), loop=loop)
    return guilt(trace, compile_source(trace.source).program)


def test_a_lasso_says_what_repeats_and_who_waits() -> None:
    lock = ["preempt_disable", "spin_trylock"]
    taken = ["d0:call", *(f"d0:drain_all_pages.{step}" for step in lock), "d1:call"]
    spins = [f"d1:drain_all_pages.{step}" for step in (*lock, "preempt_enable", "cond_resched", "cpu_relax")]
    said = lasso("clear_then_set_trylock_loop", [*taken, *spins], 4)
    assert said == (
        "Steps 5 to 9 repeat for ever. d0 is at cpumask_clear, for ever. "
        "d1 goes round in lines 8 to 10 and never returns."
    )
    assert lasso("clear_then_set_trylock_loop", [*taken, "c0:free z0", "c0:alloc z0"], 4).startswith(
        "Steps 5 to 6 repeat for ever. d0 is at "
    )


def test_a_lasso_in_which_nothing_happens() -> None:
    lock = [f"d{task}:drain_all_pages.{step}" for task in (0, 1) for step in ("preempt_disable", "spin_lock")]
    labels = ["d0:call", *lock[:2], "d1:call", lock[2]]
    said = lasso("clear_then_set_spinlock", labels, len(labels))
    assert said == (
        "No step of the kernel is possible any more. d0 is at cpumask_clear, for ever. "
        "d1 waits for drain_lock, which d0 holds, for ever."
    )
