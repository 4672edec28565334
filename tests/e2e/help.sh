# Help: a page of at most 45 lines and 100 columns for the program and for each command, and everything behind
# `--help all`.
source "$(dirname "$0")/lib.sh"

lines_max=45
columns_max=100

# run ARGUMENT...: its exit code is then in $code, what it printed in $dir/run.out and run.err.
run() {
    code=0
    "$FERROTUNNEL" "$@" >"$dir/run.out" 2>"$dir/run.err" </dev/null || code=$?
}
prints_help() {
    run "$@"
    equal "exit code of ferrotunnel $*" "$code" 0
}
# is_page WORD...: what was printed last fits a screen.
is_page() {
    at_most "lines of ferrotunnel $*" "$(wc -l <"$dir/run.out")" "$lines_max"
    is_narrow "$@"
}
is_narrow() {
    local widest
    widest=$(wc -L <"$dir/run.out")
    at_most "columns of ferrotunnel $* ($(awk -v w="$widest" 'length == w' "$dir/run.out"))" "$widest" "$columns_max"
}
at_most() { (($2 <= $3)) || fail "$1: $2, more than $3"; }

# The options that the text in FILE lists, one a line.
options_in() { sed -nE 's/^  (-[a-zA-Z], )?(--[a-z0-9+-]+).*/\2/p' "$1" | sort; }

say "the program"
prints_help --help
is_page --help
cp "$dir/run.out" "$dir/program"
for words in help -h "help --help"; do
    # shellcheck disable=SC2086
    prints_help $words
    cmp "$dir/run.out" "$dir/program" || fail "ferrotunnel $words is not the page of the program"
done
# Those of the last group are listed by their names only.
mapfile -t commands < <(sed -nE 's/^  ([a-z]+)  .*/\1/p; s/^Also: //p' "$dir/program" | tr -d ',' | tr ' ' '\n')
at_least "commands" "${#commands[@]}" 25
equal "commands listed twice" "$(printf '%s\n' "${commands[@]}" | sort | uniq -d)" ""
equal "headings" "$(grep -cE '^[A-Z].*:$' "$dir/program")" 5

say "each command: a page, and everything"
below=("services add" "services remove" "services disable" "services enable" "inspect show" "inspect curl"
    "inspect replay" "inspect diff" "inspect har" "config diff" "acme record" "acme renew" "acme change-key"
    "cluster key" "cluster status" "cluster forget" "cluster export" "cluster import"
    "tokens add" "tokens rights" "tokens remove" "audit verify" "audit head")
for command in "${commands[@]}" "${below[@]}"; do
    read -r -a words <<<"$command"
    prints_help "${words[@]}" --help
    is_page "${words[@]}" --help
    name=$(sed -nE '1s/^ferrotunnel ([a-z -]+): .*/\1/p' "$dir/run.out")
    [[ $command == "$name" || $command == "config diff" ]] || fail "the page of $command names $name"
    has_text "$dir/run.out" "^Usage: ferrotunnel $name"
    tail -n 1 "$dir/run.out" | grep -qF "ferrotunnel $name --help all" ||
        fail "the last line of $command does not name --help all: $(tail -n 1 "$dir/run.out")"
    cp "$dir/run.out" "$dir/page"
    for same in "$command -h" "help $command"; do
        # shellcheck disable=SC2086
        prints_help $same
        cmp "$dir/run.out" "$dir/page" || fail "ferrotunnel $same is not the page of $command"
    done

    prints_help "${words[@]}" --help all
    is_narrow "${words[@]}" --help all
    has_text "$dir/run.out" '^Exit codes:'
    cp "$dir/run.out" "$dir/all"
    prints_help help "${words[@]}" all
    cmp "$dir/run.out" "$dir/all" || fail "ferrotunnel help $command all is not all of $command"
    equal "options of $command only in its page" "$(comm -23 <(options_in "$dir/page") <(options_in "$dir/all"))" ""
    equal "options of $command without a text in one line" "$(grep -E '^  (-[a-zA-Z], )?--' "$dir/page" |
        grep -vE '^  (-[a-zA-Z], )?--[^ ]+( [^ ]+| NAME: VALUE)?  +[^ ]' || true)" ""
    at_most "options in the page of $command" "$(options_in "$dir/page" | wc -l)" 24

    run "${words[@]}" --help none
    equal "exit code" "$code" 2
    has_text "$dir/run.err" "none: is not a help topic; .ferrotunnel $name --help all"
done
run help tcp none
equal "exit code" "$code" 2
has_text "$dir/run.err" 'ferrotunnel tcp --help all'

say "the commands that people start with show what they need"
for command in http tcp udp tls files client exit visit; do
    prints_help "$command" --help
    for option in --server --token-file --proxy --log-level; do
        has_text "$dir/run.out" "^  $option "
    done
    ! grep -q -- '--busy-poll' "$dir/run.out" || fail "--busy-poll is in the page of $command"
    prints_help "$command" --help all
    for part in --busy-poll FERROTUNNEL_BUSY_POLL SIGTERM '5  superseded'; do
        has_text "$dir/run.out" "$part"
    done
done
for command in udp visit exit; do
    prints_help "$command" -h
    ! grep -q -- '--inspect' "$dir/run.out" || fail "$command shows --inspect, which has no effect there"
done
prints_help server --help=all
has_text "$dir/run.out" FERROTUNNEL_TRACES_SAMPLE
prints_help tcp 22 --help --server 127.0.0.1:1
is_page tcp 22 --help

say "everything of all commands at once"
prints_help help all
for command in "${commands[@]}"; do
    has_text "$dir/run.out" "^ferrotunnel $command: "
done
