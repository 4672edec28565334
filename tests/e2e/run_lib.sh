# For tests of commands that end by themselves.

# run COMMAND...: the program's command; its output is in $dir/run.out and run.err, its exit code in $code.
run() {
    code=0
    timeout $patience "$FERROTUNNEL" "$@" >"$dir/run.out" 2>"$dir/run.err" </dev/null || code=$?
}
run_ok() {
    run "$@"
    ((code == 0)) || fail "\`$*\` ended with code $code: $(<"$dir/run.err") $(<"$dir/run.out")"
}
run_fails() {
    run "$@"
    equal "the code of \`$*\`" "$code" 1
}
printed() { has_text "$dir/run.out" "$1"; }
complained() { has_text "$dir/run.err" "$1"; }
