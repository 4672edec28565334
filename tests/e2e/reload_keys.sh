# Each documented key, changed while the program runs, is applied or named as needing a restart.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
need openssl python3
unset FERROTUNNEL_HTTP_BIND FERROTUNNEL_LOG_LEVEL

keys=$dir/keys
mkdir "$keys"
for name in a b c; do
    (umask 077 && "$FERROTUNNEL" token >"$keys/$name")
done
make_authority ca
make_authority staff
cp "$dir/ca.pem" "$dir/staff.pem" "$keys/"
for name in one two; do
    make_certificate $name ca $name.test
    mv "$dir/$name.crt" "$keys/$name.pem"
    (umask 077 && mv "$dir/$name.key" "$keys/$name.key")
done
# The same under other names.
cp "$keys/one.pem" "$keys/one_more.pem"
cp -p "$keys/one.key" "$keys/one_again.key"
echo '<p>not here' >"$keys/page.html"
echo 'server: {drain: 5s}' >"$keys/more.yml"
(umask 077 && echo bWFjLWtleQ >"$keys/hmac" && echo YWdhaW4 >"$keys/hmac_again")
serve backend rest
for name in cluster cluster_again; do
    "$FERROTUNNEL" cluster key "$keys/$name.key" >/dev/null
done
members=$(free_port)
other=$(free_port)
port=$(free_port)
edge=$(free_port)
cat >"$dir/all.yml" <<END
{"log": {"level": "warn"},
 "server": {"bind": "127.0.0.1:$port", "tcp_bind": "127.0.0.1", "http_bind": "127.0.0.1:$edge",
            "https_bind": "127.0.0.1:$edge", "workers": 1, "state_dir": "$dir/state", "control": "$dir/server.sock",
            "https": {"certificates": [{"chain": "$keys/one.pem", "key": "$keys/one.key"}]},
            "cluster": {"name": "a", "listen": "127.0.0.1:$members", "key": "$keys/cluster.key",
                        "peers": {"b": "127.0.0.1:$other"}},
            "token": [{"name": "alice", "secret": "file:$keys/a"}], "endpoint_file": "$dir/all.server.endpoints"},
 "client": {"server": "127.0.0.1:$port", "token": "file:$keys/a", "workers": 1, "control": "$dir/client.sock",
            "endpoint_file": "$dir/all.endpoints", "services": [], "local": "$backend"}}
END
# The other member: without it a member grants only some of the names.
cat >"$dir/b.yml" <<END
{"server": {"bind": "127.0.0.1:0", "http_bind": "off", "token": "file:$keys/a", "workers": 1, "control": "off",
            "cluster": {"name": "b", "listen": "127.0.0.1:$other", "key": "$keys/cluster.key",
                        "peers": {"a": "127.0.0.1:$members"}}}}
END
start b "$FERROTUNNEL" server --config "$dir/b.yml" --no-watch
programs[all]=1
sed 's/, "local": .*}}$/}}/' "$dir/all.yml" >"$dir/first.yml"
sed -i 's/"services": \[\]/"services": [{"name": "t", "tcp": 0, "local": "'"$backend"'"}]/' "$dir/first.yml"
cp "$dir/all.yml" "$dir/base.json"
cp "$dir/first.yml" "$dir/all.yml"
start all "$FERROTUNNEL" run "$dir/all.yml" --no-watch
wait_for_services all 1
cp "$dir/base.json" "$dir/all.yml"
python3 "$(dirname "$0")/reload_keys.py" "$E2E_SOURCE/../../docs/configuration.md" "$dir/all.yml" "$dir/server.sock" \
    "$keys" >"$dir/said" 2>&1 || fail "$(<"$dir/said")"
say "$(<"$dir/said")"
signal all TERM
join_ok all
signal b TERM
join_ok b
