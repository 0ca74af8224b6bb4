"""The report: its files fit together, say what was found, and are the same bytes each time."""

import re
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import pytest

from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.tools.engines.explorer import explored_graph
from pcpdrain.tools.guarding import Guarding
from tests.tools.driving import Run
from tests.tools.reporting import RUN, data_of, small_site


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return small_site()


class Links(HTMLParser):
    """What a page refers to, and the names that it can be referred by."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.names: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.targets.append(value)
            elif name == "id" and value:
                self.names.append(value)


def test_the_same_input_gives_the_same_bytes(texts: dict[str, str]) -> None:
    assert small_site() == texts


def test_every_reference_leads_to_a_file_of_the_report_and_none_outside(texts: dict[str, str]) -> None:
    pages = {name: Links(text) for name, text in texts.items() if name.endswith(".html")}
    assert len(pages) == 6
    for name, links in pages.items():
        assert len(links.names) == len(set(links.names)), name
        for target in links.targets:
            path, _, anchor = target.partition("#")
            parts: list[str] = []
            for part in (PurePosixPath(name).parent / path).parts if path else PurePosixPath(name).parts:
                if part == "..":
                    parts.pop()
                else:
                    parts.append(part)
            found = "/".join(parts)
            assert found in texts, (name, target)
            if anchor and "=" not in anchor and found != "diff.html" and path:
                assert anchor in pages[found].names, (name, target)


def test_no_page_needs_a_network_or_tells_where_it_was_made(texts: dict[str, str]) -> None:
    for name, text in texts.items():
        assert not re.search(r"https?://", text), name
        assert str(SPEC.parent) not in text, name


def test_the_matrix_has_each_verdict_by_scope(texts: dict[str, str]) -> None:
    index = texts["index.html"]
    assert 'data-scopes="solo:violated solo_one_zone:holds"' in index
    assert 'title="solo: not run"' in index
    assert "1 have no verdict" in index
    assert "per_cpu_summary, solo: more than 400 states" in index
    assert "apalache: not run" in index


def test_a_variant_is_shown_with_its_steps_and_what_it_is_compiled_to(texts: dict[str, str]) -> None:
    page = texts["variants/last_zone_decides.html"]
    assert "12 ● on   on                          cpumask_clear_cpu(cpu, cpus_with_pcps);" in page
    assert "MODULE last_zone_decides" in page
    assert "class LastZoneDecides(Program)" in page
    assert f'href="../runs/{RUN}.html">19 steps</a>' in page
    assert "there was no engine" in texts["variants/per_cpu_summary.html"]


def test_a_run_has_all_its_states_from_what_each_step_changes(texts: dict[str, str]) -> None:
    run = data_of(texts[f"runs/{RUN}.js"])
    assert (len(run["rows"]), len(run["changes"]), run["decides"]) == (19, 20, 7)
    state = dict(enumerate(run["variables"]))
    for change in run["changes"]:
        state |= {int(number): text for number, text in change.items()}
    named = dict(zip(run["variables"], state.values(), strict=True))
    assert (named["pcp"], named["cpus_with_pcps"], named["at"]) == ("((1, 0), (0, 0))", "{}", "(idle)")
    assert run["sources"]["last_zone_decides.drain"][11].strip() == "cpumask_clear_cpu(cpu, cpus_with_pcps);"
    assert "zone 1 was empty in step 6" in texts[f"runs/{RUN}.html"]


def test_the_explorer_has_the_graph_of_the_variant(texts: dict[str, str]) -> None:
    """Without its ghosts it is the graph that the explorer in C finds."""
    data = data_of(texts["graphs/last_zone_decides-solo_once.js"])
    program = compile_file(SPEC / "variants" / "last_zone_decides.drain").program
    graph = explored_graph(program, project_scopes().ready["solo_once"])
    known = [name for name in data["variables"] if name in graph.variables]
    columns = [data["variables"].index(name) for name in known]
    shown = {tuple(state[column] for column in columns) for state in data["states"]}
    assert len(shown) == len(graph.states)
    walked = {(0, 0)}
    left = list(walked)
    while left:
        mine, theirs = left.pop()
        flat = data["edges"][mine]
        labels = [data["rows"][row]["label"] for row in flat[1::2]]
        assert labels == sorted(graph.edges[theirs])
        for label, target in zip(labels, flat[::2], strict=True):
            pair = target, graph.edges[theirs][label]
            if pair not in walked:
                walked.add(pair)
                left.append(pair)
    assert {mine for mine, _ in walked} == set(range(len(data["states"])))


def test_the_explorer_tells_why_each_other_step_that_could_come_cannot(texts: dict[str, str]) -> None:
    data = data_of(texts["graphs/last_zone_decides-solo_once.js"])
    program = compile_file(SPEC / "variants" / "last_zone_decides.drain").program
    labels = set(Guarding(program, project_scopes().ready["solo_once"]).labels)
    for flat, refused in zip(data["edges"], data["disabled"], strict=True):
        possible = {data["rows"][row]["label"] for row in flat[1::2]}
        told = {label for label, _ in data["refusals"][refused]}
        assert told <= labels
        assert not told & possible
    assert any("no request of d0 is queued" in reason for reason in data["reasons"])


def test_the_schedule_is_tried_on_the_other_variant(texts: dict[str, str]) -> None:
    data = data_of(texts[f"diffs/{RUN}.js"])
    assert data["followed"]["per_cpu_summary"]["firstOther"] == 6
    assert "drain_complete" in data["followed"]["last_zone_decides"]["violated"]
    assert "drain_complete" not in data["followed"]["per_cpu_summary"]["violated"]


def test_without_results_the_command_says_what_to_do(pcpdrain: Run, tmp_path: Path) -> None:
    done = pcpdrain("report")
    assert done.exit_code == 2
    assert "run `make check-spec` first: there is no file build/results.json" in done.output
    assert not (tmp_path / "build" / "report").exists()


def test_the_command_writes_the_report_and_removes_what_an_older_one_left(
    pcpdrain: Run, tmp_path: Path
) -> None:
    assert pcpdrain("check", "no_wait").exit_code == 0
    out = tmp_path / "build" / "report"
    out.mkdir(parents=True)
    for name in ("old.html", "mine.html"):
        (out / name).write_text("old", "utf-8")
    (out / "files.txt").write_text("old.html\nindex.html\n../results.json\n", "utf-8")
    done = pcpdrain("report", "no_wait", "--most-states", "400")
    assert done.exit_code == 0, done.output
    assert "index.html: " in done.output
    assert not (out / "old.html").exists()
    assert (out / "mine.html").exists()
    assert (tmp_path / "build" / "results.json").exists()
    listed = (out / "files.txt").read_text("utf-8").splitlines()
    assert all((out / name).is_file() for name in listed)


def test_results_of_another_version_are_refused(pcpdrain: Run, tmp_path: Path) -> None:
    assert pcpdrain("check", "no_wait").exit_code == 0
    manifest = tmp_path / "build" / "results.sha256"
    text = manifest.read_text("utf-8")
    manifest.write_text(text.replace(text.splitlines()[1][:8], "00000000"), "utf-8")
    done = pcpdrain("report", "no_wait")
    assert done.exit_code == 2
    assert "is not of the files as they are now" in done.output
