"""Ways to drive a machine through a test: one actor as far as it goes, or into each reachable state."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.protocol import Implementation


def next_of(machine: Implementation, actor: str) -> str | None:
    """The program or handler step, return or ack that this actor can make now, if any."""
    own = [label for label in machine.enabled() if label.startswith(f"{actor}:") and " " not in label]
    steps = [label for label in own if not label.endswith((":call", ":signal", ":offline", ":online"))]
    assert len(steps) <= 1
    return steps[0] if steps else None


def drive(machine: Implementation, actor: str, stop: str = "") -> list[str]:
    """Step this actor until it cannot, or until its next step is `stop`; the labels of its steps."""
    done = []
    while (label := next_of(machine, actor)) is not None and label != f"{actor}:{stop}":
        machine.step(label)
        done.append(label)
    if stop:
        assert label == f"{actor}:{stop}", f"{actor} never came to {stop}"
    return done


def answer(machine: Implementation, cpu: int, task: int) -> list[str]:
    """Let a CPU take the request of a task, serve it whole and acknowledge it."""
    take = f"c{cpu}:take d{task}"
    machine.step(take)
    return [take, *drive(machine, f"c{cpu}")]


def lose_to_another_caller(machine: Implementation) -> None:
    """Where the mask has no lock: task 1 clears it when task 0 is about to copy it, and task 0 returns."""
    machine.step("c1:free z0")
    machine.step("d0:call")
    drive(machine, "d0", "smp_call_function_many.cpumask_copy")
    machine.step("d1:call")
    machine.step("d1:drain_all_pages.cpumask_clear")
    drive(machine, "d0")


def state_of(machine: Implementation) -> tuple[object, ...]:
    return tuple(machine.observe().values())


def explore(machine: Machine) -> Iterator[None]:
    """Bring the machine into each reachable state, nearest first. Every way is run anew: for small scopes."""
    machine.reset()
    seen = {state_of(machine)}
    yield
    to_do: deque[tuple[str, ...]] = deque((label,) for label in sorted(machine.enabled()))
    while to_do:
        way = to_do.popleft()
        machine.reset()
        for label in way:
            machine.step(label)
        state = state_of(machine)
        if state not in seen:
            seen.add(state)
            yield
            to_do.extend((*way, label) for label in sorted(machine.enabled()))
