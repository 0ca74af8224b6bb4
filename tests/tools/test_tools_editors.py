"""The extension for VS Code: its files are there, and its grammar knows every word of the language."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pcpdrain.codegen.frontend.builtins import BUILTINS
from pcpdrain.codegen.frontend.parse import keywords
from pcpdrain.codegen.frontend.reserved import INVARIANT_FUNCTIONS
from pcpdrain.codegen.library import SPEC

FOLDER = Path(__file__).resolve().parents[2] / "tools" / "editors" / "vscode"


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text("utf-8"))


GRAMMAR = read("syntaxes/drain.tmLanguage.json")


def scope_of(text: str) -> str:
    """What the grammar calls the beginning of a text: the first pattern that matches there."""
    for include in GRAMMAR["patterns"]:
        entry = GRAMMAR["repository"][include["include"].removeprefix("#")]
        for pattern in entry.get("patterns", [entry]):
            if re.match(pattern.get("match") or pattern["begin"], text):
                return str(pattern["name"]).removesuffix(".drain")
    return ""


def test_the_files_that_the_manifest_names_are_there() -> None:
    manifest = read("package.json")
    (language,), (grammar,) = manifest["contributes"]["languages"], manifest["contributes"]["grammars"]
    for name in (manifest["main"], language["configuration"], grammar["path"]):
        assert (FOLDER / name).is_file()
    assert language["extensions"] == [".drain"]
    assert grammar["scopeName"] == GRAMMAR["scopeName"]
    assert read("language-configuration.json")["comments"] == {
        "lineComment": "//",
        "blockComment": ["/*", "*/"],
    }


def test_the_extension_starts_the_command() -> None:
    text = (FOLDER / "extension.js").read_text("utf-8")
    assert 'args: ["lsp"]' in text
    assert (
        read("package.json")["contributes"]["configuration"]["properties"]["pcpdrain.command"]["default"]
        == "pcpdrain"
    )


@pytest.mark.parametrize("word", sorted(keywords()))
def test_every_keyword_is_one(word: str) -> None:
    assert scope_of(f"{word} x") in {
        "keyword.control",
        "keyword.declaration",
        "storage.type",
        "constant.language",
    }
    assert scope_of(f"{word}x y") == ""


@pytest.mark.parametrize("word", sorted([*BUILTINS, *INVARIANT_FUNCTIONS]))
def test_every_builtin_is_one(word: str) -> None:
    assert scope_of(f"{word}(x)") == "support.function"
    assert scope_of(f"{word}x y") == ""


def test_the_grammar_knows_no_other_words() -> None:
    known = {
        word
        for entry in GRAMMAR["repository"].values()
        for words in re.findall(r"^\\b\(\?:(.*)\)\\b$", entry.get("match", ""))
        for word in words.split("|")
    }
    assert known == keywords() | BUILTINS.keys() | INVARIANT_FUNCTIONS


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("// x", "comment.line.double-slash"),
        ("/* x */", "comment.block"),
        ('"text"', "string.quoted.double"),
        ("12;", "constant.numeric.decimal"),
        ("drain_local_pages()", "entity.name.function"),
        ("=> x", "keyword.operator"),
        ("&& x", "keyword.operator"),
        ("cpus_with_pcps;", ""),
    ],
)
def test_everything_else_has_its_scope(text: str, scope: str) -> None:
    assert scope_of(text) == scope


def test_a_whole_file_has_no_sign_that_the_grammar_does_not_know() -> None:
    for path in SPEC.rglob("*.drain"):
        rest = path.read_text("utf-8")
        rest = re.sub(r'//[^\n]*|/\*[\s\S]*?\*/|"[^"\n]*"|[\w\s(){};:,]', "", rest)
        assert [sign for sign in rest if scope_of(sign) not in ("keyword.operator", "")] == []
        assert set(rest) <= set("=!<>&|+-*/%")
