"""A suite is the same to the byte, whatever the seed of Python's hashes and however many workers TLC has."""

import hashlib
import os
import subprocess
import sys

import pytest

from pcpdrain.codegen.backends.suite import emit_suite
from pcpdrain.codegen.backends.tla import emit_model
from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.tools.conformance import state_graph

VARIANT, SCOPE = "per_call_mask", "three_cpus"


def digest(workers: int) -> str:
    program, scope = (
        compile_file(SPEC / "variants" / f"{VARIANT}.drain").program,
        project_scopes().ready[SCOPE],
    )
    files = emit_suite(program, scope, state_graph(emit_model(program, scope), workers=workers))
    return hashlib.sha256("\0".join(f"{name}\0{files[name]}" for name in sorted(files)).encode()).hexdigest()


@pytest.fixture(scope="module")
def expected() -> str:
    return digest(1)


def test_with_more_workers(expected: str) -> None:
    assert digest(2) == expected


@pytest.mark.parametrize("seed", ["1", "2718"])
def test_with_another_hash_seed(expected: str, seed: str) -> None:
    command = (
        sys.executable,
        "-c",
        "from tests.codegen.test_backends_suite_bytes import *; print(digest(1))",
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(SPEC.parent)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == expected
