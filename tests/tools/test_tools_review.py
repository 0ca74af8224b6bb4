"""The page of the review: from results of these very sources that agree with its answers, or not at all."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pcpdrain.codegen.library import SPEC, variant_files
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.codegen.source import read_source
from pcpdrain.tools import made_from, review
from pcpdrain.tools.judging import expectation
from pcpdrain.tools.made_from import digests, manifest_file, write_manifest
from pcpdrain.tools.questions import ReviewError, read_questions
from pcpdrain.tools.results import Finding, write_results
from pcpdrain.tools.vacuity import vacuity
from tests.tools.driving import POSTED, Run, run_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "review.md"
VARIANTS = "../spec/variants"

QUESTIONS = """
title = "A title"
before = "Before."
after = "After."

[[question]]
key = "last"
title = "Which zones decide?"
asks = "All of them?"
short = "The last."
answer = "So it is."
checks = [
    { variant = "last_zone_decides", scope = "solo", property = "drain_complete", claims = "violated" },
    { variant = "last_zone_decides", scope = "solo_one_zone", property = "drain_complete", claims = "holds" },
]

[[question]]
key = "again"
title = "And what if?"
asks = "What then?"
short = "The same."
answer = "It fails."
checks = [
    { variant = "last_zone_decides", scope = "solo", property = "drain_complete", claims = "violated", shown = false },
]
"""  # noqa: E501  # TOML keeps an inline table on one line


@pytest.fixture(scope="module")
def found() -> list[Finding]:
    """One violation, and one thing that holds."""
    names = "last_zone_decides", "solo_one_zone", "drain_complete"
    trace = run_of("last_zone_decides", "solo", POSTED)
    return [
        Finding("last_zone_decides", "solo", "drain_complete", "violated", "violated", trace=trace),
        Finding(*names, "holds", "holds"),
    ]


@pytest.fixture
def results(found: list[Finding], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Results as `check` leaves them, for questions of two kinds."""
    questions = tmp_path / "review.toml"
    questions.write_text(QUESTIONS, "utf-8")
    monkeypatch.setattr(review, "QUESTIONS", questions)
    path = tmp_path / "build" / "results.json"
    path.parent.mkdir()
    write_results(path, found, vacuity(found))
    write_manifest(path, digests())
    return path


def test_the_page_says_what_was_found(pcpdrain: Run, results: Path, tmp_path: Path) -> None:
    assert pcpdrain("review", "--out", "page.md").output == "page.md\n"
    text = (tmp_path / "page.md").read_text("utf-8")
    assert text.splitlines()[1] == "# A title"
    for part in (
        "| [Which zones decide?](#which-zones-decide) | The last. | 1 holds, 1 violated |\n",
        "| [And what if?](#and-what-if) | The same. | 1 violated |\n",
        "\n## Which zones decide?\n\nAll of them?\n",
        "| `solo` | `drain_complete` | **violated** in 19 steps |\n",
        "| `solo_one_zone` | `drain_complete` | holds |\n",
        "\nSo it is.\n",
        "  6  drain_all_pages() {\n  7      for_each_online_cpu(cpu)\n",
        "   CPU 0 (d0)            CPU 1 line   reads (is), changes (=)\n",
        "\n 5 │ cpumask_set_cpu(0)          :10    cpus_with_pcps = {0}\n",
        "\nd0 has returned, but the list of CPU 0 in zone 0 had pages when it was called",
        "| `solo_one_zone` | 2 CPUs; 1 zone of 3 pages; 1 caller on CPU 0; calls without end |\n",
        "\nAfter.\n",
    ):
        assert part in text, part
    assert text.count("cpumask_set_cpu(0)") == 1  # what was shown is not shown again
    assert "expect" not in text.partition("## And what if?")[0].partition("\n## ")[2]


def test_a_page_that_is_not_what_was_found_is_noticed(pcpdrain: Run, results: Path, tmp_path: Path) -> None:
    page = tmp_path / "docs" / "review.md"
    assert pcpdrain("review").exit_code == 0
    assert pcpdrain("review", "--check").exit_code == 0
    lines = page.read_text("utf-8").splitlines(keepends=True)
    page.write_text("".join([*lines[:4], "another line\n", *lines[5:]]), "utf-8")
    result = pcpdrain("review", "--check")
    assert result.exit_code == 1
    assert result.output == "docs/review.md:5: not what was found; write it with `pcpdrain review`\n"
    assert "another line" in page.read_text("utf-8")
    page.unlink()
    assert pcpdrain("review", "--check").exit_code == 2


