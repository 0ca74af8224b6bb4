"""Bounds: the options of the command line that make a scope of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pcpdrain.codegen.scopes import Scope

_NUMBERS = {
    "cpus": (1, 16, "Number of CPUs."),
    "zones": (1, 16, "Number of zones."),
    "pages": (1, 4096, "Pages of each zone."),
    "high": (1, 4096, "A list of so many pages gives a batch back."),
    "batch": (1, 4096, "Pages moved at a time."),
    "calls": (0, 4096, "Calls of each task; 0 for no limit."),
}
_LISTS = {"drainers": "The home CPU of each task: 0,3,3.", "leavers": "The CPUs that may go offline."}
_SWITCHES = {
    "signals": "Signals may reach tasks in their call.",
    "alloc_fails": "Allocations may fail.",
    "count_window": "A page is linked and counted in two steps.",
}


class _Cpus(click.ParamType[tuple[int, ...]]):
    """CPUs, with commas between them; none if the text is empty."""

    name = "cpus"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """The numbers in the text."""
        words = [word.strip() for word in str(value).split(",") if word.strip()]
        if not all(word.isdecimal() and word.isascii() and len(word) < 9 for word in words):
            self.fail(f"{value!r} is no list of CPUs; write 0,3,3", param, ctx)
        return tuple(map(int, words))


def bounds_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options, none of which has a default: what is not given is None."""
    for name, about in reversed(_SWITCHES.items()):
        command = click.option(_flag(name), name, is_flag=True, default=None, help=about)(command)
    for name, about in reversed(_LISTS.items()):
        command = click.option(_flag(name), name, type=_Cpus(), metavar="CPUS", help=about)(command)
    for name, (least, most, about) in reversed(_NUMBERS.items()):
        kind = click.IntRange(least, most)
        command = click.option(_flag(name), name, type=kind, metavar="N", help=about)(command)
    return command


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def narrowed(scope: Scope, bounds: dict[str, Any]) -> Scope:
    """The scope with the bounds that were given; tasks and leavers of its own only where there are CPUs.

    Raises:
        click.UsageError: there is no such machine.
    """
    from pcpdrain.codegen.scopes import Scope

    given = {name: value for name, value in bounds.items() if value is not None}
    if not given:
        return scope
    cpus = given.get("cpus", scope.cpus)
    lists = {name: tuple(cpu for cpu in getattr(scope, name) if cpu < cpus) for name in _LISTS}
    made = Scope(**{**scope.bounds(), **lists, **given, "name": "own"})
    for name in _LISTS:
        cpus = getattr(made, name)
        if any(cpu >= made.cpus for cpu in cpus):
            raise click.UsageError(
                f"{_flag(name)} has CPU {max(cpus)}, and the CPUs are 0 to {made.cpus - 1}"
            )
    if not made.drainers:
        raise click.UsageError("--drainers names no CPU; somebody has to call")
    if set(made.leavers) & set(made.drainers) or len(set(made.leavers)) < len(made.leavers):
        raise click.UsageError("--leavers names a CPU twice, or one where a task lives")
    return made
