"""Guards: an action is taken apart into the conjuncts that it asks for, through all that it uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcpdrain.codegen.backends.tla.guards import guards, split
from pcpdrain.codegen.backends.tla.labels import labelled
from pcpdrain.codegen.backends.tla.model import hand_written
from pcpdrain.codegen.backends.tla.module import emit_module
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.scopes import Scope
from tests.codegen.compiling import VARIANTS, compiled

WIDE = Scope(
    "wide", 3, 2, 4, 3, 2, (0, 0), calls=2, leavers=(2,), signals=True, alloc_fails=True, count_window=False
)


def files(program: Program) -> dict[str, str]:
    return {**hand_written(), f"{program.name}.tla": emit_module(program)}


def texts(action: str, *modules: str) -> list[str]:
    return [guard.text for guard in guards({str(n): text for n, text in enumerate(modules)}, action)]


def test_conjuncts_are_found_through_definitions_and_what_is_new_is_left_out() -> None:
    module = """
Runs(d) == on[d] /\\ up \\* a comment /\\ here
Sees(d) ==
  LET n == count[d]
      m == n + 1
  IN /\\ m > 0
     /\\ count' = m
Step(d) ==
  /\\ at[d] = "it's /\\ here"
  /\\ Runs(d)
  /\\ IF free THEN TRUE ELSE Runs(d)
  /\\ {e \\in S : /\\ e > d
                /\\ e < 9} = {}
  /\\ Sees(Home[d])
  /\\ UNCHANGED <<on,
       up>>
====
"""
    assert texts("Step(0)", module) == [
        'at[d] = "it\'s /\\ here"',
        "on[d]",
        "up",
        "IF free THEN TRUE ELSE Runs(d)",
        "{e \\in S : /\\ e > d /\\ e < 9} = {}",
        "m > 0",
    ]
    (last,) = [guard for guard in guards({"m": module}, "Step(0)") if guard.operator == "Sees"]
    assert last.values == {"d": "Home[0]"}
    assert last.body == "LET n == count[d] m == n + 1 IN m > 0"


@pytest.mark.parametrize("text", ["a /\\ (b /\\ c) /\\ {d, e}", ""])
def test_a_split_keeps_brackets_whole(text: str) -> None:
    assert split(text, "/\\") == (["a", "(b /\\ c)", "{d, e}"] if text else [])


@pytest.mark.parametrize("path", VARIANTS, ids=lambda path: path.stem)
def test_every_step_begins_with_its_position_and_no_guard_tells_what_is_new(path: Path) -> None:
    program = compiled(path)
    texts_of = files(program)
    for step in labelled(program, WIDE):
        found = guards(texts_of, step.action)
        assert found, step.label
        assert not [guard.text for guard in found if "'" in guard.text or "UNCHANGED" in guard.text]
        word = step.label.partition(":")[2].partition(" ")[0]
        if word in program.task.steps:
            variable = "at[d]" if step.label[0] == "d" else "irq_at[c]"
            assert found[0].text == f'{variable} = "{word}"'
