"""Where the specification lives: library routines, variants, scopes and TLA+ of the project."""

from __future__ import annotations

from pathlib import Path

from . import ast
from .frontend.parse import parse
from .scopes import Scopes, load_scopes
from .source import read_source

SPEC = Path(__file__).resolve().parent.parent / "spec"
"""The folder `spec`, in a checkout and in an installed package alike."""

PROPERTIES = ("drain_complete", "page_conservation", "no_useless_ipi", "never_stuck")
"""The properties that are checked, in the order of the result table."""

PLANNED_PROPERTIES = {
    "drain_complete_or_notified": "CPUs that go offline",
    "drain_instant": "a ghost for each CPU's all-empty moment",
    "no_ipi_to_offline": "CPUs that go offline",
    "call_returns": "liveness",
    "last_writer_complete": "a ghost for the last writer of the mask",
    "saved_is_honest": "a ghost for whom a drain called",
    "unlocked_context": "variants that leave their context dirty",
}
"""Properties of the language that no engine checks yet, with what each waits for."""


def variant_files() -> list[Path]:
    """All variants in `spec/variants`, by name."""
    return sorted((SPEC / "variants").glob("*.drain"))


def load_libraries() -> tuple[ast.Library, ...]:
    """Parse all of `spec/lib`.

    Raises:
        errors.DrainErrors: a library does not parse.
    """
    libraries = []
    for path in sorted((SPEC / "lib").glob("*.drain")):
        unit = parse(read_source(path))
        assert isinstance(unit, ast.Library), f"{path} is not a library"
        libraries.append(unit)
    return tuple(libraries)


def project_scopes() -> Scopes:
    """The scopes of `spec/scopes.toml`."""
    return load_scopes(SPEC / "scopes.toml")
