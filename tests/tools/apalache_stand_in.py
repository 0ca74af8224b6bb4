"""A program that answers as Apalache does, for tests: STAND_IN says how, STAND_IN_ITF names a counterexample.

Its words, padding, exit statuses and files are those of Apalache 0.62, as far as a driver can see them. Like
Apalache it takes options before the file, as `--name=value`, and prints everything to stdout.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

OPTIONS = ("init", "next", "inv", "length", "cinit", "timeout-smt", "run-dir", "out-dir")
FLAGS = ("no-deadlock",)

given: dict[str, str] = {}
"""The options of this run."""


def say(text: str, level: str = "I") -> None:
    """One message of the log, its time behind it."""
    print(f"{text:<65} {level}@11:33:14.965", flush=True)


def end(status: int) -> NoReturn:
    say("It took me 0 days  0 hours  0 min  5 sec")
    say("Total time: 5.471 sec")
    print("EXITCODE: OK" if status == 0 else f"EXITCODE: ERROR ({status})", flush=True)
    sys.exit(status)


def head(version: str = "0.62.1") -> None:
    print("# Usage statistics is OFF. We care about your privacy.")
    print("# If you want to help our project, consider enabling statistics with config --enable-stats=true.")
    print(f"\nOutput directory: {given.get('run-dir')}")
    say(f"# APALACHE version: {version} | build: 4943c45f1")


def passes() -> None:
    """What comes before the search, when all is well."""
    say("PASS #0: SanyParser")
    say("PASS #1: TypeCheckerSnowcat")
    say(" > Running Snowcat .::.")
    say(" > Your types are purrfect!")
    say(" > All expressions are typed")
    say("PASS #2: ConfigurationPass")
    say(f"  > Set the initialization predicate to {given['init']}")
    say(f"  > Set the transition predicate to {given['next']}")
    if "cinit" in given:
        say(f"  > Set the constant initialization predicate to {given['cinit']}")
    say(f"  > Set an invariant to {given['inv']}")
    say("PASS #8: VCGen")
    say("  > VCGen produced 16 verification condition(s)")
    say("PASS #13: BoundedChecker")
    say("Step 0: picking a transition out of 1 transition(s)")


def finish(outcome: str, status: int, *, length: str | None = None) -> NoReturn:
    say(f"The outcome is: {outcome}")
    if status == 0:
        say(f"Checker reports no error up to computation length {length or given['length']}")
    else:
        say("Checker has found an error")
    end(status)


def holds() -> None:
    passes()
    finish("NoError", 0)


def violated() -> None:
    passes()
    say("State 1: state invariant 0 violated.")
    say("Found 1 error(s)")
    if itf := os.environ.get("STAND_IN_ITF"):
        shutil.copy(itf, Path(given["run-dir"]) / "violation1.itf.json")
    finish("Error", 12)


def violated_and_no_error() -> None:
    passes()
    say("State 1: state invariant 0 violated.")
    finish("NoError", 0)


def two_outcomes() -> None:
    passes()
    say("The outcome is: NoError")
    say("The outcome is: Error")
    finish("NoError", 0)


def an_error_besides() -> None:
    passes()
    say("Unhandled exception: java.lang.NullPointerException", "E")
    finish("NoError", 0)


def parse() -> None:
    say("PASS #0: SanyParser")
    print("Parsing error: Syntax errors:\n\n*** Errors: 1\n\nIn module AP_bad\n")
    say("Could not parse module AP_bad from file AP_bad.tla", "E")
    end(255)


def types() -> None:
    say("PASS #1: TypeCheckerSnowcat")
    say(" > Running Snowcat .::.")
    say("[M.tla:71:35-71:43]: Arguments to = should have the same type, in expression lock = {}", "E")
    say("[M.tla:70:1-72:69]: Error when computing the type of Lock", "E")
    say(" > Snowcat asks you to fix the types. Meow.")
    end(120)


def assignment() -> None:
    passes()
    say("To understand the error, read the manual:")
    say("Assignment error: M.tla:155:12-155:56: Missing assignments to: hz", "E")
    end(255)


def unsupported() -> None:
    passes()
    say("M.tla:9:3-9:9: unsupported expression: CHOOSE", "E")
    end(75)


def bad_config() -> None:
    say("PASS #2: ConfigurationPass")
    say("Configuration error (see the manual): operator IndInit not found", "E")
    end(255)


def short() -> None:
    passes()
    say("All executions are shorter than the provided bound.", "W")
    finish("ExecutionsTooShort", 0)


def smt() -> None:
    passes()
    say("State 1: state invariant 3 => TIMEOUT. Assuming it holds true.")
    finish("NoError", 0)


def smt_outcome() -> None:
    passes()
    finish("SmtTimeout", 0)


def smt_transition() -> None:
    passes()
    finish("RuntimeError", 12)


def deadlock() -> None:
    passes()
    say("Found a deadlock.", "E")
    finish("Deadlock", 12)


def other_length() -> None:
    passes()
    finish("NoError", 0, length="0")


def other_invariant() -> None:
    given["inv"] = "TRUE"
    holds()


def no_constants() -> None:
    given.pop("cinit")
    holds()


def cut_off() -> None:
    passes()
    sys.exit(0)


def other_status() -> None:
    passes()
    say("The outcome is: NoError")
    say(f"Checker reports no error up to computation length {given['length']}")
    print("EXITCODE: OK", flush=True)
    sys.exit(3)


def memory() -> None:
    passes()
    print("java.lang.OutOfMemoryError: Java heap space")
    end(255)


def disk() -> None:
    print("java.io.IOException: No space left on device")
    end(255)


def killed() -> None:
    passes()
    os.kill(os.getpid(), signal.SIGKILL)


def hang() -> None:
    """With a child that must not outlive it either; the pids are told in a folder."""
    child = subprocess.Popen(["sleep", "300"])
    if folder := os.environ.get("STAND_IN_PIDS"):
        for pid in (os.getpid(), child.pid):
            (Path(folder) / str(pid)).touch()
    time.sleep(300)


def old_java() -> NoReturn:
    print("Error: A JNI error has occurred, please check your installation and try again")
    print("Exception in thread main java.lang.UnsupportedClassVersionError: at/forsyte/apalache/tla/Tool")
    sys.exit(1)


def garbage() -> NoReturn:
    sys.stdout.buffer.write(b"\xff\xfe\x00 what\x1b[31m?\nThe outcome is: NoError\nEXITCODE: OK\n")
    sys.exit(0)


def silent() -> NoReturn:
    sys.exit(0)


BEFORE_THE_HEAD: dict[str, Callable[[], NoReturn]] = {
    "old_java": old_java,
    "garbage": garbage,
    "silent": silent,
}
VERSIONS = {"old": "0.47.2", "very_old": "0.25.10", "strange": "SNAPSHOT", "newer": "0.70.0"}
AT_TYPES = ("parse", "types", "disk", "killed_early")
"""What goes wrong already where only types are checked."""


def main(words: list[str]) -> None:
    scenario = os.environ.get("STAND_IN", "holds")
    if words[:1] == ["version"]:
        print(VERSIONS.get(scenario, os.environ.get("STAND_IN_VERSION", "0.62.1")))
        sys.exit(0)
    command, *options = words
    for word in options[:-1]:
        named = re.fullmatch(r"--([\w-]+)=(.*)", word)
        if named is not None and named[1] in OPTIONS:
            given[named[1]] = named[2]
        elif word.removeprefix("--") not in FLAGS:
            print(f"Unknown option or argument: {word}")
            sys.exit(1)
    if scenario in BEFORE_THE_HEAD:
        BEFORE_THE_HEAD[scenario]()
    Path(given["run-dir"]).mkdir(parents=True)
    head(VERSIONS.get(scenario, "0.62.1"))
    module = Path(options[-1])
    if not module.is_file():
        say(f"{module}: no such file", "E")
        end(255)
    if command == "typecheck" and scenario not in AT_TYPES:
        say(f"Type checking {module}")
        say("Type checker [OK]")
        end(0)
    globals()[scenario if scenario not in VERSIONS else "holds"]()


if __name__ == "__main__":
    main(sys.argv[1:])
