"""The proof that each step assigns each variable once: true of what is generated, and of nothing damaged."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pcpdrain.codegen.backends.tla import FrameError, emit_model, prove_frames
from tests.codegen.compiling import FIXTURES, TINY, VARIANTS, compiled

HEAD = """---- MODULE M ----
VARIABLES a, b,
  \\* the third, b' say
  c
pair == <<a, b>>
All == <<pair, c>>
"""


def prove(text: str) -> int:
    return prove_frames({"M.tla": f"{HEAD}{text}\n====\n"})


@pytest.mark.parametrize(
    "text",
    [
        "step == a' = 1 /\\ b' = 2 /\\ c' = 3\nNext == step",
        "step(d) ==\n  /\\ a > 0\n  /\\ a' = 1\n  /\\ UNCHANGED <<b, c>>\nNext == \\E d \\in D : step(d)",
        "step == UNCHANGED All\nNext == \\/ step",
        "step == UNCHANGED pair /\\ UNCHANGED c\nNext == step",
        "step == UNCHANGED <<pair, c>>\nNext == step",
        "inner(x) == a' = x\nm == /\\ inner(1) /\\ UNCHANGED b\nstep == /\\ m\n  /\\ c' = 0\nNext == step",
        'step == LET x == 1\n  IN /\\ a\' = IF x THEN "a\'" ELSE "b"\n  /\\ UNCHANGED <<b, c>>\nNext == step',
        "(* a' = 1 *)\nstep == UNCHANGED <<a, b, c>> \\* a' = 2\nNext == step",
    ],
)
def test_accepted(text: str) -> None:
    assert prove(text) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("step == a' = 1 /\\ b' = 2\nNext == step", "step assigns c never"),
        ("step == a' = 1 /\\ a' = 1 /\\ UNCHANGED <<b, c>>\nNext == step", "step assigns a 2 times"),
        ("step == a' = 1 /\\ UNCHANGED All\nNext == step", "step assigns a 2 times"),
        ("step == UNCHANGED <<a, a, b, c>>\nNext == step", "step assigns a 2 times"),
        ("step == UNCHANGED <<b, c>> /\\ a' \\in {1}\nNext == step", "uses a' without assigning it"),
        ("step == UNCHANGED <<b, c>> /\\ a' = b + a'\nNext == step", "a' inside of something"),
        ("step == UNCHANGED <<b, c>> /\\ a' => b\nNext == step", "uses a' without assigning it"),
        ("step == UNCHANGED <<b, c>> /\\ a' =< b\nNext == step", "uses a' without assigning it"),
        ("step == UNCHANGED <<b, c>> /\\ (a)' = 1\nNext == step", "primes something"),
        ("step == UNCHANGED <<b, c>> /\\ x' = 1\nNext == step", "primes x, which is no variable"),
        ("step == UNCHANGED <<b, c>> /\\ IF b THEN a' = 1 ELSE TRUE\nNext == step", "inside of something"),
        ("step == UNCHANGED <<b, c>> /\\ (b => a' = 1)\nNext == step", "inside of something"),
        ("one == a' = 1\nstep == UNCHANGED <<b, c>> /\\ (b => one)\nNext == step", "the step one inside"),
        ("one == a' = 1\nstep == /\\ one /\\ one /\\ UNCHANGED <<b, c>>\nNext == step", "assigns a 2 times"),
        ("step == b\nNext == step", "Next has no steps"),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(FrameError, match=re.escape(message)):
        prove(text)


@pytest.mark.parametrize("path", [*VARIANTS, *FIXTURES], ids=lambda path: path.stem)
def test_what_is_generated_is_proved(path: Path) -> None:
    program = compiled(path)
    files = emit_model(program, TINY).files
    handler = 2 + len(program.handler.steps) if program.handler else 0
    assert prove_frames(files) == 2 + len(program.task.steps) + handler + 2


ASSIGNING = re.compile(
    r"^ *(?:IN )?/\\ (?:\w+' = |UNCHANGED |"
    r"(?:Call|Return|Preempt\w+|Irq\w+|SendCall|DrainZone|TakeCall|AckCall|Free|Alloc)\()"
)


@pytest.mark.parametrize("module", ["per_cpu_summary.tla", "Machine.tla", "Allocator.tla"])
@pytest.mark.parametrize("copies", [0, 2])
def test_no_assigning_line_can_be_lost_or_doubled(module: str, copies: int) -> None:
    files = emit_model(compiled(next(p for p in VARIANTS if p.stem == "per_cpu_summary")), TINY).files
    lines = files[module].split("\n")
    assigning = [number for number, line in enumerate(lines) if ASSIGNING.search(line)]
    assert len(assigning) >= 20
    for number in assigning:
        damaged = [*lines[:number], *[lines[number]] * copies, *lines[number + 1 :]]
        with pytest.raises(FrameError):
            prove_frames({**files, module: "\n".join(damaged)})


def test_every_unchanged_variable_counts() -> None:
    files = emit_model(compiled(VARIANTS[0]), TINY).files
    name = f"{VARIANTS[0].stem}.tla"
    text = files[name]
    for match in re.finditer(r"UNCHANGED <<([^>]*)>>", text):
        names = re.findall(r"\w+", match[1])
        for variable in names:
            left = ", ".join(other for other in names if other != variable)
            with pytest.raises(FrameError, match=f"assigns {variable} never"):
                prove_frames({**files, name: f"{text[: match.start(1)]}{left}{text[match.end(1) :]}"})
