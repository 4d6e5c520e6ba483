#!/usr/bin/env bash
# zccache-index report: one page that needs nothing but itself, as a browser sees it.
source "$(dirname "$0")/../lib.sh" "$1"
index() { "$bin/zccache-index" --dir "$dir" "$@"; }

expect_exit report_of_nothing 1 index report --html "$work/page.html"
expect report_of_nothing_writes_nothing test ! -e "$work/page.html"
head -c 3000 /dev/zero >"$work/a.o"
printf 'deps' >"$work/a.d"
index put aa01 --output a.o="$work/a.o" --output a.d="$work/a.d" >/dev/null
index put bb02 --output '<script>alert(1)</script>.o'="$work/a.d" >/dev/null
index put '<b>key"&' >/dev/null
# Two flushes with compiles in between, so that there is a rate.
cd "$work" || exit 1
printf 'int f;\n' >source.c
while [[ -n "$(find source.c -newerct '0.02 seconds ago')" ]]; do :; done # younger, it would be compiled and not stored
index flush >/dev/null
for pass in 1 2 3; do ZCCACHE_DIR=$dir "$bin/zccache-cc" gcc -c source.c -o source.o; done
index flush >/dev/null

before=$(state_of "$dir")
expect_exit report_is_written 0 index report --html "$work/page.html"
expect looking_changes_nothing test "$before" = "$(state_of "$dir")"
expect_exit report_by_the_longest_name_that_a_file_can_have_is_written 0 index report --html "$work/$(printf '%0250d' 7).html"
expect nothing_is_left_beside_them test -z "$(find "$work" -maxdepth 1 -name '*.tmp')"
expect the_page_needs_nothing_else test -z "$(grep -oE '(src|href)=|@import|url\(|https?://|<script' "$work/page.html")"

cp "$work/page.html" "$work/out"
if command -v chromium >/dev/null; then
  # What stands in the page once the browser has made sense of it.
  HOME=$work chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$work/profile" --dump-dom \
    "file://$work/page.html" >"$work/out" 2>"$work/err"
  expect the_browser_shows_it test -s "$work/out"
fi
for heading in Now 'Size by age' 'Size by kind of output' 'Hit rate from flush to flush' 'Slowest flushes' 'Largest entries'; do
  expect_stdout "there_is_a_section_$heading" "<h2>$heading</h2>"
done
expect_stdout the_title_is_the_pages_own "<title>Compiler cache $dir</title>"
expect_stdout names_are_text '&lt;b&gt;key'
expect no_name_became_an_element bash -c '! grep -qE "<(script|b)[ >]" "$1"' _ "$work/out"
expect_stdout kinds_are_shown '<span>.d</span>'
expect_stdout the_largest_entry_is_shown '<td>aa01</td>'
expect the_hit_rate_is_drawn grep -qE '<polyline points="[0-9.]+,[0-9.]+ ?"' "$work/out"
expect flushes_are_shown grep -qE '<td>[0-9.]+ ms</td>' "$work/out"

mkfifo "$work/fifo"
expect_exit report_to_no_file 3 index report --html "$work/fifo"
expect report_to_no_file_leaves_it test -p "$work/fifo"
expect_exit report_to_nowhere 3 index report --html "$work/no/such/folder/page.html"
expect_exit report_without_file 2 index report
finish
