"""Ways to put the stand-in of Apalache where the driver finds it, and counterexamples in Apalache's form."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pcpdrain.codegen.backends.tla.types import Function, SetOf, Tuple, Type, typed_variables
from pcpdrain.codegen.pipeline import compile_source
from pcpdrain.tools.traces import Trace

STAND_IN = Path(__file__).with_name("apalache_stand_in.py")

StandIn = Callable[..., dict[str, str]]


def put_stand_in(home: Path) -> Path:
    """Make `bin/apalache-mc` in a folder."""
    program = home / "bin" / "apalache-mc"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n', "utf-8")
    program.chmod(0o755)
    return program


def apalache_itf(trace: Trace) -> str:
    """The states of a trace as Apalache writes them: without labels, and with the constants in each."""
    variables = list(typed_variables(compile_source(trace.source).program))
    constants: dict[str, Any] = {
        "Cpus": {"#set": [{"#bigint": str(cpu)} for cpu in range(trace.scope.cpus)]},
        "Calls": {"#bigint": str(trace.scope.calls)},
    }
    return json.dumps(
        {
            "#meta": {
                "format": "ITF",
                "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
                "varTypes": {variable.name: f"({variable.annotation})" for variable in variables},
            },
            "params": list(constants),
            "vars": [variable.name for variable in variables],
            "states": [
                {
                    "#meta": {"index": number},
                    **constants,
                    **{v.name: _encoded(state[v.key], v.type) for v in variables},
                }
                for number, state in enumerate(trace.states)
            ],
        },
        indent=2,
    )


def _encoded(value: Any, kind: Type) -> Any:
    match kind:
        case SetOf(member):
            return {"#set": [_encoded(each, member) for each in value]}
        case Function(result):
            return {"#map": [[{"#bigint": str(n)}, _encoded(each, result)] for n, each in enumerate(value)]}
        case Tuple(parts):
            return {"#tup": [_encoded(each, part) for each, part in zip(value, parts, strict=True)]}
    return {"#bigint": str(value)} if type(value) is int else value
