#!/usr/bin/env bash
# Random edits and compiles, the short form; the long one is ten thousand steps.
source "$(dirname "$0")/../lib.sh" "$1"

expect_exit 'random edits and compiles' 0 python3 "$(dirname "$0")/edit_storm.py" "$bin" --steps 120 --seed 7
finish
