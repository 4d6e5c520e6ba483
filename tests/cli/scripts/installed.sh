# shellcheck shell=bash disable=SC2154,SC2164
# What has to work below the prefix where the project was installed. Source it after quietly.sh.

check_launcher() { # prefix
  mkdir -p "$work/launched"
  (
    cd "$work/launched"
    printf 'int main(void) { return 0; }\n' >source.c
    export ZCCACHE_DIR=$work/launched/cache
    for pass in miss hit; do quietly "$1/bin/zccache-cc" gcc -c source.c -o source.o; done
    [[ "$("$1/bin/zccache-index" stats --json)" == *'"hits": 1'* ]] || fail 'the installed launcher served nothing'
    # The library that answers within the compiler lies where the installed programs look for it.
    [[ "$("$1/bin/zccache-index" observe --json -- env)" == *'"variables_complete": true'* ]] || fail 'the preloaded library is not found'
    quietly "$1/bin/zccache-recover" --check
    quietly "$1/bin/zccache-index" flush
    # file(1) knows the files by the entry that is installed, which is the one in the format document.
    local magic=$1/share/zccache/zccache.magic
    [[ "$(file -b -m "$magic" cache/index.live)" =~ ^'zccache live index, version '[0-9]+$ ]] || fail "file says: $(file -m "$magic" cache/index.live)"
    [[ "$(file -b -m "$magic" cache/index.snap)" =~ ^'zccache index snapshot, version '[0-9]+$ ]] || fail "file says: $(file -m "$magic" cache/index.snap)"
  )
}

check_pages() { # prefix, program…
  local program
  for program in "${@:2}"; do
    quietly "$1/bin/$program" --version
    quietly bash -c 'gzip -cdf "$1" | groff -man -Tascii -ww' _ "$(find "$1/share/man/man1" -name "$program.1*")"
    for file in "bash-completion/completions/$program" "zsh/vendor-completions/_$program" "fish/vendor_completions.d/$program.fish"; do
      [[ -s "$1/share/$file" ]] || fail "no $file"
    done
  done
}

# systemd takes the units as they are, and they do what they say. `systemd-analyze` knows no ExecSearchPath: there the programs are named in full.
check_units() { # prefix, directory of the units
  local unit line words status
  cp -r "$2" "$work/units"
  sed -i "s|^ExecStart=|&$1/bin/|; /^Documentation=/d" "$work/units"/*
  mkdir -m 700 "$work/run"
  : >"$work/log"
  ! command -v systemd-analyze >/dev/null || XDG_RUNTIME_DIR=$work/run quietly systemd-analyze --user verify "$work/units"/*
  [[ ! -s "$work/log" ]] || fail "systemd-analyze: $(<"$work/log")"
  for unit in "$work/units"/*.service; do
    grep -q '^ExecSearchPath=%h/.local/bin:/usr/local/bin:/usr/bin$' "$unit" || fail "$unit does not look for programs in ~/.local/bin"
    while read -r line; do
      read -ra words <<<"$line"
      status=0
      ZCCACHE_DIR=$work/launched/cache "${words[@]}" >"$work/log" 2>&1 || status=$?
      ((status <= 1)) || fail "${unit##*/}: $line: exit $status: $(<"$work/log")"
    done < <(sed -n 's/^ExecStart=//p' "$unit")
  done
}
