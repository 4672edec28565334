#!/usr/bin/env bash
# summary.sh ROOT: the end of scripts/test tells the truth about tests that pass, fail, skip, take long or can not be run,
# and about a build that fails.
set -euo pipefail
root=$1
dir=$(mktemp -d "${TMPDIR:-/tmp}/ferrotunnel-summary.XXXXXX")
trap 'rm -rf "$dir"' EXIT

fail() {
    echo "summary: $*"
    cat "$dir/output"
    exit 1
}

# expect CODE LINE... -- ARGUMENT...: test_summary ends with this code and prints each of these lines.
expect() {
    local code=$1 lines=() got=0
    shift
    while [[ $1 != -- ]]; do
        lines+=("$1")
        shift
    done
    "$root/scripts/test_summary" "${@:2}" >"$dir/output" 2>&1 || got=$?
    ((got == code)) || fail "code $got instead of $code"
    local line
    for line in "${lines[@]}"; do
        grep -qxF -- "$line" "$dir/output" || fail "this line is missing: $line"
    done
}

# ctest's own files, of tests that are all that tests can be.
run_ctest() {
    mkdir -p "$dir/$1"
    cat >"$dir/$1/CTestTestfile.cmake"
    (cd "$dir/$1" && ctest --output-junit "$dir/$1.xml" --test-output-size-passed 1000000 >/dev/null 2>&1) || true
}
run_ctest release <<'TESTS'
add_test(quick true)
add_test(chatty bash -c "head -c 200000 /dev/zero | tr '\\0' x; echo; printf 'a\\033b\\n'; echo 'skipped: there is no strace'; exit 77")
add_test(terse bash -c "exit 77")
set_tests_properties(chatty terse PROPERTIES SKIP_RETURN_CODE 77)
TESTS
run_ctest asan <<'TESTS'
add_test(wrong false)
add_test(absent /nowhere/at/all)
add_test(endless sleep 60)
set_tests_properties(endless PROPERTIES TIMEOUT 1)
TESTS

expect 0 '  release chatty: there is no strace' '  release terse: SKIP_RETURN_CODE=77' \
    '100% tests passed, 0 tests failed out of 1' '1 passed, 0 failed, 2 skipped' -- "$dir/release.xml"
expect 1 '  asan wrong' '  asan absent' '  asan endless' '25% tests passed, 3 tests failed out of 4' -- \
    "$dir/release.xml" "$dir/asan.xml"
grep -qE '^ +1\.[0-9] s  asan endless$' "$dir/output" || fail "the slowest test is not among the slowest"
expect 1 '  building tsan' '50% tests passed, 1 tests failed out of 2' -- --problem "building tsan" "$dir/release.xml"
expect 1 '0% tests passed, 1 tests failed out of 1' -- --problem "scripts/setup"
