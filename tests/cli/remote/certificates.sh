# Certificates for the scripts in this folder, in $work/tls: an authority `ca`, a `server` at 127.0.0.1, and a `client`.
mkdir "$work/tls"

make_certificate() { # name, extension…
  local extensions
  printf -v extensions '%s\n' "${@:2}"
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1 of a test" -keyout "$work/tls/$1.key" -out "$work/tls/$1.request"
  openssl x509 -req -in "$work/tls/$1.request" -CA "$work/tls/ca.crt" -CAkey "$work/tls/ca.key" -CAcreateserial -days 2 \
    -extfile <(printf '%s' "$extensions") -out "$work/tls/$1.crt"
}
{
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=authority of a test' \
    -keyout "$work/tls/ca.key" -out "$work/tls/ca.crt"
  make_certificate server subjectAltName=IP:127.0.0.1
  make_certificate client extendedKeyUsage=clientAuth
} >"$work/tls/log" 2>&1
