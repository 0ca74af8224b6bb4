"""Questions: what the review asked, which checks answer it, in which words. Read from `spec/review.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from pcpdrain.codegen.errors.diagnostic import suggestion
from pcpdrain.codegen.library import project_scopes, variant_files
from pcpdrain.codegen.properties import PROPERTIES

from .files import reason

Claim = Literal["holds", "violated"]


class ReviewError(Exception):
    """The page cannot be made: its data or the results are not what they must be; the message says why."""


@dataclass(frozen=True)
class Check:
    """One check and what the answer claims that it finds. `shown` tells whether a counterexample is shown."""

    variant: str
    scope: str
    property: str
    claims: Claim
    shown: bool


@dataclass(frozen=True)
class Question:
    """A question or claim of the review: what it asks, its answer in a few words and in full, the checks."""

    key: str
    title: str
    asks: str
    short: str
    answer: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Review:
    """All questions, and what stands before and after them."""

    title: str
    before: str
    after: str
    questions: tuple[Question, ...]


def read_questions(path: Path) -> Review:
    """Read the questions.

    Raises:
        ReviewError: the file is not TOML, or something in it is missing, unknown or of the wrong type.
    """
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
    except OSError as error:
        raise ReviewError(f"{path}: {reason(error)}") from None
    except tomllib.TOMLDecodeError as error:
        raise ReviewError(f"{path}: {error}") from None
    reader = _Reader(path)
    texts = reader.table("the file", data, ("title", "before", "after"), ("question",))
    questions = [reader.question(table) for table in reader.tables("the file", data, "question")]
    for what in ("key", "title"):
        values = [getattr(question, what) for question in questions]
        for value in values:
            if values.count(value) > 1:
                raise reader.refuse(f"two questions have the {what} {value!r}")
    return Review(**texts, questions=tuple(questions))


class _Reader:
    """Reads the tables of one file, refusing what does not belong there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._variants = [file.stem for file in variant_files()]
        self._scopes = project_scopes().ready

    def refuse(self, why: str) -> ReviewError:
        return ReviewError(f"{self._path}: {why}")

    def table(
        self, where: str, data: Any, texts: Collection[str], others: Collection[str] = ()
    ) -> dict[str, str]:
        """The texts of a table, all of which must be there, and nothing else but `others`."""
        if not isinstance(data, dict):
            raise self.refuse(f"{where} is not a table")
        for key in data:
            if key not in texts and key not in others:
                raise self.refuse(f"{where} has an unknown key `{key}`")
        for key in texts:
            if not isinstance(data.get(key), str) or not data[key].strip():
                raise self.refuse(f"{where} has no text `{key}`")
        return {key: data[key].strip() for key in texts}

    def tables(self, where: str, data: Mapping[str, Any], key: str) -> list[Any]:
        """A list of tables with at least one in it."""
        found = data.get(key)
        if not isinstance(found, list) or not found:
            raise self.refuse(f"{where} has no list `{key}`")
        return found

    def question(self, data: Any) -> Question:
        """One question with its checks."""
        where = f"question {data.get('key')!r}" if isinstance(data, dict) else "a question"
        texts = self.table(where, data, ("key", "title", "asks", "short", "answer"), ("checks",))
        checks = tuple(self._check(where, check) for check in self.tables(where, data, "checks"))
        return Question(**texts, checks=checks)

    def _check(self, where: str, data: Any) -> Check:
        where = f"{where}: a check"
        texts = self.table(where, data, ("variant", "scope", "property", "claims"), ("shown",))
        known = {
            "variant": self._variants,
            "scope": self._scopes,
            "property": PROPERTIES,
            "claims": get_args(Claim),
        }
        for key, names in known.items():
            if texts[key] not in names:
                near = suggestion(texts[key], names, f"known: {', '.join(names)}")
                raise self.refuse(f"{where} has an unknown {key} `{texts[key]}`; {near}")
        violated = texts["claims"] == "violated"
        shown = data.get("shown", violated)
        if not isinstance(shown, bool) or (shown and not violated):
            raise self.refuse(f"{where} cannot have `shown` = {shown!r}: it is for violations, true or false")
        claims = cast(Claim, texts.pop("claims"))
        return Check(**texts, claims=claims, shown=shown)
