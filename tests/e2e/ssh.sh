# ssh and scp through the tunnel, to an sshd of our own.
source "$(dirname "$0")/lib.sh"
need ssh scp sshd ssh-keygen

# sshd insists on this directory when it is started by root.
if ((EUID == 0)); then
    mkdir -p /run/sshd 2>/dev/null || skip "sshd needs /run/sshd" # it stays: another run may need it as well
fi
port=$(free_port)
ssh-keygen -q -t ed25519 -N '' -f "$dir/host"
ssh-keygen -q -t ed25519 -N '' -f "$dir/user"
cp "$dir/user.pub" "$dir/authorized_keys"
cat >"$dir/sshd_config" <<CONF
ListenAddress 127.0.0.1:$port
HostKey $dir/host
AuthorizedKeysFile $dir/authorized_keys
PidFile none
PasswordAuthentication no
PermitRootLogin yes
StrictModes no
UsePAM no
MaxStartups 100
Subsystem sftp internal-sftp
CONF
start sshd "$(command -v sshd)" -D -e -f "$dir/sshd_config"
wait_for_port "127.0.0.1:$port" sshd
options=(-i "$dir/user" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o LogLevel=ERROR
    -o ConnectTimeout=60 -F /dev/null)
user=$(id -un)
# Where this account cannot log in at all, the tunnel is not to blame.
if ! ssh "${options[@]}" -p "$port" "$user@127.0.0.1" true 2>"$dir/direct.err"; then
    skip "ssh without a tunnel does not work here: $(head -1 "$dir/direct.err")"
fi

start_server
ready_client client 1 --tcp "0=127.0.0.1:$port"
public=$(public_of client)
through=("${options[@]}" -o "Port=${public##*:}")

say "a command, its output and its exit code"
equal output "$(ssh "${through[@]}" "$user@127.0.0.1" 'echo from-the-other-side')" from-the-other-side
code=0
ssh "${through[@]}" "$user@127.0.0.1" 'exit 7' || code=$?
equal "exit code" $code 7

say "standard input until its end"
equal bytes "$(head -c 5000000 /dev/zero | ssh "${through[@]}" "$user@127.0.0.1" 'wc -c' | tr -d ' ')" 5000000

size=$(by_size 32 512 128)
say "scp of $size MiB, up and down"
head -c "${size}M" /dev/urandom >"$dir/large"
scp -q "${through[@]}" "$dir/large" "$user@127.0.0.1:$dir/up"
scp -q "${through[@]}" "$user@127.0.0.1:$dir/up" "$dir/down"
cmp "$dir/large" "$dir/up"
cmp "$dir/large" "$dir/down"

say "six sessions at once"
for number in {1..6}; do
    start "session$number" ssh "${through[@]}" "$user@127.0.0.1" "for i in \$(seq 200); do echo line \$i; done"
done
for number in {1..6}; do
    join_ok "session$number" 300
    equal lines "$(wc -l <"$dir/session$number.out")" 200
done
