# `ferrotunnel trust` on systems like Debian and like Fedora, in a mount namespace with fake programs that behave as
# their manuals say: what it leaves after failures, what it removes, and the modes of files. e2e.https_self uses Debian's
# real program.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
need openssl unshare
mapped=--map-root-user
unshare --mount true 2>/dev/null && mapped=
unshare --mount $mapped true 2>/dev/null || skip "no mount namespace"

say "a CA"
start_server --https-bind 127.0.0.1:0 --https-self --domain localhost
ca=$dir/state/https-self/ca.pem
wait_until $patience "the CA" test -s "$ca"
signal server TERM
join_ok server 20

cat >"$dir/within" <<'WITHIN'
set -eu
ca=$1 room=$2
fail() { echo "$system: $1" >&2; exit 1; }
equal() { [[ $2 == "$3" ]] || fail "$1 is '$2', expected '$3'"; }
# farm FOLDER [NAME...]: puts a folder of links in its place, without these names.
farm() {
    local folder=$1 old=$room/old$1 new=$room/new$1
    shift
    mkdir -p "$old" "$new"
    mount --bind "$folder" "$old"
    ln -s "$old"/* "$new/"
    for name in "$@"; do rm -f "$new/$name"; done
    mount --bind "$new" "$folder"
}
farm /usr/bin update-ca-trust
farm /usr/sbin update-ca-certificates
farm /etc pki ssl
mkdir -p /usr/local/share
farm /usr/local/share ca-certificates
mkdir -p /etc/ssl/certs

# Both: `fail` in the room makes it fail, `ignore` makes it leave out what this test adds.
cat >"$room/common" <<COMMON
#!/bin/bash
umask >>"$room/umasks"
echo "\$*" >>"$room/arguments"
[[ ! -e $room/fail ]] || exit 1
# list FILE...: the certificates of these files.
list() {
    [[ -e $room/ignore ]] || for file in "\$@"; do
        [[ ! -f \$file ]] || openssl x509 -in "\$file" -subject 2>/dev/null | sed 's/^subject=/# /' || true
    done
}
COMMON
# update-ca-certificates(8): files *.crt; links to files that are gone stay without --fresh.
{ cat "$room/common" && cat <<'DEBIAN'; } >/usr/sbin/update-ca-certificates
case "$*" in "") ;; -f | --fresh) find /etc/ssl/certs -type l -delete ;; *) exit 2 ;; esac
for file in /usr/local/share/ca-certificates/*.crt; do
    [[ ! -f $file ]] || ln -sf "$file" "/etc/ssl/certs/$(basename "$file" .crt).pem"
done
list /usr/local/share/ca-certificates/*.crt >/etc/ssl/certs/ca-certificates.crt
DEBIAN
# update-ca-trust(8): `extract` makes lists of all files in source/anchors, whatever their names are, mode 0444.
{ cat "$room/common" && cat <<'FEDORA'; } >/usr/bin/update-ca-trust
case "$*" in "" | extract) ;; *) exit 2 ;; esac
cd /etc/pki/ca-trust
rm -f extracted/pem/tls-ca-bundle.pem
list source/anchors/* >extracted/pem/tls-ca-bundle.pem
chmod 444 extracted/pem/tls-ca-bundle.pem
FEDORA
chmod 755 /usr/sbin/update-ca-certificates /usr/bin/update-ca-trust

umask 077
trust() {
    code=0
    "$FERROTUNNEL" trust "$@" --ca "$ca" >"$room/out" 2>&1 || code=$?
}
trusted() { openssl verify -CAfile "$bundle" "$ca" >/dev/null 2>&1; }
files() { ls -A "$folder" | wc -l; }
has_printed() { grep -q -- "$1" "$room/out" || fail "'$1' is not in $(<"$room/out")"; }

# go_through NAME FOLDER BUNDLE MODE
go_through() {
    system=$1 folder=$2 bundle=$3
    trust status
    equal "the code of status at first" "$code" 1
    has_printed "not trusted"

    touch "$room/ignore"
    trust install
    equal "the code if the list leaves the CA out" "$code" 1
    has_printed "has left the CA out of $bundle"
    has_printed "was removed again"
    equal "files that stay" "$(files)" 0
    rm "$room/ignore"
    touch "$room/fail"
    trust install
    equal "the code if the program fails" "$code" 1
    has_printed "has failed"
    equal "files that stay of it" "$(files)" 0
    rm "$room/fail"
    ! trusted || fail "it is trusted after failures"

    trust install
    equal "the code of install" "$code" 0
    trusted || fail "it is not trusted"
    file=$(echo "$folder"/*)
    equal "the mode of the file" "$(stat -c %a "$file")" 644
    equal "the mode of the list" "$(stat -c %a "$bundle")" "$4"
    trust status
    equal "the code of status" "$code" 0

    touch "$room/fail"
    trust install
    equal "the code if a second update fails" "$code" 1
    has_printed "$file stays"
    equal "files after it" "$(files)" 1

    cp "$file" "$file.123.new" # as a killed `trust install` leaves it
    cp "$file" "$folder/mine.${file##*.}"
    "$FERROTUNNEL" trust remove >"$room/out" 2>&1 && fail "a failed update is a success"
    equal "files but those of others" "$(ls -A "$folder")" "mine.${file##*.}"
    trusted || fail "the list has changed without its program"
    rm "$room/fail"
    "$FERROTUNNEL" trust remove >"$room/out" 2>&1 && fail "a CA that another file keeps in the list is not reported"
    has_printed "a file of another name in $folder"
    touch "$room/fail"
    rm "$folder"/mine*
    trust remove
    equal "the code of a second failed update" "$code" 1
    rm "$room/fail"
    trust remove
    equal "the code of remove after failed updates" "$code" 0
    has_printed "running"
    ! trusted || fail "it is still trusted"
    trust remove
    has_printed "nothing to remove"
    equal "dangling links" "$(find -L /etc/ssl/certs -type l | wc -l)" 0
    echo "$system: ok"
}
mkdir -p -m 755 /etc/pki/ca-trust/source/anchors /etc/pki/ca-trust/extracted/pem
go_through fedora /etc/pki/ca-trust/source/anchors /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem 444
equal "what Fedora's program is called with" "$(sort -u "$room/arguments")" extract
mkdir -m 755 /usr/local/share/ca-certificates
go_through debian /usr/local/share/ca-certificates /etc/ssl/certs/ca-certificates.crt 644
equal "the umask of both" "$(sort -u "$room/umasks")" 0022
WITHIN

say "failures, success and removal, with fake programs"
mkdir "$dir/room"
code=0
unshare --mount $mapped bash "$dir/within" "$ca" "$dir/room" >"$dir/run.out" 2>"$dir/run.err" || code=$?
((code == 0)) || fail "code $code: $(<"$dir/run.out") $(<"$dir/run.err")"
printed "fedora: ok"
printed "debian: ok"
