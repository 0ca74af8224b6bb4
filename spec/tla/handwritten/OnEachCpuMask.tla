--------------------------- MODULE OnEachCpuMask ---------------------------
(***************************************************************************)
(* on_each_cpu_mask() of Linux 3.4 and what it calls, as drain_all_pages() *)
(* uses it: every CPU of the mask runs drain_local_pages(), the others in  *)
(* an IPI handler, and the caller waits for them all.  The mask is read    *)
(* here up to three times, and whoever shares it may change it in between. *)
(*                                                                         *)
(* This is kernel/smp.c.  Who sets the mask is in PerCpuSummary, which is  *)
(* to be read first and says how to read an action.                        *)
(***************************************************************************)
EXTENDS Properties

VARIABLES
  \* The static cpumask of drain_all_pages(), which is the mask of all calls here: one for
  \* the whole kernel.
  \* @type: Set(Int);
  cpus_with_pcps,
  \* The CPU that the task's loop has come to; NoCpu before a loop's first and outside loops.
  \* @type: Int -> Int;
  cpu,
  \* The zone that the task looks at or drains next; the first one outside loops over zones.
  \* @type: Int -> Int;
  zone,
  \* What the task has read of the mask, and then the CPUs it calls: its copy, which is nobody
  \* else's.  Empty before and after.
  \* @type: Int -> Set(Int);
  targets,
  \* The zone that the CPU's IPI handler drains next.
  \* @type: Int -> Int;
  irq_zone

task_vars == <<cpu, zone, targets>>
program_vars == <<cpus_with_pcps, task_vars, irq_zone>>
vars == <<machine_vars, control_vars, program_vars>>

NoCpu == -1
FirstZone == 0

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            Going from step to step                      *)
(***************************************************************************)

\* Task d makes the step at `from' and is then at `to'.  No task moves a handler.  Positions
\* are called as in the labels of the graph: "routine.step".
\* @type: (Int, Str, Str) => Bool;
Goes(d, from, to) ==
  /\ at[d] = from
  /\ at' = [at EXCEPT ![d] = to]
  /\ UNCHANGED <<irq_at, irq_zone>>

\* The same for the handler on CPU c.  It moves no task, and never looks at the mask.
\* @type: (Int, Str, Str) => Bool;
HandlerGoes(c, from, to) ==
  /\ irq_at[c] = from
  /\ irq_at' = [irq_at EXCEPT ![c] = to]
  /\ UNCHANGED <<at, task_vars, cpus_with_pcps>>

\* The first member of S after CPU c, or NoCpu.  After(NoCpu, S) is where a loop over S begins.
\* @type: (Int, Set(Int)) => Int;
After(c, S) == IF {b \in S : b > c} = {} THEN NoCpu ELSE NextCpu(c, S)

\* @type: Int => Bool;
IsLastZone(z) == z + 1 \notin Zones

\* The zone after z; after the last one the first, for whoever loops next.
\* @type: Int => Int;
ZoneAfter(z) == IF IsLastZone(z) THEN FirstZone ELSE z + 1

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            on_each_cpu_mask(): the other CPUs           *)
(***************************************************************************)

\* get_cpu(): from here to Unpin no CPU leaves.
Pin(d) ==
  /\ TaskRunsIrqsOn(d)
  /\ Goes(d, "on_each_cpu_mask.preempt_disable", "smp_call_function_many.cpumask_and")
  /\ PreemptDisable(d)
  /\ UNCHANGED <<cpus_with_pcps, task_vars>>

(***************************************************************************)
(* smp_call_function_many().  It looks twice.  First it searches the mask  *)
(* for one other online CPU and then for a second.  If there is none it    *)
(* is done; if there is one, a single call will do, and only if there are  *)
(* more does it copy the mask, and the copy counts: it may have fewer CPUs *)
(* than were seen before, even none.  A search reads two masks, hence two  *)
(* steps for each.                                                         *)
(***************************************************************************)

\* The CPUs that task d calls if it has read `mask' and then cpu_online_mask: itself excepted.
\* @type: (Int, Set(Int)) => Set(Int);
OthersOnline(d, mask) == (mask \cap online) \ {Home[d]}

\* Where a task goes that has made up its mind to call the CPUs `others'.
\* @type: Set(Int) => Str;
ToCalls(others) ==
  IF others = {} THEN "on_each_cpu_mask.cpumask_test_cpu" ELSE "smp_call_function_many.send_call"

SearchMask(d) ==
  /\ TaskRunsIrqsOn(d)
  /\ Goes(d, "smp_call_function_many.cpumask_and", "smp_call_function_many.cpumask_and_2")
  /\ UNCHANGED machine_vars
  /\ targets' = [targets EXCEPT ![d] = cpus_with_pcps]
  /\ UNCHANGED <<cpus_with_pcps, cpu, zone>>

\* With several in sight, what they were is forgotten: the copy is made afresh.
SearchOnline(d) ==
  LET others == OthersOnline(d, targets[d])
      several == Cardinality(others) > 1
  IN /\ TaskRunsIrqsOn(d)
     /\ Goes(d, "smp_call_function_many.cpumask_and_2",
             IF several THEN "smp_call_function_many.cpumask_and_3" ELSE ToCalls(others))
     /\ UNCHANGED machine_vars
     /\ targets' = [targets EXCEPT ![d] = IF several THEN {} ELSE others]
     /\ cpu' = [cpu EXCEPT ![d] = IF several THEN NoCpu ELSE After(NoCpu, others)]
     /\ UNCHANGED <<cpus_with_pcps, zone>>

