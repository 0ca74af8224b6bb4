"""Compile: the files that each backend makes of a variant."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pcpdrain.codegen.backends.dump import dump_program
from pcpdrain.codegen.backends.python import emit_python
from pcpdrain.codegen.backends.suite import emit_suite
from pcpdrain.codegen.backends.tla import emit_model
from pcpdrain.codegen.backends.tla.inductive import emit_inductive
from pcpdrain.codegen.backends.tla.model import INVARIANTS
from pcpdrain.codegen.pipeline import Compiled
from pcpdrain.codegen.properties import does_not_apply
from pcpdrain.codegen.scopes import Scope

from .conformance import state_graph
from .proofs.jobs import claims


def outputs(compiled: Compiled, target: str, scopes: Sequence[Scope]) -> dict[str, str]:
    """The files of one backend, by name; models and suites for each of the scopes."""
    program = compiled.program
    if target == "python":
        return {f"{program.name}.py": emit_python(program)}
    if target == "ir":
        return {f"{program.name}.json": json.dumps(dump_program(program), indent=1) + "\n"}
    files: dict[str, str] = {}
    for scope in scopes:
        model = emit_model(program, scope)
        if target == "tla":
            files |= model.files | {f"{model.module}.cfg": model.config(_invariants(compiled, scope))}
            files |= _proof(compiled, scope)
        else:
            suite = emit_suite(program, scope, state_graph(model))
            files |= {f"{scope.name}/{name}": text for name, text in suite.items()}
    return files


def _proof(compiled: Compiled, scope: Scope) -> dict[str, str]:
    """The module with the obligations of what the variant claims to be proved at the scope, if anything."""
    names = claims(compiled).get(scope.name)
    if not names:
        return {}
    model = emit_inductive(compiled.program, scope, names)
    text = f"{model.module}.tla"
    return {text: model.files[text], f"{model.module}.cfg": model.config("IndInit")}


def _invariants(compiled: Compiled, scope: Scope) -> list[str]:
    """The TLA+ operators of the properties of states that say something about a variant at a scope."""
    return [
        operator for name, operator in INVARIANTS.items() if not does_not_apply(name, compiled.program, scope)
    ]
