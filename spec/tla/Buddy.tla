------------------------------- MODULE Buddy -------------------------------
(***************************************************************************)
(* What draining is for: one zone's buddy allocator with its pages and     *)
(* their blocks, and the pcp lists that keep pages from it.                *)
(*                                                                         *)
(* This module stands on its own.  The others count pages, which is enough *)
(* to ask whether a drain has come to every list.  Here a drain is one     *)
(* that has (nobody frees or allocates meanwhile), and the question is     *)
(* what the caller of drain_all_pages() gets from that: whether its        *)
(* allocation, which has failed, succeeds now.                             *)
(*                                                                         *)
(* A block of order n is 2^n pages in a row, beginning at a multiple of    *)
(* 2^n.  Its buddy is the block beside it with which it forms a block of   *)
(* order n + 1.  The buddy allocator hands out blocks, splits larger ones  *)
(* when it must, and whenever a block is freed whose buddy is free as a    *)
(* whole, makes one block of the two, and so on upwards.  A page on a pcp  *)
(* list is free, but the buddy allocator takes it for allocated: one such  *)
(* page is enough to keep seven others from being a block of eight.        *)
(*                                                                         *)
(* The kernel's names below are those of mm/page_alloc.c in Linux 3.4.     *)
(* Migrate types are left out.                                             *)
(***************************************************************************)
EXTENDS Integers, FiniteSets

CONSTANTS
  \* The CPUs, each with one pcp list.
  \* @type: Set(Int);
  Cpus,
  \* The order of the whole zone, the largest block: 2^MaxOrder pages.
  \* @type: Int;
  MaxOrder,
  \* pcp->high: a list as long as this gives a page back to the buddy allocator.
  \* @type: Int;
  High

VARIABLES
  \* The blocks that the buddy allocator has to give, as <<first page, order>>.
  \* @type: Set(<<Int, Int>>);
  free,
  \* The blocks that are allocated.
  \* @type: Set(<<Int, Int>>);
  allocated,
  \* The pages on each CPU's list.  (Only single pages come there, up to 5.13.)
  \* @type: Int -> Set(Int);
  pcp,
  \* "traffic": anybody allocates and frees; "draining"; "drained".
  \* @type: Str;
  phase,
  \* The pages that were free or on pcp lists when the drain was called; else empty.
  \* @type: Set(Int);
  available,
  \* The orders that could not be served when the drain was called; else empty.
  \* @type: Set(Int);
  refused

vars == <<free, allocated, pcp, phase, available, refused>>

ASSUME MaxOrder >= 1 /\ High >= 1 /\ Cpus /= {}

Orders == 0..MaxOrder
Pages == 0..(2^MaxOrder - 1)

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            Blocks                                       *)
(***************************************************************************)

\* The block of order n that page p is in.
\* @type: (Int, Int) => <<Int, Int>>;
BlockAt(p, n) == <<p - (p % 2^n), n>>

\* Its pages.  (A function, not an operator: TLC then computes it once.  So is BuddyIndex.)
\* @type: Int -> (Int -> Set(Int));
PagesAt == [p \in Pages |-> [n \in Orders |-> {q \in Pages : q \div 2^n = p \div 2^n}]]

\* The pages of a block.
\* @type: (<<Int, Int>>) => Set(Int);
PagesOf(b) == PagesAt[b[1]][b[2]]

\* All pages of a set of blocks.
\* @type: (Set(<<Int, Int>>)) => Set(Int);
PagesIn(blocks) == UNION {PagesOf(b) : b \in blocks}

\* Whether the pages contain a whole block of order n.
\* @type: (Set(Int), Int) => Bool;
ContainBlock(pages, n) == \E p \in pages : PagesAt[p][n] \subseteq pages

\* __find_buddy_index(): where the buddy of the block of order n begins that page p is in;
\* in the kernel, index ^ (1 << order) with the block's first index.
\* @type: Int -> (Int -> Int);
BuddyIndex ==
  [p \in Pages |-> [n \in Orders |->
    IF (p \div 2^n) % 2 = 0 THEN p - (p % 2^n) + 2^n ELSE p - (p % 2^n) - 2^n]]

\* The buddy itself.
\* @type: (Int, Int) => <<Int, Int>>;
BuddyAt(p, n) == <<BuddyIndex[p][n], n>>

\* __free_one_page(): the free blocks after one more, <<p, n>>, has come back.  As long as
\* its buddy is free as a whole, the two become one block of the next order.  That is a
\* loop in the kernel; here the order it ends with is counted: n, and one for each order m
\* above it such that the block's buddies of all orders below m are there.
\* @type: (Set(<<Int, Int>>), Int, Int) => Set(<<Int, Int>>);
Freed(blocks, p, n) ==
  LET reached == n + Cardinality({m \in Orders : m > n /\
                       \A k \in Orders : n <= k /\ k < m => BuddyAt(p, k) \in blocks})
  IN (blocks \ {BuddyAt(p, k) : k \in {o \in Orders : n <= o /\ o < reached}})
       \cup {BlockAt(p, reached)}

\* __rmqueue_smallest(): the free blocks that can serve order n: the smallest ones that are
\* large enough.
\* @type: (Set(<<Int, Int>>), Int) => Set(<<Int, Int>>);
Candidates(blocks, n) ==
  {b \in blocks : b[2] >= n /\ \A other \in blocks : other[2] >= n => b[2] <= other[2]}

\* Whether a request of order n is served from these blocks.
\* @type: (Set(<<Int, Int>>), Int) => Bool;
Served(blocks, n) == Candidates(blocks, n) /= {}

\* expand(): block b is split until its first part is of order n, which is handed out; all
\* the second halves stay.
\* @type: (Set(<<Int, Int>>), <<Int, Int>>, Int) => Set(<<Int, Int>>);
Expanded(blocks, b, n) ==
  (blocks \ {b}) \cup {<<b[1] + 2^k, k>> : k \in {o \in Orders : n <= o /\ o < b[2]}}

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            Traffic                                      *)
(***************************************************************************)

