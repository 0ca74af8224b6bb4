"""The operators: which mistakes they make in a program and in the specification, and which they do not."""

from collections import Counter
from dataclasses import replace

import pytest

from pcpdrain.codegen.backends.python import emit_python
from pcpdrain.codegen.backends.tla import emit_model
from pcpdrain.codegen.ir.steps import Machine
from pcpdrain.codegen.library import variant_files
from pcpdrain.codegen.properties import GHOSTS
from pcpdrain.tools.mutation.mutants import Mutant
from pcpdrain.tools.mutation.source_mutants import line_diff
from pcpdrain.tools.mutation.step_mutants import step_mutants
from pcpdrain.tools.mutation.tla_judging import judge_tla
from pcpdrain.tools.mutation.tla_mutants import tla_mutants
from tests.thinning import thinned
from tests.tools.mutating import bench, find, of_steps, of_tree, original, program_of

CHANGED = {
    ("drop step", "without cpumask_clear_cpu(cpu, cpus_with_pcps)"): (
        "-            else:\n"
        '-                yield "drain_all_pages.cpumask_clear_cpu"\n'
        "-                self.cpus_with_pcps.clear_cpu(cpu)"
    ),
    ("other mask operation", "cpumask_clear_cpu for cpumask_set_cpu"): (
        "-                self.cpus_with_pcps.set_cpu(cpu)\n"
        "+                self.cpus_with_pcps.clear_cpu(cpu)"
    ),
    ("other comparison", ">= in pcp_count"): (
        "-                if kernel.pcp_count(cpu, zone) > 0:\n"
        "+                if kernel.pcp_count(cpu, zone) >= 0:"
    ),
    ("wrong CPU", "0 for cpu in pcp_count"): (
        "-                if kernel.pcp_count(cpu, zone) > 0:\n"
        "+                if kernel.pcp_count(0, zone) > 0:"
    ),
    ("drop jump", "without break"): "-                    break",
    (
        "other constant",
        "True in bool has_pcps",
    ): "-            has_pcps = False\n+            has_pcps = True",
}


@pytest.mark.parametrize(("operator", "words"), CHANGED)
def test_a_mistake_in_the_tree_is_in_the_python(operator: str, words: str) -> None:
    mutant = find(of_tree(), operator, words)
    text = emit_python(program_of(mutant))
    changed = line_diff(bench().suites.program_text, text)
    code = "\n".join(line for line in changed.splitlines() if "': " not in line)
    assert code == CHANGED[operator, words]


@pytest.mark.parametrize("variant", thinned([path.stem for path in variant_files()], 6))
def test_no_mutant_of_the_tree_is_the_original(variant: str) -> None:
    mutants = [mutant for mutant in of_tree("solo_once", variant) if mutant.program is not None]
    assert len(mutants) > 30
    before = emit_python(original(variant).program)
    assert [mutant for mutant in mutants if emit_python(program_of(mutant)) == before] == []


def test_every_kind_of_mistake_is_made() -> None:
    made = Counter(mutant.operator for mutant in (*of_tree(), *of_steps()))
    assert set(made) == {
        "ack early", "decide beforehand", "do nothing", "drop call", "drop guard", "drop jump", "drop step",
        "drop update",
        "leave loop early", "negate condition", "other comparison", "other constant", "other mask operation",
        "rare state (2 facts)", "rare state (3 facts)", "swap steps", "wrong CPU", "wrong zone",
    }  # fmt: skip


def test_a_loop_over_cpus_keeps_its_end() -> None:
    for mutant in of_tree():
        if mutant.program is not None:
            assert "if cpu >= kernel.nr_cpus:" in emit_python(mutant.program), mutant.description


def told(mutant: Mutant) -> tuple[str, str, Machine, Machine | None]:
    """What there is to tell mutants apart by: two programs that are alike are still two."""
    assert mutant.program is not None
    return mutant.operator, mutant.description, mutant.program.task, mutant.program.handler


def test_a_rare_state_is_rare_and_chosen_alike_each_time() -> None:
    known = bench()
    again = tuple(step_mutants(known.program, known.scope, known.graph))
    assert list(map(told, again)) == list(map(told, of_steps()))
    rare = [mutant for mutant in again if mutant.operator.startswith("rare")]
    assert rare
    for mutant in rare:
        states = int(mutant.description.rpartition("(")[2].split()[0])
        assert 0 < states < len(known.graph.states) / 10


def tla(operator: str, words: str) -> Mutant:
    known = bench("alone")
    mutants = tla_mutants(emit_model(known.program, known.scope))
    return next(mutant for mutant in mutants if mutant.operator == operator and words in mutant.description)


def test_another_specification_is_noticed_on_the_reference_machine() -> None:
    result = judge_tla(tla("other sign", r"- for +: /\ preempt_count'"), bench("alone"))
    assert result.verdict == "killed"


def test_a_specification_may_say_the_same_in_other_words() -> None:
    result = judge_tla(tla("drop guard", "without CsdFree"), bench("alone"))
    assert result.verdict == "equivalent"


def test_what_tlc_refuses_is_stillborn() -> None:
    result = judge_tla(tla("other sign", "0 for -1: /\\ drain_all_pages__zone ="), bench("alone"))
    assert result.verdict == "killed"
    guard = tla("drop guard", "without CsdFree")
    torn = replace(guard, text=guard.text.replace("/\\ TRUE", "/\\ Nowhere"))
    result = judge_tla(torn, bench("alone"))
    assert (result.verdict, "Nowhere" in result.reason) == ("stillborn", True)


def test_no_assignment_is_left_out_and_no_ghost_changed() -> None:
    known = bench("alone")
    model = emit_model(known.program, known.scope)
    files = 0
    for mutant in tla_mutants(model):
        before, after = (line_diff(model.files[mutant.module], mutant.text)).split("\n+", 1)
        assert before.count("' =") == after.count("' ="), mutant.description
        assert not any(f"{ghost}'" in before for ghost in GHOSTS), mutant.description
        files += 1
    assert files > 300
