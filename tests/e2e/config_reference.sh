# Every option of server, client and run has its key in docs/configuration.md, and every option that is named there
# exists. (tests/unit/settings/config_keys_test.cpp does the same for keys and builders.)
source "$(dirname "$0")/lib.sh"

documentation=$E2E_SOURCE/../../docs/configuration.md
# What says where settings come from, or is of a terminal or of this start, and no setting itself.
no_key=$'--config\n--no-watch\n--qr\n--quiet\n--replace'

options_of() { "$FERROTUNNEL" "$1" --help all | grep -oE '^  --[a-z-]+' | tr -d ' ' | sort -u; }
# options_for SECTION...: of its keys in the table.
options_for() {
    local section
    for section in "$@"; do
        awk -F'|' -v section="$section" 'index($2, "`" section ".") { print $7 }' "$documentation"
    done | grep -oE -- '--[a-z-]+' | sort -u
}

for command in server client; do
    say "the options of $command"
    missing=$(comm -23 <(options_of $command | grep -vxF -- "$no_key") <(options_for $command log))
    equal "options of $command without a key in docs/configuration.md" "$missing" ""
    missing=$(comm -13 <(options_of $command) <(options_for $command log))
    equal "options in docs/configuration.md that $command does not have" "$missing" ""
    at_least "options" "$(options_of $command | wc -l)" 15
done
say "run has only options that the others have"
equal "options of run that neither server nor client has" \
    "$(comm -23 <(options_of run) <(sort -u <(options_of server) <(options_of client)))" ""
