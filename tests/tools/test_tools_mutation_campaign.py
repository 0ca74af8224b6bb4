"""Campaigns: the same mutants and verdicts each time, the command that runs them, and Ctrl-C."""

import json
import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.tools.mutation.campaign import campaign
from pcpdrain.tools.mutation.mutants import KINDS, Kind, MutantResult
from pcpdrain.tools.mutation.report import as_json, report, succeeded
from pcpdrain.tools.mutation.suites import COLUMNS, OURS
from tests.tools.driving import Run, Start, runs, wait_until
from tests.tools.mutating import original


def results(kinds: list[Kind], most: int, seed: int = 0) -> list[MutantResult]:
    found = campaign(original(), project_scopes().ready["alone"], kinds, seed, most)
    return [replace(result, seconds=0) for result in found]


def test_a_campaign_is_the_same_each_time() -> None:
    kinds: list[Kind] = ["pcpref", "python"]
    first = results(kinds, 4)
    assert first == results(kinds, 4)
    assert [result.kind for result in first] == ["python"] * 4 + ["pcpref"] * 4
    assert first != results(kinds, 4, seed=1)


def survivor() -> MutantResult:
    killed_by = dict.fromkeys(COLUMNS, False)
    words = "without everything that would have made a difference to anybody who looks at it closely enough"
    return MutantResult("ir", "drop step", "smp.drain:7", words, "survived", killed_by, "- a\n+ b", "why")


def test_a_survivor_is_shown_with_its_diff_and_is_a_failure() -> None:
    killed = replace(survivor(), verdict="killed", killed_by={**survivor().killed_by, OURS: True})
    assert succeeded([killed])
    assert not succeeded([killed, survivor()])
    lines = list(report("v", "s", [killed, survivor()]))
    assert lines[-4:] == ["  it closely enough", "  - a", "  + b", "  (why)"]
    assert max(map(len, lines)) <= 80
    assert [line.split()[2:] for line in lines if line.startswith("  drop step")] == [
        ["2", "0", "0", "1", "1"]
    ]
    assert any(line.split()[-3:] == ["1", "misses", "1"] for line in lines if "the suite" in line)


def test_the_results_are_written_as_json() -> None:
    (row,) = json.loads(as_json([("v", "s", [survivor()])]))
    assert (row["variant"], row["scope"], row["verdict"]) == ("v", "s", "survived")
    assert row["killed_by"] == dict.fromkeys(COLUMNS, False)


def test_the_command_prints_a_table(pcpdrain: Run, tmp_path: Path) -> None:
    words = ("global_ipi", "--scope", "alone", "--kind", "ir", "--most", "6", "--json", "m.json")
    result = pcpdrain("mutate", *words)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == "global_ipi, scope alone"
    assert lines[1].split() == ["operator", "made", "stillborn", "equivalent", "killed", "survived"]
    (total,) = [line.split() for line in lines if line.startswith("  all")]
    assert (total[1], total[-1]) == ("6", "0")
    assert sum(map(int, total[2:])) == 6
    assert max(map(len, lines)) <= 80
    assert len(json.loads((tmp_path / "m.json").read_text("utf-8"))) == 6


def test_the_help_fits(pcpdrain: Run) -> None:
    assert "  mutate " in pcpdrain("--help").output
    text = pcpdrain("mutate", "-h").output
    assert max(map(len, text.splitlines())) <= 80
    assert "|".join(KINDS) in text


def children(pid: int) -> set[int]:
    """The processes below one, by ps, which every system has."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found = {pid}
    while True:
        more = found | {child for child, parent in parents if parent in found}
        if more == found:
            return found - {pid}
        found = more


def test_ctrl_c_leaves_no_process_behind(start: Start) -> None:
    process = start("mutate", "per_cpu_summary", "--scope", "solo", "--kind", "pcpref")
    wait_until(lambda: len(children(process.pid)) > 2)
    begun = children(process.pid)
    os.kill(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (130, "pcpdrain: interrupted\n")
    wait_until(lambda: not any(map(runs, begun)), 20)


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("variant", ["per_cpu_summary", "clear_then_set_mutex_interruptible"])
def test_our_suite_notices_every_mutant_that_is_another_graph(variant: str, kind: Kind) -> None:
    compiled = compile_file(SPEC / "variants" / f"{variant}.drain")
    made = campaign(compiled, project_scopes().ready["solo_once"], [kind], most=60)
    assert [result for result in made if result.verdict == "survived"] == []
    assert any(result.verdict == "killed" for result in made)
