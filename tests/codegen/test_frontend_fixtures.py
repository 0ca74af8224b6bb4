"""Each message of the compiler, word for word: the files in tests/specs/bad, and those in tests/specs/good.

PCPDRAIN_UPDATE_FIXTURES=1 writes the expected texts anew; read the difference before it is committed.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pcpdrain.codegen import ast, errors
from pcpdrain.codegen.frontend.builtins import BUILTINS
from pcpdrain.codegen.frontend.check import Vocabulary, check, check_library
from pcpdrain.codegen.frontend.parse import grammar, parse
from pcpdrain.codegen.library import load_libraries
from pcpdrain.codegen.pipeline import compile_source
from pcpdrain.codegen.properties import PROPERTIES
from pcpdrain.codegen.source import MAX_BYTES, Source, read_source

SPECS = Path(__file__).resolve().parents[1] / "specs"
BAD, GOOD = SPECS / "bad", SPECS / "good"
LANGUAGE = SPECS.parents[1] / "docs" / "language.md"
UPDATE = os.environ.get("PCPDRAIN_UPDATE_FIXTURES") == "1"

# The project's own list grows; a message about an unknown scope must not change with it.
VOCABULARY = Vocabulary(
    properties=("call_returns", "drain_complete", "never_stuck"),
    provable=("drain_complete", "never_stuck"),
    scopes=("racing", "solo"),
    planned_scopes={"racing_once": "a bounded number of calls"},
)


def constructors() -> dict[str, Callable[..., errors.Diagnostic]]:
    """All constructors of diagnostics by code, found by the code that begins their docstrings."""
    found: dict[str, Callable[..., errors.Diagnostic]] = {}
    for name, value in inspect.getmembers(errors, inspect.isfunction):
        match = re.match(r"([SDCN]\d{3}): ", value.__doc__ or "")
        if match:
            assert match[1] not in found, f"{match[1]} has two constructors, one of them {name}"
            found[match[1]] = value
    return found


def code_of(fixture: str) -> str:
    return fixture.partition("-")[0]


def diagnostics_of(source: Source, code: str) -> tuple[errors.Diagnostic, ...]:
    if code.startswith("C") or code in {"S111", "D244"}:
        return compile_source(source).warnings
    unit = parse(source)
    if isinstance(unit, ast.Library):
        return check_library(unit, load_libraries())
    return check(unit, load_libraries(), VOCABULARY)


def messages_of(name: str, code: str) -> tuple[errors.Diagnostic, ...]:
    """What is said about a file in the current folder, be it errors or warnings."""
    try:
        return diagnostics_of(read_source(Path(name)), code)
    except errors.DrainErrors as failure:
        return failure.diagnostics


def compare(text_file: Path, text: str) -> None:
    if UPDATE:
        text_file.write_text(text, encoding="utf-8")
    assert text == text_file.read_text(encoding="utf-8"), f"differs from {text_file.name}"


def render(diagnostics: tuple[errors.Diagnostic, ...]) -> str:
    return "\n\n".join(diagnostic.render() for diagnostic in diagnostics) + "\n"


def fixtures() -> list[str]:
    """The names of all fixtures; one for S101 has only a text, as its file cannot be read."""
    return sorted({path.stem for path in BAD.iterdir()})


@pytest.mark.parametrize("fixture", fixtures())
def test_a_bad_file_gets_exactly_its_message(
    fixture: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(BAD)
    name = f"{fixture}.drain"
    if code_of(fixture) == "S104":
        text = Path(name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text * (MAX_BYTES // len(text) + 1), encoding="utf-8")
        monkeypatch.chdir(tmp_path)
    diagnostics = messages_of(name, code_of(fixture))
    compare(BAD / f"{fixture}.txt", render(diagnostics))
    assert code_of(fixture) in {diagnostic.code for diagnostic in diagnostics}
    others = {diagnostic.code for diagnostic in diagnostics} - {code_of(fixture)}
    assert not others, f"a fixture shows one code, and this one shows {others} too"


def test_each_code_has_a_fixture_and_each_fixture_a_code() -> None:
    assert {code_of(fixture) for fixture in fixtures()} == constructors().keys()


def test_each_code_has_a_paragraph_in_the_language_reference() -> None:
    messages = LANGUAGE.read_text(encoding="utf-8").partition("\n## Messages\n")[2]
    paragraphs = re.findall(r"^\*\*([SDCN]\d{3})\*\* \S.{30,}", messages, re.MULTILINE)
    assert sorted(paragraphs) == sorted(constructors())


def test_each_word_of_the_language_is_in_its_reference() -> None:
    reference = LANGUAGE.read_text(encoding="utf-8")
    keywords = {t.pattern.value for t in grammar().terminals if t.pattern.value.isidentifier()}
    routines = {routine.name.text for library in load_libraries() for routine in library.routines}
    words = keywords | routines | {*BUILTINS, *PROPERTIES}
    assert {word for word in words if word not in reference} == set()


@pytest.mark.parametrize("path", sorted(GOOD.glob("*.drain")), ids=lambda path: path.stem)
def test_a_good_file_is_accepted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOOD)
    unit = parse(read_source(Path(path.name)))
    assert isinstance(unit, ast.Variant)
    assert unit.name.text == path.stem
    warnings = check(unit, load_libraries(), VOCABULARY)
    expected = path.with_suffix(".txt")
    if warnings or expected.exists():
        compare(expected, render(warnings))
