"""What the language server knows of a text: messages, meanings, contexts, words to come, declarations."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcpdrain.codegen.errors import DrainErrors
from pcpdrain.codegen.frontend.builtins import BUILTINS
from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.codegen.properties import PROPERTIES
from pcpdrain.codegen.source import MAX_BYTES, Source
from pcpdrain.tools.language_server.analysis import analyse
from pcpdrain.tools.language_server.complete import completions
from pcpdrain.tools.language_server.describe import hover, library_declaration
from pcpdrain.tools.language_server.names import declaration_of, declarations, word_at

SPECS = Path(__file__).resolve().parents[1] / "specs"
FILES = sorted([*SPEC.rglob("*.drain"), *(SPECS / "good").glob("*.drain")])
BAD = sorted((SPECS / "bad").glob("*.drain"))

TEXT = """\
variant x "for the tests" {
    static cpumask m;
    static spinlock l;

    // Asks one CPU.
    condition busy(cpu target) {
        for_each_populated_zone(zone)
            if (pcp_count(target, zone) > 0)
                return true;
        return false;
    }

    drain_all_pages() {
        spin_lock(l);
        for_each_online_cpu(cpu)
            if (busy(cpu)) {
                int n = 1;
                cpumask_set_cpu(cpu, m);
            }
        for_each_cpu(cpu, m)
            cpu_relax();
        spin_unlock(l);
        on_each_cpu_mask(m, drain_local_pages, true);
    }

    expect {
        drain_complete holds in solo;
    }
}
"""


def at(marked: str) -> int:
    """The offset of `|` in a piece of the text that is there once."""
    piece = marked.replace("|", "")
    assert TEXT.count(piece) == 1
    return TEXT.index(piece) + marked.index("|")


def shown(marked: str) -> str:
    return hover(analyse("x.drain", TEXT), at(marked))


def words(marked: str) -> dict[str, str]:
    """The completions when the text has been typed up to the mark, and no further."""
    typed = TEXT[: at(marked)]
    return {word.text: word.kind for word in completions(Source("x.drain", typed), len(typed))}


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_the_messages_are_the_compilers(path: Path) -> None:
    try:
        text = path.read_bytes().decode()
    except (UnicodeDecodeError, IsADirectoryError):
        return  # an editor has text only
    try:
        expected = compile_file(path).warnings
    except DrainErrors as error:
        expected = error.diagnostics
    if not expected or expected[0].code == "S111":
        return  # it depends on the scopes of a test; or is a library, which is as good as a variant here
    found = analyse(path.name, text).diagnostics
    assert [(d.code, d.span.start, d.message) for d in found] == [
        (d.code, d.span.start, d.message) for d in expected
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_nothing_is_wrong_with_the_projects_files(path: Path) -> None:
    found = analyse(path.name, path.read_text("utf-8"), path)
    assert [d.code for d in found.diagnostics if d.severity == "error"] == []


def test_a_word_of_the_language_shows_its_meaning_its_origin_and_the_context() -> None:
    text = shown("cpumask_|set_cpu(cpu, m)")
    assert "one atomic bit operation" in text
    assert "Linux: include/linux/cpumask.h" in text
    assert r"`m' = m \cup {cpu}`" in text
    assert text.endswith("- step `cpumask_set_cpu`: irqs on, preemption off, locks l")


def test_each_step_of_a_statement_has_its_context() -> None:
    assert shown("spin_lock|(l)").splitlines()[-2:] == [
        "- step `preempt_disable`: irqs on, preemption on, locks none",
        "- step `spin_lock`: irqs on, preemption off, locks none",
    ]


def test_a_call_of_a_library_routine_shows_the_context_in_which_it_begins() -> None:
    path = SPEC / "variants" / "clear_then_set_mutex.drain"
    text = path.read_text(encoding="utf-8")
    found = hover(analyse(path.name, text, path), text.index("on_each_cpu_mask("))
    assert "routine of the library `smp`" in found
    assert "- step `preempt_disable`: irqs on, preemption on, locks drain_mutex" in found


def test_a_handler_that_two_run_has_two_contexts() -> None:
    path = SPEC / "variants" / "self_clearing_mask.drain"
    text = path.read_text("utf-8")
    found = hover(analyse(path.name, text, path), text.index("cpumask_clear_cpu(smp"))
    assert "step `cpumask_clear_cpu`: irqs off" in found
    assert "as a handler that another CPU called: irqs off" in found


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("|busy(cpu)) {", ["condition busy(cpu target)", "Asks one CPU."]),
        ("cpumask_set_cpu(cpu, |m)", ["static cpumask m;", "static cpumask"]),
        ("pcp_count(|target", ["parameter, cpu"]),
        ("for_each_cpu(|cpu", ["CPU of a loop"]),
        (
            "on_each_|cpu_mask",
            ["of the library `smp`", "Runs `fn` on every CPU of `mask`, this one included"],
        ),
        ("drain_comp|lete", [PROPERTIES["drain_complete"].meaning]),
        ("in sol|o", [project_scopes().ready["solo"].why]),
        ("hol|ds", ["what should be found"]),
    ],
)
def test_a_name_shows_what_declares_it(marked: str, expected: list[str]) -> None:
    assert [piece for piece in expected if piece not in shown(marked)] == []


@pytest.mark.parametrize("marked", ["// Asks |one", '"for the |tests"', ") |{\n                int"])
def test_there_is_nothing_to_say_of_a_comment_or_a_sign(marked: str) -> None:
    assert shown(marked) == ""


@pytest.mark.parametrize(
    ("use", "declared"),
    [
        ("if (busy(|cpu)", "for_each_online_cpu(|cpu)"),
        ("cpumask_set_cpu(|cpu", "for_each_online_cpu(|cpu)"),
        ("cpumask_set_cpu(cpu, |m)", "static cpumask |m;"),
        ("pcp_count(|target", "busy(cpu |target)"),
        ("spin_unlock(|l)", "static spinlock |l;"),
        ("if (|busy", "condition |busy("),
    ],
)
def test_a_name_leads_to_its_declaration(use: str, declared: str) -> None:
    source = Source("x.drain", TEXT)
    word, start = word_at(TEXT, at(use))
    found = declaration_of(source, word, start)
    assert found is not None
    assert found.start == at(declared)


def test_a_library_routine_leads_to_its_file() -> None:
    found = library_declaration("on_each_cpu_mask")
    assert found is not None
    library, declared = found
    assert library.source.path == SPEC / "lib" / "smp.drain"
    assert library.source.text[declared.start - 8 :].startswith("routine on_each_cpu_mask(")
    assert library_declaration("wait") is None


def test_a_name_is_seen_in_its_block_only() -> None:
    source = Source("x.drain", TEXT)
    assert declaration_of(source, "n", at("cpumask_set_cpu(|cpu")) is not None
    assert declaration_of(source, "n", at("|cpu_relax")) is None
    assert declaration_of(source, "target", at("|cpu_relax")) is None


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_declaration_of_the_compiler_is_found(path: Path) -> None:
    source = analyse(path.name, path.read_text("utf-8"), path).source
    program = None if path.parent.name == "lib" else compile_file(path).program
    names = {found.name for found in declarations(source)}
    if program is not None:
        assert {*program.masks, *program.locks, *program.counters, "drain_all_pages"} <= names


def test_in_a_routine_there_are_statements_builtins_and_names() -> None:
    found = words("if (busy(|cpu)")
    assert found["cpu"] == "CPU of a loop"
    assert found["m"] == "static cpumask"
    assert found["busy"] == "condition"
    assert found["on_each_cpu_mask"] == "routine"
    assert found["while"] == found["cpumask"] == "keyword"
    assert BUILTINS.keys() <= found.keys()
    assert not {"n", "target", "expect", "solo", "variant", "holds", "spinlock"} & found.keys()


def test_among_the_items_there_are_their_keywords() -> None:
    found = words("|// Asks")
    assert {"static", "condition", "expect", "spinlock", "drain_all_pages"} <= found.keys()
    assert not {"while", "cpumask_clear", "solo"} & found.keys()


def test_an_expectation_is_completed_word_by_word() -> None:
    assert words("|drain_complete").keys() == PROPERTIES.keys()
    assert words("drain_complete |holds").keys() == {"holds", "violated"}
    assert words("drain_complete holds |in").keys() == {"in"}
    assert words("holds in |solo").keys() == project_scopes().ready.keys()
    assert words("drain_comp|lete").keys() == PROPERTIES.keys()


def test_nothing_is_completed_in_a_comment_or_a_string() -> None:
    assert words("// Asks |one") == words('"for the |tests"') == {}


def test_an_empty_text_begins_with_variant_or_library() -> None:
    assert [word.text for word in completions(Source("x.drain", ""), 0)] == ["variant", "library"]


def ask_everything(text: str, offset: int) -> None:
    """All questions of an editor; none may fail, whatever the text."""
    analysis = analyse("x.drain", text)
    for found in analysis.diagnostics:
        assert 0 <= found.span.start <= found.span.end <= len(found.span.source.text)
    hover(analysis, offset)
    completions(analysis.source, offset)
    word, start = word_at(analysis.source.text, offset)
    declaration_of(analysis.source, word, start)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([*FILES, *BAD]), st.data())
def test_a_half_typed_file_is_no_trouble(path: Path, data: st.DataObject) -> None:
    text = path.read_bytes()[:5000].decode(errors="replace")
    for _ in range(data.draw(st.integers(0, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(start + 30, len(text))))
        text = (
            text[:start] + data.draw(st.text(max_size=4) | st.sampled_from("{}();\"/'*:\ud800")) + text[end:]
        )
    text = text[: data.draw(st.integers(0, len(text)))]
    ask_everything(text, data.draw(st.integers(0, len(text))))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.integers(0, 300))
def test_any_text_is_no_trouble(text: str, offset: int) -> None:
    ask_everything(text, offset)


def test_a_text_that_is_far_too_long_is_refused() -> None:
    (found,) = analyse("x.drain", "a" * (MAX_BYTES + 1)).diagnostics
    assert found.code == "S104"
