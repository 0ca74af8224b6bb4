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
number, started = map(int, sys.argv[1:])
start = BaseProcess.start
begun = []

def start_and_interrupt(self):
    start(self)
    begun.append(self.pid)
    if len(begun) == started:
        os.kill(os.getpid(), number)

BaseProcess.start = start_and_interrupt
try:
    in_parallel(time.sleep, [(1000,)] * 8, workers=3)
except (KeyboardInterrupt, Stopped):
    print(*begun)
"""
"""Interrupts itself when it has started some of its workers, which have much to do."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("started", [1, 2, 3])
def test_an_interrupt_while_the_workers_are_started(number: signal.Signals, started: int) -> None:
    words = [sys.executable, "-c", INTERRUPTED, str(int(number)), str(started)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    begun = [int(pid) for pid in done.stdout.split()]
    assert len(begun) == 3
    assert not any(map(runs, begun))
    assert done.stderr == ""
