#!/usr/bin/env bash
# zccache-index: help, version, and command lines that can never work.
source "$(dirname "$0")/../lib.sh" "$1"
index() { "$bin/zccache-index" "$@"; }

expect_exit help_is_good 0 index --help
expect_stdout help_shows_the_form 'Usage: zccache-index [--dir D] stats|config|explain|observe|doctor|list|get|put|remove|clear|export|import|pull|push|flush|gc|verify|report|top|dump'
for command in stats explain observe doctor list get put remove clear export import pull push flush gc verify report top dump; do
  expect_stdout "help_lists_$command" "  $command "
done
for command in stats explain observe list get put remove clear export import pull push flush gc verify report top dump; do
  expect_exit "${command}_has_help" 0 index "$command" --help
  expect_stdout "help_of_${command}_shows_its_form" "Usage: zccache-index [--dir D] $command "
done
expect_exit version_is_good 0 index --version
expect_stdout version_names_the_program 'zccache-index '

expect_exit no_command_is_a_usage_error 2 index
expect_stderr no_command_shows_the_form 'Usage: zccache-index [--dir D] stats|config|explain|observe|doctor|list'
expect_exit unknown_command_is_a_usage_error 2 index frobnicate
expect_stderr unknown_command_is_named 'frobnicate'
expect_exit unknown_option_is_a_usage_error 2 index stats --frobnicate
expect_stderr unknown_option_is_named '--frobnicate'
expect_stderr unknown_option_shows_the_form_of_its_command 'Usage: zccache-index [--dir D] stats [--zero] [--verbose] [--prometheus] [--json]'
expect_exit get_without_key_is_a_usage_error 2 index get
expect_stderr get_without_key_shows_the_form 'get KEY'
expect_exit remove_without_key_is_a_usage_error 2 index remove
expect_exit two_parts_at_once_are_a_usage_error 2 index get --stdout --stderr aa
expect_exit raw_bytes_as_json_are_a_usage_error 2 index get --stdout --json aa
expect_exit output_without_destination_is_a_usage_error 2 index get aa --output foo.o
expect_exit destination_without_output_is_a_usage_error 2 index get aa --to "$work/foo.o"
expect_exit bad_limit_is_a_usage_error 2 index list --limit many
expect_exit negative_limit_is_a_usage_error 2 index list --limit=-1
expect_exit empty_directory_is_a_usage_error 2 index --dir '' stats
expect_exit output_without_file_is_a_usage_error 2 index --dir "$dir" put aa --output foo.o
expect_stderr output_without_file_shows_the_form 'NAME=FILE'
expect_exit bad_exit_code_is_a_usage_error 2 index --dir "$dir" put aa --exit-code many
expect_exit no_directory_at_all_is_a_usage_error 2 env -u HOME -u XDG_CACHE_HOME "$bin/zccache-index" stats
expect_stderr no_directory_at_all_names_the_cure 'give --dir or set ZCCACHE_DIR'
expect usage_errors_make_no_directory test ! -e "$dir" -a ! -e "$work/xdg"
finish
