"""Files of traces: what is written is read back, in both forms; what is damaged is told with its line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pcpdrain.codegen.backends.tla.trace import Event
from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.codegen.scopes import Scope
from pcpdrain.tools.traces import TraceError
from pcpdrain.tools.tracing.event_traces import EventTrace, SeenEvent
from pcpdrain.tools.tracing.record import record
from pcpdrain.tools.tracing.trace_files import WRITERS, read_event_trace

POSTED = compile_file(SPEC / "variants" / "last_zone_decides.drain").program
SOLO = project_scopes().ready["solo"]
BUSY = Scope(
    "busy",
    4,
    3,
    16,
    4,
    3,
    (0, 0, 3),
    calls=2,
    leavers=(2,),
    signals=True,
    alloc_fails=True,
    count_window=True,
)
RUN = record(POSTED, SOLO, 1, 30)


def partial(trace: EventTrace) -> EventTrace:
    """The trace with less and less seen of each event."""
    events = list(trace.events)
    events[2] = replace(events[2], label=None, seen={})
    events[3] = SeenEvent(seen={"pcp": events[3].seen["pcp"]})
    events[4] = SeenEvent()
    events[5] = replace(events[5], cpu=None, task=None, zone=None, count=None, time=None)
    return replace(trace, events=tuple(events))


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize(
    ("variant", "scope"),
    [("per_call_mask", BUSY), ("uninitialised_mask", BUSY), ("last_zone_decides", SOLO)],
    ids=lambda value: getattr(value, "name", value),
)
@pytest.mark.parametrize("change", [lambda trace: trace, partial], ids=["whole", "partial"])
def test_a_trace_is_read_back_as_it_was_written(
    form: str, variant: str, scope: Scope, change: Callable[[EventTrace], EventTrace], tmp_path: Path
) -> None:
    program = compile_file(SPEC / "variants" / f"{variant}.drain").program
    trace = change(record(program, scope, 3, 40))
    path = tmp_path / "trace"
    path.write_text(WRITERS[form](trace), "utf-8")
    found = read_event_trace(path)
    assert found.events == trace.events
    assert (found.program.name, found.scope) == (variant, scope_without_notes(scope))
    assert found.program.source.text == program.source.text
    assert WRITERS[form](found) == path.read_text("utf-8")


def scope_without_notes(scope: Scope) -> Scope:
    return Scope(**scope.bounds())


def test_a_recorded_trace_says_whose_each_step_is_and_what_became_of_its_list() -> None:
    trace = record(POSTED, BUSY, 1, 200)
    first, *events = trace.events
    assert (first.label, first.cpu, first.count) == (None, None, None)
    assert [event.time for event in trace.events] == list(range(201))
    for event in events:
        actor = str(event.label).partition(":")[0]
        number = int(actor[1:])
        assert event.task == (number if actor[0] == "d" else None)
        assert event.cpu == (BUSY.drainers[number] if actor[0] == "d" else number)
        word, _, zone = str(event.label).partition(":")[2].partition(" z")
        if word in ("free", "link", "count", "alloc", "dead"):
            assert event.zone == int(zone)
        if event.count is not None:
            assert event.count == event.seen["pcp"][event.cpu][event.zone]  # type: ignore[index]
            assert event.claim().seen[f"pcp[{event.cpu}][{event.zone}]"] == event.count
    assert {event.count for event in events} >= {None, 0, 1, 2}


def test_the_same_seed_gives_the_same_trace_and_another_another() -> None:
    assert record(POSTED, SOLO, 1, 30) == RUN
    assert record(POSTED, SOLO, 2, 30).events != RUN.events


def test_what_a_kernel_would_tell_is_enough_for_an_event(tmp_path: Path) -> None:
    path = tmp_path / "kernel.ndjson"
    path.write_text(
        '{"format": "pcpdrain-events 1", "variant": "per_cpu_summary", "scope": "solo"}\n'
        '{}\n{"time": 7.5, "cpu": 1, "zone": 0, "count": 1}\n\n{"cpu": 0, "task": 0}\n',
        "utf-8",
    )
    trace = read_event_trace(path)
    assert trace.scope == SOLO
    assert trace.claims() == [
        Event(None, {}),
        Event(None, {"pcp[1][0]": 1}, 1, None),
        Event(None, {}, 0, 0),
    ]


def test_itf_has_the_values_of_apalache_and_the_names_of_tla() -> None:
    data = json.loads(WRITERS["itf"](RUN))
    state = data["states"][0]
    one, none = {"#bigint": "1"}, {"#bigint": "0"}
    assert data["#meta"]["format"] == "ITF"
    assert set(data["vars"]) == state.keys() - {"#meta"}
    assert state["online"] == {"#set": [none, one]}
    assert state["pcp"]["#map"][1] == [one, {"#map": [[none, none], [one, none]]}]
    assert state["at"] == {"#map": [[none, "idle"]]}
    assert state["irqs_on"] == {"#map": [[none, True], [one, True]]}
    assert "drain_all_pages__cpu" in state
    owed = [state["owes"]["#map"][0][1]["#set"] for state in data["states"]]
    assert {"#tup": [one, one]} in [pair for pairs in owed for pair in pairs]


def lines(*changed: Any) -> list[str]:
    """A whole trace with an event of one's own at its end, or some of them."""
    return [
        *WRITERS["ndjson"](RUN).splitlines()[:4],
        *(each if isinstance(each, str) else json.dumps(each) for each in changed),
    ]


