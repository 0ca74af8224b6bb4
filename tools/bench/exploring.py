"""Exploring: one variant at one size with the explorer, in a process of its own, whose memory is measured.

Printed is one line of JSON; `Explored` has its fields.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass

import numpy as np

from pcpdrain.codegen.backends.explorer import emit_explorer
from pcpdrain.codegen.library import SPEC
from pcpdrain.codegen.pipeline import compile_file

from ..engines.explorer import MOST_STATES, array_of, load_explorer, what_stopped
from .sizes import Size

PROPERTY = "drain_complete"


@dataclass(frozen=True)
class Explored:
    """What was found. `stopped` says why there is no verdict; `state_size` is bytes; `search` is seconds."""

    states: int
    transitions: int
    violated: bool
    search: float
    state_size: int
    stopped: str


def explored(variant: str, size: Size) -> Explored:
    """Compile the variant and go through all its states.

    Raises:
        EngineMissing, EngineFailed: there is no C compiler, or it fails.
    """
    compiled = compile_file(SPEC / "variants" / f"{variant}.drain")
    library = load_explorer(emit_explorer(compiled.program, size.scope, [PROPERTY]))
    began = time.perf_counter()
    trouble = library.explore(MOST_STATES)
    search = time.perf_counter() - began
    found = Explored(
        library.count_states(),
        library.count_edges(),
        bool(array_of(library.guilty, np.dtype(np.uint32), 1)[0]),
        search,
        library.state_size(),
        what_stopped(trouble),
    )
    library.forget()
    return found


if __name__ == "__main__":
    variant, *numbers = sys.argv[1:]
    sys.stdout.write(json.dumps(vars(explored(variant, Size(*map(int, numbers))))) + "\n")
