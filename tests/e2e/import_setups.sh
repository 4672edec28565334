# Set-ups of users of other tunnels (tests/data/import) are imported: each has the files that are written, what the command
# prints and its exit code in a file `expected`. In a set-up, the file `setup` says after comments what is run:
#   env NAME=VALUE      a variable
#   secret TEXT         a text that may be nowhere but in files of mode 0600
#   import WORDS        the arguments of `ferrotunnel import`, as in a shell; there may be several
# E2E_UPDATE=1 writes the `expected` files anew; look at the difference before it is committed.
source "$(dirname "$0")/lib.sh"
need diff

setups=$E2E_SOURCE/../data/import

# What differs from run to run: hashes of passwords, new tokens, and the folder in which secrets are for the check.
stable() {
    sed -E 's/(\$\$|\$)y(\$\$|\$)[^" }]*/HASH/g; s/ft1_[A-Za-z0-9_-]{48}/TOKEN/g; s#[^ "]*/ferrotunnel-import-[A-Za-z0-9]{6}#CHECKED#g' "$@"
}

# run_import WORDS...: in the copy of a set-up; prints what it says.
run_import() {
    local code=0
    (cd "$dir/run" && env "${variables[@]}" "$FERROTUNNEL" import "$@") >"$dir/now.out" 2>"$dir/now.err" </dev/null ||
        code=$?
    cat "$dir/now.out" "$dir/now.err" >>"$dir/printed"
    echo "exit code $code"
    echo "--- printed"
    stable "$dir/now.out"
    echo "--- error stream"
    sed -E '/^20[0-9]{2}-[0-9-]+ [0-9:.]+ warn /d' "$dir/now.err" | stable # the log has times
}

# run_setup FOLDER: in a copy of it; prints everything that came of it.
run_setup() {
    local folder=$1 line file
    local -a words=() variables=()
    cp -R "$folder" "$dir/run"
    rm -f "$dir/run/setup" "$dir/run/expected" "$dir/printed"
    (cd "$dir/run" && find . -type f | sort) >"$dir/before"
    while IFS= read -r line; do
        case $line in
            'env '*) variables+=("${line#env }") ;;
            'import '*)
                eval "words=(${line#import })"
                run_import "${words[@]}"
                ;;
        esac
    done <"$folder/setup"
    while IFS= read -r file; do
        echo "--- ${file#./} $(stat -c %a "$dir/run/$file")"
        stable "$dir/run/$file"
    done < <(cd "$dir/run" && find . -type f | sort | comm -13 "$dir/before" -)
}

# Secrets are in files of mode 0600 only, and what is imported passes `check` unless something is left to be done.
look_at_files() {
    local folder=$1 line file
    while IFS= read -r line; do
        [[ $line == 'secret '* ]] || continue
        while IFS= read -r file; do
            [[ -e $folder/${file#"$dir/run/"} || $(stat -c %a "$file") == 600 ]] ||
                fail "${folder##*/}: a secret is in ${file##*/}, which others may read"
        done < <(grep -r -l -F -e "${line#secret }" "$dir/run" || true)
        ! grep -q -F -e "${line#secret }" "$dir/printed" || fail "${folder##*/}: a secret is printed"
    done <"$folder/setup"
}

count=0
different=()
for folder in "$setups"/*/; do
    folder=${folder%/}
    name=${folder##*/}
    count=$((count + 1))
    rm -rf "$dir/run"
    run_setup "$folder" >"$dir/$name.got"
    grep -q '^# .*[a-z]' "$folder/setup" || fail "$name: its file says nothing of where it is from"
    look_at_files "$folder"
    if [[ ${E2E_UPDATE:-0} == 1 ]]; then
        cp "$dir/$name.got" "$folder/expected"
    elif ! diff -u --label "$name/expected" --label "$name/now" "$folder/expected" "$dir/$name.got" >"$dir/$name.diff"; then
        different+=("$name")
        sed "s/^/    /" "$dir/$name.diff"
    fi
done
at_least "set-ups" $count 20
say "$count set-ups, ${#different[@]} of them different"
((${#different[@]} == 0)) || fail "different: ${different[*]}"
