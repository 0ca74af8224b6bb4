"""The C of tests/adaptors/c as an Implementation: compiled, called through ctypes, its states read as JSON.

PCPDRAIN_IMPLEMENTATION=tests.adaptors.c_adaptor:factory
"""

import ctypes
import json
import tempfile
from pathlib import Path

from pcpdrain.pcpref.errors import NotEnabled
from pcpdrain.pcpref.scope import Scope
from pcpdrain.pcpref.suite import Suite, decode
from pcpdrain.tools.engines.ccompiler import compile_shared

SOURCES = sorted((Path(__file__).parent / "c").glob("*.c"))
HOMES = ctypes.c_int * 8
NUMBERS = ("cpus", "zones", "pages", "high", "batch", "tasks", "calls", "signals", "count_window")


class Bounds(ctypes.Structure):
    """`struct scope` of machine.h."""

    _fields_ = (*((name, ctypes.c_int) for name in NUMBERS), ("leavers", ctypes.c_uint), ("home", HOMES))


class InC:
    """One library for each: the C has one machine. `flags` are for the compiler, -D of a bug among them."""

    def __init__(self, scope: Scope, *flags: str) -> None:
        bounds = {**vars(scope), "tasks": len(scope.drainers)}
        self.bounds = Bounds(*(bounds[name] for name in NUMBERS), home=HOMES(*scope.drainers))
        self.bounds.leavers = sum(1 << cpu for cpu in scope.leavers)
        with tempfile.TemporaryDirectory(prefix="pcpdrain-") as folder:
            self.c = ctypes.CDLL(str(compile_shared(SOURCES, Path(folder) / "machine.so", flags)))
        self.c.pcp_reset.restype = self.c.pcp_step.restype = ctypes.c_bool
        self.c.pcp_enabled.restype = self.c.pcp_observe.restype = ctypes.c_char_p
        self.reset()

    def reset(self) -> None:
        if not self.c.pcp_reset(ctypes.byref(self.bounds)):
            raise ValueError("the C has room for eight of everything")

    def enabled(self) -> frozenset[str]:
        return frozenset(self.c.pcp_enabled().decode().splitlines())

    def step(self, label: str) -> None:
        if not self.c.pcp_step(label.encode()):
            raise NotEnabled(label, self.enabled())

    def observe(self) -> dict[str, object]:
        return {name: decode(value) for name, value in json.loads(self.c.pcp_observe()).items()}


def factory(suite: Suite) -> InC:
    return InC(suite.scope)
