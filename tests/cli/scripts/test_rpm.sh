#!/usr/bin/env bash
# The spec of the RPM can be read, has the packages that are promised, and lists every file that is installed.
#
# usage: test_rpm.sh SOURCE_DIR BUILD_DIR
command -v rpmspec >/dev/null || {
  echo 'skipped: this needs rpmspec'
  exit 77
}
source "$(dirname "$0")/quietly.sh"
spec=$1/tools/packaging/rpm/zccache.spec

# Where Fedora has its directories, as far as this machine's rpm does not know them.
macros=(--define '_userunitdir /usr/lib/systemd/user' --define '_libdir /usr/lib' --define '_prefix /usr' --define '_mandir /usr/share/man')
quietly rpmspec "${macros[@]}" --query --queryformat '%{name}\n' "$spec"
[[ "$(<"$work/log")" == $'zccache\nzccache-libs\nzccache-devel\nzccache-bench' ]] || fail "the packages are: $(<"$work/log")"

quietly rpmspec "${macros[@]}" --parse "$spec"
sed -n '/^%files/,/^%changelog/s/^\(%exclude \)\{0,1\}\(\/[^ ]*\)$/\2/p' "$work/log" >"$work/patterns"
quietly cmake --install "$2" --prefix "$work/installed"
while IFS= read -r file; do
  listed=no
  while IFS= read -r pattern; do
    # shellcheck disable=SC2053 # a pattern
    [[ "$file" == $pattern || "$file" == $pattern/* ]] && listed=yes
  done <"$work/patterns"
  # Units go where the distribution wants them.
  [[ "$listed" == yes || "$file" == /usr/share/systemd/user/* ]] || fail "no package has $file"
done < <(cd "$work/installed" && find . -not -type d -printf '/usr/%P\n')
