# `ferrotunnel hash`: from the terminal and the standard input, never from an argument; a server takes each kind.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl script

# hash_of PASSWORD OPTION...: piped in.
hash_of() {
    local password=$1
    shift
    printf '%s\n' "$password" | "$FERROTUNNEL" hash "$@"
}
# refused PATTERN ARGUMENT...: exit code 2, nothing on the standard output.
refused() {
    local pattern=$1 code=0
    shift
    echo first | "$FERROTUNNEL" hash "$@" >"$dir/refused.out" 2>"$dir/refused.err" || code=$?
    equal "exit code of hash $*" "$code" 2
    equal "output of hash $*" "$(<"$dir/refused.out")" ""
    has_text "$dir/refused.err" "$pattern"
}

say "the line that a configuration takes"
hash_of first >/dev/null || skip "this program was built without libcrypt"
[[ $(hash_of first --user ann) == 'ann: $$y$$j9T$$'* ]] || fail "no line of a configuration: $(hash_of first --user ann)"
[[ $(hash_of first --user on) == "'on': \$\$y\$\$"* ]] || fail "a word of YAML is not quoted"
[[ $(hash_of first --user "o'hara") == "'o''hara': "* ]] || fail "an apostrophe is not doubled"
[[ $(hash_of first --user ann --for users-file --kind bcrypt) == 'ann:$2b$10$'* ]] || fail "no line of a users file"
[[ $(hash_of first --for plain --kind sha512) == '$6$rounds=100000$'* ]] || fail "no plain hash"
[[ $(hash_of first) != "$(hash_of first)" ]] || fail "the same salt twice"

say "a password on the command line is refused, and not repeated"
for words in geheim "--user ann geheim" --password=geheim "--password geheim" "-p geheim" -pgeheim; do
    # shellcheck disable=SC2086
    refused 'not accepted on the command line: other users see it in the process list' $words
    ! grep -q geheim "$dir/refused.err" || fail "the password is repeated: $(<"$dir/refused.err")"
done
refused '--user: missing' --for users-file
refused '--user: is not a valid user name' --user a:b
refused '--user: begins with `#`' --user '#ann' --for users-file
refused '"md5" is not one of yescrypt, bcrypt, sha512' --kind md5

say "no password, and one that is too long"
for password in '' "$(printf 'x%.0s' {1..73})"; do
    code=0
    hash_of "$password" --kind bcrypt >"$dir/none.out" 2>"$dir/none.err" || code=$?
    equal "exit code" "$code" 1
    equal "output" "$(<"$dir/none.out")" ""
done
has_text "$dir/none.err" 'longer than 511 bytes (bcrypt: 72)'

code=0
printf 'front\0back\n' | "$FERROTUNNEL" hash >"$dir/none.out" 2>"$dir/none.err" || code=$?
equal "exit code with a NUL byte" "$code" 1
equal "output" "$(<"$dir/none.out")" ""
has_text "$dir/none.err" 'it contains a NUL byte'

say "at a terminal: asked for twice, without echo"
# typed NAME FIRST SECOND
typed() {
    local name=$1
    mkfifo "$dir/$name.keys"
    exec {keys}<>"$dir/$name.keys"
    start "$name" bash -c 'exec script -qec "$0" /dev/null <"$1"' "$FERROTUNNEL hash --user ann" "$dir/$name.keys"
    wait_for_text "$name" "Password: "
    printf '%s\n' "$2" >&"$keys"
    wait_for_text "$name" "The same again: "
    printf '%s\n' "$3" >&"$keys"
    join "$name"
    exec {keys}>&-
    ! grep -q "$2" "$dir/$name.out" || fail "the terminal shows the password"
}
typed once terminal-password terminal-password
equal "exit code" "${exit_codes[once]}" 0
has_text "$dir/once.out" '^ann: \$\$y\$\$'
typed twice terminal-password another-password
equal "exit code" "${exit_codes[twice]}" 1
has_text "$dir/twice.out" 'the passwords differ; nothing was printed'
! grep -q '\$y\$' "$dir/twice.out" || fail "a hash of passwords that differ"

say "a server takes the lines, in the configuration and in a users file"
[[ -e $FERROTUNNEL_PLUGINS/auth.so ]] || skip "the plugin auth is not built"
{
    printf 'server:\n  plugins:\n    chain:\n      - auth:\n          users_file: users\n          users:\n'
    printf '            %s\n' "$(hash_of y-pass --user y)" "$(hash_of 's pass' --user s --kind sha512)" \
        "$(hash_of b-pass --user b --kind bcrypt)" "$(sed -n 's/\r$//; /^ann: /p' "$dir/once.out")"
} >"$dir/edge.yml"
hash_of f-pass --user f --for users-file >"$dir/users"
serve_http web
start_edge --config "$dir/edge.yml"
ready_client client 1 --http "app.example.com=$backend"
for login in y:y-pass "s:s pass" b:b-pass ann:terminal-password f:f-pass; do
    equal "the status for $login" "$(status_of app.example.com / -u "$login")" 200
    equal "the status for a wrong password" "$(status_of app.example.com / -u "${login%%:*}:wrong")" "401 auth_failed"
done
