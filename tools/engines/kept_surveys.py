"""Kept surveys: what the explorer has found before is read from the cache of runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pcpdrain.codegen.backends import explorer as backend
from pcpdrain.codegen.backends.explorer import ExplorerModel
from pcpdrain.codegen.backends.suite import encode
from pcpdrain.pcpref.suite import decode

from . import explorer, fairness, surveying
from .ccompiler import ALWAYS, find_compiler
from .run_cache import RunCache, file_digest_of, run_key
from .surveying import Survey


def remembered(
    cache: RunCache | None, model: ExplorerModel, names: Sequence[str], make: Callable[[], Survey]
) -> Survey:
    """The survey of these properties: the kept one of the same C, compiler and judging code, or one made now.

    Raises:
        EngineMissing: there is no C compiler.
    """
    if cache is None or cache.folder is None:
        return make()
    key = _key(model, names)
    kept = cache.recall(key)
    if kept is not None:
        return replace(_read(kept), cached=True)
    found = make()
    cache.note(key, _written(found), found.seconds)
    return found


def _key(model: ExplorerModel, names: Sequence[str]) -> str:
    command = find_compiler()
    code = [module.__file__ for module in (backend.layout, explorer, fairness, surveying)]
    digests = [file_digest_of(Path(file)) for file in [shutil.which(command[0]), *code] if file is not None]
    return run_key(["explorer", *command, *ALWAYS, *digests, *names], {"explorer.c": model.text})


def _written(found: Survey) -> dict[str, Any]:
    ways = {
        name: [[label, {key: encode(value) for key, value in state.items()}] for label, state in rows]
        for name, rows in found.violated.items()
    }
    sets = {"premises": sorted(found.premises), "taken": sorted(found.taken)}
    return {**vars(found), "violated": ways, **sets}


def _read(data: dict[str, Any]) -> Survey:
    ways = {
        name: tuple((label, {key: decode(value) for key, value in state.items()}) for label, state in rows)
        for name, rows in data["violated"].items()
    }
    sets = {name: frozenset(data[name]) for name in ("premises", "taken")}
    return Survey(**{**data, "labels": tuple(data["labels"]), "violated": ways, **sets})
