#!/usr/bin/env bash
# canary.sh DRIVER: the counts can fail. Work and allocations planted in a scenario are noticed, and so are bounds that
# are too low, too high, missing, or for another compiler.
set -euo pipefail
driver=$1
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/ferrotunnel-canary.XXXXXX")
trap 'rm -rf "$dir"' EXIT
failures=0

# expect CODE TEXT WHAT ARGUMENT...: `run` ends with that code and says that text.
expect() {
    local code=0
    "$here/run" --driver "$driver" --bounds "$dir/bounds" "${@:4}" >"$dir/output" 2>&1 || code=$?
    if [[ $code == "$1" ]] && grep -qF -- "$2" "$dir/output"; then
        return
    fi
    echo "canary: $3: expected exit code $1 and \"$2\", got $code and:"
    cat "$dir/output"
    failures=$((failures + 1))
}

# Bounds that fit this build, whatever it costs.
echo 'toolchain none' >"$dir/bounds"
if ! command -v valgrind >/dev/null; then
    echo "skipped: there is no valgrind"
    exit 77
fi
expect 77 'the bounds are for "none"' "another compiler" slab_pool
expect 0 'requests_one' "recording" --record requests_one bulk_one open_close
expect 0 '+0.0 %' "the same again: the counts are exact" bulk_one
expect 0 '+0.0 %' "the same again, of messages" requests_one
expect 1 'FAILED: bulk_one costs more instructions than its bound' "planted work" --plant work bulk_one
expect 1 'FAILED: requests_one costs more instructions' "planted work of messages" --plant work requests_one
expect 1 'FAILED: bulk_one allocates more often than its bound' "a planted allocation" --plant allocation bulk_one
expect 1 'FAILED: bulk_one executes more locked instructions than its bound' "a planted lock" --plant lock bulk_one
expect 1 'FAILED: queue has no line' "no bound" queue

# scale INSTRUCTIONS ALLOCATIONS: multiplies what was recorded; the former for locked ones too.
cp "$dir/bounds" "$dir/fitting"
scale() {
    awk -v instructions="$1" -v allocations="$2" '
        $1 == "toolchain" { print; next }
        { print $1, $2, $3 * instructions, $4 * allocations, $5 * instructions }' "$dir/fitting" >"$dir/bounds"
}
scale 0.96 1
expect 1 'FAILED: bulk_one costs more instructions' "a bound that is 4 % too low" bulk_one
scale 0.98 1
expect 0 '+2.0 %' "a bound that is 2 % too low" bulk_one
scale 1.07 2
expect 0 'requests_one: lower the bound of instructions' "a bound that is 7 % too high" requests_one
expect 0 'requests_one: lower the bound of locked instructions' "a bound of locked ones that is too high" requests_one
expect 0 'open_close: lower the bound of allocations' "a bound of allocations that is too high" open_close

# Whatever the driver offers has a bound, and no other line is left in the file.
bounded=$(awk 'NF == 5 && !/^#/ && $1 != "toolchain" { print $1 }' "$here/bounds.txt" | sort)
if ! diff <("$driver" --list | cut -d' ' -f1 | sort) - <<<"$bounded"; then
    echo "canary: bounds.txt and the scenarios differ"
    failures=$((failures + 1))
fi
if ((failures)); then
    echo "canary: $failures of them wrong"
    exit 1
fi
echo "canary: all planted costs are found"