CopyMask(d) ==
  /\ TaskRunsIrqsOn(d)
  /\ Goes(d, "smp_call_function_many.cpumask_and_3", "smp_call_function_many.cpumask_and_4")
  /\ UNCHANGED machine_vars
  /\ targets' = [targets EXCEPT ![d] = cpus_with_pcps]
  /\ UNCHANGED <<cpus_with_pcps, cpu, zone>>

CopyOnline(d) ==
  LET others == OthersOnline(d, targets[d])
  IN /\ TaskRunsIrqsOn(d)
     /\ Goes(d, "smp_call_function_many.cpumask_and_4", ToCalls(others))
     /\ UNCHANGED machine_vars
     /\ targets' = [targets EXCEPT ![d] = others]
     /\ cpu' = [cpu EXCEPT ![d] = After(NoCpu, others)]
     /\ UNCHANGED <<cpus_with_pcps, zone>>

\* One target after the other is called; then the loop begins again, to wait.
SendToNext(d) ==
  LET next == After(cpu[d], targets[d])
  IN /\ TaskRunsIrqsOn(d)
     /\ Goes(d, "smp_call_function_many.send_call",
             IF next = NoCpu THEN "smp_call_function_many.wait_call"
             ELSE "smp_call_function_many.send_call")
     /\ SendCall(d, cpu[d])
     /\ cpu' = [cpu EXCEPT ![d] = IF next = NoCpu THEN After(NoCpu, targets[d]) ELSE next]
     /\ UNCHANGED <<cpus_with_pcps, zone, targets>>

\* Interrupts are on meanwhile: two tasks that wait for each other's CPUs answer each other.
WaitForNext(d) ==
  LET next == After(cpu[d], targets[d])
  IN /\ TaskRunsIrqsOn(d)
     /\ Answered(d, cpu[d])
     /\ Goes(d, "smp_call_function_many.wait_call",
             IF next = NoCpu THEN "on_each_cpu_mask.cpumask_test_cpu"
             ELSE "smp_call_function_many.wait_call")
     /\ UNCHANGED machine_vars
     /\ cpu' = [cpu EXCEPT ![d] = next]
     /\ targets' = [targets EXCEPT ![d] = IF next = NoCpu THEN {} ELSE @]
     /\ UNCHANGED <<cpus_with_pcps, zone>>

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            on_each_cpu_mask(): this CPU                 *)
(***************************************************************************)

\* The live mask again, and after the waits: another task may have cleared the bit.
TestOwnBit(d) ==
  /\ TaskRunsIrqsOn(d)
  /\ Goes(d, "on_each_cpu_mask.cpumask_test_cpu",
          IF Home[d] \in cpus_with_pcps THEN "on_each_cpu_mask.local_irq_disable"
          ELSE "on_each_cpu_mask.preempt_enable")
  /\ UNCHANGED machine_vars
  /\ UNCHANGED <<cpus_with_pcps, task_vars>>

IrqsOff(d) ==
  /\ TaskRunsIrqsOn(d)
  /\ Goes(d, "on_each_cpu_mask.local_irq_disable", "drain_local_pages.drain_zone_pages")
  /\ IrqDisable(d)
  /\ UNCHANGED <<cpus_with_pcps, task_vars>>

\* drain_local_pages() of the task's own CPU, a zone a step.
DrainOwnZone(d) ==
  /\ TaskRuns(d)
  /\ Goes(d, "drain_local_pages.drain_zone_pages",
          IF IsLastZone(zone[d]) THEN "on_each_cpu_mask.local_irq_enable"
          ELSE "drain_local_pages.drain_zone_pages")
  /\ DrainZone(Home[d], zone[d])
  /\ zone' = [zone EXCEPT ![d] = ZoneAfter(@)]
  /\ UNCHANGED <<cpus_with_pcps, cpu, targets>>

IrqsOn(d) ==
  /\ TaskRuns(d)
  /\ Goes(d, "on_each_cpu_mask.local_irq_enable", "on_each_cpu_mask.preempt_enable")
  /\ IrqEnable(d)
  /\ UNCHANGED <<cpus_with_pcps, task_vars>>

\* put_cpu().  Then only the return is left.
Unpin(d) ==
  /\ TaskRunsIrqsOn(d)
  /\ Goes(d, "on_each_cpu_mask.preempt_enable", "return")
  /\ PreemptEnable(d)
  /\ UNCHANGED <<cpus_with_pcps, task_vars>>

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            The IPI handler                              *)
(***************************************************************************)

\* CPU c is interrupted for the call of task d.
EnterHandler(c, d) ==
  /\ HandlerGoes(c, "idle", "drain_local_pages.drain_zone_pages")
  /\ TakeCall(c, d)
  /\ UNCHANGED irq_zone

\* drain_local_pages() again, with interrupts off as in every handler.
DrainCalledZone(c) ==
  /\ HandlerRuns(c)
  /\ HandlerGoes(c, "drain_local_pages.drain_zone_pages",
                 IF IsLastZone(irq_zone[c]) THEN "ack" ELSE "drain_local_pages.drain_zone_pages")
  /\ DrainZone(c, irq_zone[c])
  /\ irq_zone' = [irq_zone EXCEPT ![c] = ZoneAfter(@)]

LeaveHandler(c) ==
  /\ HandlerRuns(c)
  /\ HandlerGoes(c, "ack", "idle")
  /\ AckCall(c)
  /\ UNCHANGED irq_zone

=============================================================================
