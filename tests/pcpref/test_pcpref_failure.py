"""Failures: the shortest walk is found, told in lanes, and printed as a test that fails in the same way."""

from typing import Any

import pytest

from pcpdrain.codegen.backends.suite import emit_suite
from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.pcpref.failure import WIDTH, failure, shortest
from pcpdrain.pcpref.kernel import Kernel
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.pcp import PcpList
from pcpdrain.pcpref.suite import ConformanceFailure, Suite
from pcpdrain.tools.engines.explorer import explored_graph


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    folder = tmp_path_factory.mktemp("suite")
    program = compile_file(SPEC / "variants" / "per_cpu_summary.drain").program
    scope = project_scopes().ready["solo_once"]
    for name, text in emit_suite(program, scope, explored_graph(program, scope)).items():
        (folder / name).write_text(text, "utf-8")
    return Suite.load(folder)


def first_story(suite: Suite) -> str:
    machine = suite.implementation()
    stories = (failure(suite, path, machine) for path in suite.paths)
    return next(story for story in stories if story is not None)


def walk_in(story: str) -> list[str]:
    """The labels of the test that a story prints."""
    lines = story.partition("walk = [\n")[2].partition("    ]")[0]
    return [line.strip().strip("',") for line in lines.splitlines()]


def test_no_failure_no_story(suite: Suite) -> None:
    machine = suite.implementation()
    assert [path for path in suite.paths if failure(suite, path, machine) is not None] == []


def test_the_walk_is_the_shortest_that_shows_it(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A drain that does nothing shows at the first drain of a list with a page, and no sooner."""
    monkeypatch.setattr(PcpList, "drain", lambda _self: None)
    walk = walk_in(first_story(suite))
    assert walk[-1] == "c1:drain_local_pages.drain_zone_pages"
    short = len(walk)

    def fails(labels: list[str]) -> bool:
        with pytest.raises(ConformanceFailure):
            suite.walk(labels, suite.implementation())
        return True

    assert fails(walk)
    conforming = (path[: short - 1] for path in suite.paths.values())
    for labels in conforming:  # whatever is shorter conforms
        suite.walk(labels, suite.implementation())


def test_every_path_that_fails_tells_the_same_story(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kernel, "call_answered", lambda _self, _target: True)
    machine = suite.implementation()
    stories = {failure(suite, path, machine) for path in suite.paths} - {None}
    assert len({tuple(walk_in(story)) for story in stories if story}) == 1


def test_the_story_fits_a_terminal_and_has_lanes_lines_and_what_differs(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PcpList, "drain", lambda _self: None)
    story = first_story(suite)
    table = story.partition("Afterwards:")[0]
    assert max(map(len, table.splitlines())) <= WIDTH
    assert "CPU 0" in table
    assert "CPU 1" in table
    assert ":N is line N of per_cpu_summary.drain, pcp:N is line N of pcp.drain" in table
    assert "pcp[1][0]=1" in table
    assert "  pcp[1][0]: specification 0, implementation 1\n" in story
    assert "  buddy[0]: specification 1, implementation 0\n" in story


def test_the_printed_test_fails_in_the_same_way_and_passes_when_mended(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(PcpList, "drain", lambda _self: None)
        story = first_story(suite)
        module: dict[str, Any] = {}
        exec(story.partition("As a test:\n")[2], module)
        (test,) = [value for name, value in module.items() if name.startswith("test_")]
        with pytest.raises(ConformanceFailure, match=r"pcp\[1\]\[0\]: specification 0, implementation 1"):
            test()
    test()


class Tired(Machine):
    """Remembers more than it shows: after some frees in all, a free raises."""

    frees = 0
    most = 2

    def reset(self) -> None:
        super().reset()
        self.frees = 0

    def step(self, label: str) -> None:
        self.frees += ":free" in label
        if self.frees > self.most:
            raise OverflowError("no more")
        super().step(label)


def test_hidden_memory_is_shrunk_by_cutting_loops(suite: Suite) -> None:
    reference = suite.implementation()
    assert isinstance(reference, Machine)
    machine = Tired(suite.scope, type(reference.program))
    labels = ["c0:free z0", "c0:alloc z0"] * 5
    with pytest.raises(ConformanceFailure) as found:
        suite.walk(labels, machine)
    best = shortest(suite, machine, found.value, most_steps=0)
    assert list(best.labels) == ["c0:free z0", "c0:alloc z0"] * 2 + ["c0:free z0"]


def test_the_search_for_a_shorter_walk_has_a_limit(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PcpList, "drain", lambda _self: None)
    machine = suite.implementation()

    def walk_all() -> None:
        for labels in suite.paths.values():
            suite.walk(labels, machine)

    with pytest.raises(ConformanceFailure) as found:
        walk_all()
    assert shortest(suite, machine, found.value, most_steps=10).rows == found.value.rows


def test_a_difference_at_the_start_is_told_without_a_table(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Machine.enabled
    monkeypatch.setattr(Machine, "enabled", lambda self: real(self) - {"d0:call"})
    story = first_story(suite)
    assert "at the start:\n  d0:call: possible only in the specification\n" in story
    assert "Afterwards" not in story