def refused(pcpdrain: Run, tmp_path: Path) -> str:
    """Why the page is not made."""
    result = pcpdrain("review")
    assert result.exit_code == 2
    assert result.output.startswith("pcpdrain: error: ")
    assert not (tmp_path / "docs").exists()
    return result.output


def change(results: Path, edit: Callable[[list[dict[str, Any]]], object]) -> None:
    """Change what was found, as a check would."""
    rows = json.loads(results.read_text("utf-8"))
    edit(rows)
    results.write_text(json.dumps(rows), "utf-8")
    write_manifest(results, digests())


def test_an_answer_names_steps_and_the_page_numbers_them(
    pcpdrain: Run, results: Path, tmp_path: Path
) -> None:
    questions = review.QUESTIONS
    text = questions.read_text("utf-8")
    questions.write_text(text.replace("So it is.", "In {step: d0 cpumask_clear_cpu(0)} it is gone."), "utf-8")
    assert pcpdrain("review", "--out", "page.md").exit_code == 0
    assert "\nIn step 7 it is gone.\n" in (tmp_path / "page.md").read_text("utf-8")
    questions.write_text(text.replace("So it is.", "In step 7 it is gone."), "utf-8")
    assert "last: the step in `step 7` must be named" in refused(pcpdrain, tmp_path)


def test_without_results_no_page(pcpdrain: Run, results: Path, tmp_path: Path) -> None:
    manifest_file(results).unlink()
    assert "run `make check-spec` first: there is no file build/results.sha256" in refused(pcpdrain, tmp_path)
    results.unlink()
    assert "run `make check-spec` first: there is no file build/results.json" in refused(pcpdrain, tmp_path)


def test_results_that_were_changed_are_refused(pcpdrain: Run, results: Path, tmp_path: Path) -> None:
    results.write_text(results.read_text("utf-8").replace('"holds"', '"violated"'), "utf-8")
    assert "is not of the files as they are now (results.json)" in refused(pcpdrain, tmp_path)
    results.write_text("[", "utf-8")
    assert "run `make check-spec` first: build/results.json or build/results.sha256 is damaged" in refused(
        pcpdrain, tmp_path
    )


