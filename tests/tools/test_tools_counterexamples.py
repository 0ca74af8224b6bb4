"""Counterexamples: every one that a check finds is replayed, shown in lanes, and refused when damaged."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pcpdrain.codegen.backends.python import emit_python
from pcpdrain.codegen.pipeline import compile_source
from pcpdrain.codegen.properties import PROPERTIES
from pcpdrain.tools.replay import confirmed, machine_for, program_class, replay
from pcpdrain.tools.results import Finding, write_results
from pcpdrain.tools.sentences import guilt
from pcpdrain.tools.show import counterexample, lanes
from pcpdrain.tools.traces import Trace, read_trace
from pcpdrain.tools.vacuity import vacuity
from pcpdrain.tools.words import Teller
from tests.tools.driving import POSTED, Run


def traces(findings: list[Finding]) -> list[Trace]:
    return [finding.trace for finding in findings if finding.trace is not None]


def one(findings: list[Finding], variant: str, scope: str, name: str) -> Trace:
    wanted = variant, scope, name
    (found,) = [t for t in traces(findings) if (t.variant, t.scope.name, t.property) == wanted]
    return found


def test_each_property_can_fail(counterexamples: list[Finding]) -> None:
    assert {finding.property for finding in counterexamples} == set(PROPERTIES)
    assert [finding for finding in counterexamples if finding.trace is None] == []


def shown_by_the_reference(trace: Trace) -> bool:
    """Whether a counterexample is one on the reference machine, and ends where it must."""
    machine = machine_for(trace)
    replayed = replay(trace, machine)
    assert replayed.difference == replayed.doubt == ""
    assert replayed.same_violation
    assert replayed.trace.labels == trace.labels
    if trace.loop is None:
        assert replayed.trace.states == trace.states
        assert trace.property in machine.violations()
        machine.reset()
        for label in trace.labels:
            assert trace.property not in machine.violations()
            machine.step(label)
    return True


def test_the_reference_machine_shows_each_violation_too(counterexamples: list[Finding]) -> None:
    assert all(shown_by_the_reference(trace) for trace in traces(counterexamples))


def test_what_the_reference_does_not_show_is_no_verdict(counterexamples: list[Finding]) -> None:
    """Here the generated Python clears no bit: one hand is wrong, and nobody knows yet which."""
    (found,) = [
        f for f in counterexamples if (f.variant, f.scope) == ("last_zone_decides", "solo") and f.trace
    ]
    assert found.trace is not None
    text = emit_python(compile_source(found.trace.source).program)
    assert confirmed(found, program_class(found.variant, text)) is found
    broken = program_class(found.variant, text.replace(".clear_cpu(", ".test_cpu("))
    doubtful = confirmed(found, broken)
    assert (doubtful.found, doubtful.trace) == ("unknown", found.trace)
    assert doubtful.reason is not None
    assert (
        "that the reference machine does not: after step 7, d0:drain_all_pages.cpumask_clear_cpu"
        in doubtful.reason
    )


def test_the_posted_patch_leaves_a_page_on_its_list(counterexamples: list[Finding]) -> None:
    trace = one(counterexamples, "last_zone_decides", "solo", "drain_complete")
    assert list(trace.labels) == POSTED
    machine = machine_for(trace)
    for label in trace.labels[:1]:
        machine.step(label)
    (page,) = machine.hardware.pcp[0][0]
    for label in trace.labels[1:]:
        machine.step(label)
    assert machine.observe()["at"] == ("idle",)
    assert list(machine.hardware.pcp[0][0]) == [page]
    assert "drain_complete" in machine.violations()


def test_the_repair_empties_the_list_on_the_same_way() -> None:
    """With one decision for each CPU, the same page is gone when the call returns."""
    from pcpdrain.codegen.library import SPEC, project_scopes
    from pcpdrain.codegen.source import read_source

    source = read_source(SPEC / "variants" / "per_cpu_summary.drain")
    trace = Trace("per_cpu_summary", source, project_scopes().ready["solo"], "drain_complete", "", (), ({},))
    machine = machine_for(trace)
    machine.step("c0:free z0")
    while machine.observe()["at"] != ("idle",) or machine.hardware.pcp[0][0]:
        (step,) = [label for label in machine.enabled() if label.startswith("d0:")]
        machine.step(step)
        assert "drain_complete" not in machine.violations()


@pytest.fixture
def file(counterexamples: list[Finding], tmp_path: Path) -> Path:
    """The trace of the posted patch, as a file."""
    write_results(tmp_path / "results.json", counterexamples, vacuity(counterexamples))
    return tmp_path / "traces" / "last_zone_decides-solo-drain_complete.json"


def test_replay_from_a_file(pcpdrain: Run, file: Path) -> None:
    result = pcpdrain("replay", file)
    assert result.exit_code == 0
    assert "19 of 19 steps on the reference machine" in result.output
    assert "still on CPU 0's pcp list" in result.output
    assert (
        result.output.splitlines()[-1] == "the reference machine shows the same violation of drain_complete"
    )
    assert max(map(len, result.output.splitlines())) <= 80


def test_a_trace_file_says_the_same_again(counterexamples: list[Finding], file: Path) -> None:
    for finding in counterexamples:
        path = file.parent / f"{finding.variant}-{finding.scope}-{finding.property}.json"
        assert finding.trace is not None
        assert read_trace(path).to_json() == finding.trace.to_json()


def test_counterexamples_fit_a_terminal(counterexamples: list[Finding]) -> None:
    for trace in traces(counterexamples):
        program = compile_source(trace.source).program
        shown = io.StringIO()
        Console(file=shown, width=80).print(lanes(trace, program), guilt(trace, program))
        text = shown.getvalue()
        assert max(map(len, text.splitlines())) <= 80
        teller = Teller(program, trace.scope.drainers)
        rows = [line for line in text.splitlines() if re.match(r" *\d+ ", line)]
        assert len(rows) == len(trace.labels)
        for row, label, before in zip(rows, trace.labels, trace.states, strict=False):
            assert teller.event(label, before) in row


def test_a_counterexample_reads_well(counterexamples: list[Finding]) -> None:
    trace = one(counterexamples, "per_cpu_summary", "racing", "drain_complete")
    shown = io.StringIO()
    Console(file=shown, width=80).print(counterexample(trace, compile_source(trace.source).program))
    text = "\n".join(line.rstrip() for line in shown.getvalue().splitlines())
    assert text.startswith("per_cpu_summary, scope racing: drain_complete is violated in 19 steps\n")
    assert "  CPU 0 (d0)              CPU 1 (d1)            line   reads, changes\n" in text
    for part in (
        "calls drain_all_pages        to empty: pcp[0][0]",
        ":10    pcp[0][0] is 1",
        "cpus_with_pcps is {}",
    ):
        assert part in text
    assert ":N is a line of per_cpu_summary.drain, smp:N is a line of smp.drain" in text
    assert "d1 has returned, but the list of CPU 0 in zone 0 had pages when it was called" in text
    assert "\n 9! │ cpumask_clear_cpu(0)  │                       :17    cpus_with_pcps = {}\n" in text
    assert "so d0 \ncleared CPU 0's bit in step 9" in text.replace("so d0\n", "so d0 \n")


def damaged(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads(file.read_text("utf-8"))
    change(data)
    file.write_text(json.dumps(data), "utf-8")


def rename_variant(data: dict[str, Any]) -> None:
    data["variant"] = "other"


DAMAGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "foreign": (lambda data: data.clear(), "not a trace of pcpdrain"),
    "older": (lambda data: data.update(format="pcpdrain-trace 0"), "another version (pcpdrain-trace 0, not "),
    "no steps": (lambda data: data.pop("steps"), "'steps' is missing"),
    "steps are no list": (lambda data: data.update(steps=3), "a damaged trace"),
    "a step without changes": (lambda data: data["steps"][0].pop("changes"), "'changes' is missing"),
    "another source": (lambda data: data["source"].update(text="variant"), "its source is not the one"),
    "a name with a line end": (lambda data: data["source"].update(name="x\nimport os"), "no source of"),
    "another variant": (rename_variant, "it is of other, its source of last_zone_decides"),
    "another property": (lambda data: data.update(property="x"), "there is no property 'x'"),
    "a huge machine": (lambda data: data["scope"].update(pages=10**12), "a scope cannot have pages"),
    "a drainer nowhere": (lambda data: data["scope"].update(drainers=[2]), "cannot have drainers = [2]"),
    "drainers of no kind": (lambda data: data["scope"].update(drainers=["a"]), "cannot have drainers"),
    "a value of no kind": (lambda data: data["initial"].update(pcp={"a": 1}), "a damaged trace"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_trace_is_refused(pcpdrain: Run, file: Path, damage: str) -> None:
    change, message = DAMAGES[damage]
    damaged(file, change)
    result = pcpdrain("replay", file)
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"\x89PNG\r\n"],
    ids=["empty", "cut", "bytes", "deep", "picture"],
)
def test_a_file_that_is_no_trace_is_refused(pcpdrain: Run, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "t.json").write_bytes(text)
    result = pcpdrain("replay", "t.json")
    assert result.exit_code == 2
    assert result.output.startswith("pcpdrain: error: t.json: not a trace")


def say_more_in_use(data: dict[str, Any]) -> None:
    data["steps"][0]["changes"]["in_use"] = [0, 2]


LEAVES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a label that is not enabled": (
        lambda data: data["steps"][2].update(label="d0:return"),
        "at step 3: d0:return is not possible there; possible are ",
    ),
    "a label of nobody": (
        lambda data: data["steps"][2].update(label="d7:call"),
        "at step 3: d7:call is not possible",
    ),
    "no label at all": (
        lambda data: data["steps"][2].update(label="?"),
        "at step 3: ? is not possible there",
    ),
    "another state": (say_more_in_use, "after step 1, c0:free z0: in_use is (0, 1), in the trace (0, 2)"),
    "a state of another shape": (
        lambda data: data["initial"].update(pcp=5),
        "in the initial state: pcp is ((0, 0), ",
    ),
    "an unknown variable": (lambda data: data["initial"].update(x=1), "in the initial state: x is unknown"),
}


@pytest.mark.parametrize("leave", LEAVES)
def test_a_trace_that_the_reference_does_not_follow(pcpdrain: Run, file: Path, leave: str) -> None:
    change, message = LEAVES[leave]
    damaged(file, change)
    result = pcpdrain("replay", file)
    assert result.exit_code == 1
    said = " ".join(result.output.split())
    assert f"the reference machine leaves the trace {message}" in said
    assert "the reference machine does not show a violation of drain_complete" in said


def test_a_trace_that_ends_too_early_shows_no_violation(pcpdrain: Run, file: Path) -> None:
    damaged(file, lambda data: data["steps"].pop())
    result = pcpdrain("replay", file)
    assert result.exit_code == 1
    assert "leaves the trace" not in result.output
    assert "does not show a violation of drain_complete" in result.output


def test_a_trace_need_not_know_all_variables(pcpdrain: Run, file: Path) -> None:
    def forget(data: dict[str, Any]) -> None:
        for name in ("owes", "had_pages", "pcp", "at", "drain_all_pages.cpu"):
            data["initial"].pop(name)
            for step in data["steps"]:
                step["changes"].pop(name, None)

    damaged(file, forget)
    assert pcpdrain("replay", file).exit_code == 0
