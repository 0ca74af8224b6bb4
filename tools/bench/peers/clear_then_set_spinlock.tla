---------------------------- MODULE clear_then_set_spinlock --------------------
(******************************************************************************)
(* The repair of drain_all_pages() that the review proposed, in PlusCal, by   *)
(* hand: the shared mask is cleared and then only set, all under a spinlock   *)
(* that leaves interrupts on.  It is here to be measured against; see         *)
(* per_cpu_summary.tla, with which it shares all but the lock and the loop.   *)
(******************************************************************************)
EXTENDS Integers, FiniteSets
CONSTANTS CPUS, ZONES, TASKS, PAGES, CALLS

Cpus == 0..(CPUS - 1)
Zones == 0..(ZONES - 1)
Tasks == 0..(TASKS - 1)
Machines == TASKS..(TASKS + CPUS - 1)  \* the processes of the CPUs
None == -1

Home(d) == d % CPUS
\* cpumask_next(): the first member after c, or CPUS.
After(c, set) ==
  LET above == {b \in set : b > c}
  IN IF above = {} THEN CPUS ELSE CHOOSE b \in above : \A other \in above : b <= other

(* --algorithm clear_then_set_spinlock {
variables
  pcp = [c \in Cpus |-> [z \in Zones |-> 0]];      \* pages on each list,
  buddy = [z \in Zones |-> 0];                     \* free in the buddy allocator,
  in_use = [z \in Zones |-> PAGES];                \* and allocated
  irqs_on = [c \in Cpus |-> TRUE];
  preempt_count = [d \in Tasks |-> 0];
  call_queue = [c \in Cpus |-> {}];                \* whose calls wait to be taken
  serving = [c \in Cpus |-> None];                 \* whose call the handler runs
  awaiting = [d \in Tasks |-> {}];                 \* whose answers the caller waits for
  cpus_with_pcps = {};
  drain_lock = None;                               \* its holder
  owes = [d \in Tasks |-> {}];                     \* ghost: lists not empty at the call, nor ever since

define {
  Runs(d) == /\ serving[Home(d)] = None
             /\ \A other \in Tasks \ {d} : Home(other) = Home(d) => preempt_count[other] = 0
  RunsIrqsOn(d) == Runs(d) /\ irqs_on[Home(d)]
}

macro drain(c, z) {
  buddy[z] := buddy[z] + pcp[c][z];
  pcp[c][z] := 0;
  owes := [d \in Tasks |-> owes[d] \ {<<c, z>>}];
}

process (task \in Tasks)
variables calls_left = CALLS, cpu = None, zone = None, cfd = {}, target = None, own_zone = None;
{
idle:
  await calls_left > 0 /\ RunsIrqsOn(self);
  calls_left := calls_left - 1;
  owes[self] := {<<c, z>> \in Cpus \X Zones : pcp[c][z] > 0};
lock:  \* spin_lock(): preemption off first, then it waits with interrupts on
  await RunsIrqsOn(self);
  preempt_count[self] := preempt_count[self] + 1;
spin:
  await RunsIrqsOn(self) /\ drain_lock = None;
  drain_lock := self;
clear:
  await RunsIrqsOn(self);
  cpus_with_pcps := {};
scan:
  await RunsIrqsOn(self);
  if (After(cpu, Cpus) < CPUS) { cpu := After(cpu, Cpus); zone := 0; }
  else { cpu := None; goto pin; };
look:
  await RunsIrqsOn(self);
  if (pcp[cpu][zone] > 0) { skip; }
  else if (zone + 1 < ZONES) { zone := zone + 1; goto look; }
  else { zone := None; goto scan; };
set_bit:
  await RunsIrqsOn(self);
  cpus_with_pcps := cpus_with_pcps \union {cpu};
  if (zone + 1 < ZONES) { zone := zone + 1; goto look; }
  else { zone := None; goto scan; };

pin:  \* on_each_cpu_mask()
  await RunsIrqsOn(self);
  preempt_count[self] := preempt_count[self] + 1;
peek:  \* smp_call_function_many(): two searches of the mask
  await RunsIrqsOn(self);
  cfd := cpus_with_pcps;
peek_online:
  await RunsIrqsOn(self);
  with (others = (cfd \intersect Cpus) \ {Home(self)}) {
    if (others = {}) { cfd := {}; goto own; }
    else if (Cardinality(others) = 1) { cfd := others; target := After(None, others); goto send; }
    else { cfd := {}; };  \* several: what was seen is forgotten, as the mask is read once more
  };
copy:
  await RunsIrqsOn(self);
  cfd := cpus_with_pcps;
copy_online:
  await RunsIrqsOn(self);
  with (others = (cfd \intersect Cpus) \ {Home(self)}) {
    cfd := others;
    if (others = {}) { goto own; }
    else { target := After(None, others); };
  };
send:
  await RunsIrqsOn(self) /\ target \notin awaiting[self];
  call_queue[target] := call_queue[target] \union {self};
  awaiting[self] := awaiting[self] \union {target};
  if (After(target, cfd) < CPUS) { target := After(target, cfd); goto send; }
  else { target := After(None, cfd); };
wait:
  await RunsIrqsOn(self) /\ target \notin awaiting[self];
  if (After(target, cfd) < CPUS) { target := After(target, cfd); goto wait; }
  else { target := None; cfd := {}; };
own:  \* read again, from the live mask
  await RunsIrqsOn(self);
  if (Home(self) \notin cpus_with_pcps) { goto unpin; };
irqs_off:
  await RunsIrqsOn(self);
  irqs_on[Home(self)] := FALSE;
  own_zone := 0;
drain_own:
  await Runs(self);
  drain(Home(self), own_zone);
  if (own_zone + 1 < ZONES) { own_zone := own_zone + 1; goto drain_own; }
  else { own_zone := None; };
irqs_back:
  await Runs(self);
  irqs_on[Home(self)] := TRUE;
unpin:
  await RunsIrqsOn(self);
  preempt_count[self] := preempt_count[self] - 1;
unlock:
  await RunsIrqsOn(self);
  drain_lock := None;
unlocked:
  await RunsIrqsOn(self);
  preempt_count[self] := preempt_count[self] - 1;
returns:
  await RunsIrqsOn(self);
  goto idle;
}

process (machine \in Machines)
variables irq_zone = None;
{
running:
  await irqs_on[self - TASKS];
  either with (d \in call_queue[self - TASKS]) {  \* the handler of an IPI begins
    call_queue[self - TASKS] := call_queue[self - TASKS] \ {d};
    serving[self - TASKS] := d;
    irq_zone := 0;
  }
  or with (z \in {y \in Zones : in_use[y] > 0}) {  \* a page is freed
    in_use[z] := in_use[z] - 1;
    pcp[self - TASKS][z] := pcp[self - TASKS][z] + 1;
    goto running;
  }
  or with (z \in {y \in Zones : pcp[self - TASKS][y] > 0}) {  \* one from the list is allocated
    in_use[z] := in_use[z] + 1;
    pcp[self - TASKS][z] := pcp[self - TASKS][z] - 1;
    owes := [d \in Tasks |-> IF pcp[self - TASKS][z] = 0 THEN owes[d] \ {<<self - TASKS, z>>} ELSE owes[d]];
    goto running;
  }
  or with (z \in {y \in Zones : pcp[self - TASKS][y] = 0 /\ buddy[y] > 0}) {  \* or, by way of it, the buddy's
    in_use[z] := in_use[z] + 1;
    buddy[z] := buddy[z] - 1;
    goto running;
  };
drain_called:
  drain(self - TASKS, irq_zone);
  if (irq_zone + 1 < ZONES) { irq_zone := irq_zone + 1; goto drain_called; }
  else { irq_zone := None; };
ack:
  if (serving[self - TASKS] \notin call_queue[self - TASKS]) {
    awaiting[serving[self - TASKS]] := awaiting[serving[self - TASKS]] \ {self - TASKS};
  };
  serving[self - TASKS] := None;
  goto running;
}
} *)

\* A call that has returned owes nobody: each list that had pages at the call has been empty since.
DrainComplete == \A d \in Tasks : pc[d] = "idle" => owes[d] = {}
================================================================================