def header(**changed: Any) -> list[str]:
    head, *rest = lines()
    return [json.dumps({**json.loads(head), **changed}), *rest]


NDJSON: dict[str, tuple[list[str], str]] = {
    "cut off": (lines('{"time": 4, "la'), ":5: not JSON, or cut off; each line is one {...}"),
    "no object": (lines("[1, 2]"), ":5: [1, 2] is no event; each line is one {...}"),
    "a field": (
        lines({"lable": "d0:call"}),
        ":5: unknown field `lable`; an event has time, cpu, task, label, zo",
    ),
    "a variable": (
        lines({"seen": {"pccp": [[0, 0]]}}),
        ":5: last_zone_decides has no variable `pccp`; did you mean `pcp`?",
    ),
    "an element": (
        lines({"seen": {"pcp[0][0][0]": 1}}),
        ":5: `pcp[0][0][0]` is no element of pcp, Int -> (Int -> Int)",
    ),
    "a type": (
        lines({"seen": {"pcp": [1, 0]}}),
        ":5: `pcp` cannot be (1, 0); pcp is of type Int -> (Int -> Int)",
    ),
    "a type of an element": (lines({"seen": {"pcp[0]": 2}}), ":5: `pcp[0]` cannot be 2; pcp is of type Int"),
    "a form": (
        lines({"seen": {"online": {"sett": [0]}}}),
        ':5: a value of no known form; a set is {"set": [...]}',
    ),
    "a float": (lines({"seen": {"pcp[0][0]": 1.5}}), ":5: `pcp[0][0]` cannot be 1.5"),
    "a control character": (lines({"seen": {"at": ["\x07"]}}), ":5: `at` cannot be"),
    "no values": (lines({"seen": [1]}), ":5: [1] where variables with their values should be"),
    "a cpu": (lines({"cpu": "0"}), ":5: `cpu` is '0'; it must be a whole number"),
    "a huge count": (lines({"cpu": 0, "zone": 0, "count": 2**40}), ":5: `count` is 1099511627776"),
    "a count alone": (lines({"count": 1}), ":5: `zone` and `count` go together"),
    "a label": (lines({"label": 3}), ':5: `label` is 3; it must be a text such as "c1:take d0"'),
    "time": (lines({"time": "now"}), ":5: `time` is 'now'; it must be a number"),
    "time goes back": (
        lines({"time": 1}),
        ":5: time goes back, from 2 to 1; put the events in order of time",
    ),
    "time is no number": (lines('{"time": NaN}'), ":5: time goes back, from 2 to nan"),
    "both": (
        lines({"seen": {}, "changed": {}}),
        ":5: both `seen` and `changed`; one of them says what was seen",
    ),
    "changed": (
        lines({}, {"changed": {}}),
        ":6: `changed`, but nothing was seen at the event before; use `seen`",
    ),
    "depth": (lines('{"seen": {"at": ' + "[" * 100_000), ":5: not JSON, or cut off"),
    "version": (
        header(format="pcpdrain-events 0"),
        ":1: events of another version ('pcpdrain-events 0', not pcp",
    ),
    "no variant": (
        ['{"format": "pcpdrain-events 1"}'],
        ":1: a damaged trace: 'variant' is missing",
    ),
    "scope": (header(scope="sollo"), ":1: unknown scope 'sollo'; did you mean `solo`?"),
    "bounds": (header(scope={"name": "x", "cpus": 0}), ":1: a damaged trace: "),
    "too many CPUs": (
        header(scope={**SOLO.bounds(), "cpus": 64}),
        ":1: a trace of 64 CPUs; up to 16 can be validated",
    ),
    "another variant": (
        header(variant="global_ipi"),
        ":1: a damaged trace: it is of 'global_ipi', its source of",
    ),
    "no events": (lines()[:1], ":2: a trace without events; "),
    "source": (
        header(source={"name": "x", "text": "variant", "sha256": "0"}),
        ":1: a damaged trace: its source is not the one",
    ),
}


