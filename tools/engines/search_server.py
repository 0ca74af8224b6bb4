"""Search server: one Java that makes one search with TLC after another, so that its code stays compiled.

TLC is a program for one search: what it knows of a model stands in static variables. So before each search
all of them get the values again that they had when Java loaded their classes. Two objects are seen to by
name, as they change within: the interned strings, which know the variable or definition that they name, and
the warnings that are not given twice. Each search has a thread of its own, and with it new thread-local
values.

A line on stdin is a search: a JSON object with `directory` and `flags`. What TLC says goes to stdout, then a
line of `END` and its exit status. The server ends when its input does. It is started by `servers`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import traceback
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

import click
import jpype

from .servers import END, READY

_OF_TLC = ("tlc2/", "tla2sany/", "util/")
_NEVER_USED = ("tlc2/tool/distributed/",)
"""Several machines for one search: to load that is to open ports."""


class Statics:
    """The static variables of TLC, with the values that they have when it is loaded."""

    def __init__(self, jar: Path) -> None:
        self._found = [
            (variable, variable.get(None))
            for entry in zipfile.ZipFile(jar).namelist()
            if entry.endswith(".class") and entry.startswith(_OF_TLC) and not entry.startswith(_NEVER_USED)
            for variable in _variables(entry.removesuffix(".class").replace("/", "."))
        ]
        self._strings = _declared("util.UniqueString", "internTbl").get(None)
        self._entries = _declared("util.InternTable", "table")
        self._warnings = _declared("tlc2.output.MP", "instance")
        self._new_warnings = self._warnings.getType().getDeclaredConstructor()
        self._new_warnings.setAccessible(True)

    def restore(self) -> None:
        """Make TLC forget the model of the last search."""
        for variable, value in self._found:
            variable.set(None, value)
        for string in self._entries.get(self._strings):
            if string is not None:
                string.setLoc(-1)
        self._warnings.set(None, self._new_warnings.newInstance())


def _variables(name: str) -> list[Any]:
    """The static variables of a class, which is initialised now."""
    modifier = jpype.JClass("java.lang.reflect.Modifier")
    find = jpype.JClass("java.lang.Class").forName
    loader = jpype.JClass("java.lang.ClassLoader").getSystemClassLoader()
    variables = [
        field
        for field in find(name, False, loader).getDeclaredFields()
        if modifier.isStatic(field.getModifiers()) and not modifier.isFinal(field.getModifiers())
    ]
    if variables:
        find(name, True, loader)
    for field in variables:
        field.setAccessible(True)
    return variables


def _declared(name: str, field: str) -> Any:
    """A private variable of a class."""
    found = jpype.JClass(name).class_.getDeclaredField(field)
    found.setAccessible(True)
    return found


def search(directory: str, flags: list[str]) -> int:
    """Do what the `main` of TLC does; its exit status."""
    jpype.JClass("util.ToolIO").setUserDir(directory)
    tlc = jpype.JClass("tlc2.TLC")()
    if not tlc.handleParameters(flags):
        return 1
    tlc.setResolver(jpype.JClass("util.SimpleFilenameToStream")())
    return int(jpype.JClass("tlc2.output.EC$ExitStatus").errorConstantToExitStatus(tlc.process()))


def serve(statics: Statics, scratch: str) -> None:
    """Make the searches that stdin tells, until it ends; a search that is under way then ends, too."""
    told: SimpleQueue[str] = SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            told.put(line)
        shutil.rmtree(scratch, ignore_errors=True)  # whoever started this may be gone
        os._exit(0)

    Thread(target=read, daemon=True).start()
    click.echo(READY)
    while True:
        wanted = json.loads(told.get())
        statics.restore()
        with ThreadPoolExecutor(max_workers=1) as new_thread:
            status = new_thread.submit(search, **wanted).result()
        jpype.JClass("java.lang.System").out.flush()
        click.echo(f"{END} {status}")


def main() -> None:
    """Start a Java (its library) with a jar, a folder for files and Java's own options, and serve."""
    library, jar, scratch, *options = sys.argv[1:]
    options += [f"-Djava.io.tmpdir={scratch}", "--enable-native-access=ALL-UNNAMED"]
    try:
        jpype.startJVM(library, *options, classpath=[jar])
        serve(Statics(Path(jar)), scratch)
    except Exception:  # noqa: BLE001 - whatever it is, it is to be read where the server was started
        traceback.print_exc()
        os._exit(1)  # whatever TLC's threads are doing


if __name__ == "__main__":
    main()
