/* The protocol of the live index, as docs/concurrency.md has it and lib/src/live and lib/src/store do it, for the model checker spin.
 *
 * Two writers and two readers share one key. Every step() is one access to memory or one system call; between two of them any other process may
 * run. A writer may be killed before each (the kernel releases its lock, and another process takes its place) or stopped for ever; a reader may be
 * stopped in the middle of a lookup for ever. A file that was replaced stays as it was for those who have it mapped.
 *
 * Shown for every interleaving: what a lookup returns was published whole and is not freed; it is not older than what was acknowledged, or
 * returned to anybody, before the lookup began, whichever file it looked at; the counts are exact, whatever was killed; nothing that was counted is
 * lost; a writer that ends with success leaves no half renewal; nobody waits for a reader, a stopped writer or a dead one.
 *
 * M picks a mutant: the protocol with one of its checks or orderings taken away. tests/model/check.sh shows that each of them fails. */

#ifndef M
#define M 0
#endif
/* mutants */
#define no_writer_lock 1
#define lock_outlives_its_owner 2
#define wait_for_the_lock_for_ever 3
#define writer_ignores_the_path 4
#define writer_ignores_retired 5
#define no_settling 6
#define settle_always_yes 7
#define settle_always_no 8
#define reinstate_without_the_lock 9
#define link_before_node 10
#define slot_before_record 11
#define dirty_before_pending 12
#define slot_before_dirty 13
#define counts_before_slot 14
#define clean_before_counts 15
#define acknowledge_before_slot 16
#define free_replaced_record 17
#define rename_before_retired 18
#define never_retired 19
#define rename_before_filled 20
#define drain_before_retired 21
#define counters_not_closed 22
#define counters_not_taken_along 23
#define add_in_two_steps 24
#define reader_ignores_retired 25
#define reader_looks_up_first 26
#define reader_takes_the_lock 27
#define renewal_waits_for_readers 28
#define reinstate_what_was_replaced 29
#define reinstate_with_closed_counters 30
/* end of mutants */

#ifndef KILLS
#define KILLS 1
#endif
#ifndef STOPS
#define STOPS 0
#endif
#ifndef CHANGES
#define CHANGES 2
#endif
#ifndef READERS
#define READERS 1
#endif
#ifndef STRANGERS
#define STRANGERS 0
#endif
#ifndef LOOKUPS
#define LOOKUPS 1
#endif
#ifndef GENERATIONS
#define GENERATIONS 3
#endif
#ifndef RECORDS
#define RECORDS 3 /* with the null record */
#endif
#define FREE 255

/* One file of the live index. */
typedef Live {
  bool retired;
  bool node;                /* the node of the key is built */
  bool linked;              /* its bucket leads to it */
  byte slot;                /* the record of the key; 0 is null */
  byte used;                /* records taken from the extent */
  bool whole[RECORDS];
  byte version[RECORDS];    /* ghost: grows with every record of any file */
  bool dirty;
  byte pending_record;
  byte pending_count;
  byte count;               /* of changes: stands for all of the counts */
  bool drained;
  byte hits;
  byte pins                 /* ghost, but for a mutant: readers in a lookup */
}
Live live[GENERATIONS];
byte path;                  /* which of them is at the live path */
byte made = 1;              /* how many there are: one to begin with */
byte lock = FREE;           /* the writer lock */

/* Ghosts: what was done, and what that promises. */
byte versions, changes, counted, acknowledged, returned;
byte kills = KILLS;
byte stops = STOPS;
byte work = CHANGES;
bool dead[2 + READERS + STRANGERS];

#define step(statement) if :: d_step { statement } :: atomic { kills > 0 -> kills--; goto killed } :: atomic { stops > 0 -> stops--; goto stopped } fi
#define max(x, y) ((x) > (y) -> (x) : (y))
#define is_full(a) (live[a].used == RECORDS - 1)

/* LiveWriter::settle() */
inline settle(a) {
#if M != no_settling
  if
  :: live[a].dirty ->
     if
#if M == settle_always_yes
     :: true -> step(live[a].count = live[a].pending_count)
#elif M == settle_always_no
     :: true -> skip
#else
     :: live[a].slot == live[a].pending_record -> step(live[a].count = live[a].pending_count)
     :: else -> skip
#endif
     fi;
     step(live[a].dirty = false)
  :: else -> skip
  fi;
#endif
  assert(live[a].count == changes)
}

