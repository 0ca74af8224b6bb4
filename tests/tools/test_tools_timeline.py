"""Timelines and lanes: nesting, arrows, the step that decides, at any width."""

from pcpdrain.codegen.pipeline import compile_source
from pcpdrain.tools.lanes import Lanes
from pcpdrain.tools.timeline import Arrow, Timeline, timeline
from pcpdrain.tools.traces import Trace
from tests.tools.driving import run_of

CALL_EVERYBODY = [
    "c1:free z0",
    "d0:call",
    "d0:on_each_cpu.preempt_disable",
    "d0:smp_call_function_many.cpumask_and",
    "d0:smp_call_function_many.cpumask_and_2",
    "d0:smp_call_function_many.send_call",
    "c1:take d0",
    "c1:drain_local_pages.drain_zone_pages",
    "c1:ack",
    "d0:smp_call_function_many.wait_call",
]


def everybody() -> Trace:
    return run_of("global_ipi", "solo_one_zone", CALL_EVERYBODY)


def shown(trace: Trace, width: int = 80, decisive: int | None = None) -> list[str]:
    lanes = Lanes(timeline_of(trace), trace.source.name, decisive)
    return [line.plain for line in lanes.lines(width)]


def timeline_of(trace: Trace) -> Timeline:
    return timeline(trace, compile_source(trace.source).program)


def test_a_request_and_its_answer_are_arrows_between_lanes() -> None:
    rows = timeline_of(everybody()).rows
    assert {n: row.arrows for n, row in enumerate(rows, 1) if row.arrows} == {
        6: (Arrow(0, 1, "ipi"),),
        9: (Arrow(1, 0, "ack"),),
    }


def test_calls_and_handlers_are_nested_in_the_lane_of_their_cpu() -> None:
    rows = timeline_of(everybody()).rows
    assert [row.call[0] for row in rows] == ["", "opens", *["runs"] * 8]
    assert [row.handler[1] for row in rows] == [*[""] * 6, "opens", "runs", "closes", ""]
    assert [row.by for row in rows] == ["machine", *["task"] * 5, *["handler"] * 3, "task"]


SHOWN = """\
      CPU 0 (d0)              CPU 1              line   reads (is), changes (=)
 1                            page freed, zone 0        pcp[1][0] = 1
 2  ┌ calls drain_all_pages                             to empty: pcp[1][0]
 3  │ preempt_disable                            smp:37
 4  │ cpumask_and                                smp:8  online is {0,1}
    │                                                   cfd = {0,1}
 5  │ cpumask_and                                smp:8  online is {0,1}
    │                                                   cfd = {1}, target = 1
 6! │ send_call(1) ──────────▶                   smp:16 call_queue[1] = {d0}
 7  │                       ┌ IPI: request of d0        call_queue[1] = {}
    │                       │                           zone = 0
 8  │                       │ IPI: drain zone 0  pcp:6  pcp[1][0] = 0
    │                       │                           buddy[0] = 1
 9  │ ◀─────────────────────└ IPI: ack
10  │ wait_call(1)                               smp:19
pcp:N is a line of pcp.drain, smp:N is a line of smp.drain; ! marks the step that decides
""".splitlines()


def test_lanes_show_nesting_and_arrows_and_the_step_that_decides() -> None:
    assert shown(everybody(), decisive=6) == SHOWN


def test_without_a_step_that_decides_nothing_is_marked() -> None:
    assert "!" not in "\n".join(shown(everybody()))


def test_no_line_is_longer_than_the_terminal_is_wide() -> None:
    for width in (60, 80, 104):
        assert max(map(len, shown(everybody(), width, 6)[:-1])) <= width
