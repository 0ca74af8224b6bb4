"""Boot: the masks that nobody has zeroed get their contents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

from .cpumask import Cpumask, sets_of_cpus
from .errors import ProgramError
from .program import Program


class Boot:
    """Gives the program's uninitialised masks arbitrary contents, once. No task calls before."""

    def __init__(self, program: Program) -> None:
        self._masks: list[Cpumask] = []
        for name in program.UNINITIALISED:
            mask = getattr(program, name)
            if not isinstance(mask, Cpumask) or name not in program.STATICS:
                raise ProgramError(f"{name} is uninitialised, but is no static mask")
            self._masks.append(mask)
        self.booted = not self._masks
        """Whether the masks have their contents."""
        names, sets = program.UNINITIALISED, sets_of_cpus(program.nr_cpus)
        self._choices = {
            "boot:" + ";".join(f"{name}={shown}" for name, shown in zip(names, choice, strict=True)): [
                sets[shown] for shown in choice
            ]
            for choice in (product(sets, repeat=len(names)) if names else ())
        }

    def steps(self) -> Iterator[str]:
        """The labels of all ways to boot, while that has not happened."""
        if not self.booted:
            yield from self._choices

    def events(self) -> dict[str, Callable[[], None]]:
        """What to do at each label."""
        return {label: partial(self._boot, contents) for label, contents in self._choices.items()}

    def _boot(self, contents: list[frozenset[int]]) -> None:
        for mask, cpus in zip(self._masks, contents, strict=True):
            mask.assign(Cpumask(mask.nr_cpus, cpus))
        self.booted = True
