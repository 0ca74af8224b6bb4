"""Formatting changes blanks and line ends only, loses no comment, and changes nothing the second time."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcpdrain.codegen.errors import DrainErrors
from pcpdrain.codegen.formatting import format_source
from pcpdrain.codegen.formatting.write import WIDTH
from pcpdrain.codegen.frontend.parse import grammar, parse
from pcpdrain.codegen.library import SPEC
from pcpdrain.codegen.source import MAX_BYTES, Source, Span, read_source
from tests.codegen.programs import variants

GOOD = Path(__file__).resolve().parents[1] / "specs" / "good"
FILES = sorted([*SPEC.rglob("*.drain"), *GOOD.glob("*.drain")])

BLANKS = st.sampled_from(["", " ", "\n", "\n\n", "\n\n\n", "\t", "\r\n", "\n    "])
COMMENTS = st.sampled_from(
    ["// one", "//", "//x // y", "/* two */", "/**/", "/* three\n   lines\n\tin all */", "/*\n*/", "// é "]
)


def formatted(text: str) -> str:
    return format_source(Source("x.drain", text))


def meaning(node: object) -> object:
    """A syntax tree without the places of its nodes."""
    if isinstance(node, tuple):
        return [meaning(child) for child in node]
    if is_dataclass(node) and not isinstance(node, type):
        values = {field.name: getattr(node, field.name) for field in fields(node)}
        return (
            type(node).__name__,
            {k: meaning(v) for k, v in values.items() if not isinstance(v, Span | Source)},
        )
    return node


def comments(text: str) -> list[str]:
    """The comments of a text in order, their blanks aside."""
    pieces = re.findall(r'"[^"\n]*"|//[^\n]*|/\*[\s\S]*?\*/', text)
    return ["".join(piece.split()) for piece in pieces if piece.startswith("/")]


def assert_formats(text: str) -> None:
    """All that is promised of any text that parses."""
    once = formatted(text)
    assert formatted(once) == once
    assert meaning(parse(Source("x.drain", once))) == meaning(parse(Source("x.drain", text)))
    assert comments(once) == comments(text)
    assert not re.search(r"[ \t\r]\n|\n\n\n|\A\n|\n\n\Z", once)
    assert once.endswith("\n")


@st.composite
def commented(draw: st.DrawFn, text: str) -> str:
    """The text with other blanks, and with comments, between some of its tokens."""
    tokens = list(grammar(every_token=True).parse(text).scan_values(lambda _: True))
    places = draw(
        st.sets(st.sampled_from([*(token.start_pos or 0 for token in tokens), len(text)]), max_size=9)
    )
    for place in sorted(places, reverse=True):
        added = draw(st.lists(st.tuples(BLANKS, COMMENTS, BLANKS), min_size=1, max_size=3))
        pieces = [f"{before}{it}{chr(10) * it.startswith('//')}{after}" for before, it, after in added]
        text = text[:place] + "".join(pieces) + text[place:]
    return text


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(variants())
def test_a_random_program_keeps_its_meaning(text: str) -> None:
    assert_formats(text)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(FILES), st.data())
def test_comments_anywhere_are_kept(path: Path, data: st.DataObject) -> None:
    assert_formats(data.draw(commented(read_source(path).text)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_files_of_the_project_are_formatted(path: Path) -> None:
    source = read_source(path)
    assert format_source(source) == source.text


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_style_does_not_depend_on_how_a_file_was_laid_out(path: Path) -> None:
    text = read_source(path).text
    bare = re.sub(r"\n {4,}", "\n\t", text)
    assert formatted(bare) == text
    assert formatted(text.replace("\n", "\r\n")) == text


def test_a_long_statement_is_broken_where_it_is_least_nested() -> None:
    long = " && ".join(f"(cpumask_weight(mask_{name}) > 1 || b)" for name in ("one", "two", "three"))
    text = f'variant x "t" {{ drain_all_pages() {{ if ({long}) cpu_relax(); }} }}'
    assert formatted(text) == dedent("""\
        variant x "t" {
            drain_all_pages() {
                if ((cpumask_weight(mask_one) > 1 || b) && (cpumask_weight(mask_two) > 1 || b) &&
                        (cpumask_weight(mask_three) > 1 || b))
                    cpu_relax();
            }
        }
    """)


def test_every_kind_of_comment_has_its_place() -> None:
    text = """\
        // of the file
        variant x "t" {    // of the variant
          static cpumask m;  /* a mask */ static mutex l;
          // of the routine

          // of the routine, too
          drain_all_pages() { // it begins

            // first

            /* second
               with a line more */
            cpumask_and(m, /* from */ m, // from here
              cpu_online_mask);
            if (true) { cpu_relax(); } // no
            // otherwise
            else { /* nothing */ }


            // last

          }
        }
        // end"""
    assert formatted(dedent(text)) == dedent("""\
        // of the file
        variant x "t" {  // of the variant
            static cpumask m;  /* a mask */
            static mutex l;
            // of the routine

            // of the routine, too
            drain_all_pages() {  // it begins
                // first

                /* second
                   with a line more */
                cpumask_and(m, /* from */ m,  // from here
                        cpu_online_mask);
                if (true) {
                    cpu_relax();
                }  // no
                // otherwise
                else { /* nothing */ }

                // last
            }
        }
        // end
    """)


@pytest.mark.parametrize("text", ["", "variant x", 'variant x "t" { drain_all_pages() { whlie } }', "/*"])
def test_what_does_not_parse_is_refused(text: str) -> None:
    with pytest.raises(DrainErrors):
        formatted(text)


def test_a_long_list_is_broken_quickly() -> None:
    scopes = ", ".join(["solo"] * ((MAX_BYTES - 200) // 6))
    once = formatted(f'variant x "t" {{ expect {{ drain_complete holds in {scopes}; }} }}')
    assert WIDTH - len("solo, ") < max(map(len, once.splitlines())) <= WIDTH
