"""Lower: local code joins the step before it, locals end with their blocks, too much of it is refused."""

from __future__ import annotations

from typing import Any

import pytest

from pcpdrain.codegen import errors
from pcpdrain.codegen.backends.dump import dump_program
from pcpdrain.codegen.ir import expr as x
from pcpdrain.codegen.ir.steps import Choice, Guard, Target, targets
from tests.codegen.compiling import compile_body

DECLARATIONS = "static cpumask m;"
READ = "drain_all_pages.num_online_cpus"
RELAX = "drain_all_pages.cpu_relax"


def dumped(body: str) -> dict[str, Any]:
    result: dict[str, Any] = dump_program(compile_body(body, DECLARATIONS))["task"]
    return result


def test_local_code_is_part_of_the_step_before_it() -> None:
    task = dumped("int n = num_online_cpus(); n = n * 2; n = n + 1; cpu_relax(); if (n == 5) cpu_relax();")
    step = task["steps"][READ]
    assert step["locals"] == {
        "drain_all_pages.n": ["+", ["*", ["weight", ["access", "cpu_online_mask"]], 2], 1]
    }
    assert step["next"] == RELAX
    assert step["live"] == []
    assert task["steps"][RELAX]["next"] == ["if", ["==", "drain_all_pages.n", 5], f"{RELAX}_2", "return"]
    assert task["steps"][RELAX]["live"] == ["drain_all_pages.n"]


def test_local_code_before_the_first_step_belongs_to_the_call() -> None:
    entry = dumped("int n = 4; if (n > 3) n = 1; cpu_relax(); if (n > 2) cpu_relax();")["entry"]
    assert entry["next"] == RELAX
    assert entry["locals"]["drain_all_pages.n"] == ["ite", [">", 4, 3], 1, 4]


def test_a_local_has_its_default_outside_of_its_block() -> None:
    task = dumped("{ int n = num_online_cpus(); cpu_relax(); if (n == 1) cpu_relax(); } cond_resched();")
    assert task["steps"][f"{RELAX}_2"]["locals"] == {"drain_all_pages.n": 0}
    assert task["steps"]["drain_all_pages.cond_resched"]["live"] == []


@pytest.mark.parametrize("jump", ["break", "return"])
def test_a_jump_out_of_loops_resets_their_variables(jump: str) -> None:
    task = dumped(
        f"for_each_online_cpu(cpu) for_each_populated_zone(zone) if (pcp_count(cpu, zone) > 0) {jump};"
    )
    updates = task["steps"]["drain_all_pages.pcp_count"]["locals"]
    assert -1 in updates["drain_all_pages.zone"]
    reset = "drain_all_pages.cpu" in updates
    assert reset == (jump == "return")


def test_continue_goes_on_with_the_next_round() -> None:
    task = dumped("for_each_populated_zone(zone) { if (num_online_cpus() == 1) continue; cpu_relax(); }")
    variable = "drain_all_pages.zone"
    _, _, then, otherwise = task["steps"][READ]["next"]
    assert then == ["if", ["<", ["+", variable, 1], ["nr_zones"]], READ, "return"]
    assert otherwise == RELAX


def test_a_temporary_is_alive_from_its_value_on() -> None:
    task = dumped("for_each_populated_zone(z1x) if (num_online_cpus() == cpumask_weight(m)) cpu_relax();")
    temporary = "drain_all_pages.num_online_cpus_value"
    assert temporary not in task["steps"][READ]["live"]
    assert temporary in task["steps"]["drain_all_pages.cpumask_weight"]["live"]


@pytest.mark.parametrize(
    "body",
    [
        "int n = num_online_cpus(); " + "n = n + n; " * 40,
        "cpumask a; cpumask b; cpumask_copy(a, m);" + "cpumask_or(b, a, b); cpumask_or(a, a, b); " * 20,
    ],
)
def test_values_that_explode_are_refused(body: str) -> None:
    with pytest.raises(errors.DrainErrors, match="N501: not yet supported: a value of more than 200 terms"):
        compile_body(body, DECLARATIONS)


