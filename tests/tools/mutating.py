"""What the tests of mutation share: a small original, and its mutants by their operator."""

from functools import cache

from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.pipeline import Compiled, compile_file
from pcpdrain.tools.mutation.bench import Bench
from pcpdrain.tools.mutation.mutants import Mutant
from pcpdrain.tools.mutation.step_mutants import step_mutants
from pcpdrain.tools.mutation.tree_mutants import tree_mutants

VARIANT = "per_cpu_summary"


@cache
def original(variant: str = VARIANT) -> Compiled:
    return compile_file(SPEC / "variants" / f"{variant}.drain")


@cache
def bench(scope: str = "solo_once", variant: str = VARIANT) -> Bench:
    return Bench(original(variant).program, project_scopes().ready[scope])


@cache
def of_tree(scope: str = "solo_once", variant: str = VARIANT) -> tuple[Mutant, ...]:
    known = bench(scope, variant)
    return tuple(tree_mutants(known.program, known.scope))


@cache
def of_steps(scope: str = "solo_once", variant: str = VARIANT) -> tuple[Mutant, ...]:
    known = bench(scope, variant)
    return tuple(step_mutants(known.program, known.scope, known.graph))


def find(mutants: tuple[Mutant, ...], operator: str, words: str) -> Mutant:
    """The mutant of an operator whose description has these words."""
    (found,) = [mutant for mutant in mutants if mutant.operator == operator and words in mutant.description]
    return found


def program_of(mutant: Mutant) -> Program:
    assert mutant.program is not None
    return mutant.program
