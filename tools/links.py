"""Links: a run of a variant as a line of text: the address of the explorer page, and what `replay` reads.

`variant=V&scope=S&of=1a2b3c4d&run=0.2.1`: `of` is the beginning of the SHA-256 of the source, so
that a link to another version is noticed; each number of `run` says which of the enabled steps is taken, in
the order of their labels, from 0. The pages read and write the same in JavaScript.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from pcpdrain.codegen.errors.diagnostic import suggestion
from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.codegen.source import Source

from .chosen import variant_path
from .replay import machine_for
from .traces import State, Trace, TraceError

DIGITS = 8
"""So much of a digest is in a link."""

MOST_STEPS = 10_000
"""Far more than anybody clicks."""

_RUN = re.compile(r"(?:\d+(?:\.\d+)*)?", re.ASCII)

_FORM = "variant=V&scope=S&of=DIGEST&run=0.2.1"


@dataclass(frozen=True)
class Link:
    """A run as it stands in a link, not yet known to be possible."""

    variant: str
    scope: str
    digest: str
    choices: tuple[int, ...]


def is_link(text: str) -> bool:
    """Whether a text is meant as a link, not as the name of a file."""
    return "#" in text or text.startswith("variant=")


def fragment(source: Source, variant: str, scope: str, choices: Iterable[int]) -> str:
    """The link of a run, without the address of the page."""
    run = ".".join(map(str, choices))
    return f"variant={variant}&scope={scope}&of={source.digest[:DIGITS]}&run={run}"


def parse_link(text: str) -> Link:
    """Read a link, with the address of a page before `#` or without.

    Raises:
        TraceError: it has not all the parts, or others.
    """
    pairs = parse_qsl(text.rpartition("#")[2], keep_blank_values=True)
    parts = dict(pairs)
    if sorted(name for name, _ in pairs) != ["of", "run", "scope", "variant"]:
        raise TraceError(f"a damaged link: expected {_FORM}")
    if _RUN.fullmatch(parts["run"]) is None:
        raise TraceError("a damaged link: `run` must be numbers with dots between them, as in run=0.2.1")
    choices = tuple(map(int, parts["run"].split("."))) if parts["run"] else ()
    if len(choices) > MOST_STEPS:
        raise TraceError(f"a damaged link: more than {MOST_STEPS:,} steps")
    return Link(parts["variant"], parts["scope"], parts["of"], choices)


def run_of_link(link: Link) -> Trace:
    """The run, made on the reference machine; of no property.

    Raises:
        TraceError: the link is of another version of the variant, or a step is not there.
    """
    start = start_of(link.variant, link.scope)
    if not start.source.digest.startswith(link.digest) or len(link.digest) != DIGITS:
        raise TraceError(f"the link is of another version of {link.variant}; begin again from its start")
    machine = machine_for(start)
    labels: list[str] = []
    states: list[State] = [machine.observe()]
    for number, choice in enumerate(link.choices, 1):
        enabled = sorted(machine.enabled())
        if choice >= len(enabled):
            raise TraceError(
                f"a damaged link: step {number} is choice {choice} of {len(enabled)} (counted from 0)"
            )
        labels.append(enabled[choice])
        machine.step(labels[-1])
        states.append(machine.observe())
    return extended(start, labels, states)


def start_of(variant: str, scope: str) -> Trace:
    """A run of no steps.

    Raises:
        TraceError: there is no such scope.
        click.UsageError: there is no such variant.
    """
    known = project_scopes().ready
    if scope not in known:
        raise TraceError(f"unknown scope `{scope}`; {suggestion(scope, known, 'see spec/scopes.toml')}")
    program = compile_file(variant_path(variant)).program
    start = Trace(program.name, program.source, known[scope], "", "pcpref", (), ({},))
    return extended(start, (), [machine_for(start).observe()])


def extended(start: Trace, labels: Sequence[str], states: Sequence[State]) -> Trace:
    """The same variant and scope with other steps."""
    return Trace(
        start.variant, start.source, start.scope, start.property, start.engine, tuple(labels), tuple(states)
    )
