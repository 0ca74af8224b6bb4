"""never_stuck can fail: two callers that wait for each other with irqs off are found and replayed."""

from pathlib import Path

from pcpdrain.tools.replay import replay
from pcpdrain.tools.traces import read_trace
from tests.tools.driving import Run

STUCK = """variant irqs_off "calls the others while it cannot be called" {
    drain_all_pages() {
        preempt_disable();
        local_irq_disable();
        smp_call_function_many(cpu_online_mask, drain_local_pages, true);
        local_irq_enable();
        preempt_enable();
    }

    expect {
        never_stuck holds    in solo_one_zone;
        never_stuck violated in racing;
    }
}
"""


def test_two_callers_with_irqs_off_are_stuck(pcpdrain: Run, tmp_path: Path) -> None:
    (tmp_path / "irqs_off.drain").write_text(STUCK, "utf-8")
    words = ("--scope", "solo_one_zone", "--scope", "racing", "--property", "never_stuck")
    result = pcpdrain("check", "irqs_off.drain", *words)
    assert result.exit_code == 0, result.output
    assert "warning C310" in result.output
    assert "2 of 2 expectations met" in result.output
    trace = read_trace(tmp_path / "build" / "traces" / "irqs_off-racing-never_stuck.json")
    assert replay(trace).same_violation
