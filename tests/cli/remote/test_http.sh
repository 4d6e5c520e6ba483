#!/usr/bin/env bash
# ZCCACHE_REMOTE=http://: two machines share what they compile through nginx with its DAV module.
source "$(dirname "$0")/remote.sh" "$1"

source "$(dirname "$0")/nginx.sh"
if [[ -z $nginx ]]; then
  echo 'skipped: nginx is not installed (tools/setup.sh installs nginx-core)'
  exit 0
fi

port=$(free_port)
mkdir -p "$work/nginx"
echo "writer:$(openssl passwd -apr1 secret-of-writers)" >"$work/nginx/users"
start_nginx "$port" <<CONF
    listen 127.0.0.1:$port;
    location / {
      limit_except GET { allow all; }
      if (\$http_authorization != "Bearer a-token") { return 403; }
    }
    location /password/ {
      limit_except GET {
        auth_basic "zccache";
        auth_basic_user_file $work/nginx/users;
      }
    }
    location /broken/ { return 500; }
CONF
echo a-token >"$work/token"
export ZCCACHE_REMOTE_TOKEN_FILE=$work/token

export ZCCACHE_REMOTE=http://127.0.0.1:$port/team
shared_by 'nginx'
export ZCCACHE_REMOTE=http://127.0.0.1:$port/bazel/?layout=bazel
shared_by "bazel-remote's layout"
expect "bazel-remote's layout: values lie below ac" test -d "$work/nginx/values/bazel/ac"
# As the guide for teams has it: everybody reads, and who writes has a password in ~/.netrc.
mkdir "$work/home"
echo 'machine 127.0.0.1 login writer password secret-of-writers' >"$work/home/.netrc"
(
  unset ZCCACHE_REMOTE_TOKEN_FILE
  export ZCCACHE_REMOTE=http://127.0.0.1:$port/password HOME=$work/home
  remove_cache
  ZCCACHE_REMOTE_MODE=write launched gcc -DPASSWORD -c src/1.cpp -o 1.o
  let_uploads_end
  export HOME=$work/none
  another_machine
  launched gcc -DPASSWORD -c src/1.cpp -o 1.o
  decided 'a password to write, none to read: a hit' hit
  export ZCCACHE_REMOTE_MODE=write
  launched gcc -DSTRANGER -c src/1.cpp -o 1.o
  expect_exit 'nobody writes without the password' 1 "$bin/zccache-index" push
  expect 'and is told so' grep -q 'status 401' "$ZCCACHE_LOG"
  exit "$failures"
)
failures=$((failures + $?))

compile=(g++ -Wall -Wextra -MMD -c src/1.cpp -o 1.o)
bare "${compile[@]}"
another_machine
ZCCACHE_REMOTE=http://127.0.0.1:$port/broken launched "${compile[@]}"
same_as_bare 'status 500: right'
decided 'status 500: a miss' miss
expect 'status 500: said' grep -q 'status 500' "$ZCCACHE_LOG"

another_machine
echo another-token >"$work/token"
launched "${compile[@]}"
same_as_bare 'a wrong token: right'
decided 'a wrong token: a miss' miss
expect 'a wrong token: no secret is logged' bash -c '! grep -q another-token "$1"' log "$ZCCACHE_LOG"
finish
