/* What explored rotations did to the journal, event by event from standard input, is held
   against the protocol. An event is four characters: its kind, its execution, its
   invocation, and of a call how current its document is, each of the last three counted
   from '0'. The last is z. It prints the rotations that the protocol doesn't allow. */

#define EXECUTIONS  40
#define INVOCATIONS 64
#include "protocol.pml"

chan STDIN;
int rotations, refused, events;
bool allowed = true;

inline forget(document) { document.ofRotation = false; document.sameFence = false; document.latest = false }

inline begin() {
    exists = false; owner = 0; holder = nobody; allowed = true; events = 0; rotations++;
    for (i : 0 .. EXECUTIONS - 1) { ended[i] = false; forget(has[i]) }
    for (i : 0 .. INVOCATIONS - 1) {
        worksFor[i] = 0; inTime[i] = false; fresh[i] = false; late[i] = none; forget(called[i])
    }
}

inline called_with(p, how) {
    inTime[p] = true; fresh[p] = false;
    called[p].ofRotation = (how >= 1); called[p].sameFence = (how == 2); called[p].latest = (how == 2)
}

/* The write lands if the protocol allows it. */
inline lands(what, condition) {
    if
    :: condition -> apply(what, p); fresh[p] = (what == claim || what == mark)
    :: else -> allowed = false
    fi
}

inline needs(condition) { if :: condition :: else -> allowed = false fi }

active proctype Replay() {
    int kind, e, p, how; byte i;
    do
    :: STDIN ? kind ->
        if :: kind == 'z' -> break :: else fi;
        STDIN ? e; STDIN ? p; STDIN ? how; e = e - '0'; p = p - '0'; how = how - '0';
        events++;
        if
        :: kind == 'r' -> begin()
        :: !allowed && kind != 'r'  /* nothing that follows means anything */
        :: allowed && kind == 'b' -> worksFor[p] = e; called_with(p, how)
        :: allowed && kind == 'e' -> ended[e] = true
        :: allowed && kind == 'd' -> deadline(p)
        :: allowed && kind == 'o' -> lands(open, mayOpen(p))
        :: allowed && kind == 't' -> lands(takeOver, mayTakeOver(p))
        :: allowed && kind == 'n' -> lands(mark, mayNote(p))
        :: allowed && kind == 'c' -> lands(claim, mayClaim(p))
        :: allowed && kind == 'v' -> lands(claim, mayCloseOver(p))
        :: allowed && kind == 'm' -> lands(mark, mayMark(p))
        :: allowed && kind == 'u' -> lands(unlease, mayUnlease(p))
        :: allowed && kind == 'x' -> lands(close, mayMark(p))
        :: allowed && kind == 'l' -> needs(exists); named()
        :: allowed && kind == 'f' -> needs(alone(p) && notOvertaken(p))
        :: allowed && kind == 's' -> needs(alone(p))
        fi;
        if
        :: !allowed && how >= 0 && kind != 'r' && events > 0 ->
            printf("rotation %d: event %d, %c of execution %d, invocation %d, is not allowed\n",
                rotations, events - 1, kind, e, p);
            refused++; events = -30000
        :: else
        fi
    od;
    printf("%d rotations, %d refused\n", rotations, refused)
}
