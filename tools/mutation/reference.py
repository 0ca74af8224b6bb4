"""Reference: the reference machine with a text of a program on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from pcpdrain.codegen.scopes import Scope
from pcpdrain.pcpref.protocol import Implementation


def reference(program: str, name: str, scope: Scope) -> Callable[[], Implementation]:
    """What makes a reference machine with the program of this text; pcpref is imported only here."""
    from pcpdrain.pcpref.machine import Machine
    from pcpdrain.pcpref.scope import Scope as Bounds

    module: dict[str, Any] = {"__name__": f"generated_{name}"}
    exec(compile(program, f"{name}.py", "exec"), module)
    bounds = Bounds(**{bound.name: getattr(scope, bound.name) for bound in fields(Bounds)})
    return lambda: Machine(bounds, module[name])
