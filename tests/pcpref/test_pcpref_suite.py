"""Suites: differences are found, told with the shortest way to them, and damaged suites are refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pcpdrain.pcpref.protocol import Implementation
from pcpdrain.pcpref.suite import ConformanceFailure, Suite, SuiteError, decode, readable

GRAPH: dict[str, Any] = {
    "format": "pcpdrain-suite 2",
    "variant": "toggle",
    "class": "Toggle",
    "source": "0" * 64,
    "scope": {"name": "tiny", "cpus": 1, "zones": 1, "pages": 1, "high": 1, "batch": 1, "drainers": [0]},
    "places": {"toggle.on": "toggle.drain:3"},
    "variables": ["light", "lit"],
    "values": [["off", "on"], [{"set": []}, {"set": [0]}]],
    "labels": ["d0:toggle.off", "d0:toggle.on"],
    "states": [[0, 0], [1, 1]],
    "edges": [[[1, 1]], [[0, 0]]],
}
PATHS: dict[str, Any] = {"format": "pcpdrain-suite 2", "paths": {"there_and_back": [1, 0]}}
Change = Callable[[dict[str, Any], dict[str, Any]], None]


class Toggle:
    """What the suite describes, with room for faults."""

    def __init__(self, *, stuck: bool = False, always: bool = False, blind: bool = False) -> None:
        self.stuck, self.always, self.blind = stuck, always, blind
        self.on = False

    def reset(self) -> None:
        self.on = False

    def enabled(self) -> frozenset[str]:
        both = frozenset({"d0:toggle.on", "d0:toggle.off"})
        return both if self.always else frozenset({"d0:toggle.off" if self.on else "d0:toggle.on"})

    def step(self, label: str) -> None:
        self.on = label == "d0:toggle.on"

    def observe(self) -> dict[str, object]:
        lit = frozenset({0}) if self.on and not self.stuck else frozenset()
        return {"light": "on" if self.on else "off"} | ({} if self.blind else {"lit": lit})


def write(folder: Path, change: Change | None = None) -> Path:
    graph, paths = json.loads(json.dumps(GRAPH)), json.loads(json.dumps(PATHS))
    if change:
        change(graph, paths)
    (folder / "graph.json").write_text(json.dumps(graph))
    (folder / "paths.json").write_text(json.dumps(paths))
    return folder


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite.load(write(tmp_path))


def run(suite: Suite, implementation: Implementation) -> None:
    suite.walk(suite.paths["there_and_back"], implementation)


def test_what_conforms_passes(suite: Suite) -> None:
    run(suite, Toggle())
    assert suite.transitions_not_taken() == []


def test_a_wrong_state_is_told_with_the_steps_to_it(suite: Suite) -> None:
    with pytest.raises(
        ConformanceFailure, match=r"leaves the specification after d0:toggle.on \(step 1\)"
    ) as found:
        run(suite, Toggle(stuck=True))
    assert found.value.labels == ("d0:toggle.on",)
    assert found.value.rows == ("  lit: specification {0}, implementation {}",)


def test_a_step_too_many_is_a_difference_in_the_initial_state_already(suite: Suite) -> None:
    with pytest.raises(
        ConformanceFailure, match=r"at the start:(.|\n)*d0:toggle.off: possible only in the implem"
    ):
        run(suite, Toggle(always=True))


def test_a_variable_that_is_not_observed_is_a_difference(suite: Suite) -> None:
    with pytest.raises(ConformanceFailure, match=r"lit: specification \{\}, implementation not observed"):
        run(suite, Toggle(blind=True))


def test_an_exception_is_a_failure_with_its_place(suite: Suite) -> None:
    toggle = Toggle()
    toggle.step = lambda label: toggle.missing[label]  # type: ignore[attr-defined,method-assign]
    with pytest.raises(
        ConformanceFailure, match=r"it raises AttributeError: .* \(test_pcpref_suite.py:\d+\)"
    ):
        run(suite, toggle)


def test_what_the_implementation_says_it_lacks_is_not_compared(suite: Suite) -> None:
    toggle = Toggle(blind=True)
    toggle.not_observed = frozenset({"lit"})  # type: ignore[attr-defined]
    run(suite, toggle)
    toggle.not_observed = frozenset({"lamp"})  # type: ignore[attr-defined]
    with pytest.raises(
        SuiteError, match=r"names lamp, which toggle does not have; its variables are light, lit"
    ):
        run(suite, toggle)


def test_a_transition_that_no_path_takes_is_named(tmp_path: Path) -> None:
    def shorten(_graph: dict[str, Any], paths: dict[str, Any]) -> None:
        paths["paths"]["there_and_back"].pop()

    assert Suite.load(write(tmp_path, shorten)).transitions_not_taken() == ["1 d0:toggle.off"]


def test_another_version_is_refused(tmp_path: Path) -> None:
    def age(graph: dict[str, Any], _paths: dict[str, Any]) -> None:
        graph["format"] = "pcpdrain-suite 0"

    with pytest.raises(SuiteError, match="not a suite of this version"):
        Suite.load(write(tmp_path, age))


def test_a_missing_or_damaged_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"graph\.json"):
        Suite.load(tmp_path)
    write(tmp_path)
    (tmp_path / "paths.json").write_text('{"format":')
    with pytest.raises(SuiteError, match=r"paths\.json"):
        Suite.load(tmp_path)


def test_another_implementation_can_be_named(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCPDRAIN_IMPLEMENTATION", "unittest.mock:sentinel")
    monkeypatch.setattr("unittest.mock.sentinel", lambda given: Toggle() if given is suite else None)
    run(suite, suite.implementation())


def test_values_survive_the_file() -> None:
    assert decode([1, {"set": [[0, 1]]}, "x", True]) == (1, frozenset({(0, 1)}), "x", True)
    assert readable((frozenset({2, 1}), "x")) == "({1, 2}, x)"
