"""The folders keep their boundaries, and every file says what it is and nothing about how it came to be."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 400

# What each folder's modules may import of the others. The two hands never see each other.
MAY_IMPORT = {
    "codegen": {"codegen", "spec"},
    "pcpref": {"pcpref"},
    "spec": {"spec"},
    "tools": {"codegen", "pcpref", "tools", "spec"},
    "tests": {"codegen", "pcpref", "tools", "spec", "tests"},
}
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc"}

NOT_OURS = {
    ".git",
    ".venv",
    ".venv.lock",
    "build",
    "dist",
    "__pycache__",
    ".hypothesis",
    "htmlcov",
    ".coverage",
}
CODE = {".py", ".drain", ".tla", ".lark", ".j2", ".js", ".css"}


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Yield the files of the project, generated ones and caches left out."""
    for path in sorted(folder.iterdir()):
        if path.name in NOT_OURS or path.name.endswith(("_cache", ".egg-info")):
            continue
        if path.is_dir():
            yield from files(path)
        # What must be refused may be anything: Latin-1, a megabyte. A picture is no text.
        elif not name(path).startswith("tests/specs/bad/") and path.suffix != ".png":
            yield path


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in files():
        if path.suffix == ".py":
            yield path, ast.parse(path.read_text("utf-8"), name(path))


def imported(node: ast.AST, package: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the dotted names that a node imports, relative ones resolved in `package`."""
    if isinstance(node, ast.Import):
        return [tuple(alias.name.split(".")) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        start = package[: len(package) - node.level + 1] if node.level else ()
        stem = (*start, *node.module.split(".")) if node.module else start
        return [(*stem, alias.name) for alias in node.names]
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
        constants = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        return [tuple(value.split(".")) for value in constants if isinstance(value, str)]
    return []


def imported_folders(module: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, folder) for every import of one of the project's folders."""
    package = ("pcpdrain", *module.relative_to(ROOT).parent.parts)
    for node in ast.walk(tree):
        for target in imported(node, package):
            line = getattr(node, "lineno", 0)
            if target[0] == "pcpdrain" and len(target) > 1:
                yield line, target[1]
            elif target[0] == "tests":  # they are not installed, so this is their only name
                yield line, "tests"
            elif target[0] in MAY_IMPORT:
                yield line, f"{target[0]} as a top-level package"


def test_a_module_imports_only_what_its_folder_may() -> None:
    wrong = [
        f"{name(module)}:{line}: imports {folder}"
        for module, tree in modules()
        for line, folder in imported_folders(module, tree)
        if folder not in MAY_IMPORT.get(name(module).split("/", 1)[0], set())
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("module", "line", "folder"),
    [
        ("codegen/x.py", "from pcpdrain.pcpref.machine import Machine", "pcpref"),
        ("codegen/x.py", "from pcpdrain import pcpref", "pcpref"),
        ("codegen/x.py", "import pcpdrain.pcpref", "pcpref"),
        ("codegen/a/x.py", "from ... import pcpref", "pcpref"),
        ("codegen/a/x.py", "from ...pcpref.machine import Machine", "pcpref"),
        ("codegen/a/x.py", "from .. import source", "codegen"),
        ("codegen/x.py", "def f():\n    from ..tools import cli", "tools"),
        ("codegen/x.py", "importlib.import_module('pcpdrain.pcpref')", "pcpref"),
        ("pcpref/x.py", "import codegen.ast", "codegen as a top-level package"),
        ("pcpref/x.py", "from tests.pcpref import driving", "tests"),
    ],
)
def test_every_way_to_import_is_seen(module: str, line: str, folder: str) -> None:
    assert [seen for _, seen in imported_folders(ROOT / module, ast.parse(line))] == [folder]


def test_a_module_begins_with_a_docstring() -> None:
    assert [name(module) for module, tree in modules() if not ast.get_docstring(tree)] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {part.removesuffix(".py") for module, _ in modules() for part in module.relative_to(ROOT).parts}
    assert parts & NAMES_THAT_SAY_NOTHING == set()


def test_no_file_of_code_is_too_long() -> None:
    lengths = {name(path): path.read_text("utf-8").count("\n") for path in files() if path.suffix in CODE}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


# A text speaks of its subject. Whose machine it was written on, and marks of unfinished work, stay out of it.
UNWANTED = {
    "a path of somebody's machine": re.compile(r"(?<![\w.])/(?:home|root|Users|work|tmp)/\w"),
    "the address of a package index": re.compile(r"--(?:extra-)?index-url|--find-links|//[\w.-]+/simple\b"),
    "a mark of unfinished work": re.compile(r"\b(?:TODO|FIXME|XXX)\b"),
    "how the text was made": re.compile(r"\b(?:agents?|assistants?|language models?|issue #?\d+)\b"),
}
SAMPLES = ["see /tmp/x", "pip --index-url", "TODO later", "as issue 3 says"]


@pytest.mark.parametrize("kind", UNWANTED)
def test_texts_are_free_of(kind: str) -> None:
    lines = [
        f"{name(path)}:{number}: {line.strip()}"
        for path in files()
        if path != Path(__file__)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if UNWANTED[kind].search(line)
    ]
    assert lines == []


@pytest.mark.parametrize(("kind", "sample"), [*zip(UNWANTED, SAMPLES, strict=True)])
def test_unwanted_text_is_found(kind: str, sample: str) -> None:
    assert UNWANTED[kind].search(sample)


def test_generated_files_are_not_kept() -> None:
    texts = {name(path): path.read_text("utf-8") for path in files() if path.suffix in CODE - {".j2"}}
    assert [path for path, text in texts.items() if "Generated from" in text.partition("\n")[0]] == []
