----------------------------- MODULE Allocator -----------------------------
(***************************************************************************)
(* The page allocator as far as the drain can see it: how many pages are   *)
(* on each pcp list, in each zone's buddy allocator, and in use.           *)
(*                                                                         *)
(* A page is always in exactly one of these places, so every action below  *)
(* moves a number of pages from one to another.  Which page it is, and of  *)
(* what order its block becomes in the buddy, does not matter to the drain *)
(* and is left out.                                                        *)
(*                                                                         *)
(* The program's part is DrainZone; Free and Alloc are the workload: what  *)
(* everybody else on the machine does meanwhile, at any time and without   *)
(* end.  Both run with interrupts off in the kernel (3.0-5.12), hence in   *)
(* one step, and only on the list of the CPU they run on.                  *)
(***************************************************************************)
EXTENDS Machine

(***************************************************************************)
(* drain_pages() for one zone (3.4), drain_pages_zone() (3.19+): the whole *)
(* list of CPU c goes to the buddy, under the zone's lock.  A list that is *)
(* empty already is none the worse for it.                                 *)
(***************************************************************************)
DrainZone(c, z) ==
  LET lists == [pcp EXCEPT ![c][z] = 0]
  IN /\ UNCHANGED <<online, irqs_on, preempt_count>>
     /\ pcp' = lists
     /\ buddy' = [buddy EXCEPT ![z] = @ + pcp[c][z]]
     /\ UNCHANGED <<in_use, call_queue, serving, awaiting>>
     /\ owes' = OwesAfter(lists)
     /\ had_pages' = HadPagesAfter(lists)

(***************************************************************************)
(* Something that is neither a drainer nor an IPI handler can run on c.    *)
(* Preemption may be off: pages are freed and allocated in interrupts too. *)
(***************************************************************************)
\* @type: Int => Bool;
WorkloadRuns(c) == c \in online /\ irqs_on[c] /\ serving[c] = NoTask

(***************************************************************************)
(* free_hot_cold_page(): a page in use is put on the list of the CPU it is *)
(* freed on.  A list that has become as long as High gives a batch (or all *)
(* it has, if less) back to the buddy: free_pcppages_bulk().               *)
(***************************************************************************)
Free(c, z) ==
  LET count == pcp[c][z] + 1
      surplus == IF count >= High THEN Min(Batch, count) ELSE 0
      lists == [pcp EXCEPT ![c][z] = count - surplus]
  IN /\ WorkloadRuns(c)
     /\ in_use[z] > 0
     /\ UNCHANGED <<online, irqs_on, preempt_count>>
     /\ pcp' = lists
     /\ buddy' = [buddy EXCEPT ![z] = @ + surplus]
     /\ in_use' = [in_use EXCEPT ![z] = @ - 1]
     /\ UNCHANGED <<call_queue, serving, awaiting>>
     /\ owes' = OwesAfter(lists)
     /\ had_pages' = HadPagesAfter(lists)

(***************************************************************************)
(* buffered_rmqueue(): a page is taken from the CPU's list.  An empty list *)
(* is first refilled with up to a batch from the buddy: rmqueue_bulk().    *)
(* With nothing there either the allocation fails, which is no step.  Note *)
(* that the other CPUs' lists do not help: that is what the drain is for.  *)
(***************************************************************************)
Alloc(c, z) ==
  LET refill == IF pcp[c][z] = 0 THEN Min(Batch, buddy[z]) ELSE 0
      lists == [pcp EXCEPT ![c][z] = @ + refill - 1]
  IN /\ WorkloadRuns(c)
     /\ pcp[c][z] + refill > 0
     /\ UNCHANGED <<online, irqs_on, preempt_count>>
     /\ pcp' = lists
     /\ buddy' = [buddy EXCEPT ![z] = @ - refill]
     /\ in_use' = [in_use EXCEPT ![z] = @ + 1]
     /\ UNCHANGED <<call_queue, serving, awaiting>>
     /\ owes' = OwesAfter(lists)
     /\ had_pages' = HadPagesAfter(lists)
=============================================================================
