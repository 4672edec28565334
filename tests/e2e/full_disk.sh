# `init` and the server's own key on a full disk: files are whole or not there, and what another program or an earlier
# version has left behind is told.
source "$(dirname "$0")/lib.sh"

mkdir "$dir/home"
# run ARGUMENT...: in $dir/home; its exit code is then in $code, what it said in $dir/run.out.
run() {
    code=0
    (cd "$dir/home" && exec "$FERROTUNNEL" "$@") >"$dir/run.out" 2>&1 </dev/null || code=$?
}
# run_full ARGUMENT...: the same where files can have no bytes. What it says goes through a pipe, which has no such limit.
run_full() {
    code=0
    (cd "$dir/home" && trap '' XFSZ && ulimit -f 0 && exec "$FERROTUNNEL" "$@") 2>&1 </dev/null | cat >"$dir/run.out" ||
        code=$?
}
left() { ls -A "$dir/home"; }

say "init leaves nothing that is not whole"
run_full init both
equal "exit code" $code 1
has_text "$dir/run.out" "cannot write token: File too large"
equal "what is left" "$(left)" ""
run init both
equal "exit code" $code 0
run check
equal "exit code" $code 0

say "a token that is there is looked at before it is taken"
rm "$dir/home/ferrotunnel.yml"
: >"$dir/home/token"
run init server
equal "exit code" $code 2
has_text "$dir/run.out" "token: already exists and would be used, but the file token is empty; remove it, and"
equal "what is left" "$(left)" token
echo ft1_cut >"$dir/home/token"
run init both
equal "exit code" $code 2
has_text "$dir/run.out" "would be used, but This looks like a token that was cut or mistyped"
rm "$dir/home/token"
run init server
equal "exit code" $code 0

say "the server's own key is whole or not there"
run_full server --config ferrotunnel.yml --bind 127.0.0.1:0 --control off
equal "exit code" $code 2
equal "what is left of the key" "$(ls -A "$dir/home/state" 2>/dev/null)" ""

say "a disk that is really full"
alone="mount -t tmpfs -o size=8k none $dir/home && cd $dir/home && ! head -c 64k /dev/zero >filler 2>/dev/null"
mapped=--map-root-user
unshare --mount true 2>/dev/null && mapped=
if unshare --mount $mapped bash -c "$alone" 2>/dev/null; then
    # shellcheck disable=SC2016
    unshare --mount $mapped bash -c "$alone; "'"$0" init server; echo "code $?"; ls -A; rm filler; "$0" init server >&2 &&
        "$0" check' "$FERROTUNNEL" >"$dir/run.out" 2>&1 || fail "$(<"$dir/run.out")"
    has_text "$dir/run.out" "cannot write token: No space left on device"
    has_text "$dir/run.out" "^code 1"
    ! file_has "$dir/run.out" '^token' || fail "a token is left"
    has_text "$dir/run.out" "^ok: ferrotunnel.yml"
else
    say "(not tried: no mounts of its own are allowed here)"
fi
