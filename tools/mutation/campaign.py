"""Campaign: all mutants of a variant at a scope, judged on several processors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from random import Random

from pcpdrain.codegen.backends.tla import emit_model
from pcpdrain.codegen.pipeline import Compiled, compile_source
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source

from ..parallel import in_parallel
from .bench import Bench
from .judging import judge
from .mutants import KINDS, Kind, Mutant, MutantResult
from .source_mutants import pcpref_mutants, source_mutants
from .step_mutants import step_mutants
from .tla_mutants import tla_mutants
from .tree_mutants import tree_mutants


def campaign(
    compiled: Compiled,
    scope: Scope,
    kinds: Collection[Kind] = tuple(KINDS),
    seed: int = 0,
    most: int | None = None,
    on_done: Callable[[], None] | None = None,
) -> list[MutantResult]:
    """The results for all mutants of these kinds, in order; for `most` of each kind, where that is given.

    Which these are, and the random walks, depend on the `seed` alone. `on_done` is called after each mutant.

    Raises:
        EngineMissing, EngineFailed: the original cannot be explored, or no mutants made.
    """
    bench = Bench(compiled.program, scope, seed)
    chosen = [mutant for kind in KINDS if kind in kinds for mutant in chosen_mutants(kind, bench, most)]
    return judge_all(chosen, bench, on_done or (lambda: None))


def chosen_mutants(kind: Kind, bench: Bench, most: int | None = None) -> list[Mutant]:
    """The mutants of a kind, or `most` of them, still in order."""
    mutants = list(_mutants(kind, bench))
    if most is None or most >= len(mutants):
        return mutants
    numbers = Random(bench.seed).sample(range(len(mutants)), most)
    return [mutants[number] for number in sorted(numbers)]


def _mutants(kind: Kind, bench: Bench) -> Iterator[Mutant]:
    if kind == "ir":
        yield from tree_mutants(bench.program, bench.scope)
        yield from step_mutants(bench.program, bench.scope, bench.graph)
    elif kind == "python":
        yield from source_mutants("python", "program.py", bench.suites.program_text)
    elif kind == "pcpref":
        yield from pcpref_mutants()
    else:
        yield from tla_mutants(emit_model(bench.program, bench.scope))


def judge_all(
    mutants: Sequence[Mutant], bench: Bench, on_done: Callable[[], None] = lambda: None
) -> list[MutantResult]:
    """The results for some mutants, in their order. When it is interrupted, no process stays behind."""
    original = (bench.program.source, bench.scope, bench.seed)
    return in_parallel(_judge, [(mutant, *original) for mutant in mutants], on_done)


def _judge(mutant: Mutant, source: Source, scope: Scope, seed: int) -> MutantResult:
    return judge(mutant, _bench(source, scope, seed))


@cache
def _bench(source: Source, scope: Scope, seed: int) -> Bench:
    """In a worker: what is made from the original is made once in each."""
    return Bench(compile_source(source).program, scope, seed)
