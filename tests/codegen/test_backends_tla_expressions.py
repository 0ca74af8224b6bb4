"""IR expressions as TLA+, and whole modules: names, types, labels, the same bytes every time."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from pcpdrain.codegen.backends.tla import emit_model
from pcpdrain.codegen.backends.tla.expressions import HANDLER, TASK, Printer
from pcpdrain.codegen.ir import expr as x
from tests.codegen.compiling import FIXTURES, TINY, VARIANTS, compile_body, compiled

N = x.Local("f.n", "n")
M = x.StaticMask("m", "m")
ONE = x.Const(1)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (x.Const(True), "TRUE"),
        (x.Const(7), "7"),
        (x.Const(frozenset({2, 0})), "{0, 2}"),
        (x.Const(frozenset()), "{}"),
        (N, "f__n[d]"),
        (x.SelfCpu(), "Home[d]"),
        (x.Access("op", x.OnlineMask()), "online"),
        (x.Access("op", x.PcpCount(x.SelfCpu(), N)), "pcp[Home[d]][f__n[d]]"),
        (x.Access("op", x.LockFree("lock")), "(lock = NoTask)"),
        (x.Apply("!", (x.Apply("==", (N, ONE)),)), "~(f__n[d] = 1)"),
        (x.Apply("-", (x.Apply("+", (N, ONE)),)), "-(f__n[d] + 1)"),
        (x.Apply("*", (x.Apply("-", (N, ONE)), N)), "(f__n[d] - 1) * f__n[d]"),
        (x.Apply("/", (N, x.Const(2))), "f__n[d] \\div 2"),
        (x.Apply("%", (N, x.Const(2))), "f__n[d] % 2"),
        (x.Apply("test", (x.SelfCpu(), M)), "Home[d] \\in m"),
        (x.Apply("with", (M, N)), "m \\cup {f__n[d]}"),
        (x.Apply("without", (M, N)), "m \\ {f__n[d]}"),
        (x.Apply("andnot", (M, M)), "m \\ m"),
        (x.Apply("empty", (x.Apply("and", (M, M)),)), "(m \\cap m) = {}"),
        (x.Apply("weight", (x.Apply("or", (M, M)),)), "Cardinality(m \\cup m)"),
        (x.Apply("<", (x.Apply("next", (N, M)), x.NR_CPUS)), "NextCpu(f__n[d], m) < Cardinality(Cpus)"),
        (
            x.Apply("&&", (x.Apply("ite", (x.TRUE, x.TRUE, x.TRUE)), x.TRUE)),
            "(IF TRUE THEN TRUE ELSE TRUE) /\\ TRUE",
        ),
    ],
)
def test_expressions(expression: x.Expr, text: str) -> None:
    assert Printer(TASK).show(expression) == text


def test_a_handler_has_variables_of_its_own_and_runs_on_its_cpu() -> None:
    assert Printer(HANDLER).show(x.Apply("==", (N, x.SelfCpu()))) == "irq__f__n[c] = c"


def test_labels_and_operators_are_one_to_one() -> None:
    scope = replace(TINY, cpus=3, zones=2, drainers=(0, 2))
    for path in [*VARIANTS, *FIXTURES]:
        model = emit_model(compiled(path), scope)
        assert len(set(model.labels.values())) == len(model.labels)
        assert "d1:call" in model.labels.values()
        assert "c2:free z1" in model.labels.values()


def test_a_variant_without_variables_or_calls() -> None:
    model = emit_model(compile_body("cpu_relax();"), TINY)
    assert "program_vars ==\n  <<last_writer, missed>>\n" in model.files["x.tla"]
    assert not any("take" in label for label in model.labels.values())


def test_the_first_line_says_what_it_is_generated_from() -> None:
    model = emit_model(compiled(VARIANTS[0]), TINY)
    name = VARIANTS[0].stem
    assert model.files[f"{name}.tla"].startswith(f"\\* Generated from {name}.drain; do not edit.\n")
    assert model.files["MC_tiny.tla"].startswith(
        f"\\* Generated from {name}.drain for scope tiny; do not edit.\n"
    )
    assert model.config([]).startswith("\\* Generated for scope tiny; do not edit.\n")


SCRIPT = """
from hashlib import sha256
from pathlib import Path
import sys
from pcpdrain.codegen.backends.python import emit_python
from pcpdrain.codegen.backends.tla import emit_model
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.codegen.scopes import Scope
digest = sha256()
for name in sys.argv[1:]:
    program = compile_file(Path(name)).program
    model = emit_model(program, Scope("tiny", 2, 1, 1, 2, 1, (0, 1)))
    made = emit_python(program), list(model.files.items()), model.labels, model.state_keys
    digest.update(repr(made).encode())
print(digest.hexdigest())
"""


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    paths = [str(path) for path in [*VARIANTS, *FIXTURES]]
    digests = set()
    for seed in ("1", "4242"):
        command = [sys.executable, "-c", SCRIPT, *paths]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        digests.add(done.stdout)
    assert len(digests) == 1
