"""Describe: a place in a text => what an editor shows of the word there, and of the step."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcpdrain.codegen.ast import Library
from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.meanings import Meaning, meaning_of
from pcpdrain.codegen.pipeline import checked_libraries
from pcpdrain.codegen.properties import PROPERTIES
from pcpdrain.codegen.source import Source

from .analysis import Analysis
from .names import Declaration, declaration_of, declarations, word_at


def hover(analysis: Analysis, offset: int) -> str:
    """Markdown for a place; empty where there is nothing to say."""
    word, start = word_at(analysis.source.text, offset)
    if not word:
        return ""
    parts = [_word(analysis.source, word, start), context(analysis, start)]
    return "\n\n".join(part for part in parts if part)


def context(analysis: Analysis, offset: int) -> str:
    """Irqs, preemption and locks where the steps of a place begin, as `pcpdrain steps` has them."""
    lines: dict[str, None] = {}
    for who, step in analysis.steps_at(offset):
        called = " as a handler that another CPU called" if who == "handler" else ""
        what = step.name.rpartition(".")[2]
        lines[f"- step `{what}`{called}: {str(step.context).removesuffix(', in an IPI handler')}"] = None
    return "\n".join(lines)


def library_declaration(name: str) -> tuple[Library, Declaration] | None:
    """Where the project's libraries declare a name."""
    for library in checked_libraries():
        found = declaration_of(library.source, name, 0)
        if found is not None:
            return library, found
    return None


def meaning_text(meaning: Meaning) -> str:
    """Markdown for a word of the language."""
    lines = [f"```drain\n{meaning.form}\n```", meaning.kernel]
    if meaning.origin:
        lines.append(f"Linux: {meaning.origin}")
    if meaning.steps:
        lines.append(f"Steps: {meaning.steps}")
    for language, pieces in (("TLA+", meaning.tla), ("Python", meaning.python)):
        if pieces:
            lines.append(f"In {language}: {', '.join(f'`{piece}`' for piece in pieces)}")
    return "\n\n".join(lines)


def declaration_text(source: Source, found: Declaration, title: str = "") -> str:
    """Markdown for a name that a text declares, with the comment that stands above it."""
    line = source.line_col(found.start)[0]
    head = source.line_text(line).strip().removesuffix("{").strip()
    lines = [f"```drain\n{head}\n```", f"{found.what}{title}"]
    lines += [" ".join(_comment_above(source, line))]
    return "\n\n".join(part for part in lines if part)


def _word(source: Source, word: str, offset: int) -> str:
    own = declaration_of(source, word, offset)
    meaning = meaning_of().get(word)
    if own is not None and (meaning is None or word == "cpu"):
        return declaration_text(source, own)
    if meaning is not None:
        return meaning_text(meaning)
    if word in PROPERTIES:
        return f"property `{word}`: {PROPERTIES[word].meaning}"
    scopes = project_scopes()
    if word in scopes.ready:
        bounds = scopes.ready[word]
        size = (
            f"{bounds.cpus} CPUs, zones {bounds.zones}, pages {bounds.pages}, callers {len(bounds.drainers)}"
        )
        return f"scope `{word}`: {size}\n\n{bounds.why}"
    in_library = library_declaration(word)
    if in_library is None:
        return ""
    library, found = in_library
    title = f" of the library `{library.name.text}`, {library.title}"
    return declaration_text(library.source, found, title)


def _comment_above(source: Source, line: int) -> list[str]:
    lines: list[str] = []
    while (text := source.line_text(line - 1).strip()).startswith("//"):
        lines.insert(0, re.sub(r"^//\s*", "", text))
        line -= 1
    return lines


def visible(source: Source, offset: int) -> Iterator[tuple[Source, Declaration, str]]:
    """The names that can be used at a place: those of the text, then those of the libraries."""
    own = {found.name: found for found in declarations(source) if found.is_seen_at(offset)}
    for found in own.values():
        yield source, found, ""
    for library in checked_libraries():
        for found in declarations(library.source):
            if found.top and found.name not in own:
                yield library.source, found, f" of the library `{library.name.text}`, {library.title}"
