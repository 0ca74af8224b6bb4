--------------------------- MODULE PerCpuSummary ---------------------------
(***************************************************************************)
(* drain_all_pages() of Linux 3.4 to 3.18, on the machine of spec/tla.     *)
(*                                                                         *)
(* The task goes over the online CPUs.  For each it looks at one zone's    *)
(* list after the other until one has pages, and then sets the CPU's bit   *)
(* in a mask, or clears it if no list has any.  After that it calls the    *)
(* CPUs of the mask, waits until each has drained its own lists, and if    *)
(* its own bit is set, drains its own.  There is one mask for the whole    *)
(* kernel and no lock: another task may change it at any moment, and that  *)
(* is the flaw.  (One task finds CPU 1 empty; CPU 1 frees a page; another  *)
(* task sets its bit; the first one clears it; the second calls nobody.)   *)
(*                                                                         *)
(* By hand, and apart from the compiler, which makes its own module of     *)
(* this routine out of spec/variants/per_cpu_summary.drain.  The two share *)
(* the machine below, what counts as a step, and the names of the steps.   *)
(* They must have the same labelled graph, so that either finds the other  *)
(* out: tests/spec/test_spec_handwritten_tla.py.                           *)
(*                                                                         *)
(* How to read an action: who may step (TaskRunsIrqsOn), from where to     *)
(* where (Goes), what happens to the machine, what to the program's        *)
(* variables.  A position is called by the routine of the kernel and what  *)
(* it does there.  Variables and positions are explained in OnEachCpuMask, *)
(* which is the second half of the call.                                   *)
(***************************************************************************)
EXTENDS OnEachCpuMask

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            drain_all_pages() of mm/page_alloc.c         *)
(***************************************************************************)

BeginCall(d) ==
  /\ TaskRunsIrqsOn(d)
  /\ Goes(d, "idle", "drain_all_pages.for_each_online_cpu")
  /\ Call(d)
  /\ UNCHANGED <<cpus_with_pcps, task_vars>>

\* cpumask_next(cpu, cpu_online_mask).  Nothing keeps CPUs from leaving or arriving between
\* two rounds, so each round asks again who is online.  After the last: on_each_cpu_mask().
FindNextCpu(d) ==
  LET next == After(cpu[d], online)
  IN /\ TaskRunsIrqsOn(d)
     /\ Goes(d, "drain_all_pages.for_each_online_cpu",
             IF next = NoCpu THEN "on_each_cpu_mask.preempt_disable"
             ELSE "drain_all_pages.pcp_count")
     /\ UNCHANGED machine_vars
     /\ cpu' = [cpu EXCEPT ![d] = next]
     /\ UNCHANGED <<cpus_with_pcps, zone, targets>>

\* pcp->count of another CPU, read without a lock.  The first list with pages decides; the
\* zones are read one after the other, and what has been read may have changed by then.
LookAtList(d) ==
  LET found == pcp[cpu[d]][zone[d]] > 0
  IN /\ TaskRunsIrqsOn(d)
     /\ Goes(d, "drain_all_pages.pcp_count",
             IF found THEN "drain_all_pages.cpumask_set_cpu"
             ELSE IF IsLastZone(zone[d]) THEN "drain_all_pages.cpumask_clear_cpu"
             ELSE "drain_all_pages.pcp_count")
     /\ UNCHANGED machine_vars
     /\ zone' = [zone EXCEPT ![d] = IF found THEN FirstZone ELSE ZoneAfter(zone[d])]
     /\ UNCHANGED <<cpus_with_pcps, cpu, targets>>

SetBit(d) ==
  /\ TaskRunsIrqsOn(d)
  /\ Goes(d, "drain_all_pages.cpumask_set_cpu", "drain_all_pages.for_each_online_cpu")
  /\ UNCHANGED machine_vars
  /\ cpus_with_pcps' = cpus_with_pcps \cup {cpu[d]}
  /\ UNCHANGED task_vars

\* Without this the mask, being static, would keep the bits of earlier calls, and CPUs without
\* pages would be called.  With it there is the stale clear: pages may have come since the
\* look at the lists, and another task may have set the bit for them.
ClearBit(d) ==
  /\ TaskRunsIrqsOn(d)
  /\ Goes(d, "drain_all_pages.cpumask_clear_cpu", "drain_all_pages.for_each_online_cpu")
  /\ UNCHANGED machine_vars
  /\ cpus_with_pcps' = cpus_with_pcps \ {cpu[d]}
  /\ UNCHANGED task_vars

EndCall(d) ==
  /\ TaskRunsIrqsOn(d)
  /\ Goes(d, "return", "idle")
  /\ Return(d)
  /\ UNCHANGED <<cpus_with_pcps, task_vars>>

-----------------------------------------------------------------------------
(***************************************************************************)
(* Everybody else: what these do is in the modules below, and it moves no  *)
(* task and no handler.                                                    *)
(***************************************************************************)
OthersStay == UNCHANGED <<control_vars, program_vars>>

FreePage(c, z) == Free(c, z) /\ OthersStay
AllocPage(c, z) == Alloc(c, z) /\ OthersStay
LinkPage(c, z) == Link(c, z) /\ OthersStay
CountPage(c, z) == Count(c, z) /\ OthersStay
RaiseSignal(d) == Signal(d) /\ OthersStay
GoOffline(c) == Offline(c) /\ OthersStay
DrainDeadZone(c, z) == DeadNotifier(c, z) /\ OthersStay
ComeOnline(c) == Online(c) /\ OthersStay

-----------------------------------------------------------------------------
\* The mask is in BSS: it begins empty.
Init ==
  /\ MachineInit
  /\ cpus_with_pcps = {}
  /\ cpu = [d \in Tasks |-> NoCpu]
  /\ zone = [d \in Tasks |-> FirstZone]
  /\ targets = [d \in Tasks |-> {}]
  /\ irq_zone = [c \in Cpus |-> FirstZone]

Next ==
  \/ \E d \in Tasks : BeginCall(d)
  \/ \E d \in Tasks : FindNextCpu(d)
  \/ \E d \in Tasks : LookAtList(d)
  \/ \E d \in Tasks : SetBit(d)
  \/ \E d \in Tasks : ClearBit(d)
  \/ \E d \in Tasks : Pin(d)
  \/ \E d \in Tasks : SearchMask(d)
  \/ \E d \in Tasks : SearchOnline(d)
  \/ \E d \in Tasks : CopyMask(d)
  \/ \E d \in Tasks : CopyOnline(d)
  \/ \E d \in Tasks : SendToNext(d)
  \/ \E d \in Tasks : WaitForNext(d)
  \/ \E d \in Tasks : TestOwnBit(d)
  \/ \E d \in Tasks : IrqsOff(d)
  \/ \E d \in Tasks : DrainOwnZone(d)
  \/ \E d \in Tasks : IrqsOn(d)
  \/ \E d \in Tasks : Unpin(d)
  \/ \E d \in Tasks : EndCall(d)
  \/ \E c \in Cpus, d \in Tasks : EnterHandler(c, d)
  \/ \E c \in Cpus : DrainCalledZone(c)
  \/ \E c \in Cpus : LeaveHandler(c)
  \/ \E c \in Cpus, z \in Zones : FreePage(c, z)
  \/ \E c \in Cpus, z \in Zones : AllocPage(c, z)
  \/ \E c \in Cpus, z \in Zones : LinkPage(c, z)
  \/ \E c \in Cpus, z \in Zones : CountPage(c, z)
  \/ \E d \in Tasks : RaiseSignal(d)
  \/ \E c \in Cpus : GoOffline(c)
  \/ \E c \in Cpus, z \in Zones : DrainDeadZone(c, z)
  \/ \E c \in Cpus : ComeOnline(c)

Spec == Init /\ [][Next]_vars

\* All but the ghosts of properties, on which no step depends.
WithoutGhosts == <<online, irqs_on, preempt_count, pcp, buddy, in_use, call_queue, serving,
                   awaiting, signalled, calls_left, linking, dead_zone, control_vars,
                   program_vars>>
=============================================================================
