/* Whose file a writer changes, while somebody removes, moves away and restores files of the cache directory: docs/concurrency.md, "Lives", and
 * lib/src/live/writer_lock.cpp, lib/src/base/locked_temporary.cpp, begin_change() and flush() in lib/src/store/store_impl.cpp.
 *
 * What index.pml shows about a change and its order of stores is taken for granted here: a change is one step, and so is filling a new file.
 * Two writers change, renew and make the index; a flusher takes a snapshot; a person does what he likes to the names. A process may be killed
 * before each step: the kernel releases its locks, and another takes its place.
 *
 * Shown for every interleaving: no two processes change one file at the same time; a file that is at the path and not retired has all that was
 * acknowledged in its life; no process takes the name from a file that is not retired, or gives the name of the snapshot to one of another life.
 *
 * M picks a mutant: the protocol with one of its checks or locks taken away. tests/model/check.sh shows that each of them fails. */

#ifndef M
#define M 0
#endif
/* mutants */
#define lock_is_a_file_beside_it 1
#define new_file_is_not_locked 2
#define change_without_a_look_at_the_path 3
#define what_came_out_is_not_looked_at 4
#define made_without_the_directory_lock 5
#define made_over_whatever_is_there 6
#define flush_without_a_look_at_the_life 7
#define flush_without_the_directory_lock 8
#define renewal_without_the_directory_lock 9
/* end of mutants */

#ifndef KILLS
#define KILLS 1
#endif
#ifndef FLUSHERS
#define FLUSHERS 1
#endif
#ifndef EVENTS
#define EVENTS 2
#endif
#ifndef CHANGES
#define CHANGES 2
#endif
#ifndef FILES
#define FILES 4
#endif
#define NONE 255
#define FREE 255

/* A file of the live index, under whatever name. */
typedef File {
  byte lock = FREE;  /* its writer byte */
  bool retired;
  byte life;
  byte stored;       /* changes that are in it */
  byte inside        /* ghost: processes in the middle of a change */
}
File file[FILES];
byte made = 1;       /* how many there are: one to begin with */
byte path = 0;       /* the file that is index.live, or NONE */
byte aside = NONE;   /* one that the person has moved away */
byte directory = FREE;
byte lock_file[EVENTS + 1] = FREE;  /* of the mutant: index.lock, which the person may remove; another is made then */
byte lock_path;

/* Ghosts */
byte lives = 1;
byte acknowledged[FILES];  /* of each life */
byte kills = KILLS;
byte events = EVENTS;
bool restored;              /* a person has put back what was there before: then he may do that in the middle of a flush */
byte work = CHANGES;

#define step(statement) if :: d_step { statement } :: atomic { kills > 0 -> kills--; goto killed } fi
#define is_whole(f) (file[f].retired || file[f].stored == acknowledged[file[f].life])

/* What a person may do. Removing the directory and making it anew is removing what is in it: processes hold the old one open, in which no
 * name can be made, and so find at the path what they find here. */
active proctype Person() {
  do
  :: events == 0 -> break
  :: atomic { events > 0 && path != NONE -> events--; path = NONE }                       /* removes index.live */
  :: atomic { events > 0 && path != NONE && aside == NONE -> events--; aside = path; path = NONE } /* moves it away */
  :: atomic { events > 0 && aside != NONE -> events--; path = aside; aside = NONE; restored = true; assert(is_whole(path)) } /* restores it, over what is there */
  :: atomic { events > 0 -> events--; lock_path++ }                                       /* removes index.lock */
  od
}

inline take_lock(f) {
#if M == lock_is_a_file_beside_it
  locked = lock_path;
  if
  :: atomic { lock_file[locked] == FREE -> lock_file[locked] = _pid }
  :: atomic { lock_file[locked] != FREE -> goto start }
  fi
#else
  if
  :: atomic { file[f].lock == FREE -> file[f].lock = _pid }
  :: atomic { file[f].lock != FREE -> goto start } /* timed out */
  fi
#endif
}
inline take_directory() {
  if
  :: atomic { directory == FREE -> directory = _pid }
  :: atomic { directory != FREE -> goto release }
  fi
}
inline leave_directory() {
  atomic { if :: directory == _pid -> directory = FREE :: else -> skip fi }
}
/* The kernel's part: whatever this process has locked. */
inline release_all() {
  d_step {
    i = 0;
    do
    :: i < FILES -> if :: file[i].lock == _pid -> file[i].lock = FREE :: else -> skip fi; i++
    :: else -> break
    od;
    i = 0;
    do
    :: i <= EVENTS -> if :: lock_file[i] == _pid -> lock_file[i] = FREE :: else -> skip fi; i++
    :: else -> break
    od;
    if :: directory == _pid -> directory = FREE :: else -> skip fi;
    i = 0
  }
}

