/* Everything that may happen: executions fail, are stopped and redriven;
   Step Functions calls a function again while the call before is still at work;
   invocations die at any point; writes are lost or land late, and answers are lost. */

#include "protocol.pml"

bool working[EXECUTIONS];  /* past Preflight */

inline forget(document) { document.ofRotation = false; document.sameFence = false; document.latest = false }

/* An execution ends: it fails, or a person stops it. It may be redriven at any time, and
   then it works on where it ended. From work it may also go back to Preflight. */
proctype Execution(byte e) {
end:
    do
    :: d_step { !ended[e] -> ended[e] = true; printf("execution %d ends\n", e) }
    :: d_step { working[e] -> working[e] = false; printf("execution %d is at Preflight again\n", e); forget(has[e]) }
    od
}

/* The network, the clock and people. */
proctype World(byte p) {
    byte i;
end:
    do
    :: d_step { inTime[p] -> deadline(p) }
    :: d_step { late[p] != none -> apply(late[p], p); late[p] = none }
    :: d_step { exists -> named() }
    od
}

/* Preflight's answer reaches the execution, if it still waits for one. */
inline answer(p) {
    if
    :: !working[worksFor[p]] -> decided(worksFor[p]); working[worksFor[p]] = true
    :: else
    fi
}

/* The invocation is over. Its deadline matters while its lease runs, or may yet. */
inline finish(p) {
    fresh[p] = false; sweeps = false; forget(called[p]);
    if :: holder != p && late[p] == none -> inTime[p] = false; worksFor[p] = 0 :: else fi
}

#define last (EXECUTIONS - 1)
#define atRest(p) (!inTime[p] && late[p] == none)

proctype Invocation(byte p) {
    byte i; bool sweeps;
end:
rests:
    do
    :: d_step { atRest(p) && !working[0] -> worksFor[p] = 0; inTime[p] = true }; goto decides
    :: d_step { atRest(p) && !working[1] -> worksFor[p] = 1; inTime[p] = true }; goto decides
    :: d_step { EXECUTIONS > 2 && atRest(p) && !working[last] -> worksFor[p] = last; inTime[p] = true }; goto decides
    :: d_step { atRest(p) && working[0] -> worksFor[p] = 0; invoked(p) }; goto works
    :: d_step { atRest(p) && working[1] -> worksFor[p] = 1; invoked(p) }; goto works
    :: d_step { EXECUTIONS > 2 && atRest(p) && working[last] -> worksFor[p] = last; invoked(p) }; goto works
    od;
decides:
    if
    :: d_step { mayOpen(p) -> apply(open, p); answer(p); finish(p) }
    :: d_step { mayOpen(p) -> apply(open, p); finish(p) }
    :: d_step { mayOpen(p) -> late[p] = open; finish(p) }
    :: d_step { exists && owner == worksFor[p] -> answer(p); finish(p) }
    :: d_step { mayNote(p) -> apply(mark, p); answer(p); finish(p) }
    :: d_step { mayNote(p) -> apply(mark, p); finish(p) }
    :: d_step { mayNote(p) -> late[p] = mark; finish(p) }
    :: d_step { mayTakeOver(p) -> apply(takeOver, p); answer(p); finish(p) }
    :: d_step { mayTakeOver(p) -> apply(takeOver, p); finish(p) }
    :: d_step { mayTakeOver(p) -> late[p] = takeOver; finish(p) }
    :: d_step { mayCloseOver(p) -> sweeps = true; apply(claim, p); fresh[p] = true }; goto holds
    :: d_step { mayCloseOver(p) -> apply(claim, p) }; goto gives
    :: d_step { mayCloseOver(p) -> late[p] = claim }; goto gives
    :: d_step { finish(p) }
    fi; goto rests;
works:
    if
    :: d_step { mayClaim(p) -> apply(claim, p); fresh[p] = true }; goto holds
    :: d_step { mayClaim(p) -> apply(claim, p) }; goto gives
    :: d_step { mayClaim(p) -> late[p] = claim }; goto gives
    :: d_step { finish(p) }
    fi; goto rests;
holds:
    do
    :: d_step { inTime[p] ->
        printf("execution %d, invocation %d: an effect starts\n", worksFor[p], p);
        assert(alone(p)); assert(sweeps || notOvertaken(p)) }
    :: d_step { mayMark(p) -> apply(mark, p); fresh[p] = true }  /* it was begun, or is done */
    :: d_step { mayMark(p) -> apply(mark, p) }; break
    :: d_step { mayMark(p) -> late[p] = mark }; break
    :: d_step { mayMark(p) -> apply(close, p) }; break
    :: d_step { mayMark(p) -> late[p] = close }; break
    :: break
    od;
gives:
    if
    :: d_step { mayUnlease(p) -> apply(unlease, p); finish(p) }
    :: d_step { mayUnlease(p) && late[p] == none -> late[p] = unlease; finish(p) }
    :: d_step { finish(p) }  /* also: it dies */
    fi;
    goto rests
}

init {
    atomic {
        byte n;
        for (n : 0 .. INVOCATIONS - 1) { run Invocation(n); run World(n) }
        for (n : 0 .. EXECUTIONS - 1) { run Execution(n) }
        n = 0
    }
}
