"""Mutants of the TLA+: the generated module and the hand-written ones, changed as text, a conjunct at a time.

Only what the states depend on is changed: the conjuncts that some step of the model uses, but for those that
speak of nothing but ghosts. A conjunct that assigns gets another value and is never left out or negated, as
the frame proof refuses every such module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pcpdrain.codegen.backends.tla.model import TlaModel
from pcpdrain.codegen.properties import GHOSTS

from .mutants import Mutant

_DEFINITION = re.compile(r"^(?P<name>[A-Za-z_]\w*)(?:\([^)\n]*\))?\s*==")
_COMMENT = re.compile(r"\\\*.*|\(\*.*")
_CONJUNCT = re.compile(r"^(?P<indent>\s*(?:IN )?)/\\ (?P<rest>.*)$")
_WORD = re.compile(r"[A-Za-z_]\w*")
_ASSIGNS = re.compile(r"(?P<name>\w+)'|UNCHANGED\s+(?:<<(?P<tuple>[^>]*)>>|(?P<single>\w+))")
_QUANTIFIED = re.compile(r"(?:\\[AE]|\[|\{|,)[^|:]*$")
_GHOSTS_SEE = "GhostsSee"
"""The rule for the ghosts about lists: used as a conjunct, it speaks of nothing else."""

_TOKENS = (
    (r"\\cup", r"\cap"), (r"\\cap", r"\cup"), (r" \\ ", r" \cup "), (r"\+", "-"),
    (r"(?<=\w|\)|@) - ", " + "),
    (r">=", ">"), (r" > ", " >= "), (r" < ", " <= "), (r" <= ", " < "), (r"/=", "="), (r"\\notin", r"\in"),
    (r"\bTRUE\b", "FALSE"), (r"\bFALSE\b", "TRUE"), (r"(?<![\w-])0\b", "1"), (r"(?<![\w-])1\b", "2"),
    (r"-1\b", "0"), (r"\\in\b", r"\notin"), (r"(?<![<>/=:])=(?![>=])", "/="),
)  # fmt: skip
"""What each sign may become."""


@dataclass(frozen=True)
class Piece:
    """Some lines of a definition: a conjunct, or what stands outside of all."""

    definition: str
    first: int
    """Counted from 0."""
    text: str
    conjunct: bool

    @property
    def plain(self) -> str:
        """The text without comments."""
        return "\n".join(_COMMENT.sub("", line) for line in self.text.splitlines())

    @property
    def assigned(self) -> set[str]:
        """The variables that get a value in it, or are said to keep theirs."""
        found: set[str] = set()
        for match in _ASSIGNS.finditer(self.plain):
            found |= set(_WORD.findall(match["name"] or match["tuple"] or match["single"]))
        return found

    @property
    def initial(self) -> bool:
        """Whether it says how a variable begins."""
        return self.definition.endswith("Init")

    @property
    def only_of_ghosts(self) -> bool:
        """Whether it speaks of ghosts alone."""
        assigned = self.assigned or set(_WORD.findall(self.plain)) & {*GHOSTS, _GHOSTS_SEE}
        return bool(assigned) and assigned <= {*GHOSTS, _GHOSTS_SEE}


def tla_mutants(model: TlaModel) -> Iterator[Mutant]:
    """All mutants of a model's modules."""
    pieces = {name: list(_pieces(text)) for name, text in model.files.items()}
    everything = [piece for found in pieces.values() for piece in found]
    used, acting = _used(everything), {piece.definition for piece in everything if piece.assigned}
    for name, found in pieces.items():
        if name == f"{model.module}.tla":
            continue  # the labels are no part of the specification
        lines = model.files[name].splitlines()
        for piece in found:
            if piece.definition not in used or piece.only_of_ghosts:
                continue
            for operator, description, changed in _changes(piece, acting):
                end = piece.first + len(piece.text.splitlines())
                text = "\n".join([*lines[: piece.first], *changed, *lines[end:], ""])
                yield Mutant(
                    "tla", operator, f"{name}:{piece.first + 1}", description, module=name, text=text
                )


