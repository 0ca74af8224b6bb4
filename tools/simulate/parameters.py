"""Parameters: what the timed machine costs and what runs on it, read from TOML and checked.

Each parameter is a table of a value, its unit, its source, and a range over which it may be varied.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pcpdrain.codegen.errors.diagnostic import suggestion

Kind = TypeVar("Kind")

OWN = Path(__file__).with_name("parameters.toml")
"""The project's parameters."""

_PARTS = ("value", "range", "unit", "source")


class SimulationError(Exception):
    """Something about a simulation that the user can change: one line that says what, where and how."""


@dataclass(frozen=True)
class Costs:
    """Times in ns, but for the counts and factors whose units parameters.toml tells."""

    step: float
    atomic: float
    near: float
    far: float
    cpus_per_socket: int
    ipi_send: float
    ipi_delivery: float
    ipi_late: float
    guest_factor: float
    idle_wakeup: float
    handler_entry: float
    page_fast: float
    page_bulk: float
    context_switch: float
    handover: float
    resolution: float


@dataclass(frozen=True)
class Workload:
    """Who allocates and frees how much. Times in ns; parameters.toml has the units and what each means."""

    cpus: int
    busy_cpus: int
    guest: int
    zones: int
    tasks_per_cpu: int
    processes: int
    pages: int
    high: int
    batch: int
    watermark: int
    reserve: float
    overcommit: float
    churn: float
    last_zone_share: float
    order_share: float
    atomic_share: float
    think: float
    reclaim_time: float
    reclaim_pages: float
    progress: float
    oom_wait: float
    exit_page: float
    timeslice: float
    idle_free: float
    mask_alloc_fails: float
    longest: float
    most_drains: int


@dataclass(frozen=True)
class Parameter:
    """One number: `low` and `high` are the ends of its range, None for a choice that is not varied."""

    value: float
    unit: str
    source: str
    low: float | None = None
    high: float | None = None

    @property
    def kind(self) -> str:
        """What stands behind it: "assumed", "calibrated", "chosen" or "sourced"."""
        for word, kind in (("assumed", "assumed"), ("calibrated", "calibrated"), ("a choice", "chosen")):
            if self.source.startswith(word):
                return kind
        return "sourced"


@dataclass(frozen=True)
class Parameters:
    """All costs, and the workloads by name with a sentence `about` each."""

    costs: Mapping[str, Parameter]
    workloads: Mapping[str, Mapping[str, Parameter]]
    about: Mapping[str, str]

    def cost_values(self) -> Costs:
        """The costs without where they are from."""
        return _values(Costs, self.costs)

    def workload_values(self, name: str) -> Workload:
        """A workload without where its numbers are from.

        Raises:
            SimulationError: there is none of that name.
        """
        if name not in self.workloads:
            near = suggestion(name, self.workloads, f"known: {', '.join(self.workloads)}")
            raise SimulationError(f"unknown workload `{name}`; {near}")
        return _values(Workload, self.workloads[name])

    def changed(self, workload: str, name: str, value: float) -> Parameters:
        """The same with another value of one cost, or of one number of a workload."""
        if name in self.costs:
            return replace(self, costs={**self.costs, name: replace(self.costs[name], value=value)})
        table = self.workloads[workload]
        changed = {**table, name: replace(table[name], value=value)}
        return replace(self, workloads={**self.workloads, workload: changed})


def read_parameters(path: Path = OWN) -> Parameters:
    """Read and check a file of parameters.

    Raises:
        SimulationError: it is not what parameters.toml shows; says where and what to write.
        OSError: it cannot be read.
    """
    return _Reader(path, path.read_text(encoding="utf-8", errors="replace")).parameters()