\* The zone begins as one free block.
Init ==
  /\ free = {<<0, MaxOrder>>}
  /\ allocated = {}
  /\ pcp = [c \in Cpus |-> {}]
  /\ phase = "traffic"
  /\ available = {}
  /\ refused = {}

\* A block of order n > 0 comes straight from the buddy allocator.
AllocBlock(n) ==
  \E b \in Candidates(free, n) :
    /\ phase = "traffic"
    /\ n > 0
    /\ free' = Expanded(free, b, n)
    /\ allocated' = allocated \cup {<<b[1], n>>}
    /\ UNCHANGED <<pcp, phase, available, refused>>

\* And goes straight back.
FreeBlock ==
  \E b \in allocated :
    /\ phase = "traffic"
    /\ b[2] > 0
    /\ free' = Freed(free, b[1], b[2])
    /\ allocated' = allocated \ {b}
    /\ UNCHANGED <<pcp, phase, available, refused>>

\* A single page comes from the CPU's list: buffered_rmqueue().
AllocPage(c, p) ==
  /\ phase = "traffic"
  /\ p \in pcp[c]
  /\ UNCHANGED free
  /\ allocated' = allocated \cup {<<p, 0>>}
  /\ pcp' = [pcp EXCEPT ![c] = @ \ {p}]
  /\ UNCHANGED <<phase, available, refused>>

\* An empty list is refilled first: rmqueue_bulk().  (The kernel takes pcp->batch pages at
\* a time.  Here it is one, so that lists are filled by frees alone and states are fewer.)
RefillPage(c) ==
  \E b \in Candidates(free, 0) :
    /\ phase = "traffic"
    /\ pcp[c] = {}
    /\ free' = Expanded(free, b, 0)
    /\ allocated' = allocated \cup {<<b[1], 0>>}
    /\ UNCHANGED <<pcp, phase, available, refused>>

\* A single page is freed to the list of the CPU: free_hot_cold_page().
FreePage(c, p) ==
  /\ phase = "traffic"
  /\ <<p, 0>> \in allocated
  /\ Cardinality(pcp[c]) < High - 1
  /\ UNCHANGED free
  /\ allocated' = allocated \ {<<p, 0>>}
  /\ pcp' = [pcp EXCEPT ![c] = @ \cup {p}]
  /\ UNCHANGED <<phase, available, refused>>

