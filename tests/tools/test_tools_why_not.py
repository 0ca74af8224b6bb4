"""Links of runs, and why a step is not possible after one; from the command line, nonsense included."""

import re
from pathlib import Path

import pytest

from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.pipeline import compile_source
from pcpdrain.tools.guarding import Guarding
from pcpdrain.tools.links import Link, fragment, parse_link, run_of_link, start_of
from pcpdrain.tools.replay import machine_for
from pcpdrain.tools.traces import TraceError
from pcpdrain.tools.why_not import why_not
from tests.tools.driving import POSTED, Run, run_of

START = start_of("last_zone_decides", "solo")
DIGEST = START.source.digest[:8]


def link(run: str, digest: str = DIGEST, scope: str = "solo") -> str:
    return f"variant=last_zone_decides&scope={scope}&of={digest}&run={run}"


def test_a_link_is_the_run_that_it_was_made_of() -> None:
    machine = machine_for(START)
    choices = []
    for label in POSTED:
        choices.append(sorted(machine.enabled()).index(label))
        machine.step(label)
    text = fragment(START.source, "last_zone_decides", "solo", choices)
    parsed = parse_link(f"file:///build/report/explorer.html#{text}")
    assert parsed == Link("last_zone_decides", "solo", DIGEST, tuple(choices))
    run = run_of_link(parsed)
    assert list(run.labels) == POSTED
    assert run.states == run_of("last_zone_decides", "solo", POSTED).states


DAMAGED = {
    "variant=last_zone_decides": "expected variant=V&scope=S&of=DIGEST&run=0.2.1",
    link("0") + "&run=1": "expected variant=V",
    link("0..1"): "`run` must be numbers",
    link("0x1"): "`run` must be numbers",
    link("0.99"): "step 2 is choice 99 of",
    link("0", digest="00000000"): "another version of last_zone_decides",
    link("0", digest=""): "another version of last_zone_decides",
    link("0", scope="sollo"): "unknown scope `sollo`; did you mean `solo`?",
}


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_link_is_told_in_one_line(pcpdrain: Run, text: str) -> None:
    done = pcpdrain("replay", text)
    assert done.exit_code == 2
    assert DAMAGED[text] in done.output
    assert done.output.count("\n") == 1


def test_replay_shows_the_run_of_a_link(pcpdrain: Run) -> None:
    done = pcpdrain("replay", f"explorer.html#{link('0')}")
    assert done.exit_code == 0
    assert "last_zone_decides, scope solo: 1 steps on the reference machine" in done.output
    assert "page freed, zone 0" in done.output


def test_the_guard_that_fails_is_told() -> None:
    run = run_of("last_zone_decides", "solo", POSTED[:2])
    answer = why_not(run, "c0:take d0")
    assert (answer.possible, answer.guard) == (False, r"CanTake: d \in call_queue[c]")
    assert answer.text == "no request of d0 is queued at CPU 0"
    assert why_not(run, "d0:call", after=1).possible
    assert why_not(run, "d0:call").text == "d0 is at drain_all_pages.for_each_online_cpu, not at idle"


def test_every_step_is_either_possible_or_refused_with_a_reason() -> None:
    run = run_of("last_zone_decides", "solo", POSTED)
    program = compile_source(run.source).program
    labels = Guarding(program, project_scopes().ready["solo"]).labels
    answers = [why_not(run, label) for label in labels]
    assert {answer.possible for answer in answers} == {True, False}
    assert all(answer.text for answer in answers if not answer.possible)


def test_why_not_on_the_command_line(pcpdrain: Run) -> None:
    done = pcpdrain("why-not", "last_zone_decides:solo", "d0:return")
    assert done.exit_code == 0
    assert done.output.startswith("d0:return is not possible at the start: d0 is at idle, not at return.\n")
    assert pcpdrain("why-not", "last_zone_decides:solo", "d0:call").exit_code == 1


NONSENSE = {
    (
        "last_zone_decides:solo",
        "d0:retrun",
    ): "has no step `d0:retrun` at scope solo; did you mean `d0:return`?",
    ("last_zone_decides:solo", "d0:call", "--after", "3"): "--after 3: the run has 0 steps",
    ("last_zone_decides:nowhere", "d0:call"): "unknown scope `nowhere`",
    ("last_zone_decide:solo", "d0:call"): "unknown variant `last_zone_decide`; did you mean",
    ("nothing.json", "d0:call"): "nothing.json: No such file or directory",
}


@pytest.mark.parametrize("words", NONSENSE)
def test_nonsense_is_told_what_was_wanted(pcpdrain: Run, words: tuple[str, ...]) -> None:
    done = pcpdrain("why-not", *words)
    assert done.exit_code == 2
    assert NONSENSE[words] in done.output


def test_a_trace_that_the_machine_does_not_follow_is_refused() -> None:
    run = run_of("last_zone_decides", "solo", POSTED[:2])
    damaged = type(run)(**{**vars(run), "labels": ("d0:return", "d0:call")})
    with pytest.raises(TraceError, match="step 1 of the run, d0:return, is not possible"):
        why_not(damaged, "d0:call")


def test_explain_tells_what_decides_with_its_line(pcpdrain: Run, tmp_path: Path) -> None:
    done = pcpdrain("explain", "last_zone_decides", "solo", "drain_complete")
    assert done.exit_code == 0
    assert "zone 1 was empty in step 6" in done.output
    assert "  12 >                     cpumask_clear_cpu(cpu, cpus_with_pcps);" in done.output
    assert list(tmp_path.iterdir()) == []


def test_explain_of_what_holds_says_so(pcpdrain: Run) -> None:
    done = pcpdrain("explain", "global_ipi", "solo_once", "drain_complete")
    assert done.exit_code == 1
    assert "drain_complete holds in all" in done.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("last_zone_decides", "sollo", "drain_complete"), "unknown scope `sollo`; did you mean `solo`?"),
        (("last_zone_decides", "solo", "drained"), "unknown property `drained`"),
        (("last_zone_decides", "solo", "call_returns"), "calls are not bounded at this scope"),
    ],
)
def test_explain_of_nonsense_is_told_what_was_wanted(
    pcpdrain: Run, words: tuple[str, ...], told: str
) -> None:
    done = pcpdrain("explain", *words)
    assert done.exit_code == 2
    assert told in done.output


def test_the_links_in_the_documentation_are_of_this_version(pcpdrain: Run) -> None:
    text = (Path(__file__).parents[2] / "docs" / "report.md").read_text("utf-8")
    shown = re.findall(r"pcpdrain (replay|why-not) '([^']+)'(?: (\S+))?", text)
    assert len(shown) == 2
    for command, address, step in shown:
        assert pcpdrain(command, address, *filter(None, [step])).exit_code == 0
