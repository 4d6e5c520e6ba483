#!/usr/bin/env bash
# ZCCACHE_REMOTE=rediss:// and https://: who the server is, and who we are, is shown by certificates.
source "$(dirname "$0")/remote.sh" "$1"

source "$(dirname "$0")/nginx.sh"
if [[ -z $nginx || -z $(command -v redis-server) || -z $(command -v openssl) ]]; then
  echo 'skipped: redis-server, nginx or openssl is not installed (tools/setup.sh installs them)'
  exit 0
fi
source "$(dirname "$0")/certificates.sh"

tls=(--port 0 --bind 127.0.0.1 --save '' --dir "$work" --tls-cert-file "$work/tls/server.crt" --tls-key-file "$work/tls/server.key"
  --tls-ca-cert-file "$work/tls/ca.crt")
open_port=$(free_port)
start_server redis-server --tls-port "$open_port" "${tls[@]}" --tls-auth-clients no
strict_port=$(free_port)
start_server redis-server --tls-port "$strict_port" "${tls[@]}" --tls-auth-clients yes
https_port=$(free_port)
start_nginx "$https_port" <<CONF
    listen 127.0.0.1:$https_port ssl http2;
    ssl_certificate $work/tls/server.crt;
    ssl_certificate_key $work/tls/server.key;
    ssl_client_certificate $work/tls/ca.crt;
    ssl_verify_client on;
CONF
for port in "$open_port" "$strict_port"; do wait_for_port "$port"; done

export ZCCACHE_REMOTE=rediss://127.0.0.1:$open_port ZCCACHE_REMOTE_CA=$work/tls/ca.crt
shared_by 'rediss'

ZCCACHE_REMOTE_CA='' nothing_is_got 'a certificate of an authority that is not trusted' 'certificate|CA'
ZCCACHE_REMOTE=rediss://localhost:$open_port nothing_is_got 'a certificate of another host' 'certificate|peer'
ZCCACHE_REMOTE=redis://127.0.0.1:$open_port nothing_is_got 'no TLS to a server that wants it' redis
ZCCACHE_REMOTE=rediss://127.0.0.1:$strict_port nothing_is_got 'no certificate of ours where one is wanted' redis
ZCCACHE_REMOTE=https://127.0.0.1:$https_port nothing_is_got 'https: no certificate of ours where one is wanted' 'status 400'

export ZCCACHE_REMOTE_CERT=$work/tls/client.crt ZCCACHE_REMOTE_KEY=$work/tls/client.key
export ZCCACHE_REMOTE=rediss://127.0.0.1:$strict_port
shared_by 'rediss with a certificate of ours'
export ZCCACHE_REMOTE=https://127.0.0.1:$https_port
shared_by 'https with a certificate of ours'
cat "$work/tls/client.crt" "$work/tls/client.key" >"$work/tls/both"
bare "${compile[@]}"
another_machine
ZCCACHE_REMOTE_CERT=$work/tls/both ZCCACHE_REMOTE_KEY='' launched "${compile[@]}"
decided 'certificate and key in one file: a hit' hit
finish