@pytest.mark.parametrize("name", NDJSON)
def test_damaged_lines_are_told(name: str, tmp_path: Path) -> None:
    text, message = NDJSON[name]
    path = tmp_path / "trace.ndjson"
    path.write_text("\n".join(text) + "\n", "utf-8")
    with pytest.raises(TraceError) as failure:
        read_event_trace(path)
    assert str(failure.value).startswith(f"{path}{message}")
    assert "\n" not in str(failure.value)


def itf(change: Callable[[Any], object]) -> str:
    """A trace of four states on lines 2 to 5, one thing in it changed."""
    text = WRITERS["itf"](replace(RUN, events=RUN.events[:4]))
    head, *states, end = text.splitlines()
    data = [json.loads(head + "]}"), *(json.loads(state.rstrip(",")) for state in states)]
    change(data)
    body = ",\n".join(json.dumps(state) for state in data[1:])
    return f"{json.dumps(data[0])[:-2]}\n{body}\n{end}\n"


ITF: dict[str, tuple[Callable[[Any], object], str]] = {
    "a number": (lambda data: data[3].update(last_writer=0.5), ":4: 0.5 is no value of ITF"),
    "a big number": (lambda data: data[3].update(last_writer={"#bigint": "x"}), ":4: {'#bigint': 'x'} is no"),
    "a map": (lambda data: data[2].update(at={"#map": [[{"#bigint": "1"}, "idle"]]}), ":3: {'#map': [[{'#bi"),
    "a variable": (
        lambda data: data[4].update(ats="idle"),
        ":5: last_zone_decides has no variable `ats`; did",
    ),
    "a type": (
        lambda data: data[2].update(online={"#set": ["x"]}),
        ":3: `online` cannot be {x}; online is of",
    ),
    "a state": (lambda data: data.__setitem__(2, 3), ":3: 3 is no state"),
    "time": (lambda data: data[3]["#meta"].update(time=0), ":4: time goes back, from 1 to 0"),
    "variant": (lambda data: data[0]["#meta"].pop("variant"), ":1: a damaged trace: 'variant' is missing"),
    "no meta": (lambda data: data[0].pop("#meta"), ":1: a damaged trace: its header is no table"),
}


@pytest.mark.parametrize("name", ITF)
def test_damaged_states_are_told_with_their_line(name: str, tmp_path: Path) -> None:
    change, message = ITF[name]
    path = tmp_path / "trace.itf.json"
    path.write_text(itf(change), "utf-8")
    with pytest.raises(TraceError) as failure:
        read_event_trace(path)
    assert str(failure.value).startswith(f"{path}{message}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\n\n\xff", ":3: not UTF-8"),
        (b"", ":1: not JSON, or cut off"),
        (b'{"a": 1,\n', ":2: not JSON, or cut off"),
        (b"[]", ":1: neither ITF nor events"),
        (
            b'{"format": "pcpdrain-trace 2"}',
            ":1: a counterexample of `pcpdrain check`; `pcpdrain replay` runs it",
        ),
        (b"[" * 200_000, ":1: not JSON"),
    ],
)
def test_other_files_are_told(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "trace"
    path.write_bytes(content)
    with pytest.raises(TraceError) as failure:
        read_event_trace(path)
    assert str(failure.value).startswith(f"{path}{message}")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="No such file"):
        read_event_trace(tmp_path / "none")
    with pytest.raises(TraceError, match="directory"):
        read_event_trace(tmp_path)
