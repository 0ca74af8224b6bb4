"""Instantiate: names of steps and instances, inlining, constants, temporaries, short circuit, pauses."""

from __future__ import annotations

import pytest

from pcpdrain.codegen.backends.dump import dump_program
from pcpdrain.codegen.ir.steps import Program
from tests.codegen.compiling import compile_body, compile_text

DECLARATIONS = "static cpumask m; static cpumask other; static spinlock lock; static mutex sleeping;"


def steps(body: str, declarations: str = DECLARATIONS) -> list[str]:
    """The names of all steps of the task, those of the entry without its name."""
    program = compile_body(body, declarations)
    return [name.removeprefix("drain_all_pages.") for name in program.task.steps]


def locals_of(program: Program) -> set[str]:
    return {variable.name.removeprefix("drain_all_pages.") for variable in program.task.locals}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", []),
        ("cpumask_clear(m); cpumask_clear(m);", ["cpumask_clear", "cpumask_clear_2"]),
        ("cpumask mine; cpumask_setall(mine); cpumask_set_cpu(smp_processor_id(), mine);", []),
        ("for_each_populated_zone(zone) { }", ["for_each_populated_zone"]),
        ("for_each_online_cpu(cpu) { }", ["for_each_online_cpu"]),
        ("__cpumask_set_cpu(smp_processor_id(), m);", ["__cpumask_set_cpu", "__cpumask_set_cpu_2"]),
        ("cpumask_and(m, other, cpu_online_mask);", ["cpumask_and", "cpumask_and_2", "cpumask_and_3"]),
        (
            "spin_lock(lock); spin_unlock(lock);",
            ["preempt_disable", "spin_lock", "spin_unlock", "preempt_enable"],
        ),
        (
            "spin_lock_irqsave(lock); spin_unlock_irqrestore(lock);",
            [
                "local_irq_disable",
                "preempt_disable",
                "spin_lock_irqsave",
                "spin_unlock_irqrestore",
                "preempt_enable",
                "local_irq_enable",
            ],
        ),
        ("if (mutex_trylock(sleeping)) mutex_unlock(sleeping);", ["mutex_trylock", "mutex_unlock"]),
        ("if (true) cpu_relax(); else cpumask_clear(m); while (false) cond_resched();", ["cpu_relax"]),
        ("return; cpu_relax();", []),
        ("while (true) { if (cpumask_empty(m)) break; }", ["cpumask_empty"]),
        ("int n; while (n < 3) n = n + 1;", ["while"]),
        ("int n; while (n < 3) { n = n + 1; cpu_relax(); }", ["cpu_relax"]),
        ("int n; while (n < 3) { n = n + 1; if (n == 2) continue; cpu_relax(); }", ["while", "cpu_relax"]),
        ("while (true) { cpumask a; for_each_cpu(cpu, a) cpu_relax(); }", ["while", "cpu_relax"]),
    ],
)
def test_names_of_steps(body: str, expected: list[str]) -> None:
    # A step that is only reached later is listed later, so this compares sets of names that are unique.
    assert sorted(steps(body)) == sorted(expected)


def test_a_routine_inlined_twice() -> None:
    text = """variant x "t" { static cpumask m;
        routine add(cpumask mask, int least) { if (num_online_cpus() > least) cpumask_clear(mask); }
        drain_all_pages() { add(m, 1); add(m, num_online_cpus()); } }"""
    program = compile_text(text)
    assert sorted(program.task.steps) == [
        "add.cpumask_clear",
        "add.num_online_cpus",
        "add_2.cpumask_clear",
        "add_2.num_online_cpus",
        "drain_all_pages.num_online_cpus",
    ]
    # The first one's `least` is a constant, the second's a local that was read before the call.
    kept = "drain_all_pages.least_argument"
    assert {v.name for v in program.task.locals} == {"add_2.least", kept}
    assert program.task.steps["add_2.num_online_cpus"].live == ("add_2.least", kept)


def test_a_constant_parameter_is_folded() -> None:
    text = """variant x "t" {
        routine f(bool wait) { if (wait) cpu_relax(); else cond_resched(); }
        drain_all_pages() { f(false); } }"""
    assert list(compile_text(text).task.steps) == ["f.cond_resched"]


def test_what_the_handler_inlines_is_named_as_in_the_task() -> None:
    text = """variant x "t" { static cpumask m;
        routine forget() { cpumask_clear(m); }
        handler h() { forget(); drain_local_pages(); }
        drain_all_pages() { forget(); on_each_cpu(h, true); } }"""
    program = compile_text(text)
    assert program.handler is not None
    assert list(program.handler.steps) == ["forget_2.cpumask_clear", "drain_local_pages.drain_zone_pages"]
    assert program.handler.steps.keys() < program.task.steps.keys()


