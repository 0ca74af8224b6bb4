"""Explorer: compiles a variant's C program, runs it in this process, and reads the graph that it finds."""

from __future__ import annotations

import ctypes
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcpdrain.codegen.backends.explorer import ExplorerModel, Field, Layout, emit_explorer
from pcpdrain.codegen.graph import LabelledGraph, Value, canonical_graph
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.scopes import Scope

from .ccompiler import compile_shared
from .tlc import EngineFailed

MOST_STATES = 200_000_000
"""Far below what 32 bits can number, and more than 24 GiB can hold."""

FEW_STATES = 300_000
"""Up to so many, what the compiler saves by optimising less is more than the search then loses.

Measured in seconds of CPU for `per_cpu_summary`: to compile, 0.35 with -O1 against 0.75 with -O2; to go
through 1,500,000 states, 1.7 against 1.25.
"""

_TYPES = {"uint8_t": np.uint8, "int8_t": np.int8, "int16_t": np.int16, "uint64_t": np.uint64}

_TOO_MANY = 1
_FAILURES = {
    _TOO_MANY: "too many states",
    2: "out of memory",
    3: "a step of the program divides by zero",
    4: "a number of the program does not fit 16 bits",
}


class TooManyStates(Exception):
    """There are more states than asked for."""


@dataclass(frozen=True)
class RawGraph:
    """A graph in the memory of the explorer: `states` by number; the edges of state i begin at `first[i]`."""

    layout: Layout
    states: NDArray[Any]
    first: NDArray[np.uint64]
    labels: NDArray[np.uint16]
    targets: NDArray[np.uint32]


def explored_graph(program: Program, scope: Scope, most_states: int = MOST_STATES) -> LabelledGraph:
    """The whole labelled state graph of a variant at a scope, in the project's names, without ghosts.

    Raises:
        EngineMissing: there is no C compiler.
        EngineFailed: the C does not compile, memory is short, or a number does not fit.
        TooManyStates: there are more than `most_states`.
    """
    model = emit_explorer(program, scope)
    with explored(model, most_states) as raw:
        fields = raw.layout.fields
        states = list(zip(*(_values(field, raw.states[field.name]) for field in fields), strict=True))
        names = [field.key for field in fields]
        return canonical_graph(names, 0, dict(enumerate(states)), _edges(raw, model.labels))


@contextmanager
def explored(model: ExplorerModel, most_states: int = MOST_STATES) -> Iterator[RawGraph]:
    """Compile and run an explorer; the graph is to be read inside the block. See `explored_graph`."""
    with run_explorer(model, most_states) as library:
        states, edges = library.count_states(), library.count_edges()
        yield RawGraph(
            model.layout,
            array_of(library.states, state_type(model.layout), states),
            array_of(library.first_edges, np.dtype(np.uint64), states + 1),
            array_of(library.edge_labels, np.dtype(np.uint16), edges),
            array_of(library.edge_targets, np.dtype(np.uint32), edges),
        )


@contextmanager
def run_explorer(model: ExplorerModel, most_states: int) -> Iterator[ctypes.CDLL]:
    """Compile and run an explorer; what it found is in its memory, to be read inside the block.

    Raises:
        EngineMissing, EngineFailed, TooManyStates: see `explored_graph`.
    """
    library = load_explorer(model, ["-O1"])
    try:
        trouble = library.explore(min(most_states, FEW_STATES))
        if trouble == _TOO_MANY and most_states > FEW_STATES:
            library.forget()
            library = load_explorer(model)
            trouble = library.explore(most_states)
        if trouble == _TOO_MANY:
            raise TooManyStates(f"more than {most_states:,} states")
        if trouble:
            raise EngineFailed(f"the explorer stopped: {what_stopped(trouble)}")
        if library.state_size() != state_type(model.layout).itemsize:
            raise EngineFailed("the explorer's states do not lie in memory as they should")
        yield library
    finally:
        library.forget()


def load_explorer(model: ExplorerModel, flags: Sequence[str] = ()) -> ctypes.CDLL:
    """Compile an explorer; what its `explore` will find is in its memory until `forget`.

    Raises:
        EngineMissing, EngineFailed: see `explored_graph`.
    """
    with tempfile.TemporaryDirectory(prefix="pcpdrain-", ignore_cleanup_errors=True) as name:
        source = Path(name) / "explorer.c"
        source.write_text(model.text, encoding="utf-8")
        made = compile_shared([source], Path(name) / "explorer.so", ["-Wno-unused", *flags])
        library = ctypes.CDLL(str(made))
    library.explore.argtypes = [ctypes.c_uint64]
    for function in ("state_size", "count_states", "count_edges"):
        getattr(library, function).restype = ctypes.c_uint64
    return library


def what_stopped(trouble: int) -> str:
    """What the number says that `explore` returned; empty if it found all states."""
    return _FAILURES[trouble] if trouble else ""


def state_type(where: Layout) -> np.dtype[Any]:
    """How a state lies in memory, for numpy."""
    fields: list[Any] = [(field.name, _TYPES[field.type], field.shape) for field in where.viewed]
    fields.append(("padding", np.uint8, (where.padding[0],)))
    fields += [(field.name, _TYPES[field.type], field.shape) for field in where.hidden]
    return np.dtype([*fields, ("hidden_padding", np.uint8, (where.padding[1],))])


def state_values(where: Layout, state: Any) -> dict[str, Value]:
    """The variables of one state, as `observe` of an implementation has them."""
    return {field.key: field.decode(state[field.name].tolist()) for field in where.fields}


def array_of(function: Any, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
    """What a function of the explorer points to, in place: gone when the block of `run_explorer` ends."""
    function.restype = ctypes.c_void_p
    if not count:
        return np.empty(0, dtype)
    memory = (ctypes.c_char * (count * dtype.itemsize)).from_address(function())
    return np.frombuffer(memoryview(memory).cast("B"), dtype)


def _values(field: Field, column: NDArray[Any]) -> list[Value]:
    """One variable in all states; each value that occurs is decoded once."""
    rows = np.ascontiguousarray(column.reshape(len(column), -1))
    _, first, index = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    values = [field.decode(column[row].tolist()) for row in first]
    return [values[number] for number in index.reshape(-1).tolist()]


def _edges(raw: RawGraph, labels: tuple[str, ...]) -> Iterator[tuple[int, str, int]]:
    ends = raw.first.astype(np.int64)
    sources = np.repeat(np.arange(len(raw.states)), ends[1:] - ends[:-1])
    for source, label, target in zip(
        sources.tolist(), raw.labels.tolist(), raw.targets.tolist(), strict=True
    ):
        yield source, labels[label], target
