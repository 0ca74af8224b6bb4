"""Step numbers: an answer names steps, and they get the numbers of the counterexample as it is."""

import pytest

from pcpdrain.tools.step_numbers import Run, StepError, numbered_steps

RUNS = [
    Run((("d0", "calls drain_all_pages"), ("d0", "pcp_count"), ("d0", "pcp_count"), ("d0", "returns"))),
    Run((("c1", "goes offline"), ("d0", "cpumask_set_cpu(0)"))),
]


def test_a_step_is_named_by_who_does_what() -> None:
    text = "`d0` looks in {step: d0 pcp_count #2}; {step of run 2: d0 cpumask_set_cpu(0)}, and it is {0}."
    assert numbered_steps(text, RUNS) == "`d0` looks in step 3; step 2, and it is {0}."


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{step: d0 pcp_count}", "steps of the counterexample that are so: 2, 3"),
        ("{step: d0 pcp_count #3}", "steps of the counterexample that are so: 2, 3"),
        ("{step: d1 returns}", "steps of the counterexample that are so: none"),
        ("{step of run 3: d0 returns}", "there is no counterexample 3"),
        ("as in step 3", "must be named"),
        ("{stop: d0 returns}", "must be named"),
    ],
)
def test_a_step_that_is_not_there_or_is_numbered_by_hand_is_refused(text: str, why: str) -> None:
    with pytest.raises(StepError, match=why):
        numbered_steps(text, RUNS)
