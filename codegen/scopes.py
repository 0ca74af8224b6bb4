"""Scopes: the bounds at which a variant is checked, read from `spec/scopes.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BOUNDS = {"cpus": 8, "zones": 4, "pages": 16, "high": 64, "batch": 64}
"""The largest value of each bound: beyond these no state graph is finished in an hour."""


class ScopeError(Exception):
    """A scopes file that says something impossible; the message names the file, the scope and the key."""


@dataclass(frozen=True)
class Scope:
    """One set of bounds.

    `drainers` holds the home CPU of each task; `pages` counts the pages of each zone. `suites` tells
    whether conformance suites are generated at it by default.
    """

    name: str
    cpus: int
    zones: int
    pages: int
    high: int
    batch: int
    drainers: tuple[int, ...]
    why: str = ""
    suites: bool = False


@dataclass(frozen=True)
class Scopes:
    """All scopes of a file: those that can be checked, and the planned ones with what they wait for."""

    ready: dict[str, Scope]
    planned: dict[str, str]


def load_scopes(path: Path) -> Scopes:
    """Read a scopes file.

    Raises:
        ScopeError: it is not TOML, or a bound is missing, unknown, of the wrong type or out of range.
    """
    try:
        with path.open("rb") as file:
            tables = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ScopeError(f"{path}: {error}") from None
    ready: dict[str, Scope] = {}
    planned: dict[str, str] = {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise ScopeError(f"{path}: `{name}` is not a table; write `[{name}]`")
        if "planned" in table:
            planned[name] = str(table["planned"])
        else:
            ready[name] = _scope(path, name, table)
    return Scopes(ready, planned)


def _scope(path: Path, name: str, table: dict[str, Any]) -> Scope:
    def refuse(reason: str) -> ScopeError:
        return ScopeError(f"{path}: scope `{name}`: {reason}")

    unknown = table.keys() - _BOUNDS.keys() - {"why", "drainers", "suites"}
    if unknown:
        raise refuse(
            f"unknown key `{min(unknown)}`; known: {', '.join([*_BOUNDS, 'drainers', 'suites', 'why'])}"
        )
    for key, largest in _BOUNDS.items():
        value = table.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= largest:
            raise refuse(f"`{key}` must be a whole number from 1 to {largest}, not {value!r}")
    drainers = table.get("drainers")
    if (
        not isinstance(drainers, list)
        or not drainers
        or not all(cpu in range(table["cpus"]) for cpu in drainers)
    ):
        raise refuse(f"`drainers` must list the home CPU of each caller, from 0 to {table['cpus'] - 1}")
    if not isinstance(table.get("suites", False), bool):
        raise refuse(f"`suites` must be true or false, not {table['suites']!r}")
    bounds = {key: table[key] for key in _BOUNDS}
    why, suites = str(table.get("why", "")), table.get("suites", False)
    return Scope(name=name, drainers=tuple(drainers), why=why, suites=suites, **bounds)
