# An nginx as a backend, with certificates of an authority of its own; sourced behind lib.sh.
#
# shellcheck shell=bash

# make_authority NAME: NAME.pem and its key.
make_authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
        -addext keyUsage=critical,keyCertSign,cRLSign -keyout "$dir/$1.key" -out "$dir/$1.pem" 2>/dev/null
}

# make_certificate NAME AUTHORITY HOST...: NAME.crt and NAME.key for these names.
make_certificate() {
    local name=$1 authority=$2 names
    shift 2
    names=$(printf 'DNS:%s,' "$@")
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
        -keyout "$dir/$name.key" -out "$dir/$name.csr" 2>/dev/null
    openssl x509 -req -days 2 -in "$dir/$name.csr" -CA "$dir/$authority.pem" -CAkey "$dir/$authority.key" \
        -CAcreateserial -extfile <(printf 'subjectAltName=%s\nauthorityKeyIdentifier=keyid\n' "${names%,}") \
        -out "$dir/$name.crt" 2>/dev/null
}

# start_nginx SERVERS: with these server blocks; the formats `visitors` and `connections` are there for access_log.
start_nginx() {
    mkdir -p "$dir/nginx"
    cat >"$dir/nginx.conf" <<CONF
daemon off;
pid $dir/nginx/pid;
error_log $dir/nginx/error.log;
$( ((EUID != 0)) || echo "user root;")
events { worker_connections 512; }
http {
    log_format visitors '\$proxy_protocol_addr \$proxy_protocol_port \$connection \$request_uri';
    access_log off;
    client_body_temp_path $dir/nginx/body;
    proxy_temp_path $dir/nginx/proxy;
    fastcgi_temp_path $dir/nginx/fastcgi;
    uwsgi_temp_path $dir/nginx/uwsgi;
    scgi_temp_path $dir/nginx/scgi;
    ssl_protocols TLSv1.2 TLSv1.3;
    $1
}
CONF
    start nginx nginx -p "$dir/nginx" -e "$dir/nginx/error.log" -c "$dir/nginx.conf"
    on_end '[[ ! -s $dir/nginx/pid ]] || kill "$(<"$dir/nginx/pid")" 2>/dev/null; wait_until $patience "the end of nginx" has_ended nginx'
}
