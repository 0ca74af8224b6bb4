"""Matrix: the verdicts of all variants, properties and scopes, and the page that begins the site."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.properties import PROPERTIES

from ..chosen import is_broken
from ..review import bounds
from ..show import OTHER_ENGINE
from .rendering import page
from .rows import by_name

SIGNS = {"holds": "✓", "violated": "✗", "unknown": "?", "not_run": "–"}

_RANK = ("violated", "unknown", "not_run", "holds")
"""Which verdict stands for several, if they differ: the first of these."""


def cell(findings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One variant and one property: the verdict at each scope, and the one that stands for them."""
    verdicts = {str(finding["scope"]): str(finding["found"]) for finding in findings}
    kind = min(verdicts.values(), key=_RANK.index, default="")
    counted = sum(verdict == kind for verdict in verdicts.values())
    told = ", ".join(f"{scope}: {verdict.replace('_', ' ')}" for scope, verdict in verdicts.items())
    return {
        "kind": kind,
        "sign": SIGNS.get(kind, ""),
        "count": f"{counted}/{len(verdicts)}" if counted != len(verdicts) else "",
        "told": told,
        "scopes": " ".join(f"{scope}:{verdict}" for scope, verdict in verdicts.items()),
    }


def index_page(
    rows: Sequence[Mapping[str, Any]],
    programs: Mapping[str, Program],
    unexplored: Sequence[str],
) -> str:
    """The page with the matrix. `unexplored` tells what the explorer does not have, and why."""
    groups: dict[str, list[dict[str, Any]]] = {"variants": [], "broken on purpose": []}
    for name, findings in by_name(rows).items():
        if name not in programs:
            continue  # such as the module of the buddy allocator
        cells = [cell([f for f in findings if f["property"] == known]) for known in PROPERTIES]
        group = "broken on purpose" if is_broken(programs[name].source) else "variants"
        # A name may be broken after each underscore, on a phone.
        parts = re.findall(r"[^_]*_|[^_]+", name)
        groups[group].append({"name": name, "parts": parts, "title": programs[name].title, "cells": cells})
    others = [finding for finding in rows if finding["variant"] not in programs]
    used = {finding["scope"] for finding in rows}
    scopes = [(s.name, bounds(s), s.why) for s in project_scopes().ready.values() if s.name in used]
    counts = {kind: sum(finding["found"] == kind for finding in rows) for kind in SIGNS}
    return page(
        "index.html.j2",
        root=".",
        title="pcpdrain",
        groups={name: group for name, group in groups.items() if group},
        properties=list(PROPERTIES.values()),
        scopes=scopes,
        counts=counts,
        others=others,
        unexplored=unexplored,
        not_driven=OTHER_ENGINE,
    )
