"""Writing a variant: `new` gives one that checks, `fmt` formats, `check --watch` checks after each change."""

import os
import signal
import stat
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from pcpdrain.codegen.formatting import format_source
from pcpdrain.codegen.frontend.parse import keywords
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.codegen.source import Source, read_source
from tests.tools.driving import Run, Start, small_variant, wait_until
from tests.tools.test_tools_bad_input import BAD_FILES, refused

UGLY = 'variant x "t"{drain_all_pages(){on_each_cpu(drain_local_pages,true);}}'
WELL = format_source(Source("x.drain", UGLY))


def test_a_new_variant_is_formatted_and_checks(pcpdrain: Run, tmp_path: Path) -> None:
    assert "pcpdrain check my_drain.drain" in pcpdrain("new", "my_drain").output
    source = read_source(tmp_path / "my_drain.drain")
    assert format_source(source) == source.text
    compiled = compile_file(tmp_path / "my_drain.drain")
    assert compiled.program.name == "my_drain"
    assert not compiled.warnings
    result = pcpdrain("check", "my_drain.drain")
    assert result.exit_code == 0, result.output
    assert "4 of 4 expectations met" in result.output


def test_what_the_new_variant_says_of_racing_is_so(pcpdrain: Run, tmp_path: Path) -> None:
    pcpdrain("new", "my_drain")
    file = tmp_path / "my_drain.drain"
    file.write_text(file.read_text("utf-8").replace("in solo, two_targets;", "in racing;", 1), "utf-8")
    result = pcpdrain("check", "my_drain.drain", "--scope", "racing", "--property", "drain_complete")
    assert result.exit_code == 1
    assert "drain_complete is violated" in result.output


def test_a_file_that_is_there_is_left_alone(pcpdrain: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.drain").write_text("precious", "utf-8")
    (tmp_path / "link.drain").symlink_to("nowhere.drain")
    for name in ("mine", "link"):
        assert f"{name}.drain is there already" in refused(pcpdrain, "new", name)
    assert (tmp_path / "mine.drain").read_text("utf-8") == "precious"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("my.drain", "letters, digits and underscores"),
        ("a/b", "letters, digits and underscores"),
        ("", "letters, digits and underscores"),
        ("1st", "letters, digits and underscores"),
        ("caf\xe9", "letters, digits and underscores"),
        ("global_ipi", "the project has a variant of that name"),
        ("no_wait", "the project has a variant of that name"),
        ("machine", "a module or class of that name exists"),
        ("lambda", "a keyword of Python"),
        ("Mine", "a capital"),
        ("my__drain", "single underscores"),
        ("x" * 64, "longer than 63 characters"),
        *((word, "a keyword of the language") for word in sorted(keywords())),
    ],
)
def test_a_name_that_no_variant_can_have(pcpdrain: Run, name: str, why: str) -> None:
    said = refused(pcpdrain, "new", name)
    assert why in said
    assert f"{name!r} cannot be the name of a variant" in said


def test_a_file_is_formatted_once_and_keeps_its_mode(pcpdrain: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.drain"
    file.write_text(UGLY, "utf-8")
    file.chmod(0o600)
    assert pcpdrain("fmt", "x.drain").output == "x.drain\n"
    assert file.read_text("utf-8") == WELL
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = pcpdrain("fmt", "x.drain", "x.drain")
    assert (again.exit_code, again.output) == (0, "")


def test_check_and_diff_write_nothing(pcpdrain: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.drain"
    file.write_text(UGLY, "utf-8")
    named = pcpdrain("fmt", "--check", "x.drain")
    assert (named.exit_code, "x.drain: not formatted" in named.output) == (1, True)
    shown = pcpdrain("fmt", "--diff", "x.drain")
    assert shown.exit_code == 1
    assert file.read_text("utf-8") == UGLY
    patched = subprocess.run(
        ["git", "apply", "-"], input=shown.output, cwd=tmp_path, text=True, check=False, capture_output=True
    )
    assert patched.returncode == 0, patched.stderr
    assert file.read_text("utf-8") == WELL
    for option in ("--check", "--diff"):
        assert pcpdrain("fmt", option, "x.drain").exit_code == 0


@pytest.mark.parametrize(
    "case", ["a picture", "a text", "empty", "Latin-1", "a megabyte", "an unclosed brace", "no scope"]
)
def test_a_file_that_does_not_parse_is_left_alone_with_all_others(
    pcpdrain: Run, tmp_path: Path, case: str
) -> None:
    data, message = BAD_FILES[case]
    (tmp_path / "bad.drain").write_bytes(data)
    (tmp_path / "x.drain").write_text(UGLY, "utf-8")
    assert message in refused(pcpdrain, "fmt", "x.drain", "bad.drain")
    assert (tmp_path / "bad.drain").read_bytes() == data
    assert (tmp_path / "x.drain").read_text("utf-8") == UGLY


def test_formatting_nothing_says_what_is_wanted(pcpdrain: Run) -> None:
    assert "Missing argument 'FILE.drain...'" in refused(pcpdrain, "fmt")
    assert "No such file or directory" in refused(pcpdrain, "fmt", "nothing.drain")


def listener(process: subprocess.Popen[str]) -> Callable[[str], bool]:
    """A question: has the process said this since what the last answer was about? It never waits."""
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    os.set_blocking(pipe, False)
    unread = ""

    def has_said(text: str) -> bool:
        nonlocal unread
        with suppress(BlockingIOError):
            unread += os.read(pipe, 1 << 20).decode()
        before, found, after = unread.partition(text)
        unread = after if found else before
        return bool(found)

    return has_said


def test_each_change_is_checked_and_errors_do_not_end_it(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "x.drain"
    good = small_variant("x")
    file.write_text(good, "utf-8")
    process = start("check", "x.drain", "--watch", "--scope", "solo_one_zone", "--property", "drain_complete")
    has_said = listener(process)
    wait_until(lambda: has_said("1 of 1 expectations met"))
    wait_until(lambda: has_said("watching x.drain; Ctrl-C ends it"))
    (tmp_path / "new.drain").write_text(good.replace("on_each_cpu", "on_each_cup"), "utf-8")
    (tmp_path / "new.drain").replace(file)  # as editors do
    wait_until(lambda: has_said("did you mean `on_each_cpu`?"))
    file.unlink()
    wait_until(lambda: has_said("No such file or directory"))
    file.write_text(good.replace("holds", "violated"), "utf-8")
    wait_until(lambda: has_said("0 of 1 expectations met"))
    wait_until(lambda: has_said("Ctrl-C ends it"))
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    wait_until(lambda: has_said("pcpdrain: interrupted"))


def test_watching_what_is_not_there_ends_at_once(pcpdrain: Run) -> None:
    assert "unknown variant `global_ipy`" in refused(pcpdrain, "check", "--watch", "global_ipy")
