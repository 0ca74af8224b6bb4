"""Each word of the language has a meaning; what is said of TLA+ and Python is what its example becomes."""

import re
from functools import cache
from pathlib import Path
from textwrap import indent

import pytest

from pcpdrain.codegen.backends.python import emit_python
from pcpdrain.codegen.backends.tla.module import emit_module
from pcpdrain.codegen.formatting import format_source
from pcpdrain.codegen.frontend.builtins import BUILTINS
from pcpdrain.codegen.frontend.parse import keywords
from pcpdrain.codegen.frontend.reserved import INVARIANT_FUNCTIONS
from pcpdrain.codegen.meanings import Meaning, meaning_of, meanings
from pcpdrain.codegen.pipeline import Compiled, compile_source
from pcpdrain.codegen.source import Source

DECLARED = {
    "m": "static cpumask m;",
    "n": "static cpumask n;",
    "l": "static spinlock l;",
    "x": "static mutex x;",
    "drains": "counter drains;",
}
USES_ALL = (
    "drain_all_pages() { cpumask_or(m, m, n); spin_lock(l); spin_unlock(l); mutex_lock(x); mutex_unlock(x); }"
)
BODY = """
    handler report() {{ drain_local_pages(); }}
    drain_all_pages() {{
        int k;
        bool b;
        cpumask own;
        for_each_online_cpu(cpu)
            for_each_populated_zone(zone) {{
                {}
                k = k * 3;
                b = b || k > 3;
            }}
        on_each_cpu(report, true);
    }}
"""


def compiled(meaning: Meaning) -> Compiled:
    """The example in a variant that declares what it speaks of."""
    text = meaning.example or meaning.form
    declared = {
        name: line for name, line in DECLARED.items() if not re.search(rf"(static|counter).* {name}\b", text)
    }
    if re.match(r"(static|counter)\b", text):
        items = f"{text} {USES_ALL}"
    elif re.match(r"(drain_all_pages|routine|handler|condition)\b", text):
        items = text
    else:
        items = BODY.format(f"{meaning.before}\n{text}\n{meaning.after}")
    return compile_source(Source("x.drain", f'variant x "t" {{ {" ".join(declared.values())} {items} }}'))


def tla(unit: Compiled) -> str:
    """The module, with the locals of the task and of handlers by their bare names."""
    named = re.sub(r"(?:irq__)?[a-z_]+?__([a-z_]+)\[[cd]\]", r"\1", emit_module(unit.program))
    named = re.sub(r"\bdrain_all_pages__(k|b)\b", r"\1", named)
    return " ".join(named.split())


WITH_CODE = [meaning for meaning in meanings() if meaning.tla or meaning.python]


def test_every_word_has_a_meaning() -> None:
    words = keywords() | BUILTINS.keys() | INVARIANT_FUNCTIONS | {"cpu", "drain_all_pages", "cpu_online_mask"}
    assert meaning_of().keys() - {"static_cpumask"} == words


@cache
def without_example() -> tuple[str, str]:
    unit = compile_source(Source("x.drain", f'variant x "t" {{ {BODY.format("")} }}'))
    return tla(unit), emit_python(unit.program)


@pytest.mark.parametrize("meaning", WITH_CODE, ids=lambda meaning: meaning.form)
def test_the_example_is_compiled_to_what_is_said(meaning: Meaning) -> None:
    unit = compiled(meaning)
    texts = tla(unit), emit_python(unit.program)
    others = ("", "") if meaning.section == "declarations" else without_example()
    for pieces, text, before in zip((meaning.tla, meaning.python), texts, others, strict=True):
        assert [piece for piece in pieces if text.count(piece) <= before.count(piece)] == []


@pytest.mark.parametrize(
    "meaning",
    [
        meaning
        for meaning in meanings()
        if re.match(r"none|\d", meaning.steps)
        and not re.search(r"for_each|\b(if|while|handler)\b", meaning.example)
    ],
    ids=lambda meaning: meaning.form,
)
def test_the_steps_are_counted(meaning: Meaning) -> None:
    unit = compiled(meaning)
    text = meaning.example or meaning.form
    start = unit.program.source.text.index(f"\n{text}\n") + 1
    spans = [
        step.span for step in unit.program.task.steps.values() if step.span.source is unit.program.source
    ]
    own = [span for span in spans if start <= span.start < start + len(text)]
    shared = 2 if meaning.steps == "1 for each shared mask" else int(meaning.steps[0].replace("n", "0"))
    assert len(own) == shared


LANGUAGE = (Path(__file__).resolve().parents[2] / "docs" / "language.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", LANGUAGE, re.DOTALL | re.MULTILINE)


def test_the_language_reference_has_every_meaning() -> None:
    tables = [block.splitlines()[2:] for block in LANGUAGE.split("\n\n") if block.startswith("| |")]
    for section in {meaning.section for meaning in meanings()}:
        assert [meaning.row() for meaning in meanings() if meaning.section == section] in tables, section


def test_the_examples_of_the_language_reference_compile() -> None:
    assert [language for language, _ in BLOCKS] == ["drain", "python", "tla", "drain"]
    assert LANGUAGE.count("```") == 2 * len(BLOCKS)
    whole, program, action, claims = (text for _, text in BLOCKS)
    assert format_source(Source("x.drain", whole)) == whole
    posted = compile_source(Source("x.drain", whole)).program
    assert indent(program, " " * 12) in emit_python(posted)
    assert f"\n{action}\n" in emit_module(posted)
    body = "drain_all_pages() { scan: for_each_online_cpu(cpu) cpumask_set_cpu(cpu, cpus_with_pcps); }"
    found = compile_source(
        Source("x.drain", f'variant x "t" {{ static cpumask cpus_with_pcps; {body} {claims} }}')
    )
    assert [line.property.text for line in found.variant.proofs] == ["drain_complete"]
