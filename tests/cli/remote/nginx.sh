# nginx with its DAV module, for scripts that have $work from remote.sh; $nginx is empty where it is not installed.
nginx=$(PATH=$PATH:/usr/sbin command -v nginx)

# Runs it until the script ends, with values below $work/nginx/values. Standard input has what stands in its `server`.
start_nginx() { # port
  mkdir -p "$work/nginx/values"
  chmod 755 "$work" "$work/nginx" "$work/nginx/values"
  {
    cat <<CONF
daemon off;
master_process off;
pid $work/nginx/pid;
error_log $work/nginx/error.log;
events {}
http {
  access_log off;
  client_body_temp_path $work/nginx/body;
  proxy_temp_path $work/nginx/proxy;
  fastcgi_temp_path $work/nginx/fastcgi;
  uwsgi_temp_path $work/nginx/uwsgi;
  scgi_temp_path $work/nginx/scgi;
  server {
    client_max_body_size 64m;
    root $work/nginx/values;
    dav_methods PUT;
    create_full_put_path on;
CONF
    cat
    echo '  }
}'
  } >"$work/nginx/nginx.conf"
  start_server "$nginx" -c "$work/nginx/nginx.conf" -p "$work/nginx"
  wait_for_port "$1"
}
