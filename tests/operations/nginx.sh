# nginx with deploy/nginx.conf as it is, but for names, ports, folders and a certificate made here.
# shellcheck shell=bash
nginx_pid=

start_nginx() { # FOLDER TLS_PORT SERVER_PORT
    local folder=$1 kind temp=''
    mkdir -p "$folder"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null || return 1
    for kind in client_body proxy fastcgi uwsgi scgi; do temp+="${kind}_temp_path $folder/$kind; "; done
    sed -E -e "s#^user .*#daemon off;#" -e "s#^worker_processes .*#worker_processes 1;#" -e '/^worker_rlimit/d' \
        -e "s#^pid .*#pid $folder/pid;#" -e "s#^error_log .*#error_log $folder/error.log warn;#" \
        -e "s#^http \{#http { $temp#" -e "s#/etc/letsencrypt/live/api.example.com/fullchain.pem#$folder/cert.pem#" \
        -e "s#/etc/letsencrypt/live/api.example.com/privkey.pem#$folder/key.pem#" \
        -e "s#server_name api.example.com#server_name localhost#" -e "s#127.0.0.1:8080#127.0.0.1:$3#" \
        -e "s#listen 443#listen 127.0.0.1:$2#" -e '/listen \[::\]/d' \
        -e "s#listen 80 default_server;#listen unix:$folder/plain;#" deploy/nginx.conf >"$folder/nginx.conf"
    PATH=$PATH:/usr/sbin nginx -p "$folder" -e "$folder/error.log" -c "$folder/nginx.conf" >"$folder/out" 2>&1 9>&- &
    nginx_pid=$!
    sleep 0.5
    kill -0 "$nginx_pid" 2>/dev/null || { cat "$folder/out" "$folder/error.log"; return 1; }
}

stop_nginx() {
    [ -z "$nginx_pid" ] || kill "$nginx_pid" 2>/dev/null
}
