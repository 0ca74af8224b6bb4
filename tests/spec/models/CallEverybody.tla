--------------------------- MODULE CallEverybody ---------------------------
(***************************************************************************)
(* A program by hand, to try the modules of spec/tla with: each task calls *)
(* every other CPU, waits for all of them, drains its own lists, returns.  *)
(* This is drain_all_pages() up to Linux 3.3.                              *)
(***************************************************************************)
EXTENDS Properties

VARIABLES
  \* @type: Int -> Int;
  target,
  \* The zone that the task is at.
  \* @type: Int -> Int;
  zone,
  \* The zone that the handler is at.
  \* @type: Int -> Int;
  irq__zone

program_vars == <<target, zone, irq__zone>>
vars == <<machine_vars, control_vars, program_vars>>

TwoOnCpuZero == [d \in Tasks |-> 0]
EachOnItsOwn == [d \in Tasks |-> d]

Others(d) == Cpus \ {Home[d]}
First(d) == NextCpu(-1, Others(d))
None == Cardinality(Cpus)
LastZone == Cardinality(Zones) - 1

Go(d, from, to) == at[d] = from /\ at' = [at EXCEPT ![d] = to]

call(d) ==
  /\ TaskRunsIrqsOn(d) /\ Go(d, "idle", "preempt_disable")
  /\ Call(d) /\ UNCHANGED irq_at /\ UNCHANGED program_vars

preempt_disable(d) ==
  /\ TaskRunsIrqsOn(d) /\ Go(d, "preempt_disable", IF First(d) = None THEN "irq_disable" ELSE "send")
  /\ PreemptDisable(d) /\ UNCHANGED irq_at
  /\ target' = [target EXCEPT ![d] = First(d)]
  /\ UNCHANGED <<zone, irq__zone>>

send(d) ==
  LET next == NextCpu(target[d], Others(d))
  IN /\ TaskRunsIrqsOn(d) /\ Go(d, "send", IF next = None THEN "wait" ELSE "send")
     /\ SendCall(d, target[d]) /\ UNCHANGED irq_at
     /\ target' = [target EXCEPT ![d] = IF next = None THEN First(d) ELSE next]
     /\ UNCHANGED <<zone, irq__zone>>

wait(d) ==
  LET next == NextCpu(target[d], Others(d))
  IN /\ TaskRunsIrqsOn(d) /\ Go(d, "wait", IF next = None THEN "irq_disable" ELSE "wait")
     /\ Answered(d, target[d]) /\ UNCHANGED machine_vars /\ UNCHANGED irq_at
     /\ target' = [target EXCEPT ![d] = IF next = None THEN -1 ELSE next]
     /\ UNCHANGED <<zone, irq__zone>>

irq_disable(d) ==
  /\ TaskRunsIrqsOn(d) /\ Go(d, "irq_disable", "drain")
  /\ IrqDisable(d) /\ UNCHANGED irq_at /\ UNCHANGED program_vars

drain(d) ==
  /\ TaskRuns(d) /\ Go(d, "drain", IF zone[d] = LastZone THEN "irq_enable" ELSE "drain")
  /\ DrainZone(Home[d], zone[d]) /\ UNCHANGED irq_at
  /\ zone' = [zone EXCEPT ![d] = IF zone[d] = LastZone THEN 0 ELSE @ + 1]
  /\ UNCHANGED <<target, irq__zone>>

irq_enable(d) ==
  /\ TaskRuns(d) /\ Go(d, "irq_enable", "preempt_enable")
  /\ IrqEnable(d) /\ UNCHANGED irq_at /\ UNCHANGED program_vars

preempt_enable(d) ==
  /\ TaskRunsIrqsOn(d) /\ Go(d, "preempt_enable", "return")
  /\ PreemptEnable(d) /\ UNCHANGED irq_at /\ UNCHANGED program_vars

return(d) ==
  /\ TaskRunsIrqsOn(d) /\ Go(d, "return", "idle")
  /\ Return(d) /\ UNCHANGED irq_at /\ UNCHANGED program_vars

take(c, d) ==
  /\ TakeCall(c, d) /\ irq_at' = [irq_at EXCEPT ![c] = "drain"]
  /\ UNCHANGED at /\ UNCHANGED program_vars

handler_drain(c) ==
  /\ HandlerRuns(c) /\ irq_at[c] = "drain"
  /\ DrainZone(c, irq__zone[c])
  /\ irq_at' = [irq_at EXCEPT ![c] = IF irq__zone[c] = LastZone THEN "ack" ELSE "drain"]
  /\ irq__zone' = [irq__zone EXCEPT ![c] = IF irq__zone[c] = LastZone THEN 0 ELSE @ + 1]
  /\ UNCHANGED at /\ UNCHANGED <<target, zone>>

ack(c) ==
  /\ HandlerRuns(c) /\ irq_at[c] = "ack"
  /\ AckCall(c) /\ irq_at' = [irq_at EXCEPT ![c] = "idle"]
  /\ UNCHANGED at /\ UNCHANGED program_vars

free(c, z) == Free(c, z) /\ UNCHANGED control_vars /\ UNCHANGED program_vars
alloc(c, z) == Alloc(c, z) /\ UNCHANGED control_vars /\ UNCHANGED program_vars

Init ==
  /\ MachineInit
  /\ target = [d \in Tasks |-> -1]
  /\ zone = [d \in Tasks |-> 0]
  /\ irq__zone = [c \in Cpus |-> 0]

Next ==
  \/ \E d \in Tasks : call(d)
  \/ \E d \in Tasks : preempt_disable(d)
  \/ \E d \in Tasks : send(d)
  \/ \E d \in Tasks : wait(d)
  \/ \E d \in Tasks : irq_disable(d)
  \/ \E d \in Tasks : drain(d)
  \/ \E d \in Tasks : irq_enable(d)
  \/ \E d \in Tasks : preempt_enable(d)
  \/ \E d \in Tasks : return(d)
  \/ \E c \in Cpus, d \in Tasks : take(c, d)
  \/ \E c \in Cpus : handler_drain(c)
  \/ \E c \in Cpus : ack(c)
  \/ \E c \in Cpus, z \in Zones : free(c, z)
  \/ \E c \in Cpus, z \in Zones : alloc(c, z)

KernelStep ==
  \/ \E d \in Tasks : preempt_disable(d) \/ send(d) \/ wait(d) \/ irq_disable(d) \/ drain(d)
                      \/ irq_enable(d) \/ preempt_enable(d) \/ return(d)
  \/ \E c \in Cpus : handler_drain(c) \/ ack(c) \/ \E d \in Tasks : take(c, d)

\* By TLC only (ENABLED); a generated module spells its guards out.
NeverStuck == CallUnderWay => ENABLED KernelStep
=============================================================================
