----------------------------- MODULE Allocator -----------------------------
(***************************************************************************)
(* The page allocator as far as the drain can see it: how many pages are   *)
(* on each pcp list, in each zone's buddy allocator, and in use.           *)
(*                                                                         *)
(* A page is always in exactly one of these places, so every action below  *)
(* moves a number of pages from one to another.  Which page it is, and of  *)
(* what order its block becomes in the buddy, does not matter to the drain *)
(* and is left out; Buddy.tla, on its own, is about these.                 *)
(*                                                                         *)
(* The program's part is DrainZone; Free and Alloc are the workload: what  *)
(* everybody else on the machine does meanwhile, at any time and without   *)
(* end.  Both run with interrupts off in the kernel (3.0-5.12), and only   *)
(* on the list of the CPU they run on: one step, but for those who look at *)
(* a list's count from another CPU.  For them Link and Count are there.    *)
(***************************************************************************)
EXTENDS Machine

(***************************************************************************)
(* drain_pages() for one zone (3.4), drain_pages_zone() (3.19+): the whole *)
(* list of CPU c goes to the buddy, under the zone's lock.  A list that is *)
(* empty already is none the worse for it.                                 *)
(*                                                                         *)
(* Up to 5.19 the owner does this itself, with interrupts off, so it never *)
(* meets a free of its own CPU between link and count.                     *)
(***************************************************************************)
DrainZone(c, z) ==
  LET lists == [pcp EXCEPT ![c][z] = 0]
  IN /\ UNCHANGED <<online, irqs_on, preempt_count>>
     /\ pcp' = lists
     /\ buddy' = [buddy EXCEPT ![z] = @ + pcp[c][z]]
     /\ UNCHANGED <<in_use, call_queue, serving, awaiting,
                    signalled, calls_left, linking, dead_zone>>
     /\ GhostsSee(lists, linking)
     /\ UNCHANGED called

(***************************************************************************)
(* Two ways to get it wrong, for programs that are broken on purpose: the  *)
(* list is emptied and nobody gets its pages; the buddy gets the pages and *)
(* they stay on the list as well.  PageConservation is to see both.        *)
(***************************************************************************)
\* @type: (Int, Int) => Bool;
ForgetZone(c, z) ==
  LET lists == [pcp EXCEPT ![c][z] = 0]
  IN /\ UNCHANGED <<online, irqs_on, preempt_count>>
     /\ pcp' = lists
     /\ UNCHANGED <<buddy, in_use, call_queue, serving, awaiting,
                    signalled, calls_left, linking, dead_zone>>
     /\ GhostsSee(lists, linking)
     /\ UNCHANGED called

DuplicateZone(c, z) ==
  /\ UNCHANGED <<online, irqs_on, preempt_count, pcp>>
  /\ buddy' = [buddy EXCEPT ![z] = @ + pcp[c][z]]
  /\ UNCHANGED <<in_use, call_queue, serving, awaiting,
                 signalled, calls_left, linking, dead_zone,
                 owes, notified, never_empty, had_pages, called>>

(***************************************************************************)
(* Something that is neither a drainer nor an IPI handler can run on c.    *)
(* Preemption may be off: pages are freed and allocated in interrupts too. *)
(* But not while a free is between link and count there.                   *)
(***************************************************************************)
\* @type: Int => Bool;
WorkloadRuns(c) ==
  /\ c \in online
  /\ irqs_on[c]
  /\ serving[c] = NoTask
  /\ linking[c] = NoZone

(***************************************************************************)
(* free_hot_cold_page(): a page in use is put on the list of the CPU it is *)
(* freed on.  A list that has become as long as High gives a batch (or all *)
(* it has, if less) back to the buddy: free_pcppages_bulk().               *)
(***************************************************************************)
\* How many of `count' pages, the new one included, go on to the buddy.
\* @type: Int => Int;
Surplus(count) == IF count >= High THEN Min(Batch, count) ELSE 0

Free(c, z) ==
  LET count == pcp[c][z] + 1
      lists == [pcp EXCEPT ![c][z] = count - Surplus(count)]
  IN /\ ~CountWindow
     /\ WorkloadRuns(c)
     /\ in_use[z] > 0
     /\ UNCHANGED <<online, irqs_on, preempt_count>>
     /\ pcp' = lists
     /\ buddy' = [buddy EXCEPT ![z] = @ + Surplus(count)]
     /\ in_use' = [in_use EXCEPT ![z] = @ - 1]
     /\ UNCHANGED <<call_queue, serving, awaiting,
                    signalled, calls_left, linking, dead_zone>>
     /\ GhostsSee(lists, linking)
     /\ UNCHANGED called

(***************************************************************************)
(* The same free as another CPU sees it that reads pcp->count without a    *)
(* lock: list_add() first, then pcp->count++.  Between the two the list    *)
(* has a page more than its count, and seems empty if that is the only     *)
(* one.  A drain that goes by the count passes it over (mended in 5.11 for *)
(* memory offlining alone, by a drain that does not ask).  The CPU itself  *)
(* does nothing else in between: interrupts are off, though of no task's   *)
(* doing, so irqs_on does not show it.                                     *)
(***************************************************************************)
Link(c, z) ==
  LET links == [linking EXCEPT ![c] = z]
  IN /\ CountWindow
     /\ WorkloadRuns(c)
     /\ in_use[z] > 0
     /\ UNCHANGED <<online, irqs_on, preempt_count, pcp, buddy>>
     /\ in_use' = [in_use EXCEPT ![z] = @ - 1]
     /\ UNCHANGED <<call_queue, serving, awaiting, signalled, calls_left>>
     /\ linking' = links
     /\ UNCHANGED dead_zone
     /\ GhostsSee(pcp, links)
     /\ UNCHANGED called

Count(c, z) ==
  LET count == pcp[c][z] + 1
      lists == [pcp EXCEPT ![c][z] = count - Surplus(count)]
      links == [linking EXCEPT ![c] = NoZone]
  IN /\ linking[c] = z
     /\ UNCHANGED <<online, irqs_on, preempt_count>>
     /\ pcp' = lists
     /\ buddy' = [buddy EXCEPT ![z] = @ + Surplus(count)]
     /\ UNCHANGED <<in_use, call_queue, serving, awaiting, signalled, calls_left>>
     /\ linking' = links
     /\ UNCHANGED dead_zone
     /\ GhostsSee(lists, links)
     /\ UNCHANGED called

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
     /\ UNCHANGED <<call_queue, serving, awaiting,
                    signalled, calls_left, linking, dead_zone>>
     /\ GhostsSee(lists, linking)
     /\ UNCHANGED called
=============================================================================