def test_branches_that_explode_are_refused() -> None:
    tests = "".join(f"if (n == {number}) cpu_relax(); " for number in range(120))
    with pytest.raises(errors.DrainErrors, match="N501: not yet supported: more than 100 branches"):
        compile_body(f"int n = cpumask_weight(m); {tests}", DECLARATIONS)


def test_what_was_asked_already_is_no_branch() -> None:
    program = compile_body("bool b = cpumask_empty(m);" + "if (b) cpu_relax(); " * 120, DECLARATIONS)
    after_the_read = program.task.steps["drain_all_pages.cpumask_empty"].next
    assert targets(after_the_read) == {"drain_all_pages.cpu_relax", "return"}


def test_a_long_condition_stays_small() -> None:
    program = compile_body(f"if ({' && '.join(['cpumask_empty(m)'] * 40)}) cpu_relax();", DECLARATIONS)
    assert len(str(dump_program(program))) < 300_000


def test_an_interruptible_lock_waits_for_the_mutex_or_a_signal() -> None:
    body = "if (mutex_lock_interruptible(mx) != 0) return; cpu_relax(); mutex_unlock(mx);"
    program = compile_body(body, "static mutex mx;")
    step = program.task.steps["drain_all_pages.mutex_lock_interruptible"]
    assert step.guard == Guard("lock_free_or_signal", lock="mx")
    assert step.lock_update == ("mx", "take_if_free")
    free = x.Access("mutex_lock_interruptible", x.LockFree("mx"))
    assert step.next == Choice(free, Target(RELAX), Target("return"))


@pytest.mark.parametrize(
    ("condition", "got"),
    [
        ("mutex_lock_interruptible(mx)", False),
        ("!mutex_lock_interruptible(mx)", True),
        ("mutex_lock_interruptible(mx) != 0", False),
        ("mutex_lock_interruptible(mx) == 0", True),
        ("!(mutex_lock_interruptible(mx) == 0)", False),
        ("!!(mutex_lock_interruptible(mx) == 0)", True),
    ],
)
def test_zero_means_that_the_mutex_was_got(condition: str, got: bool) -> None:
    ways = ("mutex_unlock(mx);", "cond_resched();")
    then, other = ways if got else reversed(ways)
    task = dump_program(compile_body(f"if ({condition}) {then} else {other}", "static mutex mx;"))["task"]
    _, free, first, second = task["steps"]["drain_all_pages.mutex_lock_interruptible"]["next"]
    assert free == ["access", ["lock_free", "mx"]]
    assert (first, second) == ("drain_all_pages.mutex_unlock", "drain_all_pages.cond_resched")


def test_an_allocation_has_an_outcome() -> None:
    task = dumped("cpumask a; if (alloc_cpumask_var(a)) { cpumask_copy(m, a); free_cpumask_var(a); }")
    step = task["steps"]["drain_all_pages.alloc_cpumask_var"]
    assert step["allocates"]
    contents = step["locals"]["drain_all_pages.a"]
    assert contents == ["ite", ["outcome", "ok"], ["outcome", "contents"], ["set"]]
    assert step["next"] == ["if", ["outcome", "ok"], "drain_all_pages.cpumask_copy", "return"]
    assert task["steps"]["drain_all_pages.cpumask_copy"]["locals"] == {"drain_all_pages.a": ["set"]}


def test_an_event_is_named_where_it_is_counted() -> None:
    program = compile_body("count_event(drains);", "counter drains;")
    (step,) = program.task.steps.values()
    assert (step.counts, step.action) == ("drains", None)


def test_what_a_condition_gives_is_no_state() -> None:
    condition = "condition many(cpu target) { return num_online_cpus() > 1 + target; }"
    program = compile_body("for_each_online_cpu(c) if (!many(c)) cpu_relax();", condition)
    assert {variable.name for variable in program.task.locals} == {"drain_all_pages.c", "many.target"}
    step = dump_program(program)["task"]["steps"]["many.num_online_cpus"]
    assert step["next"] == [
        "if",
        [">", ["weight", ["access", "cpu_online_mask"]], ["+", 1, "many.target"]],
        "drain_all_pages.for_each_online_cpu",
        RELAX,
    ]
    assert step["locals"]["many.target"] == -1
