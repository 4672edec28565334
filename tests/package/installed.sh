# installed.sh SOURCE BUILD SUITE [PACKAGE [BEFORE]]: the Debian package installed in a fresh root of bookworm or trixie by
# apt, with its dependencies: what visitors get, an upgrade under a running tunnel, and what a purge leaves. Without PACKAGE
# it is made of BUILD if this machine has that release, else the one in dist/. Without BEFORE the version before is the
# package itself with a lower number. Needs root and a mirror.
source=$1 build=$2 suite=$3 package=${4:-} before=${5:-}
fresh=$source/build/roots/$suite-installed
declare -A releases=([bookworm]=12 [trixie]=13)
if [[ -z ${E2E_IN_NAMESPACE:-} ]]; then
    set -e
    unshare --net true 2>/dev/null || { echo "skipped: network namespaces are not allowed here" && exit 77; }
    if [[ -z $package && $(. /etc/os-release && echo "${VERSION_CODENAME:-}") == "$suite" ]]; then
        "$source/scripts/package" deb --build "$build" --into "$build/package-installed"
        package=$(echo "$build"/package-installed/ferrotunnel_*.deb)
    fi
    package=${package:-$(echo "$source"/dist/ferrotunnel_*~deb"${releases[$suite]}"_*.deb)}
    [[ -e $package ]] || { echo "skipped: there is no $package: make it with scripts/package deb $suite" && exit 77; }
    "$source/scripts/debian_root" make "$suite" "$fresh"
    # The network is for apt: it is gone in the namespace.
    copy=$(mktemp -d "${TMPDIR:-/tmp}/ferrotunnel-installed.XXXXXX")
    trap 'rm -rf --one-file-system "$copy"' EXIT
    cp -a "$fresh" "$copy/root"
    mkdir "$copy/root/packages"
    cp "$package" "$copy/root/packages/now.deb"
    if [[ -n $before ]]; then
        cp "$before" "$copy/root/packages/before.deb"
    else
        dpkg-deb -R "$package" "$copy/package"
        sed -i 's/^Version: .*/Version: 0.0.9-1/' "$copy/package/DEBIAN/control"
        dpkg-deb --root-owner-group -Znone -b "$copy/package" "$copy/root/packages/before.deb" >/dev/null
    fi
    "$source/scripts/debian_root" run "$copy/root" sh -ec 'apt-get update -qq
        apt-get install -y -qq -o Dpkg::Use-Pty=0 /packages/before.deb >/packages/apt.log 2>&1 || { cat /packages/apt.log; exit 1; }'
    E2E_IN_NAMESPACE=$copy/root unshare --net bash "$0" "$@"
    exit
fi
root=$E2E_IN_NAMESPACE
FERROTUNNEL=${root%/*}/ferrotunnel # its libraries are those of the root
printf '#!/bin/sh\nexec chroot "%s" ferrotunnel "$@"\n' "$root" >"$FERROTUNNEL"
chmod +x "$FERROTUNNEL"
source "$source/tests/e2e/lib.sh"
source "$source/tests/e2e/http_lib.sh"
source "$source/tests/package/pair_lib.sh"
need curl ip openssl python3
in_root=(env -i PATH=/usr/bin HOME=/work RUNTIME_DIRECTORY=/work/run FERROTUNNEL_LOG_LEVEL=info
    FERROTUNNEL_PASSWORD="open sesame" "$(command -v chroot)" --userspec=65532:65532 "$root" ferrotunnel)
# as_root COMMAND...: in the root, as an administrator.
as_root() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$(command -v chroot)" "$root" "$@"; }

say "version $(as_root dpkg-query -W -f '${Version}' ferrotunnel), installed by apt in $suite"
start_backends
name_hosts
mkdir -p "$root/etc/ferrotunnel" "$root/var/lib/ferrotunnel/edge" "$root/work/run"
cp "$dir/token" "$root/etc/ferrotunnel/token"
ln -s /etc/ferrotunnel/token "$root/work/token"
ln -s /var/lib/ferrotunnel/edge "$root/work/state"
as_root ferrotunnel init server --config /etc/ferrotunnel/edge.yml >"$dir/init.out"
chown -R 65532:65532 "$root/work" "$root"/{etc,var/lib}/ferrotunnel
chmod 700 "$root/work/run"
cp "$dir/ca.crt" "$root/usr/local/share/ca-certificates/test.crt"
as_root update-ca-certificates >"$dir/certificates.out" 2>&1
equal "the plugins" "$("${in_root[@]}" plugin list | sed -n 's/^\([a-z][a-z-]*\) .*/\1/p' | sort)" \
    "$(find "$source/plugins" -mindepth 1 -maxdepth 1 -type d ! -name common -printf '%f\n' | sort)"

say "http, https, tcp, udp, a login by name, --basic-auth"
start_pair
check_pair

say "an upgrade under a visitor"
# The running server writes `claims`.
kept() { (cd "$root" && find etc/ferrotunnel var/lib/ferrotunnel work/.config -type f ! -name 'claims*' -print0 | sort -z | xargs -0 sha256sum); }
before=$(kept)
start busy "$E2E_TOOLS/tcp_peer" connect "$(address_of "$echoes")" exchange:1 "touch:$dir/busy" "wait:$dir/go" exchange:8M finish rest
wait_until $patience "a visitor" test -e "$dir/busy"
as_root dpkg -i /packages/now.deb >"$dir/upgrade.out" 2>&1
equal "the version" "$(as_root dpkg-query -W -f '${Version}' ferrotunnel)" "$(dpkg-deb -f "$root/packages/now.deb" Version)"
touch "$dir/go"
join_ok busy
equal "how the visit ended" "$(value ending "$(<"$dir/busy.out")")" eof
equal "a page through the running tunnel" "$(status_of plain.t.test /name/x)" 200
check_alive
equal "configuration, token, state and login" "$(kept)" "$before"
for name in guarded client server; do
    end_of $name
done
start_pair # with the new program and what the one before left
check_pair
for name in guarded client server; do
    end_of $name
done

say "removed, then purged"
files=$(as_root dpkg -L ferrotunnel)
before=$(kept)
as_root dpkg -r ferrotunnel >"$dir/remove.out" 2>&1
equal "configuration, token, state and login" "$(kept)" "$before"
as_root dpkg -P ferrotunnel >"$dir/purge.out" 2>&1
has_text "$dir/purge.out" '/etc/ferrotunnel stays'
has_text "$dir/purge.out" '/var/lib/ferrotunnel stays'
left=$(while read -r file; do [[ ! -f $root$file ]] || echo "$file"; done <<<"$files")
equal "files of the package that are left" "$left" ""
equal "what else has its name" "$(cd "$root" && find . -xdev -iname '*ferrotunnel*' ! -path './work/*' | sort)" "./etc/ferrotunnel
./var/lib/ferrotunnel"
