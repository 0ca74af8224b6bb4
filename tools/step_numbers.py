"""Step numbers: an answer names a step of a counterexample by who does what; here it gets its number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NAMED = re.compile(
    r"\{step(?: of run (?P<run>\d+))?: (?P<actor>[dc]\d+) (?P<event>[^}#]+?)(?: #(?P<which>\d+))?\}"
)
_LOOKS_NAMED = re.compile(r"\{[^}]*\}?|\bstep \d")
_SET = re.compile(r"\{[\d,]*\}")


class StepError(Exception):
    """A text names a step that is not there, or one of several; the message says which."""


@dataclass(frozen=True)
class Run:
    """The steps of a counterexample: the actor of each, and what happens in the words of the table."""

    steps: tuple[tuple[str, str], ...]


def numbered_steps(text: str, runs: Sequence[Run]) -> str:
    """The text with `{step: d0 returns}` as `step 19`.

    `{step of run 2: c1 goes offline #3}` is the third such step in the second counterexample shown.

    Raises:
        StepError: a step is not there, is not the only one and not chosen, or has its number by hand.
    """
    plain = _NAMED.sub("", text)
    for found in _LOOKS_NAMED.finditer(plain):
        if not _SET.fullmatch(found.group()):
            raise StepError(f"the step in `{found.group()}` must be named, as in {{step: d0 returns}}")
    return _NAMED.sub(lambda named: f"step {_number(named, runs)}", text)


def _number(named: re.Match[str], runs: Sequence[Run]) -> int:
    which, wanted = int(named["run"] or 1), (named["actor"], named["event"])
    if which > len(runs):
        raise StepError(f"{named.group()}: there is no counterexample {which}")
    found = [number for number, step in enumerate(runs[which - 1].steps, 1) if step == wanted]
    chosen = named["which"]
    if not found or (chosen is None and len(found) > 1) or not 1 <= int(chosen or 1) <= len(found):
        places = ", ".join(map(str, found)) or "none"
        raise StepError(f"{named.group()}: steps of the counterexample that are so: {places}")
    return found[int(chosen or 1) - 1]
