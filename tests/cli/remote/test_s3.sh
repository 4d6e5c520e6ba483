#!/usr/bin/env bash
# ZCCACHE_REMOTE=s3://: two machines share what they compile through a bucket. Requests are signed; keys that are wrong get nothing.
source "$(dirname "$0")/remote.sh" "$1"

secret=a+secret/of/a/team
port=$(free_port)
mkdir "$work/objects"
start_server python3 "$(dirname "$0")/s3_server.py" "$port" "$work/objects" team-bucket TEAMKEY "$secret" eu-central-1
wait_for_port "$port"
unsigned() { # method
  python3 - "$1" "http://127.0.0.1:$port/team-bucket/x" <<'PYTHON'
import sys, urllib.error, urllib.request
try:
    urllib.request.urlopen(urllib.request.Request(sys.argv[2], method=sys.argv[1], data=b"x" if sys.argv[1] == "PUT" else None))
except urllib.error.HTTPError as error:
    sys.exit(error.code != 403)
sys.exit(1)
PYTHON
}
expect 'the server of this test refuses unsigned reads' unsigned GET
expect 'the server of this test refuses unsigned writes' unsigned PUT
keys() { # file, id, secret, session token
  printf '[other]\naws_access_key_id = OTHER\naws_secret_access_key = other\n\n[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' \
    "$2" "$3" >"$1"
  [[ -z ${4-} ]] || echo "aws_session_token = $4" >>"$1"
}
keys "$work/keys" TEAMKEY "$secret"
export ZCCACHE_REMOTE_ACCESS_KEY_FILE=$work/keys

export ZCCACHE_REMOTE="s3://team-bucket/zccache?endpoint=http://127.0.0.1:$port&region=eu-central-1"
shared_by 'the bucket in the path'
expect 'the bucket in the path: objects are below the prefix' test -d "$work/objects/zccache"
# A name below localhost is this machine, for libcurl as for browsers.
export ZCCACHE_REMOTE="s3://team-bucket/by-host?endpoint=http://localhost:$port&region=eu-central-1&style=host"
shared_by 'the bucket in the name of the host'
expect 'the bucket in the name of the host: objects are below the prefix' test -d "$work/objects/by-host"
# Larger than what libcurl sends without asking first.
export ZCCACHE_REMOTE="s3://team-bucket/zccache?endpoint=http://127.0.0.1:$port&region=eu-central-1"
large=(gcc -c src/large.c -o large.o)
printf '__asm__(".fill 3000000, 1, 7");\n' >"$tree/src/large.c"
bare "${large[@]}"
ZCCACHE_REMOTE_MODE=write launched "${large[@]}"
let_uploads_end
another_machine
launched "${large[@]}"
same_as_bare 'a large object: right'
decided 'a large object: a hit' hit

refused() { # name, what the log says
  nothing_is_got "$1" "$2"
  expect "$1: no secret is logged" bash -c '! grep -qE "secret|session-of" "$1"' log "$ZCCACHE_LOG"
}
keys "$work/keys" TEAMKEY another-secret
refused 'a wrong secret' SignatureDoesNotMatch
keys "$work/keys" STRANGER "$secret"
refused 'an unknown key' InvalidAccessKeyId
rm "$work/keys"
refused 'no keys' 'has no keys of the profile'
keys "$work/keys" TEAMKEY "$secret"
ZCCACHE_REMOTE="s3://no-such-bucket/zccache?endpoint=http://127.0.0.1:$port&region=eu-central-1" refused 'a bucket that is not there' NoSuchBucket

another_machine
launched "${compile[@]}"
decided 'and with the right keys: a hit' hit

# Keys that expire come with a token, and whoever renews them writes the file while zccache-remote runs.
port=$(free_port)
start_server python3 "$(dirname "$0")/s3_server.py" "$port" "$work/objects" team-bucket TEAMKEY "$secret" eu-central-1 session-of-today
wait_for_port "$port"
export ZCCACHE_REMOTE="s3://team-bucket/zccache?endpoint=http://127.0.0.1:$port&region=eu-central-1"
keys "$work/keys" TEAMKEY "$secret" session-of-yesterday
refused 'a token that has expired' InvalidToken
keys "$work/keys" TEAMKEY "$secret" session-of-today
rm -f "$dir"/remote-*.breaker
forget_compiles
launched "${compile[@]}"
same_as_bare 'a token that was renewed: right'
decided 'a token that was renewed: a hit' hit
finish
