"""Where the specification lives: library routines, variants, scopes and TLA+ of the project."""

from __future__ import annotations

from pathlib import Path

from . import ast
from .frontend.parse import parse
from .scopes import Scopes, load_scopes
from .source import read_source

SPEC = Path(__file__).resolve().parent.parent / "spec"
"""The folder `spec`, in a checkout and in an installed package alike."""


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
