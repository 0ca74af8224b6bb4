"""What Apalache refuses and TLC takes: none of it is in a module that is emitted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pcpdrain.codegen.backends.tla.model import CONSTANTS, emit_model
from pcpdrain.codegen.backends.tla.types import typed_variables
from pcpdrain.codegen.scopes import Scope
from pcpdrain.tools.check import write_model
from pcpdrain.tools.engines.tlc import run_tlc
from tests.codegen.compiling import TINY, VARIANTS, compiled

_DEFINED = re.compile(r"(?P<typed>@type: .*;\n)?^(?P<name>\w+) ==\s+<<(?P<parts>[\w\s,]+)>>", re.MULTILINE)


def ambiguous(text: str, types: dict[str, str]) -> Iterator[str]:
    """The definitions that may be tuples or sequences: all parts have one type, and none is given."""
    for found in _DEFINED.finditer(text):
        names = [name.strip() for name in found["parts"].split(",")]
        if found["typed"] is None and len({types.get(name, name) for name in names}) == 1:
            yield found["name"]


def test_what_is_ambiguous() -> None:
    types = {"x": "Int", "y": "Int", "s": "Set(Int)"}
    text = "one == <<x>>\n\ntwo ==\n  <<x,\n  y>>\n\\* @type: <<Int, Int>>;\ntyped == <<x, y>>\n"
    text += "mixed == <<x, s>>\n"
    assert list(ambiguous(text, types)) == ["one", "two"]


@pytest.mark.parametrize("path", VARIANTS, ids=lambda path: path.stem)
def test_every_tuple_has_one_type(path: Path) -> None:
    program = compiled(path)
    types = {variable.name: variable.annotation for variable in typed_variables(program)}
    for name, text in emit_model(program, TINY).files.items():
        assert list(ambiguous(text, types)) == [], name


def test_no_assumption_has_a_range() -> None:
    """Apalache evaluates assumptions, and knows only ranges between literals."""
    text = emit_model(compiled(VARIANTS[0]), TINY).files["State.tla"]
    assumptions = re.findall(r"^ASSUME .*", text, re.MULTILINE)
    assert len(assumptions) > 3
    assert not [line for line in assumptions if ".." in line]


def test_the_constants_are_given_by_an_operator() -> None:
    """In a .cfg, Apalache refuses an empty set; `--cinit` names this, which has them all."""
    files = emit_model(compiled(VARIANTS[0]), TINY).files
    declared = files["State.tla"].partition("\nCONSTANTS\n")[2].partition("\nVARIABLES\n")[0]
    constants = re.findall(r"^  (\w+),?$", declared, re.MULTILINE)
    given = files["MC_tiny.tla"].partition(f"{CONSTANTS} ==\n")[2].partition("\n\n")[0]
    assert constants
    assert sorted(re.findall(r"/\\ (\w+) = ", given)) == sorted(constants)


OTHER = Scope(
    "other", cpus=3, zones=2, pages=2, high=3, batch=2, drainers=(0, 2, 0), leavers=(1,), calls=2,
    signals=True, alloc_fails=True, count_window=True,
)  # fmt: skip
"""Each constant has another value than at TINY."""


@pytest.mark.parametrize("scope", [TINY, OTHER], ids=lambda scope: scope.name)
def test_both_checkers_get_the_same_constants(scope: Scope, tmp_path: Path) -> None:
    """TLC has its constants from the configuration, and finds the operator true."""
    model = emit_model(compiled(VARIANTS[0]), scope)
    folder = write_model(model, tmp_path)
    text = f"---- MODULE Same ----\nEXTENDS {model.module}\nASSUME {CONSTANTS}\n"
    (folder / "Same.tla").write_text(text + "Still == UNCHANGED vars\n====\n", "utf-8")
    settings = model.config([]).replace("NEXT LabelledNext", "NEXT Still")
    (folder / "same.cfg").write_text(settings, "utf-8")
    assert run_tlc(folder, "Same", "same.cfg", timeout=120).outcome == "holds"
    wrong = settings.replace(f"Pages = {scope.pages}", f"Pages = {scope.pages + 1}")
    (folder / "same.cfg").write_text(wrong, "utf-8")
    assert "ssumption" in run_tlc(folder, "Same", "same.cfg", timeout=120).reason
