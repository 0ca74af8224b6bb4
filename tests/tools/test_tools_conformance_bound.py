"""A state graph of TLC may be asked for up to a number of states."""

import pytest

from pcpdrain.codegen.backends.tla import emit_model
from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.tools.chosen import variant_path
from pcpdrain.tools.conformance import state_graph
from pcpdrain.tools.engines.explorer import TooManyStates
from pcpdrain.tools.engines.tlc import JAVA_OPTIONS


def test_as_many_states_as_there_are_and_one_less() -> None:
    model = emit_model(
        compile_file(variant_path("global_ipi")).program, project_scopes().ready["solo_one_zone"]
    )
    whole = state_graph(model)
    assert state_graph(model, most_states=len(whole.states)) == whole
    with pytest.raises(TooManyStates, match=f"more than {len(whole.states) - 1:,} states"):
        state_graph(model, most_states=len(whole.states) - 1)


def test_a_queue_that_goes_to_disk() -> None:
    # TLC writes states that wait to be looked at to disk, with values of ghosts that it has never compared.
    model = emit_model(
        compile_file(variant_path("per_cpu_summary")).program, project_scopes().ready["solo_once"]
    )
    small = "-Dtlc2.tool.queue.DiskStateQueue.BufSize=4"
    assert state_graph(model, java_options=[*JAVA_OPTIONS, small]) == state_graph(model)
