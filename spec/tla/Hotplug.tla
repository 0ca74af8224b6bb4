------------------------------ MODULE Hotplug ------------------------------
(***************************************************************************)
(* CPUs go offline and come back: _cpu_down() and _cpu_up() of             *)
(* kernel/cpu.c (3.4), as far as the drain meets them.                     *)
(*                                                                         *)
(* A CPU that is gone frees no more pages, yet its lists may be full when  *)
(* it goes.  drain_all_pages() looks at online CPUs only and passes them   *)
(* over.  They are not lost: the task that takes the CPU down then calls   *)
(* the notifiers for CPU_DEAD, and page_alloc_cpu_notify() drains the      *)
(* lists (drain_pages(), with interrupts off for each zone).  In between   *)
(* the pages are where no drain finds them.                                *)
(***************************************************************************)
EXTENDS Allocator

\* The CPUs with interrupts on, where nothing runs that cannot be preempted but for tasks.
QuietCpus == {b \in Cpus : irqs_on[b] /\ serving[b] = NoTask /\ linking[b] = NoZone}

(***************************************************************************)
(* CPU c goes offline.  __stop_machine() runs a thread, the stopper, on    *)
(* every online CPU, and take_cpu_down() only when all of them have come   *)
(* to run and turned interrupts off.  A stopper is a thread: it comes to   *)
(* run only where preemption is on and no interrupt handler is running.    *)
(* So a drainer that has preemption disabled, until all have answered,     *)
(* keeps every CPU from leaving.  It keeps none from arriving.             *)
(*                                                                         *)
(* The leaving CPU first answers the calls that are in its queue, so it    *)
(* leaves with none.  One CPU leaves at a time (cpu_hotplug.lock), from    *)
(* the stopping to the last zone of its notifier.                          *)
(*                                                                         *)
(* What is still owed of its lists is now the notifier's: from owes to     *)
(* notified.                                                               *)
(*                                                                         *)
(* (Sets that are empty, not \A: see TaskRuns.)                            *)
(***************************************************************************)
Offline(c) ==
  /\ c \in Leavers \cap online
  /\ {d \in Tasks : preempt_count[d] > 0} = {}
  /\ online \subseteq QuietCpus
  /\ call_queue[c] = {}
  /\ {b \in Cpus : dead_zone[b] /= NoZone} = {}
  /\ online' = online \ {c}
  /\ UNCHANGED <<irqs_on, preempt_count, pcp, buddy, in_use, call_queue, serving, awaiting,
                 signalled, calls_left, linking>>
  /\ dead_zone' = [dead_zone EXCEPT ![c] = 0]
  /\ owes' = [d \in Tasks |-> {<<b, z>> \in owes[d] : b /= c}]
  /\ notified' = [d \in Tasks |-> notified[d] \cup {<<b, z>> \in owes[d] : b = c}]
  /\ never_empty' = [d \in Tasks |-> never_empty[d] \ {c}]
  /\ UNCHANGED <<had_pages, called>>

(***************************************************************************)
(* The CPUs on which a task could run now that is not modelled: nothing    *)
(* there keeps it off, no drainer with preemption disabled either.         *)
(***************************************************************************)
CpusForOthers ==
  {b \in online \cap QuietCpus : {d \in Tasks : Home[d] = b /\ preempt_count[d] > 0} = {}}

(***************************************************************************)
(* The notifier hands the dead CPU's list of zone z to the buddy, then     *)
(* turns to the next zone.  It runs in the task that takes the CPU down,   *)
(* on some CPU that is left: which one does not matter, but there must be  *)
(* one that runs it now.  Where a drainer is on the only CPU left, with    *)
(* preemption disabled, the notifier waits.                                *)
(***************************************************************************)
DeadNotifier(c, z) ==
  LET lists == [pcp EXCEPT ![c][z] = 0]
  IN /\ dead_zone[c] = z
     /\ CpusForOthers /= {}
     /\ UNCHANGED <<online, irqs_on, preempt_count>>
     /\ pcp' = lists
     /\ buddy' = [buddy EXCEPT ![z] = @ + pcp[c][z]]
     /\ UNCHANGED <<in_use, call_queue, serving, awaiting, signalled, calls_left, linking>>
     /\ dead_zone' = [dead_zone EXCEPT ![c] = IF z + 1 \in Zones THEN z + 1 ELSE NoZone]
     /\ GhostsSee(lists, linking)
     /\ UNCHANGED called

\* CPU c is back.  No stop_machine() for this one: set_cpu_online() at any moment.  It is c
\* that does this, in start_secondary(), at its own pace once a task has started it: no other
\* CPU needs to have that task running by then, and preemption disabled elsewhere is no
\* obstacle.  But whoever takes a CPU down or up waits until no other such change is under way.
Online(c) ==
  /\ c \in Leavers \ online
  /\ {b \in Cpus : dead_zone[b] /= NoZone} = {}
  /\ online' = online \cup {c}
  /\ UNCHANGED <<irqs_on, preempt_count, pcp, buddy, in_use, call_queue, serving, awaiting,
                 signalled, calls_left, linking, dead_zone,
                 owes, notified, never_empty, had_pages, called>>
=============================================================================
