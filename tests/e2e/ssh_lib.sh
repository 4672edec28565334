# An sshd of our own, for tests that reach one through FerroTunnel.
#
# shellcheck shell=bash disable=SC2154

# start_sshd: an sshd at $ssh_port, with options for ssh in ssh_options. False: there is none here, or nobody can log in.
start_sshd() {
    local program
    for program in sshd ssh ssh-keygen; do
        command -v "$program" >/dev/null || return 1
    done
    ((EUID != 0)) || mkdir -p /run/sshd 2>/dev/null || return 1 # sshd of root insists on it
    ssh_port=$(free_port)
    ssh-keygen -q -t ed25519 -N '' -f "$dir/ssh_host" && ssh-keygen -q -t ed25519 -N '' -f "$dir/ssh_user"
    printf '%s\n' "ListenAddress 127.0.0.1:$ssh_port" "HostKey $dir/ssh_host" "AuthorizedKeysFile $dir/ssh_user.pub" \
        "PidFile none" "PermitRootLogin yes" "StrictModes no" "UsePAM no" >"$dir/sshd_config"
    start sshd "$(command -v sshd)" -D -e -f "$dir/sshd_config"
    wait_for_port "127.0.0.1:$ssh_port" sshd
    ssh_options=(-i "$dir/ssh_user" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes
        -o LogLevel=ERROR -o ConnectTimeout=60 -F /dev/null)
    by_ssh "$ssh_port"
}

# by_ssh PORT [OPTION...]: whether somebody can log in there.
by_ssh() { [[ $(ssh "${ssh_options[@]}" "${@:2}" -p "$1" "$(id -un)@127.0.0.1" echo from-the-other-side 2>/dev/null) == from-* ]]; }
