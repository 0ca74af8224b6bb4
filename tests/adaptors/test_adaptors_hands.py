"""Independent hands: what was written by hand in Python and in C is what the compiler makes of it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pcpdrain.pcpref.errors import NotEnabled
from pcpdrain.pcpref.suite import ConformanceFailure
from tests.adaptors.c_adaptor import InC
from tests.adaptors.hands import HANDS, LARGE, SCOPES, SMALL, specification, write_suite
from tests.adaptors.python.machine import Routine
from tests.adaptors.python.per_cpu_summary import PerCpuSummary
from tests.codegen.compiling import reference_scope
from tests.codegen.exploring import differences, explore

HERE = Path(__file__).resolve().parent
BY_HAND = ("python", "c")
MOST_LINES = 60
"""Of an adaptor: whoever wants to test something else has no more to write."""

BUGS = {
    "BUG_NO_WAIT": (
        "solo_once",
        "specification smp_call_function_many.wait_call, implementation on_each_cpu",
    ),
    "BUG_LAST_ZONE": (
        "two_zones_once",
        "d0:drain_all_pages.cpumask_set_cpu: possible only in the specification",
    ),
    "BUG_ACK_BEFORE_DRAIN": ("solo_once", "awaiting[0]: specification {1}, implementation {}"),
    "BUG_ABOVE_HIGH": ("window_once", "pcp[0][0]: specification 1, implementation 2"),
}
"""A mistake in the C, the scope at which a suite meets it, and something of what it says then."""

SIZES = [*SMALL, *(pytest.param(scope, marks=pytest.mark.exhaustive) for scope in LARGE)]


@pytest.mark.parametrize("scope", SIZES)
@pytest.mark.parametrize("hand", HANDS)
def test_every_hand_has_the_graph_of_the_specification(hand: str, scope: str) -> None:
    expected = specification(scope)
    found = explore(HANDS[hand](SCOPES[scope]), expected.variables, len(expected.states))
    assert differences(expected, found, hand) == []
    assert expected.transitions > 100


@pytest.mark.parametrize("scope", ["hotplug_once", "solo_once", "window_once"])
@pytest.mark.parametrize("hand", BY_HAND)
def test_every_hand_passes_the_suites(hand: str, scope: str, tmp_path: Path) -> None:
    suite = write_suite(scope, tmp_path)
    implementation = HANDS[hand](SCOPES[scope])
    assert suite.not_observed(implementation) == frozenset()
    assert suite.transitions_not_taken() == []
    for labels in suite.paths.values():
        suite.walk(labels, implementation)


@pytest.mark.parametrize("bug", BUGS)
def test_a_mistake_in_the_c_is_found_and_told(bug: str, tmp_path: Path) -> None:
    scope, told = BUGS[bug]
    suite = write_suite(scope, tmp_path)
    implementation = InC(suite.scope, f"-D{bug}")
    stories = []
    for labels in suite.paths.values():
        try:
            suite.walk(labels, implementation)
        except ConformanceFailure as failure:
            stories.append(str(failure))
    assert stories
    assert any(told in story for story in stories), stories[0]


def test_a_mistake_in_the_c_is_one_that_the_preprocessor_knows() -> None:
    text = "".join(path.read_text("utf-8") for path in (HERE / "c").glob("*.c"))
    assert {word for word in text.split() if word.startswith("BUG_")} == BUGS.keys()


class Sparing(PerCpuSummary):
    """Leaves the last zone of the CPU as it is."""

    def drain_local_pages(self, cpu: int) -> Routine:
        for place in super().drain_local_pages(cpu):
            yield place
            if place.alive["drain_local_pages.zone"] == self.zones - 1:
                return


def test_a_mistake_in_the_python_is_found() -> None:
    scope = SCOPES["solo_once"]
    expected = specification("solo_once")
    bounds = {name: getattr(scope, name) for name in PerCpuSummary.__dataclass_fields__}
    found = explore(Sparing(**bounds), expected.variables)
    assert any("pcp: specification" in line for line in differences(expected, found))


@pytest.mark.parametrize("hand", HANDS)
def test_a_step_that_is_not_possible_changes_nothing(hand: str) -> None:
    implementation = HANDS[hand](SCOPES["solo_once"])
    for label in ("d0:call", "c1:free z0"):
        implementation.step(label)
    before = implementation.observe()
    for label in ("d0:call", "d0:return", "c1:free z0", "c0:take d0", "d9:call", "nonsense", ""):
        with pytest.raises(NotEnabled):
            implementation.step(label)
    assert implementation.observe() == before
    implementation.reset()
    assert "d0:call" in implementation.enabled()


def test_the_c_refuses_a_scope_that_it_has_no_room_for() -> None:
    implementation = InC(reference_scope(SCOPES["solo_once"]))
    implementation.bounds.cpus = 9
    with pytest.raises(ValueError, match="room for eight"):
        implementation.reset()


def test_the_python_takes_nothing_from_the_reference_machine() -> None:
    for path in sorted((HERE / "python").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert node.module is not None
                if node.module.startswith(("pcpdrain", "tests")):
                    assert node.module in {"pcpdrain.pcpref.errors", "pcpdrain.pcpref.protocol"}, path.name
            elif isinstance(node, ast.Import):
                assert not any(name.name.startswith("pcpdrain") for name in node.names), path.name


def test_an_adaptor_is_short() -> None:
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in HERE.glob("*_adaptor.py")}
    assert len(lengths) >= 2
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
