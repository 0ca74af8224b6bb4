"""Scopes: the bounds at which a variant is checked, read from `spec/scopes.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from .properties import PROPERTIES

_BOUNDS = {"cpus": 8, "zones": 4, "pages": 16, "high": 64, "batch": 64}
"""The largest value of each bound: beyond these no state graph is finished in an hour."""

_MOST_CALLS = 9

_NOT_BOUNDS = ("why", "suites", "proofs", "default", "leaves_out")

_SWITCHES = ("signals", "alloc_fails", "count_window", "default")

SIZES = ("tiny", "large")
"""Of suites: tiny ones are made for every variant, large ones where the variant is checked.

Of proofs: TLC can enumerate what is tiny.
"""


class ScopeError(Exception):
    """A scopes file that says something impossible; the message names the file, the scope and the key."""


@dataclass(frozen=True)
class Scope:
    """One set of bounds.

    `drainers` holds the home CPU of each task; `pages` counts the pages of each zone. `calls` is how many
    calls each task makes, 0 for calls without end. `leavers` are the CPUs that may go offline. `suites` is
    the size of the conformance suites that are generated at it by default, empty if none are; `default`
    tells whether a variant without expectations is checked at it. The properties that it `leaves_out` are
    checked there only when asked for. `proofs` is the size of the inductive proofs that it is for, empty if
    it is for none.
    """

    name: str
    cpus: int
    zones: int
    pages: int
    high: int
    batch: int
    drainers: tuple[int, ...]
    calls: int = 0
    leavers: tuple[int, ...] = ()
    signals: bool = False
    alloc_fails: bool = False
    count_window: bool = False
    why: str = ""
    suites: str = ""
    proofs: str = ""
    default: bool = False
    leaves_out: tuple[str, ...] = ()

    def bounds(self) -> dict[str, Any]:
        """The name and the bounds as plain data: all that a machine has to know, and a trace or a suite."""
        return {key: value for key, value in vars(self).items() if key not in _NOT_BOUNDS}


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

    known = [*_BOUNDS, "drainers", "calls", "leavers", *_SWITCHES, "suites", "proofs", "leaves_out", "why"]
    unknown = table.keys() - set(known)
    if unknown:
        raise refuse(f"unknown key `{min(unknown)}`; known: {', '.join(known)}")
    for key, largest in _BOUNDS.items():
        value = table.get(key)
        if not _whole(value) or not 1 <= value <= largest:
            raise refuse(f"`{key}` must be a whole number from 1 to {largest}, not {value!r}")
    cpus, calls = range(table["cpus"]), table.get("calls", 0)
    drainers, leavers = table.get("drainers"), table.get("leavers", [])
    if not drainers or not _cpus(drainers, cpus):
        raise refuse(f"`drainers` must list the home CPU of each caller, from 0 to {cpus[-1]}")
    if not _cpus(leavers, cpus) or set(leavers) & set(drainers) or len(set(leavers)) != len(leavers):
        raise refuse(
            "`leavers` must list the CPUs that may go offline, each once and no caller's home among them"
        )
    if not _whole(calls) or not 0 <= calls <= _MOST_CALLS:
        raise refuse(f"`calls` must be a whole number from 0 (without end) to {_MOST_CALLS}, not {calls!r}")
    left_out = table.get("leaves_out", [])
    if not isinstance(left_out, list) or not all(name in PROPERTIES for name in left_out):
        raise refuse(f"`leaves_out` must list properties, of {', '.join(PROPERTIES)}; not {left_out!r}")
    sizes = {key: table.get(key, "") for key in ("suites", "proofs")}
    for key, size in sizes.items():
        if size not in ("", *SIZES):
            raise refuse(f"`{key}` must be one of {', '.join(SIZES)}; not {size!r}")
    for key in _SWITCHES:
        if not isinstance(table.get(key, False), bool):
            raise refuse(f"`{key}` must be true or false, not {table[key]!r}")
    return Scope(
        name=name,
        drainers=tuple(drainers),
        calls=calls,
        leavers=tuple(leavers),
        why=str(table.get("why", "")),
        **sizes,
        leaves_out=tuple(left_out),
        **{key: table[key] for key in _BOUNDS},
        **{key: table.get(key, False) for key in _SWITCHES},
    )


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _cpus(value: object, cpus: range) -> bool:
    return isinstance(value, list) and all(_whole(cpu) and cpu in cpus for cpu in value)