inline build_node(a) {
  if
  :: !live[a].linked ->
#if M == link_before_node
     step(live[a].linked = true);
     step(live[a].node = true)
#else
     step(live[a].node = true);
     step(live[a].linked = true)
#endif
  :: else -> skip
  fi
}

inline write_record(a) {
  step(versions++; live[a].version[record] = versions; live[a].whole[record] = true)
}

/* LiveWriter::insert() and remove(): a tombstone is a record like any other. */
inline change(a) {
  build_node(a);
  step(live[a].used++; record = live[a].used);
#if M != slot_before_record
  write_record(a);
#endif
#if M == dirty_before_pending
  step(live[a].dirty = true);
#endif
  step(live[a].pending_count = live[a].count + 1);
  step(live[a].pending_record = record);
#if M != dirty_before_pending && M != slot_before_dirty
  step(live[a].dirty = true);
#endif
#if M == counts_before_slot
  step(live[a].count = live[a].pending_count);
#endif
#if M == acknowledge_before_slot
  step(acknowledged = max(acknowledged, live[a].version[record]));
#endif
  step(replaced = live[a].slot; live[a].slot = record; changes++); /* the change */
#if M == slot_before_dirty
  step(live[a].dirty = true);
#endif
#if M == slot_before_record
  write_record(a);
#endif
#if M == clean_before_counts
  step(live[a].dirty = false);
#endif
  step(live[a].count = live[a].pending_count);
  step(live[a].dirty = false)
#if M == free_replaced_record
  ; step(live[a].whole[replaced] = false)
#endif
}

inline fill(a, n) {
  step(live[n].slot = (live[a].slot > 0 -> 1 : 0); live[n].used = live[n].slot; live[n].linked = live[n].slot > 0; live[n].node = live[n].linked;
       live[n].whole[live[n].slot] = true; live[n].version[live[n].slot] = live[a].version[live[a].slot]; live[n].count = live[a].count)
}
inline retire(a) {
#if M == never_retired
  skip
#else
  step(live[a].retired = true)
#endif
}
inline drain(a) {
#if M == counters_not_closed
  step(taken = live[a].hits)
#else
  step(live[a].drained = true; taken = live[a].hits)
#endif
}
inline take_along(n) {
#if M == counters_not_taken_along
  skip
#else
  step(live[n].hits = taken)
#endif
}
inline rename(n) { step(path = n) }

/* renew(), LiveBuilder::publish(): of `a`, which is at the path. Afterwards `a` is the new generation. */
inline renew(a) {
  step(n = made; made++);
#if M == rename_before_filled
  retire(a); drain(a); take_along(n); rename(n); fill(a, n);
#elif M == rename_before_retired
  fill(a, n); drain(a); take_along(n); rename(n); retire(a);
#elif M == drain_before_retired
  fill(a, n); drain(a); retire(a); take_along(n); rename(n);
#else
  fill(a, n);
  retire(a);
#if M == renewal_waits_for_readers
  live[a].pins == 0;
#endif
  drain(a);
  take_along(n);
  rename(n);
#endif
  assert(live[n].hits == counted);
  a = n
}

/* reinstate(): takes back what a writer did that was killed in the middle of renew(). Under the lock; `a` is at the path. */
inline reinstate(a) {
#if M == reinstate_with_closed_counters
  step(live[a].retired = false)
#else
  step(live[a].drained = false);
  step(live[a].retired = false)
#endif
}

/* begin_change(), settle_current() */
inline begin_change(a) {
#if M != writer_ignores_the_path
  step(a = path);
#endif
#if M != writer_ignores_retired
  if
  :: live[a].retired -> reinstate(a)
  :: else -> skip
  fi;
#endif
  settle(a);
  assert(!live[a].drained)
}

