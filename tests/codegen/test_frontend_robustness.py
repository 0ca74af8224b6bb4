"""Whatever the bytes: the front end accepts them, or says what is wrong and where. Nothing else happens."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcpdrain.codegen import ast, errors
from pcpdrain.codegen.frontend.builtins import BUILTINS
from pcpdrain.codegen.frontend.check import Vocabulary, check, check_library
from pcpdrain.codegen.frontend.parse import grammar, parse
from pcpdrain.codegen.library import SPEC, load_libraries
from pcpdrain.codegen.source import MAX_BYTES, Source, decode_source

SPECS = Path(__file__).resolve().parents[1] / "specs"
VOCABULARY = Vocabulary(("drain_complete",), ("drain_complete",), ("solo",), {"racing": "a second task"})
LIBRARIES = load_libraries()

SAMPLES = [path.read_bytes() for path in sorted([*SPEC.rglob("*.drain"), *SPECS.rglob("*.drain")])]
SAMPLES = [sample for sample in SAMPLES if len(sample) < 4000]

WORDS = sorted(
    {terminal.pattern.value for terminal in grammar().terminals if terminal.pattern.type == "str"}
    | {
        "==",
        "<",
        "+",
        "/",
        "0",
        "1",
        "2147483648",
        '"text"',
        "// x\n",
        "\n",
        "x",
        "cpu",
        "zone",
        "mask",
        "lock",
    }
    | {"drain_all_pages", "drain_local_pages", "cpu_online_mask", "solo", "drain_complete", "owes", "cpus"}
    | BUILTINS.keys()
)


def run(data: bytes) -> tuple[errors.Diagnostic, ...]:
    """Read, parse and check. Each message is about a place in the source and has short lines."""
    try:
        source = decode_source("x.drain", data)
        unit = parse(source)
        if isinstance(unit, ast.Library):
            diagnostics = check_library(unit, LIBRARIES)
        else:
            diagnostics = check(unit, LIBRARIES, VOCABULARY)
    except errors.DrainErrors as failure:
        diagnostics = failure.diagnostics
        assert diagnostics
    for diagnostic in diagnostics:
        span = diagnostic.span
        assert 0 <= span.start <= span.end <= len(span.source.text)
        shown = diagnostic.render()
        assert all(char.isprintable() or char == "\n" for char in shown)
        assert all(len(line) < 400 for line in shown.splitlines())
        caret = shown.splitlines()[2] if "|" in shown else "^"
        assert "^" in caret or "= help" in caret
    return diagnostics


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    run(data)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_in_a_routine(text: str) -> None:
    run(f'variant x "t" {{ drain_all_pages() {{ {text} }} }}'.encode("utf-8", errors="replace"))


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_any_words(words: list[str]) -> None:
    run(" ".join(words).encode())


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(WORDS), max_size=30),
    st.sampled_from(["", "drain_all_pages() {", "invariant i {"]),
)
def test_any_words_in_a_variant(words: list[str], opening: str) -> None:
    closing = "}" if opening else ""
    run(f'variant x "t" {{ static cpumask mask; {opening} {" ".join(words)} {closing} }}'.encode())


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_mutated_files(sample: bytes, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(sample)))
        end = data.draw(st.integers(start, min(len(sample), start + 40)))
        piece = data.draw(
            st.sampled_from(WORDS).map(str.encode) | st.binary(max_size=5) | st.just(sample[start:end] * 2)
        )
        sample = sample[:start] + piece + sample[end:]
    run(sample)


def in_routine(text: str) -> bytes:
    return f'variant x "t" {{ drain_all_pages() {{ {text} }} }}'.encode()


@pytest.mark.parametrize(
    "text",
    [
        "(" * 60_000,
        "int x = " + "(" * 30_000 + "1" + ")" * 30_000 + ";",
        "bool x = " + "!" * 60_000 + "true;",
        "int x = " + "-" * 60_000 + "1;",
        "int x = " + "1+" * 30_000 + "1;",
        "{" * 60_000,
        "{" * 30_000 + "}" * 30_000,
        "if (true) " * 6_000 + "cpu_relax();",
        "if (true) cpu_relax(); else " * 2_200 + "cpu_relax();",
        "scan: " * 9_000 + "cpu_relax();",
        "while (" * 9_000,
    ],
    ids=lambda text: text[:24],
)
def test_deep_nesting_is_refused_at_a_place(text: str) -> None:
    (diagnostic,) = run(in_routine(text))
    assert diagnostic.code == "S110"
    assert diagnostic.span.start > 0


@pytest.mark.parametrize(
    "text",
    ["{" * 45 + "}" * 45, "int x = " + "(1+" * 45 + "1" + ")" * 45 + ";", "if (true) " * 45 + "cpu_relax();"],
    ids=lambda text: text[:24],
)
def test_reasonable_nesting_is_accepted(text: str) -> None:
    assert run(in_routine(text)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "/*" * 30_000,
        "/*/" * 20_001,
        '"' * 60_001,
        "x " * 30_000,
        "x" * 60_000,
        "x();" * 4_000,
        "x:" * 20_000 + ";",
    ],
    ids=lambda text: text[:12],
)
def test_a_long_file_of_nothing_sensible(text: str) -> None:
    assert run(in_routine(text))
    assert run(text.encode())


def test_what_is_declared_in_a_long_file_is_found_quickly() -> None:
    declarations = "".join(f"static cpumask m{number};" for number in range(1_500))
    uses = "".join(f"cpumask_clear(n{number});" for number in range(800))
    text = f'variant x "t" {{ {declarations} drain_all_pages() {{ {uses} }} }}'
    assert len(text) < MAX_BYTES
    assert len(run(text.encode())) == 800


def test_calls_that_would_explode_are_refused() -> None:
    routines = "".join(f"routine r{n}() {{ " + f"r{n + 1}(); " * 200 + "}" for n in range(15))
    text = f'variant x "t" {{ {routines} routine r15() {{ }} drain_all_pages() {{ r0(); }} }}'
    assert {diagnostic.code for diagnostic in run(text.encode())} == {"D218"}


def test_a_caret_is_below_its_word_whatever_stands_before_it() -> None:
    for before in (
        "",
        "\t",
        "\t\t",
        "/* 漢字 */ ",
        "/* e\u0301 */",
        "cpu_relax(); " * 40,
        "/*" + "漢" * 70 + "*/",
    ):
        text = f'variant x "t" {{\ndrain_all_pages() {{\n{before}whlie (true) cpu_relax();\n}}\n}}\n'
        with pytest.raises(errors.DrainErrors) as caught:
            parse(Source("x.drain", text))
        _, line, caret, _ = str(caught.value).splitlines()
        cells = "".join(char * (2 if char in "漢字" else 0 if char == "\u0301" else 1) for char in line)
        assert cells[caret.index("^") : caret.rindex("^") + 1] == "whlie"