def test_what_only_the_handler_inlines_has_names_of_its_own() -> None:
    text = """variant x "t" { static cpumask m;
        routine add(cpumask mask) { cpumask_set_cpu(smp_processor_id(), mask); }
        handler h() { add(m); }
        drain_all_pages() { cpumask mine; add(mine); preempt_disable();
            smp_call_function_many(mine, h, true); preempt_enable(); } }"""
    program = compile_text(text)
    assert program.handler is not None
    assert list(program.handler.steps) == ["add_2.cpumask_set_cpu"]


@pytest.mark.parametrize(
    ("expression", "temporaries"),
    [
        ("cpumask_weight(m) == 1", set()),
        ("cpumask_weight(m) == cpumask_weight(other)", {"cpumask_weight_value"}),
        (
            "cpumask_weight(m) + cpumask_weight(other) == cpumask_weight(m) * 2 + cpumask_weight(other)",
            {"cpumask_weight_value", "cpumask_weight_value_2", "cpumask_weight_value_3"},
        ),
        ("cpumask_empty(m) && cpumask_empty(other)", {"and_value"}),
        ("cpumask_empty(m) || cpumask_empty(other)", {"or_value"}),
        (
            "(cpumask_empty(m) || cpumask_empty(other)) == (cpumask_empty(other) || cpumask_empty(m))",
            {"or_value", "or_value_2"},
        ),
        ("true && !false || 1 < 2", set()),
    ],
)
def test_temporaries_that_live_at_once_stay_apart(expression: str, temporaries: set[str]) -> None:
    program = compile_body(f"if ({expression}) cpu_relax();", DECLARATIONS)
    assert locals_of(program) <= temporaries
    alive = [step.live for step in program.task.steps.values()]
    assert all(len(set(names)) == len(names) for names in alive)
    kept = {name.removeprefix("drain_all_pages.") for names in alive for name in names}
    assert kept == locals_of(program)


@pytest.mark.parametrize(("operator", "decided"), [("&&", False), ("||", True)])
def test_the_right_side_is_read_only_when_the_left_does_not_decide(operator: str, decided: bool) -> None:
    program = compile_body(
        f"if (cpumask_empty(m) {operator} cpumask_empty(other)) cpu_relax();", DECLARATIONS
    )
    first = dump_program(program)["task"]["steps"]["drain_all_pages.cpumask_empty"]
    _, condition, then, otherwise = first["next"]
    straight = "drain_all_pages.cpu_relax" if decided else "return"
    assert {then, otherwise} == {straight, "drain_all_pages.cpumask_empty_2"}
    assert (then == straight) == (decided == (condition[0] == "empty"))


def test_a_condition_that_is_handed_on_is_inlined_where_it_is_asked() -> None:
    text = """variant x "t" {
        condition busy(cpu target) { return num_online_cpus() > target; }
        routine ask(condition cond) { for_each_online_cpu(cpu) if (cond(cpu)) cpu_relax(); }
        drain_all_pages() { ask(busy); while (!busy(smp_processor_id())) cond_resched(); } }"""
    program = compile_text(text)
    assert set(program.task.steps) == {
        "ask.for_each_online_cpu",
        "ask.cpu_relax",
        "busy.num_online_cpus",
        "busy_2.num_online_cpus",
        "drain_all_pages.cond_resched",
    }
    # A CPU that is no constant is a local of the condition, as of any routine.
    assert {v.name for v in program.task.locals} == {"ask.cpu", "busy.target", "busy_2.target"}


def test_a_condition_without_steps_is_decided_at_once() -> None:
    condition = "condition wanted(bool all) { if (all) return true; return false; }"
    assert steps("if (wanted(true)) cpu_relax(); else cond_resched();", condition) == ["cpu_relax"]


def test_masks_with_any_contents_are_known() -> None:
    declarations = "static cpumask a; static cpumask_var b uninitialised; static spinlock l;"
    program = compile_body("cpu_relax();", declarations)
    assert (program.masks, program.uninitialised) == (("a", "b"), ("b",))


def test_an_allocation_and_its_end_are_one_step() -> None:
    body = "cpumask a; if (!alloc_cpumask_var(a)) return; cpumask_clear(a); free_cpumask_var(a);"
    assert steps(body) == ["alloc_cpumask_var"]
