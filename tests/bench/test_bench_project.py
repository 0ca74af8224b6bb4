"""The project's own commands are timed as a user runs them."""

from __future__ import annotations

import pytest

from pcpdrain.tools.bench import project
from pcpdrain.tools.bench.project import Timed, not_timed, timed_commands
from pcpdrain.tools.cli import main


def test_a_command_is_timed_and_one_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = {"lists engines": ("engines",), "fails": ("steps", "nothing")}
    monkeypatch.setattr(project, "COMMANDS", commands)
    seen: list[Timed] = []
    well, badly = timed_commands(seen.append)
    assert seen == [well, badly]
    assert well.seconds is not None
    assert well.seconds > 0
    assert (well.command, well.reason) == ("pcpdrain engines", "")
    assert well.said.startswith("c compiler")
    assert badly.seconds is None
    assert badly.reason.startswith("ended with status 2: ")


def test_all_that_is_timed_is_a_command_with_options_that_it_has() -> None:
    for words in project.COMMANDS.values():
        name, *options = words
        main.commands[name].make_context(name, list(options))


def test_what_is_not_timed_says_why() -> None:
    assert {timed.reason for timed in not_timed("not asked for")} == {"not asked for"}
    assert len(not_timed("")) == len(project.COMMANDS)
