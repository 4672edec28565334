# Sourced by the checks of this folder.
fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}
# equal WHAT IS EXPECTED
equal() { [[ $2 == "$3" ]] || fail "$1 is \"$2\" and not \"$3\""; }
