"""Validate: each rule refuses an IR that breaks it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pcpdrain.codegen.ir import expr as x
from pcpdrain.codegen.ir.steps import ACK, RETURN, Action, Choice, Machine, Step, Target
from pcpdrain.codegen.ir.tree import (
    Effect,
    ForEach,
    Instance,
    LocalKind,
    LocalVar,
    MaskOp,
    Node,
    Process,
    SetLocal,
    StepPoint,
)
from pcpdrain.codegen.ir.validate import InvalidIR, validate_machine, validate_tree
from pcpdrain.codegen.source import Source
from tests.codegen.compiling import compile_body

SPAN = Source("x.drain", "text").span(0, 4)
N = x.Local("f.n", "n")
M = x.StaticMask("m", "m")
READ = x.Access("op", M)
OTHER = x.Access("op", x.OnlineMask())
POINT = StepPoint("f.op", SPAN)
MASK = x.Local("f.mask", "mask")


def tree(*body: Node) -> Process:
    instance = Instance("f", {}, (), SPAN, body)
    return Process(instance, (instance,))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([SetLocal(N, x.Apply("weight", (READ,)), None, SPAN)], "1 shared accesses"),
        ([SetLocal(N, x.Apply("and", (READ, OTHER)), POINT, SPAN)], "2 shared accesses at f.op"),
        ([MaskOp("cpumask_clear", M, (), None, SPAN)], "1 shared accesses"),
        ([MaskOp("cpumask_copy", M, (OTHER,), POINT, SPAN)], "2 shared accesses at f.op"),
        ([Effect("cpu_relax", (), POINT), Effect("cpu_relax", (), POINT)], "two steps are called f.op"),
        (
            [ForEach(N, MASK, (SetLocal(N, x.Apply("weight", (READ,)), None, SPAN),), None, SPAN)],
            "1 shared accesses",
        ),
    ],
)
def test_trees(body: list[Node], message: str) -> None:
    with pytest.raises(InvalidIR, match=message):
        validate_tree(tree(*body))


def test_a_tree_with_one_access_a_step() -> None:
    validate_tree(
        tree(
            SetLocal(N, x.Apply("weight", (READ,)), POINT, SPAN),
            MaskOp("cpumask_clear", MASK, (), None, SPAN),
        )
    )


def machine(**changes: Any) -> Machine:
    """A machine of one good step, with that step changed."""
    program = compile_body("cpu_relax();")
    (step,) = program.task.steps.values()
    local = LocalVar("f.n", LocalKind.INT)
    changed: Step = replace(step, **changes)
    return replace(program.task, steps={step.name: changed}, locals=(local,))


WEIGHT = x.Apply("weight", (READ,))
HERE = "drain_all_pages.cpu_relax"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"static_updates": {"m": READ}}, "1 reads and 1 writes"),
        ({"static_updates": {"m": x.Const(frozenset()), "k": x.Const(frozenset())}}, "0 reads and 2 writes"),
        (
            {"static_updates": {"m": x.Const(frozenset())}, "lock_update": ("l", "take")},
            "0 reads and 2 writes",
        ),
        ({"local_updates": {"f.n": WEIGHT}, "action": Action("preempt_disable")}, "1 reads and 1 writes"),
        ({"local_updates": {"f.n": x.Apply("and", (READ, OTHER))}}, "2 reads and 0 writes"),
        (
            {
                "next": Choice(x.Apply("empty", (READ,)), Target(RETURN), Target(HERE)),
                "lock_update": ("l", "take"),
            },
            "1 reads and 1 writes",
        ),
        (
            {"next": Choice(x.Apply("<", (N, N)), Target(RETURN), Target(HERE))},
            "reads f.n, which is not alive",
        ),
        ({"action": Action("send_call", (N,))}, "reads f.n, which is not alive"),
        ({"local_updates": {"f.n": x.Local("f.k", "k")}}, "reads f.k, which is not alive"),
        ({"local_updates": {"f.k": x.Const(1)}}, "writes a local that is not kept"),
        ({"local_updates": {"f.n": x.Outcome("contents")}}, "speaks of an outcome and allocates nothing"),
        (
            {"next": Choice(x.Outcome("ok"), Target(RETURN), Target(HERE))},
            "speaks of an outcome and allocates nothing",
        ),
        ({"next": Target("nowhere")}, "control leads to nowhere"),
    ],
)
def test_machines(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidIR, match=message):
        validate_machine(machine(**changes), RETURN)


def test_a_machine_that_is_in_order() -> None:
    validate_machine(machine(), RETURN)
    validate_machine(machine(local_updates={"f.n": N}), RETURN)
    choice = Choice(x.Access("try", x.LockFree("l")), Target(RETURN), Target(HERE))
    validate_machine(machine(next=choice, lock_update=("l", "take_if_free")), RETURN)
    choice = Choice(x.Outcome("ok"), Target(RETURN), Target(HERE))
    validate_machine(
        machine(next=choice, local_updates={"f.n": x.Outcome("contents")}, allocates=True), RETURN
    )


def test_a_step_that_nothing_leads_to() -> None:
    good = machine()
    steps = {**good.steps, "alone": next(iter(good.steps.values()))}
    with pytest.raises(InvalidIR, match="nothing leads to alone"):
        validate_machine(replace(good, steps=steps), RETURN)


@pytest.mark.parametrize("name", [RETURN, ACK])
def test_an_end_is_no_step(name: str) -> None:
    good = machine()
    steps = {name: next(iter(good.steps.values()))}
    with pytest.raises(InvalidIR, match="no program steps"):
        validate_machine(replace(good, steps=steps, entry=Target(name)), RETURN)
