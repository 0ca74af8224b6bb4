"""Infer context: what is known on every path, in loops, routines and handlers."""

from __future__ import annotations

import pytest

from pcpdrain.codegen import errors
from pcpdrain.codegen.pipeline import compile_source
from pcpdrain.codegen.source import Source
from tests.codegen.compiling import compile_body, compile_text

DECLARATIONS = "static cpumask m; static spinlock lock; static spinlock other; static mutex sleeping;"


def codes(body: str, declarations: str = DECLARATIONS) -> list[str]:
    text = f'variant x "t" {{ {declarations} drain_all_pages() {{ {body} }} }}'
    try:
        return [diagnostic.code for diagnostic in compile_source(Source("x.drain", text)).warnings]
    except errors.DrainErrors as failure:
        return [diagnostic.code for diagnostic in failure.diagnostics]


@pytest.mark.parametrize(
    "body",
    [
        "spin_lock(lock); if (cpumask_empty(m)) { spin_unlock(lock); return; } spin_unlock(lock);",
        "while (!spin_trylock(lock)) cond_resched(); spin_unlock(lock);",
        "while (spin_trylock(lock)) spin_unlock(lock);",
        "if (!spin_trylock(lock)) return; spin_unlock(lock);",
        "if (!!spin_trylock(lock)) spin_unlock(lock); else cond_resched();",
        "while (true) { preempt_disable(); if (cpumask_empty(m)) break; preempt_enable(); }preempt_enable();",
        "for_each_online_cpu(c) { spin_lock(lock); spin_unlock(lock); if (cpumask_empty(m)) continue; }",
        "for_each_online_cpu(c) { mutex_lock(sleeping); mutex_unlock(sleeping); break; }",
        "while (true) { spin_lock(lock); while (cpumask_empty(m)) break; spin_unlock(lock); continue; }",
        "preempt_disable(); preempt_disable(); preempt_enable(); preempt_enable();",
        "spin_lock(lock); spin_lock(other); spin_unlock(lock); spin_unlock(other);",
        "mutex_lock(sleeping); cond_resched(); mutex_unlock(sleeping);",
        "while (true) cpu_relax(); spin_unlock(lock);",
        "if (mutex_lock_interruptible(sleeping)) return; mutex_unlock(sleeping);",
        "if (!mutex_lock_interruptible(sleeping)) mutex_unlock(sleeping);",
        "if (!(mutex_lock_interruptible(sleeping) == 0)) return; mutex_unlock(sleeping);",
        "while (mutex_lock_interruptible(sleeping) != 0) cond_resched(); mutex_unlock(sleeping);",
        "cpumask a; while (!alloc_cpumask_var(a)) cond_resched(); cpumask_clear(a); free_cpumask_var(a);",
        "cpumask a; if (!alloc_cpumask_var(a)) return; cpumask_copy(m, a); free_cpumask_var(a); return;",
        "for_each_online_cpu(c) { cpumask a; if (!alloc_cpumask_var(a)) continue; free_cpumask_var(a); }",
        "local_irq_disable(); cpumask a; if (alloc_cpumask_var(a)) free_cpumask_var(a); local_irq_enable();",
        "cpumask a; while (alloc_cpumask_var(a)) free_cpumask_var(a);",
        "cpumask a; if (alloc_cpumask_var(a)) while (true) cpu_relax();",
        "preempt_disable(); spin_lock(lock); preempt_enable(); cpu_relax(); spin_unlock(lock);",
        "spin_lock(lock); preempt_disable(); spin_unlock(lock); cpu_relax(); preempt_enable();",
        "spin_lock(lock); local_irq_disable(); local_irq_enable(); spin_unlock(lock);",
        "local_irq_disable(); spin_lock(lock); local_irq_enable(); spin_unlock(lock);",
        "spin_lock(lock); spin_lock_irqsave(other); spin_unlock(lock); spin_unlock_irqrestore(other);",
        "spin_lock_irqsave(lock); spin_lock(other); spin_unlock_irqrestore(lock); spin_unlock(other);",
        "spin_lock_irqsave(lock); preempt_disable(); preempt_enable(); spin_unlock_irqrestore(lock);",
        "spin_lock(lock); if (mutex_trylock(sleeping)) mutex_unlock(sleeping); spin_unlock(lock);",
        "local_irq_disable(); if (spin_trylock(lock)) spin_unlock(lock); local_irq_enable();",
        "mutex_lock(sleeping); spin_lock(lock); mutex_unlock(sleeping); spin_unlock(lock);",
        "spin_lock(lock); on_each_cpu_mask(m, drain_local_pages, true); spin_unlock(lock);",
        "spin_lock(lock); cpumask a; if (alloc_cpumask_var(a)) free_cpumask_var(a); spin_unlock(lock);",
        (
            "spin_lock(lock); if (spin_trylock(other)) spin_unlock(other); spin_unlock(lock);"
            "spin_lock(other); spin_lock(lock); spin_unlock(lock); spin_unlock(other);"
        ),
        (
            "preempt_disable(); for_each_online_cpu(c) { wait_call(c); send_call(c, drain_local_pages); }"
            "preempt_enable();"
        ),
        (
            "while (true) { mutex_lock(sleeping); if (cpumask_empty(m)) break; mutex_unlock(sleeping); }"
            "mutex_unlock(sleeping);"
        ),
        (
            "for_each_online_cpu(c) { mutex_lock(sleeping); if (cpumask_empty(m)) { mutex_unlock(sleeping);"
            "break; } mutex_unlock(sleeping); }"
        ),
    ],
)
def test_balanced(body: str) -> None:
    assert codes(body) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("while (spin_trylock(lock)) cpu_relax();", ["C307"]),
        ("while (spin_trylock(lock)) break;", ["C307"]),
        ("if (!spin_trylock(lock)) cpu_relax(); spin_unlock(lock);", ["C304"]),
        ("while (true) { spin_lock(lock); if (cpumask_empty(m)) continue; spin_unlock(lock); }", ["C307"]),
        ("for_each_online_cpu(cpu) { spin_lock(lock); break; }", ["C307"]),
        ("spin_lock(lock); while (true) if (cpumask_empty(m)) return;", ["C303"]),
        ("spin_lock(lock); cond_resched(); spin_unlock(lock); preempt_enable();", ["C301", "C306"]),
        ("spin_lock(lock); spin_lock(lock); spin_unlock(lock); spin_unlock(lock);", ["C305"]),
        ("spin_unlock_irqrestore(lock);", ["C302"]),
        ("if (mutex_lock_interruptible(sleeping) != 0) mutex_unlock(sleeping);", ["C304", "C302"]),
        (
            "spin_lock(lock); if (!mutex_lock_interruptible(sleeping)) mutex_unlock(sleeping);",
            ["C301", "C303"],
        ),
        ("cpumask a; if (alloc_cpumask_var(a)) cpumask_clear(a);", ["C304"]),
        ("cpumask a; if (alloc_cpumask_var(a)) return;", ["C314"]),
        ("{ cpumask a; if (!alloc_cpumask_var(a)) return; } cpu_relax();", ["C314"]),
        ("cpumask a; if (alloc_cpumask_var(a)) { free_cpumask_var(a); free_cpumask_var(a); }", ["C315"]),
        (
            "cpumask a; for_each_cpu(c, a) cpu_relax(); if (alloc_cpumask_var(a)) free_cpumask_var(a);",
            ["C312"],
        ),
        ("ack_call();", ["C316"]),
        (
            "spin_lock(lock); preempt_enable(); cond_resched(); preempt_disable(); spin_unlock(lock);",
            ["C306", "C301"],
        ),
        (
            (
                "spin_lock(lock); preempt_enable(); mutex_lock(sleeping); mutex_unlock(sleeping);"
                "preempt_disable(); spin_unlock(lock);"
            ),
            ["C306", "C301"],
        ),
        ("spin_lock(lock); preempt_enable(); spin_unlock(lock);", ["C306"]),
        ("spin_lock_irqsave(lock); local_irq_enable(); spin_unlock_irqrestore(lock);", ["C306"]),
        (
            (
                "spin_lock_irqsave(lock); local_irq_enable(); on_each_cpu(drain_local_pages, true);"
                "local_irq_disable(); spin_unlock_irqrestore(lock);"
            ),
            ["C306"],
        ),
        (
            (
                "for_each_online_cpu(c) { spin_lock_irqsave(lock); local_irq_enable(); local_irq_disable();"
                "spin_unlock_irqrestore(lock); }"
            ),
            ["C306"],
        ),
        ("local_irq_disable(); on_each_cpu_mask(m, drain_local_pages, true); local_irq_enable();", ["C306"]),
        ("spin_lock_irqsave(lock); spin_unlock(lock); local_irq_enable();", ["C317", "C306"]),
        ("local_irq_disable(); spin_lock(lock); spin_unlock_irqrestore(lock);", ["C317", "C303"]),
        ("spin_lock_irqsave(lock); spin_lock_irqsave(lock);", ["C305"]),
        ("preempt_disable(); spin_unlock(lock); preempt_enable();", ["C302"]),
        ("spin_lock(other); spin_unlock(lock);", ["C302", "C303"]),
        ("local_irq_disable(); send_call(smp_processor_id(), drain_local_pages);", ["C303"]),
        (
            "local_irq_disable(); for_each_populated_zone(z) forget_zone_pages(smp_processor_id(), z);",
            ["C303"],
        ),
    ],
)
def test_unbalanced(body: str, expected: list[str]) -> None:
    assert codes(body) == expected


