#!/usr/bin/env bash
# zccache-index beside a process that has a lock and does not give it back: who looks goes on, who changes gets a clear error.
source "$(dirname "$0")/../lib.sh" "$1"
index() { "$bin/zccache-index" --dir "$dir" "$@"; }

# Holds the byte of a file until its stdin ends.
hold() { # file, byte
  exec python3 -c '
import fcntl, os, struct, sys
F_OFD_SETLK = 37
lock = os.open(sys.argv[1], os.O_RDWR)
fcntl.fcntl(lock, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, int(sys.argv[2]), 1, 0))
print("held", flush=True)
sys.stdin.read()' "$dir/$1" "$2"
}

start_holder() { # file, byte
  coproc holder { hold "$1" "$2"; }
  read -r _ <&"${holder[0]}"
}

stop_holder() {
  exec {holder[1]}>&-
  wait "$holder_PID"
}

index put one >/dev/null
index flush >/dev/null

start_holder index.live 0
expect_exit dump_beside_a_held_writer_lock 0 index dump --json
expect_json holder_of_the_writer_lock_is_named "d['locks'] == [{'lock': 'writer', 'pid': $holder_PID}]"
expect_exit dump_as_text 0 index dump
expect_stdout text_names_the_holder "held by process $holder_PID"
expect_exit get_goes_on 0 index get one
expect_exit verify_goes_on 0 index verify
expect_exit check_goes_on 0 "$bin/zccache-recover" --dir "$dir"
expect_exit put_gives_up_in_the_end 3 index put two
expect_stderr put_says_what_it_waited_for "$dir/index.live"
expect_exit nothing_was_stored 1 index get two
stop_holder
expect_exit put_succeeds_when_the_lock_is_free 0 index put two

start_holder index.lock 1
expect_exit dump_beside_a_held_flusher_lock 0 index dump --json
expect_json holder_of_the_flusher_lock_is_named "d['locks'] == [{'lock': 'flusher', 'pid': $holder_PID}]"
expect_exit put_beside_a_flusher 0 index put three
expect_exit flush_gives_up_in_the_end 3 index flush
expect_stderr flush_says_what_it_waited_for "$dir/index.lock"
stop_holder
expect_exit flush_succeeds_when_the_lock_is_free 0 index flush
finish