inline new_file(of_life, with) {
  step(n = made; made++; file[n].life = of_life; file[n].stored = with;
#if M != new_file_is_not_locked
       file[n].lock = _pid
#else
       skip
#endif
  )
}

/* LiveBuilder::publish() in the place of `a`, whose lock we have. */
inline renew() {
  new_file(file[a].life, file[a].stored);
#if M != renewal_without_the_directory_lock
  take_directory();
#endif
  if /* what follows would find it out as well; but then the old file is retired by then */
  :: path == a -> skip
  :: path != a -> goto release
  fi;
  step(file[a].retired = true);
  /* RENAME_EXCHANGE */
  if
  :: step(out = path; if :: path != NONE -> path = n :: else -> skip fi)
  fi;
  if
  :: out == NONE -> goto release
  :: out == a -> skip
  :: out != NONE && out != a ->
#if M == what_came_out_is_not_looked_at
     skip
#else
     d_step { file[n].retired = true };
     d_step { if :: path != NONE -> path = out :: else -> path = out fi };
     goto release
#endif
  fi;
  assert(file[out].retired); /* it has no name any more */
  leave_directory();
#if M != new_file_is_not_locked
  d_step { if :: file[a].lock == _pid -> file[a].lock = FREE :: else -> skip fi };
#endif
  d_step { a = n; n = NONE; assert(is_whole(a)) }
}

/* make(): there was nothing at the path. */
inline make() {
#if M != made_without_the_directory_lock
  take_directory();
#endif
  new_file(lives, 0);
  step(lives++);
  if /* RENAME_NOREPLACE */
#if M == made_over_whatever_is_there
  :: step(assert(path == NONE || file[path].retired); path = n)
#else
  :: atomic { path == NONE -> path = n }
  :: atomic { path != NONE -> goto release }
#endif
  fi;
  leave_directory();
  a = n
}

active [2] proctype Writer() {
  byte a, n, out, locked, i;
start:
  skip;
  atomic { release_all(); a = path; n = NONE; out = NONE };
  do
  :: work == 0 -> break
  :: atomic { work > 0 -> work-- };
     a = path;
     if
     :: a == NONE && made < FILES && lives < FILES -> make()
     :: a == NONE && (made == FILES || lives == FILES) -> goto release
     :: a != NONE ->
        take_lock(a);
#if M != change_without_a_look_at_the_path
        if
        :: path == a -> skip
        :: path != a -> goto release
        fi;
#endif
        if
        :: file[a].retired -> step(file[a].retired = false) /* reinstate() */
        :: else -> skip
        fi;
        if
        :: made < FILES -> renew()
        :: true -> skip
        fi
     fi;
     /* the change */
     d_step { file[a].inside++; assert(file[a].inside == 1) };
     if
     :: d_step { file[a].inside--; file[a].stored++; acknowledged[file[a].life]++ }
     :: atomic { kills > 0 -> kills--; file[a].inside--; goto killed }
     fi;
release:
     skip;
     atomic { release_all(); a = NONE; n = NONE; out = NONE }
  od;
  goto done;
killed:
  goto start;
done:
  skip
}

/* flush(), SnapshotWriter::commit() */
active [FLUSHERS] proctype Flusher() {
  byte life;
  if
  :: atomic { path != NONE -> life = file[path].life }
  :: path == NONE -> goto done
  fi;
  /* writes the snapshot aside */
#if M != flush_without_the_directory_lock
  atomic { directory == FREE -> directory = _pid };
#endif
#if M != flush_without_a_look_at_the_life
  if
  :: atomic { path != NONE && file[path].life == life -> skip }
  :: atomic { path == NONE || file[path].life != life -> goto release }
  fi;
#endif
  assert(path == NONE || file[path].life == life || restored);
release:
  atomic { if :: directory == _pid -> directory = FREE :: else -> skip fi };
done:
  skip
}
