"""Work in several processes ends with the one that began it, at whatever moment it is interrupted."""

import signal
import subprocess
import sys

import pytest

from tests.tools.driving import runs

INTERRUPTED = """
import os, signal, sys, time
from multiprocessing.process import BaseProcess

from pcpdrain.tools.failures import Stopped, catch_signals
from pcpdrain.tools.parallel import in_parallel

signal.signal(signal.SIGINT, signal.default_int_handler)
catch_signals()
number, started, deaf = map(int, sys.argv[1:])
start = BaseProcess.start
begun = []

def start_and_interrupt(self):
    start(self)
    begun.append(self.pid)
    if len(begun) == started:
        os.kill(os.getpid(), number)

def work(job):
    if job == deaf:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.kill(os.getppid(), number)
    time.sleep(1000)

BaseProcess.start = start_and_interrupt
try:
    in_parallel(work, [(job,) for job in range(8)], workers=3)
except (KeyboardInterrupt, Stopped):
    print(*begun)
"""
"""Interrupts itself when it has started some of its workers, or is by the one that does not hear SIGTERM."""


def ended(number: signal.Signals, started: int, deaf: int = -1) -> bool:
    """Whether nothing of it is there any more when it is gone, and nothing was said."""
    words = [sys.executable, "-c", INTERRUPTED, str(int(number)), str(started), str(deaf)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    begun = [int(pid) for pid in done.stdout.split()]
    return len(begun) == 3 and not any(map(runs, begun)) and not done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("started", [1, 2, 3])
def test_an_interrupt_while_the_workers_are_started(number: signal.Signals, started: int) -> None:
    assert ended(number, started)


def test_workers_that_do_not_hear_are_killed() -> None:
    assert ended(signal.SIGINT, started=0, deaf=0)
