"""docs/tutorial.md: each command runs, in its order, on the files that are shown, and says what is shown."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from pcpdrain.codegen.formatting import format_source
from pcpdrain.codegen.source import Source
from tests.tools.driving import Start, wait_until
from tests.tools.test_tools_authoring import listener
from tests.tools.test_tools_readme import plain

TUTORIAL = (Path(__file__).resolve().parents[2] / "docs" / "tutorial.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TUTORIAL, re.DOTALL | re.MULTILINE)

STATUS = {
    "pcpdrain check my_drain.drain --scope racing --property drain_complete": 1,
}
"""Of the commands that do not end with 0."""


def run(command: str, folder: Path) -> tuple[int, str]:
    """Run one line as in a shell whose path begins with the environment of the tests."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    plain_environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "PCPDRAIN", "COLUMNS"))
    }
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**plain_environment, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, plain(done.stdout)


def watched_until_interrupted(process: subprocess.Popen[str]) -> None:
    """Let it check once, then press Ctrl-C."""
    has_said = listener(process)
    wait_until(lambda: has_said("watching my_drain.drain; Ctrl-C ends it"))
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130


def test_the_tutorial_is_true(tmp_path: Path, start: Start) -> None:
    assert TUTORIAL.count("```") == 2 * len(BLOCKS)
    said = file = ""
    for kind, text in BLOCKS:
        if kind == "drain":
            file = text
            (tmp_path / "my_drain.drain").write_text(text, "utf-8")
        elif kind == "text":
            for piece in text.split("...\n"):
                assert piece in said, f"not said: {piece}\n{said}"
        elif "--watch" in text:
            watched_until_interrupted(start(*text.split()[1:]))
        else:
            said = ""
            for command in text.splitlines():
                status, output = run(command, tmp_path)
                expected = 2 if "irqsave" in file else STATUS.get(command, 0)
                assert status == expected, f"{command}\n{output}"
                said += output


def test_the_files_are_formatted_but_for_the_one_that_is_formatted_there() -> None:
    files = [text for kind, text in BLOCKS if kind == "drain"]
    assert [format_source(Source("x.drain", text)) == text for text in files] == [True, True, False]


def test_every_command_is_in_a_block_that_runs() -> None:
    rest = re.sub(r"^```(\w+)\n(.*?)^```$", "", TUTORIAL, flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"^ {4}(.*)$", rest, re.MULTILINE) == ["make setup && . .venv/bin/activate"]