/* ArtifactStore::insert() and remove(); killed, and started again. */
active [2] proctype Writer() {
  byte a, n, record, replaced, taken;
start:
  atomic { a = path; n = 0; record = 0; replaced = 0; taken = 0 };
  do
  :: work == 0 -> break
  :: atomic { work > 0 -> work-- };
     if /* LockFile::acquire() */
#if M == no_writer_lock
     :: true
#else
     :: atomic { lock == FREE -> lock = _pid }
#if M != wait_for_the_lock_for_ever
     :: atomic { lock != FREE -> assert(!dead[lock]); goto start } /* timed out */
#endif
#endif
     fi;
     begin_change(a);
     if
     :: made < GENERATIONS -> renew(a) /* it may be full at any time */
     :: !is_full(a) -> skip
     :: made == GENERATIONS && is_full(a) -> goto release
     fi;
     change(a);
     d_step {
       acknowledged = max(acknowledged, live[a].version[record]);
       assert(!live[path].retired)
     };
release:
     atomic { if :: lock == _pid -> lock = FREE :: else -> skip fi; record = 0; replaced = 0; taken = 0; n = 0 }
  od;
  goto done;
killed:
  atomic {
#if M == lock_outlives_its_owner
    dead[_pid] = (lock == _pid)
#else
    if :: lock == _pid -> lock = FREE :: else -> skip fi
#endif
  };
  goto start;
stopped:
end_stopped:
  false;
done:
  skip
}

/* A process of another version, which cannot settle what it finds: retires it, and is killed before its own file is at the path. */
active [STRANGERS] proctype Stranger() {
  atomic { lock == FREE -> live[path].retired = true }
end_never_free:
  skip
}

/* refresh(), of a reader that may write and finds a retired file: at the path, it tries the lock, and reinstates it. */
#define step_of_reader(statement) if :: d_step { statement } :: atomic { stops > 0 -> stops--; goto stopped } fi
inline reinstate_if_free(a) {
#if M == reinstate_without_the_lock
  if
  :: live[a].retired && path == a -> step_of_reader(live[a].drained = false); step_of_reader(live[a].retired = false)
  :: else -> skip
  fi
#else
  if
  :: atomic { lock == FREE -> lock = _pid };
     if
#if M == reinstate_what_was_replaced
     :: live[a].retired ->
#else
     :: live[a].retired && path == a ->
#endif
        step_of_reader(live[a].drained = false); step_of_reader(live[a].retired = false)
     :: else -> skip
     fi;
     lock = FREE
  :: atomic { lock != FREE -> skip }
  fi
#endif
}

/* LiveIndex::find() */
inline find(a) {
  if
  :: live[a].linked ->
     assert(live[a].node);
     at = live[a].slot;
     if
     :: at == 0 -> skip
     :: at != 0 -> assert(live[a].whole[at]); d_step { assert(live[a].whole[at]); found = live[a].version[at]; at = 0 }
     :: atomic { stops > 0 -> stops--; goto stopped }
     fi
  :: else -> skip
  fi
}

/* ArtifactStore::find(), and count_hit() */
active [READERS] proctype Reader() {
  byte a, at, least, round, found;
#if M == add_in_two_steps
  byte seen;
#endif
  a = path;
  do
  :: round == LOOKUPS -> break
  :: round < LOOKUPS ->
     d_step { round++; least = max(acknowledged, returned); live[a].pins++ };
#if M == reader_takes_the_lock
     lock == FREE;
#endif
#if M == reader_looks_up_first
     find(a);
#endif
#if M != reader_ignores_retired
     if
     :: live[a].retired -> /* current(), refresh() */
#if M == reinstate_what_was_replaced
        reinstate_if_free(a);
        if
        :: live[a].retired -> d_step { live[a].pins--; a = path; live[a].pins++ }
        :: else -> skip
        fi
#else
        d_step { live[a].pins--; a = path; live[a].pins++ };
        reinstate_if_free(a)
#endif
     :: else -> skip
     fi;
#endif
#if M != reader_looks_up_first
     find(a);
#endif
     d_step { assert(found >= least); returned = max(returned, found); live[a].pins--; found = 0; least = 0 };
     if /* count(): a closed counter sends it to the next generation or, after some tries, home */
#if M == add_in_two_steps
     :: seen = live[a].hits; d_step { live[a].hits = seen + 1; counted++; seen = 0 }
#else
     :: atomic { !live[a].drained -> live[a].hits++; counted++ }
#endif
     :: true -> skip
     fi
  od;
stopped:
  skip
}
