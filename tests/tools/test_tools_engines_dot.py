"""The reader of TLC's state graphs: numbering independent of fingerprints, and files that are cut off."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pcpdrain.tools.engines.dot import DotError, StateGraph, parse_dot, read_dot

HEAD = ["strict digraph DiskGraph {", "nodesep=0.35;", "subgraph cluster_graph {", 'color="white";']
TAIL = ["{rank = same; 10;}", "}", "}"]


def node(identity: int, value: int, initial: bool = False) -> str:
    label = rf"/\\ n = {value}\n/\\ s = (0 :> \"a\" @@ 1 :> \"b\")"
    return f'{identity} [label="{label}"' + (",style = filled]" if initial else "];")


def step(source: int, operator: str, target: int) -> str:
    return f'{source} -> {target} [label="{operator}",color="black",fontcolor="black"];'


BODY = [
    node(10, 0, initial=True),
    step(10, "b_d0", -7),
    node(-7, 1),
    step(10, "b_d0", -7),
    step(10, "a_d0", 30),
    node(30, 2),
    step(10, "c_d0", -7),
    step(-7, "a_d0", -7),
    step(30, "a_d0", 10),
]
GRAPH = StateGraph(
    initial=(0,),
    states={number: {"n": value, "s": ("a", "b")} for number, value in enumerate((0, 2, 1))},
    edges=((0, "a_d0", 1), (0, "b_d0", 2), (0, "c_d0", 2), (1, "a_d0", 0), (2, "a_d0", 2)),
)


def test_a_graph() -> None:
    assert parse_dot([*HEAD, *BODY, *TAIL]) == GRAPH


def test_the_result_does_not_depend_on_order_or_fingerprints() -> None:
    body = [line.replace("-7", "999").replace("30", "-5") for line in BODY]
    random.Random(1).shuffle(body)
    assert parse_dot([*HEAD, *body, *TAIL]) == GRAPH


def test_one_operator_with_two_targets_is_ordered_by_their_states() -> None:
    for first, second in ((5, 6), (6, 5)):
        body = [node(1, 0, initial=True), node(first, 1), node(second, 2), step(1, "a", 6), step(1, "a", 5)]
        graph = parse_dot([*HEAD, *body, *TAIL])
        assert [graph.states[number]["n"] for number in range(3)] == [0, 1, 2]
        assert graph.edges == ((0, "a", 1), (0, "a", 2))


def test_values_over_several_lines_and_escapes() -> None:
    label = r"/\\ f = (0 :> 0\n  @@ 1 :> 1)\n/\\ t = \"q\\\"\\\\z\""
    graph = parse_dot([*HEAD, f'1 [label="{label}",style = filled]', *TAIL])
    assert graph.states == {0: {"f": (0, 1), "t": 'q"\\z'}}


def test_every_cut_is_seen(tmp_path: Path) -> None:
    text = "\n".join([*HEAD, *BODY, *TAIL]) + "\n"
    path = tmp_path / "g.dot"
    path.write_text(text, encoding="utf-8")
    assert read_dot(path) == GRAPH
    for length in range(len(text) - 1):
        path.write_text(text[:length], encoding="utf-8")
        with pytest.raises(DotError, match=r"g\.dot"):
            read_dot(path)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([*HEAD, *BODY[1:], *TAIL], "no initial state"),
        ([*HEAD, *BODY[:5], *TAIL], "state 30, which is not there"),
        ([*HEAD, *BODY, node(77, 5), *TAIL], "1 states that no step leads to"),
        ([*HEAD, "1 -> 2;", *TAIL], ":5: an edge without its action"),
        ([*HEAD, "1 [label=oops];", *TAIL], ":5: neither a state nor a step"),
        ([*HEAD, r'1 [label="/\\ x = ?",style = filled]', *TAIL], ":5: no TLA"),
        ([*HEAD, r'1 [label="/\\ x = 1\n/\\ x = 2",style = filled]', *TAIL], ":5: a variable has two values"),
        ([], "not a graph"),
        (["hello"], "not a graph"),
    ],
)
def test_what_is_no_state_graph(lines: list[str], problem: str) -> None:
    with pytest.raises(DotError, match=r"^the state graph:") as caught:
        parse_dot(lines)
    assert problem in str(caught.value)
