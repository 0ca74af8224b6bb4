/*
 * The repair of drain_all_pages() that the review proposed, in Promela, by hand: the shared mask is cleared and then
 * only set, all under a spinlock that leaves interrupts on. The rest of the call, and the machine, are in machine.pml.
 */
#define FIRST lock
#define LAST unlock
#define SCAN \
    :: d_step { at == lock && RUNS_IRQS_ON(_pid) -> preempt_count[_pid]++; at = spin } \
    :: d_step { at == spin && RUNS_IRQS_ON(_pid) && drain_lock == NONE -> drain_lock = _pid; at = clear } \
    :: d_step { at == clear && RUNS_IRQS_ON(_pid) -> cpus_with_pcps = 0; at = scan } \
    :: d_step { at == scan && RUNS_IRQS_ON(_pid) -> \
        next(cpu, ONLINE); \
        if \
        :: cpu < CPUS -> zone = 0; at = look \
        :: else -> cpu = NONE; at = pin \
        fi } \
    :: d_step { at == look && RUNS_IRQS_ON(_pid) -> \
        if \
        :: pcp[LIST(cpu, zone)] > 0 -> at = set_bit \
        :: pcp[LIST(cpu, zone)] == 0 && zone + 1 < ZONES -> zone++ \
        :: else -> zone = NONE; at = scan \
        fi } \
    :: d_step { at == set_bit && RUNS_IRQS_ON(_pid) -> \
        cpus_with_pcps = cpus_with_pcps | BIT(cpu); \
        if \
        :: zone + 1 < ZONES -> zone++; at = look \
        :: else -> zone = NONE; at = scan \
        fi } \
    :: d_step { at == unlock && RUNS_IRQS_ON(_pid) -> drain_lock = NONE; at = unlocked } \
    :: d_step { at == unlocked && RUNS_IRQS_ON(_pid) -> preempt_count[_pid]--; at = returns }

byte drain_lock = 255;  /* its holder */

#include "machine.pml"
