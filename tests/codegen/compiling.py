"""Compile variants, and put their generated Python on the reference machine."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

from pcpdrain.codegen.backends.python import class_name, emit_python
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.library import SPEC
from pcpdrain.codegen.pipeline import compile_file, compile_source
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.program import Program as Reference
from pcpdrain.pcpref.scope import Scope as ReferenceScope

GOOD = Path(__file__).resolve().parents[1] / "specs" / "good"
VARIANTS = sorted((SPEC / "variants").glob("*.drain"))
FIXTURES = sorted(GOOD.glob("*.drain"))

TINY = Scope("tiny", cpus=2, zones=1, pages=1, high=2, batch=1, drainers=(0,))
"""The smallest scope at which one CPU calls another."""


@cache
def compiled(path: Path) -> Program:
    return compile_file(path).program


def compile_text(text: str) -> Program:
    return compile_source(Source("x.drain", text)).program


def compile_body(body: str, declarations: str = "") -> Program:
    """A variant `x` of this body."""
    return compile_text(f'variant x "a test" {{ {declarations}\ndrain_all_pages() {{\n{body}\n}} }}')


def python_class(program: Program) -> type[Reference]:
    """The class that the generated Python defines."""
    text = emit_python(program)
    module: dict[str, Any] = {"__name__": f"generated_{program.name}"}
    exec(compile(text, f"{program.name}.py", "exec"), module)
    made = module[class_name(program.name)]
    assert isinstance(made, type)
    assert issubclass(made, Reference)
    return made


def reference_scope(scope: Scope) -> ReferenceScope:
    bounds = {field.name: getattr(scope, field.name) for field in fields(ReferenceScope)}
    return ReferenceScope(**bounds)


def machine(program: Program, scope: Scope = TINY) -> Machine:
    """The reference machine with the generated Python on it."""
    return Machine(reference_scope(scope), python_class(program))
