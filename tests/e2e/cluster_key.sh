# `ferrotunnel cluster key`: a new file, the steps of a replacement, and what is refused.
source "$(dirname "$0")/lib.sh"

key=$dir/cluster.key
# run ARGUMENT...: its exit code is then in $code, what it printed in $dir/run.out and run.err.
run() {
    code=0
    "$FERROTUNNEL" cluster "$@" >"$dir/run.out" 2>"$dir/run.err" </dev/null || code=$?
}
writes() {
    local pattern=$1
    shift
    run key "$@"
    equal "exit code of cluster key $*: $(<"$dir/run.err")" "$code" 0
    has_text "$dir/run.out" "$pattern"
    ! grep -q ftc1_ "$dir/run.out" || fail "the key is printed"
    equal "mode of the file" "$(stat -c %a "$key")" 600
}
refuses() {
    local pattern=$1
    shift
    cp "$key" "$dir/before"
    run "$@"
    equal "exit code of cluster $*" "$code" 2
    has_text "$dir/run.err" "$pattern"
    cmp "$key" "$dir/before" || fail "the file has changed"
}
keys() { grep -v '^#' "$key"; }

say "a new file, whatever the mask is"
umask 0
writes "wrote $key with key 1 ([0-9a-f]\{16\}); it is secret" "$key"
equal "keys" "$(keys | wc -l)" 1
old=$(keys)
refuses 'already exists; nothing was written' key "$key"

say "the three steps, each in its turn"
refuses 'none is being replaced' key --switch "$key"
refuses 'none is being replaced' key --finish "$key"
writes 'key 1 (.*) is used to dial, key 2 (.*) is accepted too' --rotate "$key"
has_text "$dir/run.out" "then: ferrotunnel cluster key --switch $key"
equal "the first key" "$(keys | head -n 1)" "$old"
new=$(keys | tail -n 1)
refuses 'still has its old key first' key --finish "$key"
refuses 'already has two keys' key --rotate "$key"
writes 'key 2 (.*) is used to dial, key 1 (.*) is accepted too' --switch "$key"
equal "the keys" "$(keys)" "$new"$'\n'"$old"
refuses 'is switched to its new key already' key --switch "$key"
ln -s cluster.key "$dir/link"
writes 'key 2 (.*) is used to dial, and no other is accepted' --finish "$dir/link"
equal "the keys" "$(keys)" "$new"
[[ -L $dir/link ]] || fail "the link was replaced"
equal "files left behind" "$(find "$dir" -name '*.new')" ""

say "what is not valid"
refuses 'make one at a time' key --rotate --finish "$key"
refuses 'FILE: missing' key
refuses 'no such command of `cluster`; did you mean key' kye "$key"
refuses 'needs a command: key, status, forget, export or import'
refuses 'MEMBER: missing' forget
refuses '\*\*\*: no such command' "$new"
! grep -q "$new" "$dir/run.err" || fail "a key on the command line is repeated"
chmod 640 "$key"
refuses 'other users may access it; `chmod 600' key --rotate "$key"
chmod 600 "$key"
refuses 'No such file' key --rotate "$dir/none"
install -m 600 "$0" "$dir/script"
refuses 'not a cluster key' key --rotate "$dir/script"
run key "$dir/no/such/folder/key"
equal "exit code without the folder" "$code" 1

if ((EUID == 0)); then
    say "the owner stays"
    chown 12345:23456 "$key"
    writes 'key 3' --rotate "$key"
    equal "owner" "$(stat -c %u:%g "$key")" 12345:23456
fi