def _pieces(text: str) -> Iterator[Piece]:
    """All pieces of the definitions of a module."""
    definition, first, lines = "", 0, list[str]()
    depth: int | None = None

    def piece() -> Iterator[Piece]:
        if definition and any(line.strip() for line in lines):
            yield Piece(definition, first, "\n".join(lines), depth is not None)

    for number, line in enumerate(text.splitlines()):
        begins, conjunct = _DEFINITION.match(line), _CONJUNCT.match(line)
        outside = line[:1] in ("-", "=", "\\", "(") or line.startswith(
            ("VARIABLE", "CONSTANT", "ASSUME", "EXTENDS")
        )
        indent = len(line) - len(line.lstrip())
        inside = depth is not None and indent > depth
        if begins or outside or (conjunct and not inside) or (depth is not None and not inside):
            yield from piece()
            lines, first = [], number
            depth = len(conjunct["indent"]) if conjunct and not (begins or outside) else None
            definition = begins["name"] if begins else "" if outside else definition
        lines.append(line)
    yield from piece()


def _used(pieces: list[Piece]) -> set[str]:
    """The definitions that the model's steps use, other than for ghosts."""
    used: set[str] = set()
    left = ["LabelledNext", "Init"]
    names = {piece.definition for piece in pieces}
    while left:
        name = left.pop()
        if name not in used:
            used.add(name)
            for piece in pieces:
                if piece.definition == name and not piece.only_of_ghosts:
                    left += names & set(_WORD.findall(piece.plain))
    return used


def _changes(piece: Piece, acting: set[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Each change of a piece: operator, what it says, and the lines that stand there then.

    `acting` are the definitions that assign.
    """
    lines = piece.text.splitlines()
    head = _CONJUNCT.match(lines[0]) if piece.conjunct else None
    if head is not None:
        shown = " ".join(piece.plain.split()).removeprefix("IN ").removeprefix("/\\ ")
        assigns = piece.initial or piece.assigned or acting & set(_WORD.findall(piece.plain))
        if not assigns:
            yield "drop guard", f"without {shown}", [f"{head['indent']}/\\ TRUE"]
            if len(lines) == 1:
                negated = _COMMENT.sub("", head["rest"]).strip()
                yield "negate guard", f"not {shown}", [f"{head['indent']}/\\ ~({negated})"]
        match = re.match(r"(\w+)' = ", head["rest"])
        if match is not None:
            yield "keep value", f"{match[1]} stays", [f"{head['indent']}/\\ {match[1]}' = {match[1]}"]
    for number, line in enumerate(lines):
        code = _COMMENT.sub("", line)
        for condition in re.finditer(r"\bIF (.+?) THEN", code):
            changed = f"{code[: condition.start(1)]}~({condition[1]}){code[condition.end(1) :]}"
            yield "negate condition", changed.strip(), [*lines[:number], changed, *lines[number + 1 :]]
        for sign, other in _TOKENS:
            for found in re.finditer(sign, code):
                if _is_structure(code, found.start(), found[0], initial=piece.initial):
                    continue
                changed = f"{code[: found.start()]}{other}{code[found.end() :]}"
                description = f"{other.strip()} for {found[0].strip()}: {code.strip()}"
                yield "other sign", description, [*lines[:number], changed, *lines[number + 1 :]]


def _is_structure(code: str, start: int, sign: str, *, initial: bool) -> bool:
    """Whether a sign at a place binds a name or gives a value, or stands in a string."""
    before = code[:start].rstrip()
    if before.count('"') % 2:
        return True
    if sign == "=":  # x' = ..., [f EXCEPT ![d] = ...]
        return initial or before.endswith("'") or bool(re.search(r"!\S*$", before))
    return sign == "\\in" and bool(_QUANTIFIED.search(before))
