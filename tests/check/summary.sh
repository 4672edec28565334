#!/usr/bin/env bash
# summary.sh ROOT: the end of scripts/test tells the truth about tests that pass, fail, skip, take long or cannot be
# run, and about a build that fails, which does not keep the next stage from running.
set -euo pipefail
root=$1
dir=$(mktemp -d "${TMPDIR:-/tmp}/ferrotunnel-summary.XXXXXX")
trap 'rm -rf "$dir"' EXIT

fail() {
    echo "summary: $*"
    cat "$dir/output"
    exit 1
}

# ends CODE LINE... -- COMMAND...: the command ends with this code and prints each of these lines.
ends() {
    local code=$1 lines=() got=0 line
    shift
    while [[ $1 != -- ]]; do
        lines+=("$1")
        shift
    done
    "${@:2}" >"$dir/output" 2>&1 || got=$?
    ((got == code)) || fail "code $got instead of $code"
    for line in "${lines[@]}"; do
        grep -qxF -- "$line" "$dir/output" || fail "this line is missing: $line"
    done
}
summary=$root/scripts/test_summary

# ctest's own files, of tests that are all that tests can be.
run_ctest() {
    mkdir -p "$dir/$1"
    cat >"$dir/$1/CTestTestfile.cmake"
    (cd "$dir/$1" && ctest --output-junit "$dir/$1.xml" --test-output-size-passed 1000000 >/dev/null 2>&1) || true
}
run_ctest release <<'TESTS'
add_test(quick true)
add_test(chatty bash -c "head -c 200000 /dev/zero | tr '\\0' x
    printf '\\na\\033b\\nskipped: there is no strace\\n'; exit 77")
add_test(terse bash -c "exit 77")
set_tests_properties(chatty terse PROPERTIES SKIP_RETURN_CODE 77)
TESTS
run_ctest asan <<'TESTS'
add_test(wrong false)
add_test(absent /nowhere/at/all)
add_test(endless sleep 60)
set_tests_properties(endless PROPERTIES TIMEOUT 1)
TESTS

ends 0 '  release chatty: there is no strace' '  release terse: SKIP_RETURN_CODE=77' \
    '100% tests passed, 0 tests failed out of 1' '1 passed, 0 failed, 2 skipped' -- "$summary" "$dir/release.xml"
ends 1 '  asan wrong' '  asan absent' '  asan endless' '25% tests passed, 3 tests failed out of 4' -- \
    "$summary" "$dir/release.xml" "$dir/asan.xml"
grep -qE '^ +[0-9]+\.[0-9] s  asan endless$' "$dir/output" || fail "the slowest test is not among the slowest"
ends 1 '  building tsan' '50% tests passed, 1 tests failed out of 2' -- \
    "$summary" --problem "building tsan" "$dir/release.xml"
ends 1 '0% tests passed, 1 tests failed out of 1' -- "$summary" --problem "scripts/setup"
ends 0 '  trixie: this needs root' '1 passed, 0 failed, 3 skipped' -- \
    "$summary" --skipped "trixie: this needs root" "$dir/release.xml"

# All of scripts/test, in a project of no code: one stage cannot be built, in the next one a test skips.
mkdir -p "$dir/project/scripts"
cp "$root/scripts/test" "$root/scripts/test_summary" "$dir/project/scripts/"
printf '#!/bin/sh\n' >"$dir/project/scripts/setup"
printf '#!/bin/sh\necho "debian_root: skipped: there is no mirror" >&2\nexit 77\n' >"$dir/project/scripts/debian_root"
chmod +x "$dir/project/scripts/"*
cat >"$dir/project/CMakeLists.txt" <<'PROJECT'
cmake_minimum_required(VERSION 3.25)
project(stages LANGUAGES NONE)
enable_testing()
add_custom_target(build ALL COMMAND ${COMMAND})
add_test(NAME fine COMMAND true)
add_test(NAME shy COMMAND sh -c "echo 'skipped: there is no ssh'; exit 77")
set_tests_properties(shy PROPERTIES SKIP_RETURN_CODE 77)
PROJECT
cat >"$dir/project/CMakePresets.json" <<'PRESETS'
{"version": 6,
 "configurePresets": [
  {"name": "empty", "hidden": true, "generator": "Ninja", "binaryDir": "${sourceDir}/build/${presetName}"},
  {"name": "release", "inherits": "empty", "cacheVariables": {"COMMAND": "false"}},
  {"name": "fuzz", "inherits": "empty", "cacheVariables": {"COMMAND": "true"}}],
 "buildPresets": [{"name": "release", "configurePreset": "release"}, {"name": "fuzz", "configurePreset": "fuzz"}],
 "testPresets": [{"name": "release", "configurePreset": "release"}, {"name": "fuzz", "configurePreset": "fuzz"}]}
PRESETS

ends 0 '  fuzz shy: there is no ssh' '100% tests passed, 0 tests failed out of 1' -- "$dir/project/scripts/test" fuzz
ends 1 '  building release' '  fuzz shy: there is no ssh' '50% tests passed, 1 tests failed out of 2' -- \
    "$dir/project/scripts/test" release fuzz
ends 0 '  the stage fuzz: 5 minutes, more than are left of the 4 of FERROTUNNEL_TEST_MINUTES' '0 passed, 0 failed, 1 skipped' -- \
    env FERROTUNNEL_TEST_MINUTES=4 "$dir/project/scripts/test" fuzz
ends 0 '  trixie: there is no mirror' '  fuzz shy: there is no ssh' '1 passed, 0 failed, 2 skipped' -- \
    "$dir/project/scripts/test" trixie fuzz
