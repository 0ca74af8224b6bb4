"""Machine: a program on hardware of a given scope, run one labelled step at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from .boot import Boot
from .context import Context
from .cpu import Cpu
from .errors import ContextError, NotEnabled
from .ghosts import NOBODY
from .hardware import Hardware
from .hotplug import Hotplug
from .kernel import Kernel
from .monitor import Monitor
from .observe import Observer
from .program import Program
from .scheduler import Scheduler
from .scope import Scope
from .tasks import Task
from .workload import Workload


class Machine:
    """The reference implementation (see protocol.Implementation) and the judge of its own states.

    It starts in its initial state. After an exception other than NotEnabled the machine must be reset
    before it is used.
    """

    def __init__(self, scope: Scope, program: type[Program]) -> None:
        self.scope = scope
        self._program_type = program
        self.reset()

    def reset(self) -> None:
        """Boot: new hardware, and the program with its static variables as they are initialised."""
        self.hardware = Hardware(self.scope)
        self.program = self._program_type(self.scope.cpus)
        self._boot = Boot(self.program)
        self._scheduler = Scheduler(self.hardware)
        self._workload = Workload(self.hardware)
        self._hotplug = Hotplug(self.hardware)
        self._monitor = Monitor(self.hardware, self.program, self._scheduler)
        self._observer = Observer(self.hardware, self.program, self._boot, self._monitor.ghosts)
        self._task_kernels = tuple(Kernel(self.hardware, task.cpu, task) for task in self.hardware.tasks)
        self._handler_kernels = tuple(Kernel(self.hardware, cpu, None) for cpu in self.hardware.cpus)
        self._contexts: dict[str, Context] = {f"d{task.number}": task.context for task in self.hardware.tasks}
        self._contexts |= {f"c{cpu.number}": cpu.handler for cpu in self.hardware.cpus}
        self._writers = {f"d{task.number}": task.number for task in self.hardware.tasks}
        self._events = self._fixed_events()
        self._enabled: frozenset[str] | None = None

    def enabled(self) -> frozenset[str]:
        """The labels of all steps that can be made now; kept until the next step."""
        if self._enabled is None:
            scheduler = self._scheduler
            self._enabled = frozenset(
                [
                    *self._boot.steps(),
                    *(scheduler.calls() if self._boot.booted else ()),
                    *scheduler.kernel_steps(),
                    *scheduler.signals(),
                    *self._workload.steps(),
                    *self._hotplug.steps(),
                ]
            )
        return self._enabled

    def step(self, label: str) -> None:
        """Make one step; raises NotEnabled, and changes nothing, when it is not enabled."""
        if label not in self.enabled():
            raise NotEnabled(label, self.enabled())
        self._enabled = None
        writer = NOBODY
        event = self._events.get(label)
        if event is not None:
            event()
        else:
            actor, _, _ = label.partition(":")
            self._contexts[actor].advance(label)
            writer = self._writers.get(actor, NOBODY)
        self._monitor.ghosts.stepped(writer)

    def observe(self) -> dict[str, object]:
        """The whole state in canonical form."""
        return self._observer.observe()

    def violations(self) -> frozenset[str]:
        """The names of the properties that this state violates."""
        return frozenset(self._monitor.violations())

    def violation_details(self) -> dict[str, tuple[str, ...]]:
        """For each property that this state violates, what is wrong, in sentences."""
        return self._monitor.violations()

    def _fixed_events(self) -> dict[str, Callable[[], None]]:
        """What to do at each label that is not a step of a program."""
        events: dict[str, Callable[[], None]] = {}
        for task in self.hardware.tasks:
            events[f"d{task.number}:call"] = partial(self._call, task)
            events[f"d{task.number}:return"] = partial(self._return, task)
            events[f"d{task.number}:signal"] = task.signal
        for cpu in self.hardware.cpus:
            number = cpu.number
            events[f"c{number}:ack"] = cpu.acknowledge
            for task in self.hardware.tasks:
                events[f"c{number}:take d{task.number}"] = partial(self._take, cpu, task)
        return events | self._workload.events() | self._hotplug.events() | self._boot.events()

    def _call(self, task: Task) -> None:
        """The task enters drain_all_pages() and stops before the first step."""
        task.begin_call()
        task.context.start(self.program.drain_all_pages(self._task_kernels[task.number]))
        self._monitor.ghosts.called(task)

    def _return(self, task: Task) -> None:
        """The task, through with its program, leaves drain_all_pages()."""
        task.end_call()
        self._monitor.ghosts.returned(task)

    def _take(self, cpu: Cpu, task: Task) -> None:
        """The task's request interrupts the CPU, which stops before the first step of the handler."""
        csd = cpu.take_request(task.number)
        if csd.func is None:
            raise ContextError(f"the request of task {task.number} to CPU {cpu.number} asks for nothing")
        cpu.enter_handler(csd.func(self._handler_kernels[cpu.number]))