def test_the_caret_is_at_the_jump_that_makes_rounds_or_exits_differ() -> None:
    body = """while (spin_trylock(lock)) {
            if (cpumask_empty(m))
                break;
            spin_unlock(lock);
        }"""
    with pytest.raises(errors.DrainErrors) as caught:
        compile_body(body, DECLARATIONS)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.span.text) == ("C307", "break;")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("ack_call(); drain_local_pages();", []),
        ("if (cpumask_empty(m)) ack_call(); else ack_call();", []),
        ("if (cpumask_empty(m)) ack_call(); ack_call();", ["C321"]),
        ("for_each_online_cpu(c) { ack_call(); break; }", []),
        ("for_each_online_cpu(c) { if (cpumask_empty(m)) { ack_call(); return; } }", []),
        ("for_each_online_cpu(c) { if (cpumask_empty(m)) ack_call(); }", ["C321"]),
        ("for_each_online_cpu(c) { drain_local_pages(); } ack_call();", []),
        ("while (true) { for_each_online_cpu(c) ack_call(); if (cpumask_empty(m)) return; }", ["C321"]),
    ],
)
def test_a_handler_answers_at_most_once_on_each_way(body: str, expected: list[str]) -> None:
    handler = f"{DECLARATIONS} handler h() {{ {body} }}"
    assert (
        codes("preempt_disable(); smp_call_function_many(m, h, true); preempt_enable();", handler) == expected
    )


