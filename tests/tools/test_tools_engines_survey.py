"""The driver of TLC where it does not stop at the first violation, and where a run has no end."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcpdrain.tools.engines import tlc
from tests.tools.test_tools_engines_tlc import (
    COUNTS,
    END,
    LEFT,
    SPECIFICATION,
    STATE,
    SUCCESS,
    VERSION,
    VIOLATED,
    frame,
    run,
    write,
)

TELLING = """---- MODULE Counter ----
EXTENDS Integers, TLC
VARIABLE x
Init == x = 0
up == x < 9 /\\ x' = x + 1
Next == up
ASSUME \\A number \\in {1, 2, 3} : TLCSet(number, FALSE)
First(number, property) ==
  IF property \\/ TLCGet(number) THEN TRUE
  ELSE ~(PrintT(<<"told", number, TLCGet("level")>>) /\\ TLCSet(number, TRUE))
All == FALSE \\notin {First(1, x < 3), First(2, x < 3), First(3, x < 7)}
====
"""


def test_a_survey_goes_through_the_whole_graph_and_shows_each_first_violation(tmp_path: Path) -> None:
    (tmp_path / "Counter.tla").write_text(TELLING, "utf-8")
    (tmp_path / "Counter.cfg").write_text(SPECIFICATION + "INVARIANT All\n", "utf-8")
    result = run(tmp_path, survey=True)
    assert (result.outcome, result.reason, result.distinct) == ("violated", "", 10)
    assert [(violation.told, len(violation.trace)) for violation in result.violations] == [
        ((1, 2), 4),
        ((3,), 8),
    ]
    assert set(result.told) == {1, 2, 3}
    assert result.told[1] in (3, 4)  # of the state before, or of this one, by the version of TLC


LIVENESS = """---- MODULE Counter ----
EXTENDS Integers
VARIABLE x
Init == x = 0
up == x < 3 /\\ x' = x + 1
back == x = 3 /\\ x' = 2
Next == up \\/ back
Spec == Init /\\ [][Next]_x /\\ {fair}
Arrives == (x = 0) ~> (x = {goal})
====
"""


@pytest.mark.parametrize(
    ("fair", "goal", "operators", "loop"),
    [
        ("WF_x(Next)", "3", None, None),
        ("WF_x(Next)", "4", [None, "up", "up", "up", "back"], 2),
        ("TRUE", "3", [None], 0),
    ],
    ids=["arrives", "goes round", "stays where it is"],
)
def test_runs_without_end(
    tmp_path: Path, fair: str, goal: str, operators: list[str | None] | None, loop: int | None
) -> None:
    (tmp_path / "Counter.tla").write_text(LIVENESS.format(fair=fair, goal=goal), "utf-8")
    (tmp_path / "Counter.cfg").write_text("SPECIFICATION Spec\nPROPERTY Arrives\n", "utf-8")
    result = run(tmp_path)
    if operators is None:
        assert (result.outcome, result.reason) == ("holds", "")
        return
    assert (result.outcome, result.reason, result.violated) == ("violated", "", "temporal properties")
    assert result.loop is not None
    assert result.trace[-1][1] == result.trace[result.loop][1]
    if loop == 2:
        assert [operator for operator, _ in result.trace] == operators
        assert (result.loop, result.trace[-1][1]) == (2, {"x": 2})
    else:
        assert result.loop == len(result.trace) - 1


BACK = frame(2122, "7: Back to state: <up line 1>", 4)


@pytest.mark.parametrize(
    ("output", "status", "outcome", "reason"),
    [
        (VERSION + VIOLATED + STATE + SUCCESS + COUNTS + END, 0, "violated", ""),
        (VERSION + VIOLATED + STATE + COUNTS + END, 12, "violated", ""),
        (VERSION + VIOLATED + STATE + SUCCESS + LEFT + END, 0, "error", "with 8 states left"),
        (VERSION + VIOLATED + SUCCESS + COUNTS + END, 0, "error", "shows no counterexample"),
        (VERSION + VIOLATED + STATE + VIOLATED + COUNTS + END, 12, "error", "shows no counterexample"),
        (VERSION + VIOLATED + STATE + SUCCESS + COUNTS, 0, "error", "ends before its closing message"),
        (VERSION + VIOLATED + STATE + SUCCESS + COUNTS + END, 1, "error", "its exit status is 1"),
        (VERSION + VIOLATED + STATE + BACK + COUNTS + END, 13, "error", "expected a way back to a state"),
    ],
)
def test_what_a_java_may_print_in_a_survey(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, status: int, outcome: str, reason: str
) -> None:
    write(tmp_path)
    (tmp_path / "output").write_text(output, encoding="utf-8")
    fake = tmp_path / "java"
    fake.write_text(f"#!/bin/sh\ncat {tmp_path / 'output'}\nexit {status}\n", encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setattr(tlc, "find_java", lambda: fake)
    result = run(tmp_path, survey=True)
    assert result.outcome == outcome
    assert reason in result.reason
