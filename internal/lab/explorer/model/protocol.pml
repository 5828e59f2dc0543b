/* The protocol of the journal: who may write an IAM user's open record, and who may
   change anything. model.pml tries everything that executions, invocations, people and
   the network can do with it; replay.pml holds against it what explored rotations did.

   What makes no difference is left out:
   - Nothing is counted. Of a revision it matters whether somebody has written since it was
     read; of a document, whether it is of the record's rotation and has its fence; of a
     lease, whether its invocation's deadline has passed: then it does not run any more,
     and the invocation starts no effect.
   - A write requires the revision that its writer read. So reading, deciding and a write
     that lands at once are one step, and of a write that lands later it is enough that
     nobody has written since it was sent. */

#ifndef EXECUTIONS
#define EXECUTIONS  3
#define INVOCATIONS 2  /* at a time */
#endif

#define nobody 255

mtype = { none, open, takeOver, claim, mark, unlease, close }  /* the writes */

/* The open record. */
bool exists;
byte owner;            /* execution */
byte holder = nobody;  /* the invocation whose lease runs, or nobody */

/* Executions that ended. One may have been redriven since: what Step Functions says lags. */
bool ended[EXECUTIONS];

/* A document: whether it is of the record's rotation and has its fence; and, what nobody
   in the protocol knows, whether nobody has taken the record since it was made. */
typedef Document { bool ofRotation; bool sameFence; bool latest };
Document has[EXECUTIONS];

/* Invocations, each in a place of its own that is free again when nothing of it can
   matter any more. */
byte worksFor[INVOCATIONS];      /* execution */
Document called[INVOCATIONS];    /* what it was called with */
bool inTime[INVOCATIONS];        /* its deadline has not passed */
bool fresh[INVOCATIONS];         /* it has claimed, and nobody else has written since */
mtype late[INVOCATIONS] = none;  /* a write that was sent, and can land yet */

#ifdef IGNORE_LEASE
#define leaseRuns false
#else
#define leaseRuns (holder != nobody)
#endif

#ifdef SAME_FENCE
#define fenceGrows false
#else
#define fenceGrows true
#endif

#ifdef IGNORE_FENCE
#define fits(p) true
#else
#define fits(p) called[p].sameFence
#endif

#ifdef IGNORE_REVISION
#define conditional false
#else
#define conditional true
#endif

/* What an invocation requires before it writes. */
#define mayOpen(p)      (!exists)
#define mayTakeOver(p)  (exists && owner != worksFor[p] && ended[owner] && !leaseRuns)
#define mayCloseOver(p) (exists && (owner == worksFor[p] || ended[owner]) && !leaseRuns)
#define mayClaim(p)     (exists && owner == worksFor[p] && called[p].ofRotation && fits(p) && !leaseRuns)
#define mayNote(p)      (exists && owner == worksFor[p] && !leaseRuns)  /* Preflight, of its own record */
#define mayMark(p)      (fresh[p] || !conditional)
#define mayUnlease(p)   (exists && holder == p || fresh[p])

/* What must hold whenever an effect starts: it is under this invocation's own lease, ... */
#define alone(p)        (exists && holder == p)
/* ... and nobody has taken the record since the invocation's document was made. */
#define notOvertaken(p) (owner == worksFor[p] && called[p].latest)

/* Somebody takes the record, or a new one: earlier documents are not the latest, have
   another fence, and if it is a new record are of another rotation. */
inline outdate(document, isNew) {
    document.latest = false;
    document.sameFence = document.sameFence && !fenceGrows && !isNew;
    document.ofRotation = document.ofRotation && !isNew
}

inline taken(by, isNew) {
    owner = by; holder = nobody;
    for (i : 0 .. EXECUTIONS - 1) { outdate(has[i], isNew) }
    for (i : 0 .. INVOCATIONS - 1) { outdate(called[i], isNew) }
}

/* A write takes effect. What others have read is old, and what they sent before can
   not land any more. */
inline apply(what, p) {
    printf("execution %d, invocation %d: %e takes effect\n", worksFor[p], p, what);
    if
    :: what == open -> exists = true; taken(worksFor[p], true)
    :: what == takeOver -> taken(worksFor[p], false)
    :: what == claim && inTime[p] -> holder = p
    :: what == claim && !inTime[p] -> holder = nobody
    :: what == mark
    :: what == unlease -> holder = nobody
    :: what == close -> exists = false; holder = nobody; owner = 0
    fi;
    for (i : 0 .. INVOCATIONS - 1) {
        if :: conditional -> fresh[i] = false; late[i] = none :: else fi
    }
    i = 0
}

/* A person names a key that leaked, also while a step is at work. Only that is different then, so
   a claim outlives it: its invocation reads the record again, and writes once more. */
inline named() {
    printf("a person names a key that leaked\n");
    for (i : 0 .. INVOCATIONS - 1) { late[i] = none }
    i = 0
}

/* The document that Preflight makes of the record that its execution has now. */
inline decided(e) { has[e].ofRotation = true; has[e].sameFence = true; has[e].latest = true }

/* A function is called with its execution's document. */
inline invoked(p) {
    printf("execution %d, invocation %d: called with a document\n", worksFor[p], p);
    inTime[p] = true;
    called[p].ofRotation = has[worksFor[p]].ofRotation;
    called[p].sameFence = has[worksFor[p]].sameFence;
    called[p].latest = has[worksFor[p]].latest
}

/* An invocation's deadline passes, and its lease is over, written or yet to land. */
inline deadline(p) {
    printf("execution %d, invocation %d: its deadline passes\n", worksFor[p], p);
    inTime[p] = false;
    if :: holder == p -> holder = nobody :: else fi
}
