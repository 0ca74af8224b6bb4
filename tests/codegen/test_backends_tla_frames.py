"""The proof that each step assigns each variable once: true of what is generated, and of nothing damaged."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pcpdrain.codegen.backends.tla import FrameError, emit_model, prove_frames
from pcpdrain.codegen.backends.tla.actions import ENVIRONMENT
from pcpdrain.codegen.library import SPEC
from tests.codegen.compiling import FIXTURES, TINY, VARIANTS, compile_body, compiled

BROKEN = sorted((SPEC / "broken").glob("*.drain"))

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


@pytest.mark.parametrize("path", [*VARIANTS, *BROKEN, *FIXTURES], ids=lambda path: path.stem)
def test_what_is_generated_is_proved(path: Path) -> None:
    program = compiled(path)
    files = emit_model(program, TINY).files
    handler = 2 + len(program.handler.steps) if program.handler else 0
    boot = 1 if program.uninitialised else 0
    assert prove_frames(files) == 2 + len(program.task.steps) + handler + len(ENVIRONMENT) + boot


DECLARATIONS = """
    static cpumask mask; static cpumask_var other uninitialised; static mutex sleeping;
    handler all_wrong() {
        ack_call();
        for_each_populated_zone(zone) {
            forget_zone_pages(smp_processor_id(), zone);
            duplicate_zone_pages(smp_processor_id(), zone);
        }
        drain_local_pages();
    }"""
EVERY_ACTION = """
    cpumask own;
    if (mutex_lock_interruptible(sleeping))
        return;
    if (alloc_cpumask_var(own)) {
        cpumask_or(mask, own, other);
        free_cpumask_var(own);
    }
    mutex_unlock(sleeping);
    preempt_disable();
    smp_call_function_many(mask, all_wrong, true);
    local_irq_disable();
    drain_local_pages();
    local_irq_enable();
    preempt_enable();
    """
"""A program with every action of the machine that programs have."""

ASSIGNING = re.compile(
    r"^ *(?:IN )?/\\ (?:\w+' = |UNCHANGED |"
    r"(?:Call|Return|Signal|Preempt\w+|Irq\w+|SendCall|TakeCall|AckCall|AckEarly|DrainZone|ForgetZone|"
    r"DuplicateZone|Free|Link|Count|Alloc|Offline|DeadNotifier|Online|GhostsSee)\()"
)


@pytest.mark.parametrize("module", ["x.tla", "Machine.tla", "Allocator.tla", "Hotplug.tla"])
@pytest.mark.parametrize("copies", [0, 2])
def test_no_assigning_line_can_be_lost_or_doubled(module: str, copies: int) -> None:
    files = emit_model(compile_body(EVERY_ACTION, DECLARATIONS), TINY).files
    lines = files[module].split("\n")
    assigning = [number for number, line in enumerate(lines) if ASSIGNING.search(line)]
    assert len(assigning) >= 15
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