\* The same when that makes the list as long as High: one of its pages, `out', goes on to
\* the buddy allocator, by free_pcppages_bulk().  (Which one depends on their ages.)
FreePageAndFlush(c, p) ==
  \E out \in pcp[c] \cup {p} :
    /\ phase = "traffic"
    /\ <<p, 0>> \in allocated
    /\ Cardinality(pcp[c]) >= High - 1
    /\ free' = Freed(free, out, 0)
    /\ allocated' = allocated \ {<<p, 0>>}
    /\ pcp' = [pcp EXCEPT ![c] = (@ \cup {p}) \ {out}]
    /\ UNCHANGED <<phase, available, refused>>

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            A drain                                      *)
(***************************************************************************)

\* Someone who has got nothing calls drain_all_pages().  All else stands still until that
\* has returned, to see what the drain does by itself.
DrainCall ==
  /\ phase = "traffic"
  /\ UNCHANGED <<free, allocated, pcp>>
  /\ phase' = "draining"
  /\ available' = PagesIn(free) \cup UNION {pcp[c] : c \in Cpus}
  /\ refused' = {n \in Orders : ~Served(free, n)}

\* One page leaves a list for the buddy allocator.  The CPUs do this at the same time, each
\* for its own list, so the pages come in any order.
DrainPage(c, p) ==
  /\ phase = "draining"
  /\ p \in pcp[c]
  /\ free' = Freed(free, p, 0)
  /\ UNCHANGED allocated
  /\ pcp' = [pcp EXCEPT ![c] = @ \ {p}]
  /\ UNCHANGED <<phase, available, refused>>

\* All lists have been emptied.
DrainReturn ==
  /\ phase = "draining"
  /\ {c \in Cpus : pcp[c] /= {}} = {}
  /\ UNCHANGED <<free, allocated, pcp>>
  /\ phase' = "drained"
  /\ UNCHANGED <<available, refused>>

\* Life goes on.
Resume ==
  /\ phase = "drained"
  /\ UNCHANGED <<free, allocated, pcp>>
  /\ phase' = "traffic"
  /\ available' = {}
  /\ refused' = {}

Next ==
  \/ \E n \in Orders : AllocBlock(n)
  \/ FreeBlock
  \/ \E c \in Cpus, p \in Pages : AllocPage(c, p)
  \/ \E c \in Cpus : RefillPage(c)
  \/ \E c \in Cpus, p \in Pages : FreePage(c, p)
  \/ \E c \in Cpus, p \in Pages : FreePageAndFlush(c, p)
  \/ DrainCall
  \/ \E c \in Cpus, p \in Pages : DrainPage(c, p)
  \/ DrainReturn
  \/ Resume

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            What holds                                   *)
(***************************************************************************)

\* Each page is in exactly one place: in one free block, in one allocated block, or on one
\* list.
BuddyConservation ==
  \A p \in Pages :
    Cardinality({b \in free : p \in PagesOf(b)})
      + Cardinality({b \in allocated : p \in PagesOf(b)})
      + Cardinality({c \in Cpus : p \in pcp[c]}) = 1

\* Free blocks lie where blocks of their order can, have no page in common, and no two of
\* them are buddies: these would be one block.  So which pages are free already says what
\* the free blocks are, however they came to be free.
CanonicalBlocks ==
  \A b \in free :
    /\ b[2] \in Orders /\ b = BlockAt(b[1], b[2])
    /\ \A other \in free \ {b} : PagesOf(b) \cap PagesOf(other) = {}
    /\ b[2] < MaxOrder => BuddyAt(b[1], b[2]) \notin free

\* The allocator fails no request that one of its blocks would serve, and serves none
\* otherwise.  Thanks to CanonicalBlocks that is as good as it can be: pages in a row that
\* are free are a block.
ServedIffBlockExists ==
  \A n \in Orders :
    /\ Served(free, n) <=> \E b \in free : b[2] >= n
    /\ Served(free, n) <=> ContainBlock(PagesIn(free), n)

\* What draining is for: after it, a request is served exactly when the pages that were free
\* or on some pcp list at the call have room for it.  What is still refused then, no drain
\* can help: the pages are in use, or in the wrong places.
DrainServes ==
  phase = "drained" => \A n \in Orders : Served(free, n) <=> ContainBlock(available, n)

\* A drain that has made the difference: an order that was refused before it is served.
\* (The negation is to be violated, or all the above would be about drains in vain.)
DrainHelped == phase = "drained" /\ \E n \in refused : Served(free, n)
DrainNeverHelped == ~DrainHelped
=============================================================================
