"""Two engines: a verdict is what both say; where they differ there is none, and that is told."""

from dataclasses import replace

import pytest

from pcpdrain.tools.confirming import at_first, confirmed_by, told
from pcpdrain.tools.results import Finding

CHECKED = Finding(
    "v", "solo", "drain_complete", "holds", "holds", engine="tlc", states=12, transitions=30, depth=5
)
EXPLORED = replace(CHECKED, engine="explorer")


def test_what_both_say() -> None:
    (found,) = confirmed_by([EXPLORED], [CHECKED])
    assert found == replace(CHECKED, confirmed_by="explorer")
    assert told([EXPLORED], [found]).startswith("says the same as TLC in 1 of 1 checks")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("found", "violated", "found: tlc says holds, explorer says violated"),
        ("states", 13, "states: tlc says 12, explorer says 13"),
        ("transitions", 29, "transitions: tlc says 30, explorer says 29"),
        ("depth", 6, "depth: tlc says 5, explorer says 6"),
    ],
)
def test_what_they_say_differently_is_no_verdict(name: str, value: object, reason: str) -> None:
    other = replace(EXPLORED, **{name: value})  # type: ignore[arg-type]
    (found,) = confirmed_by([other], [CHECKED])
    assert (found.found, found.reason, found.met) == ("unknown", reason, False)
    assert told([other], [found]).startswith("says the same as TLC in 0 of 1 checks")


def test_runs_without_end_may_have_another_length() -> None:
    checked = replace(CHECKED, property="call_returns", found="violated", depth=9)
    explored = replace(EXPLORED, property="call_returns", found="violated", depth=7, transitions=31)
    assert confirmed_by([explored], [checked])[0].found == "violated"


def test_an_engine_that_is_not_there() -> None:
    missing = replace(EXPLORED, found="not_run", reason="no C compiler found", engine=None, states=None)
    assert confirmed_by([missing], [CHECKED]) == [CHECKED]
    assert told([missing], [CHECKED]) == "not run: no C compiler found"
    assert at_first([missing]) == "explorer: 0 of 1 expectations met; TLC goes through the same states"