def test_contexts_at_the_steps() -> None:
    program = compile_body(
        "spin_lock_irqsave(lock); cpu_relax(); spin_unlock_irqrestore(lock);", DECLARATIONS
    )
    contexts = {name.partition(".")[2]: str(step.context) for name, step in program.task.steps.items()}
    assert contexts == {
        "local_irq_disable": "irqs on, preemption on, locks none",
        "preempt_disable": "irqs off, preemption on, locks none",
        "spin_lock_irqsave": "irqs off, preemption off, locks none",
        "cpu_relax": "irqs off, preemption off, locks lock",
        "spin_unlock_irqrestore": "irqs off, preemption off, locks lock",
        "preempt_enable": "irqs off, preemption off, locks none",
        "local_irq_enable": "irqs off, preemption on, locks none",
    }


def test_the_same_routine_in_a_task_and_in_a_handler() -> None:
    text = """variant x "t" {
        routine rest() { cond_resched(); }
        handler h() { rest(); drain_local_pages(); }
        drain_all_pages() { rest(); on_each_cpu(h, true); } }"""
    with pytest.raises(errors.DrainErrors) as caught:
        compile_text(text)
    # Both times at the same place: run by the task with irqs off, and as an IPI handler.
    assert {(d.code, d.span.line) for d in caught.value.diagnostics} <= {("C301", 2), ("C308", 2)}


def test_a_mistake_inside_the_library_is_shown_at_the_variants_call() -> None:
    text = """variant x "t" {
        static cpumask m;
        routine outer() {
            on_each_cpu_mask(m, drain_local_pages, true);
        }
        drain_all_pages() {
            spin_free();
            local_irq_disable();
            outer();
            local_irq_enable();
        }
        routine spin_free() { cpu_relax(); }
    }"""
    with pytest.raises(errors.DrainErrors) as caught:
        compile_text(text)
    assert {(d.code, d.span.line, d.span.text) for d in caught.value.diagnostics} >= {
        ("C306", 4, "on_each_cpu_mask(m, drain_local_pages, true)"),
    }
    assert all(d.span.source.name == "x.drain" for d in caught.value.diagnostics)
    assert "(at smp.drain:" in str(caught.value)


def test_a_mistake_in_a_handler_that_the_library_runs_is_shown_in_the_handler() -> None:
    text = """variant x "t" {
        handler h() {
            cond_resched();
        }
        drain_all_pages() { on_each_cpu(h, true); } }"""
    with pytest.raises(errors.DrainErrors) as caught:
        compile_text(text)
    assert {(d.span.line, d.span.text) for d in caught.value.diagnostics} == {(3, "cond_resched()")}


def test_only_the_own_lists_can_be_drained() -> None:
    body = """local_irq_disable();
        for_each_online_cpu(cpu) for_each_populated_zone(zone)
            drain_zone_pages(cpu, zone);
        local_irq_enable();"""
    with pytest.raises(errors.DrainErrors) as caught:
        compile_body(body)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.message) == ("N501", "not yet supported: draining another CPU's list")
    assert diagnostic.span.text == "drain_zone_pages(cpu, zone)"


def test_allowed_mistakes_are_warnings_and_the_others_stay_errors() -> None:
    declarations = f"allow C303; {DECLARATIONS}"
    assert codes("mutex_lock(sleeping); return;", declarations) == ["C303"]
    warned = compile_body("mutex_lock(sleeping); local_irq_disable();", declarations)
    assert warned.return_irqs_off
    assert not compile_body("mutex_lock(sleeping);", declarations).return_irqs_off
    with pytest.raises(errors.DrainErrors, match="error C302") as caught:
        compile_body("mutex_unlock(sleeping); preempt_disable();", declarations)
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["C302"]


@pytest.mark.parametrize("op", ["forget_zone_pages", "duplicate_zone_pages"])
def test_no_other_list_is_touched(op: str) -> None:
    body = f"local_irq_disable(); for_each_online_cpu(c) for_each_populated_zone(z) {op}(c, z);"
    assert codes(f"{body} local_irq_enable();") == ["N501"]
