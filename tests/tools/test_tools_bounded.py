"""Apalache on variants: bounded answers are never verdicts, counterexamples are shown and replayed."""

from __future__ import annotations

import json
import re
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from pcpdrain.codegen.library import project_scopes
from pcpdrain.tools.labelling import NoSuchStep, find_labels
from pcpdrain.tools.replay import machine_for
from pcpdrain.tools.traces import Trace
from tests.tools.driving import POSTED, Run, Start, run_of, runs, wait_until
from tests.tools.standing_in import StandIn, apalache_itf

CHECK = ("check", "last_zone_decides", "--engine", "apalache", "--scope", "solo")
ONE = (*CHECK, "--property", "drain_complete")


@pytest.fixture(scope="module")
def posted() -> Trace:
    return run_of("last_zone_decides", "solo", POSTED)


def rows(tmp_path: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(
        (tmp_path / "build" / "apalache" / "results.json").read_text("utf-8")
    )
    return found


def test_no_error_up_to_a_bound_is_told_as_that(pcpdrain: Run, stand_in: StandIn, tmp_path: Path) -> None:
    stand_in("holds")
    result = pcpdrain(*CHECK, "--bound", "7")
    assert result.exit_code == 0
    found = [line for line in result.output.splitlines() if "no error, 7 steps" in line]
    assert len(found) == len(rows(tmp_path))
    assert result.output.splitlines()[-1] == (
        f"{len(found)} of {len(found)} without an error up to 7 steps (no error is not `holds`: only TLC has "
        "seen all states); results in build/apalache/results.json"
    )
    assert {(row["found"], row["bound"], row["engine"]) for row in rows(tmp_path)} == {
        ("bounded", 7, "apalache")
    }
    assert not (tmp_path / "build" / "results.json").exists()


def test_with_all_engines_the_verdict_is_of_two_and_apalache_looks_besides(
    pcpdrain: Run, stand_in: StandIn, tmp_path: Path
) -> None:
    stand_in("holds")
    words = ["all" if word == "apalache" else word for word in ONE]
    result = pcpdrain(*words)
    assert result.exit_code == 0
    assert "apalache: not run" not in result.output
    assert "explorer: says the same as TLC in 1 of 1 checks" in result.output
    assert "without an error up to 4 steps" in result.output.splitlines()[-1]
    states = json.loads((tmp_path / "build" / "results.json").read_text("utf-8"))
    assert [row["found"] for row in states] == ["violated"]
    assert [row["found"] for row in rows(tmp_path)] == ["bounded"]


def test_the_default_bound_is_small(pcpdrain: Run, stand_in: StandIn, tmp_path: Path) -> None:
    stand_in("holds")
    assert pcpdrain(*ONE).exit_code == 0
    assert [row["bound"] for row in rows(tmp_path)] == [4]


def test_what_needs_fairness_is_left_to_tlc(pcpdrain: Run, stand_in: StandIn, tmp_path: Path) -> None:
    stand_in("holds")
    result = pcpdrain("check", "global_ipi", "--engine", "apalache", "--scope", "solo_once")
    assert "not run: call_returns: Apalache knows no fairness; TLC decides it" in result.output
    assert "call_returns" not in {row["property"] for row in rows(tmp_path)}


def test_where_nothing_can_be_run_nothing_is_well(pcpdrain: Run, stand_in: StandIn, tmp_path: Path) -> None:
    stand_in("holds")
    words = ("check", "--engine", "apalache")
    result = pcpdrain(*words, "global_ipi", "--scope", "solo_once", "--property", "call_returns")
    assert result.exit_code == 1
    assert result.output.splitlines()[-1].startswith("nothing was run; ")
    result = pcpdrain(*words, "buddy")
    assert result.exit_code == 2
    assert "`buddy` is a module of its own, which TLC alone checks" in result.output


def test_a_violation_is_told_in_the_lines_of_the_variant(
    pcpdrain: Run, stand_in: StandIn, tmp_path: Path, posted: Trace
) -> None:
    (tmp_path / "found.itf.json").write_text(apalache_itf(posted), "utf-8")
    stand_in("violated", itf=tmp_path / "found.itf.json")
    result = pcpdrain(*ONE, "--bound", "19")
    assert result.exit_code == 0  # it is what the variant expects
    assert "last_zone_decides, scope solo: drain_complete is violated in 19 steps" in result.output
    assert " 7! │ cpumask_clear_cpu(0)        :12    cpus_with_pcps = {}" in result.output
    (row,) = rows(tmp_path)
    assert (row["found"], row["depth"]) == ("violated", 20)
    trace = tmp_path / "build" / "apalache" / "traces" / "last_zone_decides-solo-drain_complete.json"
    assert [step["label"] for step in json.loads(trace.read_text("utf-8"))["steps"]] == POSTED
    assert pcpdrain("replay", trace).exit_code == 0


def test_a_violation_of_what_should_hold_contradicts(
    pcpdrain: Run, stand_in: StandIn, tmp_path: Path, posted: Trace
) -> None:
    text = re.sub(r"drain_complete +violated", "drain_complete holds", posted.source.text)
    (tmp_path / "last_zone_decides.drain").write_text(text, "utf-8")
    (tmp_path / "found.itf.json").write_text(apalache_itf(posted), "utf-8")
    stand_in("violated", itf=tmp_path / "found.itf.json")
    words = ("check", "last_zone_decides.drain", "--engine", "apalache", "--scope", "solo")
    result = pcpdrain(*words, "--property", "drain_complete")
    assert result.exit_code == 1
    told = "not as expected: last_zone_decides, solo: drain_complete holds expected, violated found"
    assert told in result.output


def without_a_step(trace: Trace) -> str:
    return apalache_itf(replace(trace, states=(*trace.states[:9], *trace.states[11:])))


def of_no_violation(trace: Trace) -> str:
    return apalache_itf(replace(trace, states=trace.states[:5]))


def without_a_variable(trace: Trace) -> str:
    return apalache_itf(trace).replace('"pcp":', '"other":')


def of_another_type(trace: Trace) -> str:
    return apalache_itf(trace).replace('"#bigint": "0"', '"#bigint": "zero"')


DOUBTS = {
    without_a_step: "Apalache shows a counterexample that the reference machine does not: "
    "no step leads from state 9 to state 10",
    of_no_violation: "apalache shows a counterexample that the reference machine does not: "
    "it ends there without a violation",
    without_a_variable: "Apalache's counterexample cannot be read: state 1 has no variable pcp",
    of_another_type: "Apalache's counterexample cannot be read: {'#bigint': 'zero'} is no value of ITF",
    lambda _: "[]": "Apalache's counterexample cannot be read: not ITF: it has no states",
    lambda trace: apalache_itf(trace)[:500]: "Apalache: says that the invariant is violated, "
    "and shows no counterexample that can be read",
}


@pytest.mark.parametrize(("damage", "reason"), DOUBTS.items())
def test_a_counterexample_that_is_none_gives_no_verdict(
    pcpdrain: Run, stand_in: StandIn, tmp_path: Path, posted: Trace, damage: object, reason: str
) -> None:
    (tmp_path / "found.itf.json").write_text(damage(posted), "utf-8")  # type: ignore[operator]
    stand_in("violated", itf=tmp_path / "found.itf.json")
    result = pcpdrain(*ONE)
    assert result.exit_code == 1
    assert f"unknown: {reason}" in result.output
    assert [row["found"] for row in rows(tmp_path)] == ["unknown"]


@pytest.mark.parametrize("scenario", ["types", "parse", "smt", "short", "killed", "garbage", "old", "disk"])
def test_a_run_without_an_answer_is_unknown(
    pcpdrain: Run, stand_in: StandIn, tmp_path: Path, scenario: str
) -> None:
    stand_in(scenario)
    result = pcpdrain(*ONE)
    assert result.exit_code == 1
    assert "unknown: Apalache: " in result.output
    assert [row["found"] for row in rows(tmp_path)] == ["unknown"]


def test_what_has_an_answer_is_not_run_again(
    pcpdrain: Run,
    stand_in: StandIn,
    tmp_path: Path,
    posted: Trace,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "found.itf.json").write_text(apalache_itf(posted), "utf-8")
    environment = stand_in("violated", itf=tmp_path / "found.itf.json")
    cold, kept = pcpdrain(*ONE), rows(tmp_path)
    assert len(list((own_cache / "runs").iterdir())) == 2  # types, and the property
    stand_in("garbage", itf=tmp_path / "nothing")
    monkeypatch.setenv("APALACHE_HOME", environment["APALACHE_HOME"])
    warm = pcpdrain(*ONE)
    told = "1 of 1 verdicts came from the cache of runs"
    assert [line for line in warm.output.splitlines() if line != told] == cold.output.splitlines()
    assert told in warm.output
    assert rows(tmp_path) == kept
    assert "unknown: Apalache: does not answer" in pcpdrain(*ONE, "--no-cache").output
    assert "unknown: Apalache: does not answer" in pcpdrain(*ONE, "--bound", "5").output
    assert len(list((own_cache / "runs").iterdir())) == 2  # no answer is kept


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_check_leaves_no_engine(
    start: Start, stand_in: StandIn, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    process = start(*CHECK, "--jobs", "2", environment=stand_in("hang", pids=pids))
    wait_until(lambda: len(list(pids.iterdir())) == 4)
    process.send_signal(number)
    said, _ = process.communicate(timeout=60)
    assert (process.returncode, said) == (
        status,
        f"pcpdrain: {'interrupted' if status == 130 else 'stopped'}\n",
    )
    wait_until(lambda: not any(runs(int(pid.name)) for pid in pids.iterdir()))
    assert not (tmp_path / "build" / "apalache" / "results.json").exists()


def test_without_apalache_it_is_an_error_or_is_told(
    pcpdrain: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("APALACHE_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    result = pcpdrain(*ONE)
    assert result.exit_code == 2
    missing = "Apalache is not here; `pcpdrain engines install apalache` gets it"
    assert result.output == f"pcpdrain: error: {missing}\n"
    result = pcpdrain(*ONE, "--if-installed", "--bound", "1")
    assert result.exit_code == 0
    what = "types of 1 variant at solo; there drain_complete up to 1 step"
    assert result.output == f"apalache: not run ({what}): {missing}\n"
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize("words", [("--bound", "3"), ("--if-installed",)])
def test_what_is_for_apalache_is_refused_for_tlc(pcpdrain: Run, words: tuple[str, ...]) -> None:
    result = pcpdrain("check", "global_ipi", *words)
    assert result.exit_code == 2
    assert "--bound and --if-installed are for --engine apalache and all" in result.output


def test_labels_are_found_for_states_alone(posted: Trace) -> None:
    machine = machine_for(posted)
    assert find_labels(machine, posted.states) == posted.labels
    assert find_labels(machine, posted.states[:1]) == ()


@pytest.mark.parametrize(
    ("variant", "scope"),
    [("clear_then_set_mutex", "racing"), ("uninitialised_mask", "solo"), ("per_call_mask", "alloc_fails")],
)
def test_labels_are_found_whatever_the_variant_does(variant: str, scope: str) -> None:
    machine = machine_for(run_of(variant, scope, ()))
    assert scope in project_scopes().ready
    labels: list[str] = []
    for number in range(14):  # some way or other, not always the same step
        enabled = sorted(machine.enabled())
        labels.append(enabled[number * 7 % len(enabled)])
        machine.step(labels[-1])
    walked = run_of(variant, scope, labels)
    found = find_labels(machine_for(walked), walked.states)
    assert run_of(variant, scope, found).states == walked.states


def test_another_first_state_is_no_run(posted: Trace) -> None:
    with pytest.raises(NoSuchStep, match="in the initial state"):
        find_labels(machine_for(posted), posted.states[3:])
