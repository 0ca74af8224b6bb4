"""The generated Python: exact text of one variant, and every variant accepted by the reference machine.

PCPDRAIN_UPDATE_FIXTURES=1 writes the expected text anew.
"""

from __future__ import annotations

import ast
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from pcpdrain.codegen.backends.python import emit_python
from pcpdrain.codegen.backends.tla import emit_model
from tests.codegen.compiling import FIXTURES, TINY, VARIANTS, compile_text, compiled, machine, python_class

GOLDEN = Path(__file__).parent / "golden"
SCOPE = replace(TINY, cpus=3, zones=2, pages=2, drainers=(0, 1, 1))


@pytest.mark.parametrize("name", ["per_cpu_summary"])
def test_the_exact_text(name: str) -> None:
    text = emit_python(compiled(next(path for path in VARIANTS if path.stem == name)))
    golden = GOLDEN / f"{name}.py.txt"
    if os.environ.get("PCPDRAIN_UPDATE_FIXTURES") == "1":
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [*VARIANTS, *FIXTURES], ids=lambda path: path.stem)
def test_every_variant_runs(path: Path) -> None:
    program = compiled(path)
    text = emit_python(program)
    assert text.startswith(f"# Generated from {path.name}; do not edit.\n")
    assert ast.get_docstring(ast.parse(text)) == f"{program.name}: {program.title}."
    reference = machine(program, SCOPE)
    names = set(emit_model(program, SCOPE).state_keys.values())
    chooser = random.Random(path.stem)
    for _ in range(600):
        assert reference.observe().keys() == names
        reference.step(chooser.choice(sorted(reference.enabled())))
        assert "page_conservation" not in reference.violations()


@pytest.mark.parametrize("title", ["\\N \\u \\", "ends in \\", "'", "a\rb\x0bc\x85d"])
def test_a_title_is_never_more_than_a_title(title: str) -> None:
    program = compile_text(
        f'variant x "{title}" {{ origin "{title}"; drain_all_pages() {{ cpu_relax(); }} }}'
    )
    assert python_class(program).__doc__ is not None
    assert len(emit_model(program, TINY).files["x.tla"].splitlines()) == len(
        emit_model(compile_text('variant x "t" { origin "o"; drain_all_pages() { cpu_relax(); } }'), TINY)
        .files["x.tla"]
        .splitlines()
    )


def body_of(text: str) -> list[str]:
    """The lines of the entry, without their indentation."""
    lines = [line.strip() for line in emit_python(compile_text(text)).splitlines()]
    start = next(index for index, line in enumerate(lines) if line.startswith("def drain_all_pages"))
    return lines[start + 1 : lines.index("", start)]


def test_what_acquires_something_keeps_its_sense() -> None:
    body = body_of("""variant x "t" { static mutex mx;
        condition many(cpu target) { return num_online_cpus() > target; }
        drain_all_pages() {
            cpumask mine;
            if (mutex_lock_interruptible(mx) != 0) return;
            if (!alloc_cpumask_var(mine)) { mutex_unlock(mx); return; }
            if (many(smp_processor_id())) cpu_relax();
            free_cpumask_var(mine);
            mutex_unlock(mx);
        } }""")
    wait = "lambda: self.mx.available() or kernel.signal_pending()"
    assert body == [
        "mine = Cpumask(kernel.nr_cpus)",
        f'yield until("drain_all_pages.mutex_lock_interruptible", {wait})',
        "if not self.mx.trylock(kernel):",
        "return",
        'outcome = yield Allocation("drain_all_pages.alloc_cpumask_var")',
        "mine = Cpumask(kernel.nr_cpus, outcome or ())",
        "if outcome is None:",
        'yield "drain_all_pages.mutex_unlock"',
        "self.mx.unlock(kernel)",
        "return",
        "many_value = yield from self.many(kernel, kernel.smp_processor_id())",
        "if many_value:",
        'yield "drain_all_pages.cpu_relax"',
        "kernel.cpu_relax()",
        "mine.clear()",
        'yield "drain_all_pages.mutex_unlock_2"',
        "self.mx.unlock(kernel)",
    ]


def test_what_the_machine_must_know_of_a_program() -> None:
    made = python_class(
        compile_text("""variant x "t" { static cpumask_var m uninitialised; counter drains;
        drain_all_pages() { cpumask_clear(m); count_event(drains); } }""")
    )
    assert (made.UNINITIALISED, made.COUNTS) == (("m",), {"drain_all_pages.count_event": "drains"})


def test_the_shape_of_the_source_is_kept() -> None:
    text = emit_python(
        compile_text("""variant x "t" { static cpumask m;
        drain_all_pages() {
            for_each_online_cpu(cpu) {
                if (cpu == smp_processor_id()) continue;
                else if (cpumask_test_cpu(cpu, m)) break;
                else cpumask_set_cpu(cpu, m);
            }
        } }""")
    )
    lines = [line.strip() for line in text.splitlines()]
    start = lines.index("cpu = -1")
    assert lines[start : lines.index("}", start) - 3][:14] == [
        "cpu = -1",
        "while True:",
        'yield "drain_all_pages.for_each_online_cpu"',
        "cpu = kernel.cpu_online_mask.next(cpu)",
        "if cpu >= kernel.nr_cpus:",
        "break",
        "if cpu == kernel.smp_processor_id():",
        "continue",
        "else:",
        'yield "drain_all_pages.cpumask_test_cpu"',
        "if self.m.test_cpu(cpu):",
        "break",
        "else:",
        'yield "drain_all_pages.cpumask_set_cpu"',
    ]