@pytest.mark.parametrize(
    "name", ["spec/variants/last_zone_decides.drain", "spec/scopes.toml", "tools/check.py"]
)
def test_results_of_other_sources_are_refused(
    pcpdrain: Run, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    now = digests()
    monkeypatch.setattr(made_from, "digests", lambda: {**now, name: "0" * 64})
    assert f"not of the files as they are now ({name})" in refused(pcpdrain, tmp_path)
    monkeypatch.setattr(made_from, "digests", lambda: {k: d for k, d in now.items() if k != name})
    assert f"({name})" in refused(pcpdrain, tmp_path)


def test_every_file_that_decides_a_verdict_is_watched() -> None:
    watched = digests()
    for name in ("spec/lib/smp.drain", "spec/tla/Machine.tla", "codegen/grammar.lark", "pcpref/machine.py"):
        assert name in watched
    for name in ("machine.h", "ghosts.h", "properties.h"):
        assert f"codegen/backends/explorer/{name}" in watched
    assert "tools/confirming.py" in watched
    for path in (SPEC / "variants").iterdir():
        assert f"spec/variants/{path.name}" in watched
    assert "spec/review.toml" not in watched


def test_results_of_a_file_from_elsewhere_are_refused(pcpdrain: Run, results: Path, tmp_path: Path) -> None:
    """It may be called as one of the project's own."""
    (tmp_path / "mine.drain").write_text("variant last_zone_decides ...", "utf-8")
    own = read_source(SPEC / "variants" / "last_zone_decides.drain")
    assert made_from.elsewhere([own]) == {}
    other = made_from.elsewhere([own, read_source(Path("mine.drain"))])
    write_manifest(results, digests() | other)
    assert "not of the files as they are now (mine.drain)" in refused(pcpdrain, tmp_path)


def test_what_was_not_checked_is_not_told(pcpdrain: Run, results: Path, tmp_path: Path) -> None:
    change(results, lambda rows: rows.pop(1))
    said = refused(pcpdrain, tmp_path)
    place = "last_zone_decides, solo_one_zone: drain_complete"
    assert f"  last: run `make check-spec` first: there is no result for {place}\n" in said


def test_what_has_no_verdict_is_not_told(pcpdrain: Run, results: Path, tmp_path: Path) -> None:
    change(results, lambda rows: rows[1].update(found="not_run", reason="no Java found"))
    said = refused(pcpdrain, tmp_path)
    assert "drain_complete has no verdict: not run (no Java found)\n" in said


def test_all_answers_that_contradict_the_results_are_named(
    pcpdrain: Run, results: Path, tmp_path: Path
) -> None:
    def swap(rows: list[dict[str, Any]]) -> None:
        rows[0]["found"], rows[1]["found"] = rows[1]["found"], rows[0]["found"]

    change(results, swap)
    said = refused(pcpdrain, tmp_path)
    solo, one = (f"last_zone_decides, {scope}: drain_complete" for scope in ("solo", "solo_one_zone"))
    assert f"  last: {solo} holds; the answer claims that it is violated\n" in said
    assert f"  last: {one} is violated; the answer claims that it holds\n" in said
    assert f"  again: {solo} holds; the answer claims that it is violated\n" in said


BAD_QUESTIONS = {
    "no TOML": ("[[question", "review.toml: "),
    "nothing": ("", "the file has no text `title`"),
    "an unknown key": (
        QUESTIONS.replace('short = "The last."', 'brief = "The last."'),
        "unknown key `brief`",
    ),
    "no answer": (QUESTIONS.replace('answer = "So it is."', ""), "question 'last' has no text `answer`"),
    "an empty answer": (QUESTIONS.replace("So it is.", " "), "question 'last' has no text `answer`"),
    "a number": (QUESTIONS.replace('"So it is."', "3"), "question 'last' has no text `answer`"),
    "no checks": (QUESTIONS.replace("checks", "cheques"), "question 'last' has an unknown key `cheques`"),
    "no questions": ('title = "t"\nbefore = "b"\nafter = "a"\n', "the file has no list `question`"),
    "a question that is none": (
        'title = "t"\nbefore = "b"\nafter = "a"\nquestion = [1]\n',
        "a question is not a table",
    ),
    "an unknown variant": (
        QUESTIONS.replace("last_zone_decides", "last_zone"),
        "unknown variant `last_zone`",
    ),
    "an unknown scope": (QUESTIONS.replace('"solo"', '"sollo"'), "did you mean `solo`?"),
    "an unknown property": (QUESTIONS.replace("drain_complete", "drained"), "unknown property `drained`"),
    "an unknown verdict": (QUESTIONS.replace('"holds"', '"true"'), "unknown claims `true`"),
    "a run of what holds": (
        QUESTIONS.replace('"holds" }', '"holds", shown = true }'),
        "cannot have `shown` = True",
    ),
    "two keys": (QUESTIONS.replace('"again"', '"last"'), "two questions have the key 'last'"),
    "two titles": (QUESTIONS.replace("And what if?", "Which zones decide?"), "two questions have the title"),
}


@pytest.mark.parametrize("case", BAD_QUESTIONS)
def test_questions_that_cannot_be_read(pcpdrain: Run, results: Path, tmp_path: Path, case: str) -> None:
    text, message = BAD_QUESTIONS[case]
    (tmp_path / "review.toml").write_text(text, "utf-8")
    assert message in refused(pcpdrain, tmp_path)


def test_a_damaged_trace_in_the_results(pcpdrain: Run, results: Path, tmp_path: Path) -> None:
    change(results, lambda rows: rows[0]["trace"].update(property="x"))
    assert "a damaged trace: there is no property 'x'" in refused(pcpdrain, tmp_path)


def test_the_questions_are_missing(results: Path, tmp_path: Path) -> None:
    with pytest.raises(ReviewError, match="No such file or directory"):
        read_questions(tmp_path / "nowhere.toml")


def test_the_page_in_docs_is_of_the_questions_as_they_are() -> None:
    """That its counterexamples are what is found, `make check-spec` shows."""
    text = PAGE.read_text("utf-8")
    asked = read_questions(review.QUESTIONS)
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")][: len(asked.questions)] == [
        question.title for question in asked.questions
    ]
    told = [asked.before, asked.after]
    for question in asked.questions:
        told += [question.asks, f"(#{review.anchor(question.title)}) | {question.short} |"]
        told += re.split(r"\{step.*?\}", question.answer)  # in the page, steps have their numbers
        for check in question.checks:
            found = "holds" if check.claims == "holds" else "**violated** in "
            told.append(
                f"({VARIANTS}/{check.variant}.drain) | `{check.scope}` | `{check.property}` | {found}"
            )
            if check.shown:
                told.append(f"`{check.variant}` at `{check.scope}`: how `{check.property}` fails")
    assert [part for part in told if part not in text] == []


def test_each_answer_is_what_a_variant_expects() -> None:
    """So the checks of the page are checks of `make check-spec`."""
    compiled = {path.stem: compile_file(path) for path in variant_files()}
    checks = [check for question in read_questions(review.QUESTIONS).questions for check in question.checks]
    assert [
        (check.variant, check.scope, check.property)
        for check in checks
        if expectation(compiled[check.variant], check.scope, check.property) != check.claims
    ] == []
