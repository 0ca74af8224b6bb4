"""Bad input on the command line: a clear message, status 2, no stack trace, nothing written."""

import os
from pathlib import Path

import pytest

from pcpdrain.codegen.library import SPEC
from tests.tools.driving import Run, small_variant

LAST_ZONE = (SPEC / "variants" / "last_zone_decides.drain").read_text("utf-8")
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"

BAD_FILES = {
    "a picture": (PNG, "byte 0x89 is not UTF-8"),
    "a text": (b"Dear Sir,\nplease find enclosed\n", "error S107"),
    "empty": (b"", "the file is empty"),
    "Latin-1": ('variant caf\xe9 "x" {}'.encode("latin-1"), "byte 0xe9 is not UTF-8"),
    "a megabyte": (b"a" * 1_000_000, "the file has 1000000 bytes, more than the"),
    "a library": ((SPEC / "lib" / "smp.drain").read_bytes(), "this is a library, not a variant"),
    "an unclosed brace": (LAST_ZONE.rstrip().removesuffix("}").encode(), "error S108"),
    "an unknown word": (
        LAST_ZONE.replace("cpumask_clear_cpu(", "cpumask_clear_cup(").encode(),
        "did you mean `cpumask_clear_cpu`?",
    ),
    "a duplicate name": (
        LAST_ZONE.replace("static cpumask", "static cpumask cpus_with_pcps; static cpumask", 1).encode(),
        "`cpus_with_pcps`",
    ),
    "no scope": (small_variant("v", "drain_complete holds;").encode(), "error S107"),
    "an unknown scope": (
        small_variant("v", "drain_complete holds in sollo;").encode(),
        "did you mean `solo`?",
    ),
    "an unknown property": (
        small_variant("v", "drain_completed holds in solo;").encode(),
        "did you mean `drain_complete`?",
    ),
}


def refused(run: Run, *words: str | Path) -> str:
    """What a command says that cannot do its work, and leaves nothing behind."""
    before = sorted(Path().rglob("*"))
    result = run(*words)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert sorted(Path().rglob("*")) == before
    return result.output


@pytest.mark.parametrize("case", BAD_FILES)
@pytest.mark.parametrize("command", ["check", "steps", "compile", "conformance"])
def test_a_file_that_is_no_variant(pcpdrain: Run, tmp_path: Path, command: str, case: str) -> None:
    data, message = BAD_FILES[case]
    file = tmp_path / "x.drain"
    file.write_bytes(data)
    options = ["--to", "ir"] if command == "compile" else []
    said = refused(pcpdrain, command, "x.drain", *options)
    assert message in said
    assert said.startswith("x.drain:")
    assert "help: " in said


@pytest.mark.parametrize("command", ["check", "steps", "conformance"])
def test_a_file_that_cannot_be_read(pcpdrain: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "folder.drain").mkdir()
    assert "Is a directory" in refused(pcpdrain, command, "folder.drain")
    assert "No such file or directory" in refused(pcpdrain, command, "nothing.drain")
    assert "No such file or directory" in refused(pcpdrain, command, "no/where")
    (tmp_path / "loop.drain").symlink_to("loop.drain")
    assert "error S101" in refused(pcpdrain, command, "loop.drain")


def test_a_file_without_permission(pcpdrain: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.drain"
    file.write_text(small_variant("x"), "utf-8")
    if os.geteuid() != 0:
        file.chmod(0)
    else:  # permissions do not bind root
        real = Path.open

        def refuse(self: Path, *words: object, **options: object) -> object:
            if self.name == "x.drain":
                raise PermissionError(13, "Permission denied", str(self))
            return real(self, *words, **options)  # type: ignore[call-overload]

        monkeypatch.setattr(Path, "open", refuse)
    assert "Permission denied" in refused(pcpdrain, "check", "x.drain")


def test_a_file_name_that_would_end_a_line(pcpdrain: Run, tmp_path: Path) -> None:
    (tmp_path / "a\nb.drain").write_text(small_variant("x"), "utf-8")
    said = refused(pcpdrain, "compile", "a\nb.drain", "--to", "python")
    assert r"'a\nb.drain': a file name with control characters" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["check", "last_zone_decide"],
            "unknown variant `last_zone_decide`; did you mean `last_zone_decides`?",
        ),
        (["check", "qqq"], "unknown variant `qqq`; known: ack_before_drain, "),
        (["steps", "global_ipl"], "did you mean `global_ipi`?"),
        (["check", "--scope", "racin"], "unknown scope `racin`; did you mean `racing`?"),
        (
            ["check", "--property", "never_stack"],
            "unknown property `never_stack`; did you mean `never_stuck`?",
        ),
        (
            ["check", "global_ipi", "--scope", "solo", "--property", "call_returns"],
            "call_returns is not checked: calls are not bounded at this scope (global_ipi, solo)",
        ),
        (["new"], "Missing argument 'NAME'"),
        (["new", "a", "b"], "unexpected extra argument"),
        (["fmt", "--shout", "x.drain"], "No such option"),
        (["lsp", "x.drain"], "unexpected extra argument"),
        (["check", "--jobs", "0"], "--jobs"),
        (["check", "--timeout", "0"], "--timeout"),
        (["check", "--json", "."], "is a directory"),
        (["conformance", "--scope", "racin"], "did you mean `racing`?"),
        (["compile", "global_ipi", "--to", "tla", "--scope", "x"], "unknown scope `x`; known: "),
        (
            ["compile", "global_ipi", "--to", "python", "--scope", "solo"],
            "--scope says nothing to --to python",
        ),
        (["compile", "global_ipi", "--to", "C"], "'C' is not one of"),
        (["compile", "global_ipi"], "Missing option '--to'"),
        (["steps"], "Missing argument"),
        (["replay", "nothing.json"], "nothing.json: No such file or directory"),
        (["replay", "."], ".: Is a directory"),
        (["chek"], "No such command 'chek'"),
    ],
    ids=" ".join,
)
def test_a_word_that_is_not_known(pcpdrain: Run, words: list[str], message: str) -> None:
    assert message in refused(pcpdrain, *words)


def test_two_files_with_one_variant(pcpdrain: Run, tmp_path: Path) -> None:
    for name in ("a.drain", "b.drain"):
        (tmp_path / name).write_text(small_variant("same"), "utf-8")
    for command in ("check", "conformance"):
        said = refused(pcpdrain, command, "a.drain", "b.drain")
        assert "a.drain and b.drain both hold a variant called same" in said


def test_all_files_with_errors_are_told_of(pcpdrain: Run, tmp_path: Path) -> None:
    (tmp_path / "a.drain").write_bytes(b"")
    (tmp_path / "b.drain").write_bytes(PNG)
    said = refused(pcpdrain, "check", "a.drain", "global_ipi", "b.drain")
    assert "a.drain:1:1: error" in said
    assert "b.drain:1:1: error" in said


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (["check", "global_ipi"], "build/results.json: build is not a folder"),
        (["conformance", "global_ipi"], "build"),
        (["compile", "global_ipi", "--to", "ir"], "build"),
        (["check", "global_ipi", "--json", "build/x/y.json"], "build"),
    ],
    ids=" ".join,
)
def test_a_file_where_the_folder_should_be(
    pcpdrain: Run, tmp_path: Path, words: list[str], place: str
) -> None:
    (tmp_path / "build").write_text("mine", "utf-8")
    said = refused(pcpdrain, *words)
    assert "pcpdrain: error: cannot write" in said
    assert place.partition(":")[0].split("/")[0] in said
    assert (tmp_path / "build").read_text("utf-8") == "mine"
