"""Independent hands: the hand-written TLA+ of `per_cpu_summary` is what the compiler makes of the variant."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pcpdrain.codegen.backends.tla import FrameError, emit_model, prove_frames
from pcpdrain.codegen.backends.tla.model import hand_written
from pcpdrain.codegen.graph import differences
from pcpdrain.tools.conformance import state_graph
from tests.adaptors.hands import LARGE, SCOPES, SMALL, program, specification
from tests.spec.handwritten import HANDWRITTEN, MODULE, handwritten_graph, observed, run
from tests.thinning import thinned

MODULES = {path.stem: path.read_text("utf-8") for path in sorted(HANDWRITTEN.glob("*.tla"))}
FRAMED = {**hand_written(), **{f"{name}.tla": text for name, text in MODULES.items()}}

QUICK = {"hotplug_once", "three_cpus_once", "two_zones_once", "window_once"}
"""In `make test`. The JVM's start makes each as long as two seconds."""

MISTAKES = {
    "the caller does not wait": ("solo_once", "  /\\ Answered(d, cpu[d])\n", ""),
    "the last zone decides": ("two_zones_once", "LET found == ", "LET found == IsLastZone(zone[d]) /\\ "),
    "no bit is ever cleared": ("three_cpus", "cpus_with_pcps \\ {cpu[d]}", "cpus_with_pcps"),
    "the caller calls itself": ("solo_once", "(mask \\cap online) \\ {Home[d]}", "(mask \\cap online)"),
    "the mask is read once": ("three_cpus_once", "Cardinality(others) > 1", "Cardinality(others) > 2"),
    "the caller always drains its own": ("solo_once", "IF Home[d] \\in cpus_with_pcps", "IF TRUE"),
    "the caller drains with interrupts on": ("solo_once", "/\\ IrqDisable(d)", "/\\ UNCHANGED machine_vars"),
    "the handler drains one zone": ("two_zones_once", "IF IsLastZone(irq_zone[c])", "IF TRUE"),
    "a CPU that comes is not seen": ("hotplug_once", "After(cpu[d], online)", "After(cpu[d], {0})"),
}  # fmt: skip
"""A mistake in the hand-written modules, the scope where it shows, what is right, and what is wrong."""

ASSIGNING = re.compile(r"^ *(?:IN )?/\\ (?:\w+' = .*\]$|\w+' = .*\}$|UNCHANGED )")


@pytest.mark.parametrize(
    "scope", [pytest.param(s, marks=() if s in QUICK else pytest.mark.exhaustive) for s in [*SMALL, *LARGE]]
)
def test_the_hand_has_the_graph_of_the_specification(scope: str, tmp_path: Path) -> None:
    expected = observed(specification(scope))
    assert differences(expected, handwritten_graph(tmp_path, SCOPES[scope]), "hand") == []
    assert expected.transitions > 100


@pytest.mark.parametrize("scope", thinned(["signals_once", *sorted(QUICK)], 5))
def test_the_hand_has_the_graph_that_tlc_finds_in_the_generated_tla(scope: str, tmp_path: Path) -> None:
    generated = state_graph(emit_model(program(), SCOPES[scope]))
    hand = handwritten_graph(tmp_path, SCOPES[scope])
    assert differences(observed(generated), hand, "hand") == []


@pytest.mark.parametrize("name", thinned(MISTAKES, 4))
def test_a_mistake_is_found(name: str, tmp_path: Path) -> None:
    scope, right, wrong = MISTAKES[name]
    (module,) = [module for module, text in MODULES.items() if right in text]
    assert MODULES[module].count(right) == 1
    (tmp_path / f"{module}.tla").write_text(MODULES[module].replace(right, wrong), encoding="utf-8")
    hand = handwritten_graph(tmp_path, SCOPES[scope])
    assert differences(observed(specification(scope)), hand, "hand") != []


def test_a_stale_clear_leaves_pages_when_callers_race(tmp_path: Path) -> None:
    behaviour = "INIT Init\nNEXT Next\nINVARIANTS TypeOK PageConservation DrainComplete"
    result = run(tmp_path, SCOPES["racing_once"], behaviour)
    assert (result.outcome, result.violated) == ("violated", "DrainComplete")


def test_next_has_the_steps_of_the_labelled_model(tmp_path: Path) -> None:
    expected = specification("hotplug_once")
    result = run(tmp_path, SCOPES["hotplug_once"], "INIT Init\nNEXT Next\nVIEW WithoutGhosts").verdict()
    assert (result.distinct, result.generated) == (len(expected.states), expected.transitions + 1)


def test_every_step_assigns_every_variable_once() -> None:
    disjuncts = MODULES[MODULE].partition("\nNext ==\n")[2].partition("\nSpec ==")[0].count("\\/ \\E")
    assert prove_frames(FRAMED) == disjuncts == 29


@pytest.mark.parametrize("copies", [0, 2])
def test_no_assigning_line_can_be_lost_or_doubled(copies: int) -> None:
    for module, text in MODULES.items():
        lines = text.split("\n")
        assigning = [number for number, line in enumerate(lines) if ASSIGNING.match(line)]
        assert len(assigning) > 8
        for number in assigning:
            damaged = [*lines[:number], *[lines[number]] * copies, *lines[number + 1 :]]
            with pytest.raises(FrameError):
                prove_frames({**FRAMED, f"{module}.tla": "\n".join(damaged)})


def test_the_modules_are_plain_enough_for_apalache() -> None:
    for module, text in MODULES.items():
        code = re.sub(r"\(\*.*?\*\)|\\\*[^\n]*", "", text, flags=re.DOTALL)
        assert not re.search(
            r"\b(?:RECURSIVE|CHOOSE|LAMBDA|INSTANCE|Fold|ENABLED|Sequences|WF_|SF_)", code
        ), module
        assert not re.search(r"(?:THEN|ELSE)\s+\w+'", code), f"{module}: a condition around an assignment"
        if "VARIABLES" in code:
            declared = re.findall(r"[\w]+", code.partition("VARIABLES")[2].partition("task_vars ==")[0])
            typed = re.findall(r"@type: [^;]+;\n  (\w+),?\n", text)
            assert declared == typed == ["cpus_with_pcps", "cpu", "zone", "targets", "irq_zone"]
