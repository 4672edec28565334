# With `acme` and no address given, HTTP and HTTPS listen on 80 and 443; where these are busy or forbidden, on 8080 and 8443,
# with the reason and the remedy. In a network namespace, with a CA that asks at 80 and 443.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/acme_lib.sh"
need ip curl python3 openssl setpriv
((EUID == 0)) || skip "network namespaces need root"

ns=ft$BASHPID-acme
ip netns add "$ns" 2>"$dir/netns.err" || skip "no network namespaces here: $(<"$dir/netns.err")"
on_end "ip netns del $ns"
ip -n "$ns" link set lo up
in_namespace=(ip netns exec "$ns")

web=80 secure=443
start_lying
make_token

# write_default NAME [LINE...]: the file of a server without addresses; what it writes is below its own folder.
write_default() {
    local name=$1
    shift
    mkdir -p "$dir/$name"
    cp "$dir/token" "$dir/$name/token"
    {
        echo "server:"
        echo "  bind: 127.0.0.1:7835"
        echo "  token: file:$dir/$name/token"
        echo "  state_dir: $dir/$name/state"
        echo "  endpoint_file: $dir/$name/endpoints"
        echo "  control: off"
        echo "  metrics: off"
        echo "  dashboard: off"
        (($# == 0)) || printf '  %s\n' "$@"
        echo "  acme:"
        echo "    email: operator@example.test"
        echo "    directory: $directory"
        echo "    ca_file: $ca_file"
        echo "    dns_server: $names_at"
        echo "    names: [ports.test]"
    } >"$dir/$name.yml"
}
# start_default NAME [COMMAND...]: it, behind this command.
start_default() {
    local name=$1
    shift
    programs[$name]=1
    start "$name" "${in_namespace[@]}" "$@" "$FERROTUNNEL" run "$dir/$name.yml"
    wait_until $patience "the server's endpoint file" has_endpoints_or_ends "$name"
    is_running "$name" || fail "$name has not started"
}
has_endpoints_or_ends() { file_has "$dir/$1/endpoints" '^https ' || has_ended "$1"; }
listens_at() { equal "the address for $2 of $1" "$(awk -v what="$2" '$1 == what { print $2 }' "$dir/$1/endpoints")" "$3"; }
visit_by_https() {
    "${in_namespace[@]}" curl -sS --max-time 60 --noproxy '*' --cacert "$roots" --resolve "ports.test:$1:127.0.0.1" \
        -o /dev/null "https://ports.test:$1/" 2>/dev/null
}
end_of() {
    signal "$1" TERM
    join_ok "$1" 20
    unset "programs[$1]"
}

say "nothing else listens: 80 and 443, and a certificate by them"
write_default plain
start_default plain
listens_at plain http 0.0.0.0:80
listens_at plain https 0.0.0.0:443
wait_until $patience "a certificate" visit_by_https 443
end_of plain

# occupy PORT: something else listens there.
occupy() {
    start "busy_$1" "${in_namespace[@]}" python3 -m http.server "$1" --bind 0.0.0.0 --directory "$dir/lying/txt"
    wait_until $patience "a listener on $1" "${in_namespace[@]}" bash -c "{ exec 3<>/dev/tcp/127.0.0.1/$1; } 2>/dev/null"
}

say "another program listens on 80: 8080, and the certificate comes by 443"
occupy 80
write_default busy
start_default busy
listens_at busy http 0.0.0.0:8080
listens_at busy https 0.0.0.0:443
wait_for_text busy '0\.0\.0\.0:80.*[Aa]ddress already in use.*0\.0\.0\.0:8080'
wait_until $patience "a certificate" visit_by_https 443
end_of busy

say "both are taken: 8080 and 8443, and why there is no certificate"
occupy 443
write_default both
start_default both
listens_at both http 0.0.0.0:8080
listens_at both https 0.0.0.0:8443
wait_for_text both '0\.0\.0\.0:443.*[Aa]ddress already in use.*0\.0\.0\.0:8443'
wait_for_text both 'ports\.test'
! visit_by_https 8443 || fail "a certificate without 80 and 443"
end_of both
kill_now busy_80
kill_now busy_443

say "a user without the right to them: 8080 and 8443, and how to get it"
chmod 711 "$dir" "$dir/lying"
chmod 644 "$ca_file"
write_default forbidden
cp "$FERROTUNNEL" "$dir/forbidden/program" # the folder of the build may be closed to others
chown -R 65534:65534 "$dir/forbidden"
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all)
if "${nobody[@]}" "$dir/forbidden/program" --version >/dev/null 2>&1; then
    FERROTUNNEL=$dir/forbidden/program start_default forbidden "${nobody[@]}"
    wait_for_text forbidden '0\.0\.0\.0:80.*[Pp]ermission denied.*0\.0\.0\.0:8080'
    wait_for_text forbidden '0\.0\.0\.0:443.*[Pp]ermission denied.*0\.0\.0\.0:8443'
    wait_for_text forbidden 'CAP_NET_BIND_SERVICE\|cap_net_bind_service\|socket unit'
    end_of forbidden
else
    say "left out: another user cannot run $FERROTUNNEL"
fi

say "an address that is given and busy is an error, as ever"
occupy 80
write_default given 'http_bind: 0.0.0.0:80'
code=0
"${in_namespace[@]}" timeout 60 "$FERROTUNNEL" run "$dir/given.yml" >"$dir/given.out" 2>"$dir/given.err" </dev/null ||
    code=$?
equal "its exit code" "$code" 1