class _Reader:
    """One file; refusals name its line."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()
        try:
            self._data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SimulationError(f"{path}: {error}") from None

    def parameters(self) -> Parameters:
        data = self._data
        self._keys("", data, ("costs", "workloads"))
        costs = self._section("costs", self._table("costs", data["costs"]), Costs, {})
        tables = self._table("workloads", data["workloads"])
        workloads: dict[str, Mapping[str, Parameter]] = {}
        about: dict[str, str] = {}
        for name, given in tables.items():
            section = f"workloads.{name}"
            table = dict(self._table(section, given))
            about[name] = str(table.pop("about", name))
            model = table.pop("like", None)
            if model is not None and model not in workloads:
                hint = suggestion(str(model), workloads, f"above it: {', '.join(workloads) or 'nothing'}")
                raise self._refuse(section, "like", f"`{model}` is no workload above this one; {hint}")
            workloads[name] = self._section(section, table, Workload, workloads[model] if model else {})
        if not workloads:
            raise SimulationError(f"{self._path}: there is no workload; write a table [workloads.NAME]")
        return Parameters(costs, workloads, about)

    def _section(
        self, section: str, table: Mapping[str, Any], kind: type, inherited: Mapping[str, Parameter]
    ) -> dict[str, Parameter]:
        """The parameters of one table, in the order of the fields of `kind`."""
        whole = {field.name: field.type == "int" for field in fields(kind)}
        self._keys(section, table, tuple(whole), inherited)
        found = {
            name: self._parameter(section, name, table[name], whole[name])
            if name in table
            else inherited[name]
            for name in whole
        }
        self._check(section, {name: parameter.value for name, parameter in found.items()})
        return found

    def _parameter(self, section: str, name: str, given: Any, whole: bool) -> Parameter:
        if not isinstance(given, dict):
            raise self._refuse(section, name, f"write {{ value = {given!r}, unit = ..., source = ... }}")
        for key in given:
            if key not in _PARTS:
                hint = suggestion(key, _PARTS, f"known: {', '.join(_PARTS)}")
                raise self._refuse(section, name, f"unknown key `{key}`; {hint}")
        for key in ("value", "unit", "source"):
            if key not in given:
                raise self._refuse(section, name, f"`{key}` is missing")
        value = given["value"]
        if not _is_number(value) or (whole and not isinstance(value, int)) or value < 0:
            wanted = "a whole number" if whole else "a number"
            raise self._refuse(section, name, f"its value must be {wanted} from 0 on, not {value!r}")
        low, high = self._range(section, name, given["range"]) if "range" in given else (None, None)
        if low is not None and high is not None and not low <= value <= high:
            raise self._refuse(section, name, f"its value {value} is outside its range [{low}, {high}]")
        return Parameter(value, str(given["unit"]), str(given["source"]), low, high)

    def _range(self, section: str, name: str, given: Any) -> tuple[float, float]:
        if not (isinstance(given, list) and len(given) == 2 and all(map(_is_number, given))):
            raise self._refuse(section, name, f"its range must be [low, high], not {given!r}")
        low, high = given
        if low > high:
            raise self._refuse(section, name, f"its range [{low}, {high}] is upside down")
        return low, high

    def _check(self, section: str, values: Mapping[str, float]) -> None:
        """Bounds beyond which there is no machine."""
        positive = ("cpus", "zones", "tasks_per_cpu", "processes", "pages", "high", "batch", "think")
        for name in (*positive, "cpus_per_socket", "reclaim_pages", "reclaim_time", "timeslice", "oom_wait"):
            if name in values and values[name] <= 0:
                raise self._refuse(section, name, "its value must be above 0")
        for name in (
            "churn",
            "last_zone_share",
            "order_share",
            "atomic_share",
            "reserve",
            "progress",
            "mask_alloc_fails",
            "guest",
        ):
            if values.get(name, 0) > 1:
                raise self._refuse(section, name, f"it is a share, from 0 to 1, not {values[name]}")

    def _keys(
        self,
        section: str,
        table: Mapping[str, Any],
        known: tuple[str, ...],
        inherited: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        for name in table:
            if name not in known:
                hint = suggestion(name, known, f"known: {', '.join(known)}")
                raise self._refuse(section, name, f"unknown parameter; {hint}")
        for name in known:
            if name not in table and name not in inherited:
                where = f"[{section}]" if section else "the file"
                raise SimulationError(f"{self._path}: {where} lacks `{name}`")

    def _table(self, section: str, given: Any) -> Mapping[str, Any]:
        if not isinstance(given, dict):
            raise self._refuse("", section, "it must be a table")
        return given

    def _refuse(self, section: str, name: str, what: str) -> SimulationError:
        line = next(self._lines_of(section, name), 0)
        place = f"{self._path}:{line}" if line else str(self._path)
        return SimulationError(f"{place}: {section + '.' if section else ''}{name}: {what}")

    def _lines_of(self, section: str, name: str) -> Iterator[int]:
        """Where a key stands below the header of its table."""
        inside = not section
        for number, text in enumerate(self._lines, 1):
            stripped = text.strip()
            if stripped.startswith("["):
                inside = stripped.startswith((f"[{section}]", f"[{name}]")) if section else True
                if stripped.startswith(f"[{name}]"):
                    yield number
            elif inside and re.match(rf"[\"']?{re.escape(name)}[\"']?\s*=", stripped):
                yield number


def _values(kind: type[Kind], table: Mapping[str, Parameter]) -> Kind:
    return kind(**{name: parameter.value for name, parameter in table.items()})


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
