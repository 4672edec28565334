"""A service manager that keeps sockets for its service, as systemd does where the unit says FileDescriptorStoreMax=:

    keeping_manager.py UNIT NOTIFY_SOCKET COMMAND...   starts COMMAND, which gets the sockets that are kept (LISTEN_FDS)

SIGUSR1 stops the service by SIGTERM and waits for its end; SIGUSR2 starts it again; SIGTERM stops it for good. One that
ends by itself is not started again before SIGUSR2: the time between is the caller's. Prints each message of sd_notify(3),
"keeps NAME..." when that has changed, "started PID" and "ended CODE".
"""

import ctypes
import fcntl
import os
import re
import select
import signal
import socket
import sys

unit, notify = sys.argv[1:3]
command = sys.argv[3:]
with open(unit, encoding="utf-8") as file:
    settings = dict(re.findall(r"^(\w+)=(.*)$", file.read(), re.MULTILINE))
most = int(settings.get("FileDescriptorStoreMax", 0))
kept = []  # (name, descriptor), in the order in which they came
child = 0
wanted = []  # signals

listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(notify)
os.chmod(notify, 0o777)
wake_reader, wake_writer = os.pipe()
os.set_blocking(wake_writer, False)
signal.set_wakeup_fd(wake_writer)
for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM):
    signal.signal(number, lambda got, _: wanted.append(got))
signal.signal(signal.SIGCHLD, lambda *_: None)


def say(*words):
    print(*words, flush=True)


def is_same(one, other):
    return os.path.sameopenfile(one, other)


def tell_kept():
    say("keeps", *(sorted(name for name, _ in kept) or ["nothing"]))


def remove(which):
    before = len(kept)
    for name, descriptor in [entry for entry in kept if which(*entry)]:
        kept.remove((name, descriptor))
        os.close(descriptor)
    return len(kept) != before


def hear():
    data, ancillary, _, _ = listener.recvmsg(65536, socket.CMSG_SPACE(64 * 4))
    descriptors = []
    for level, kind, what in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors += [int.from_bytes(what[at : at + 4], sys.byteorder) for at in range(0, len(what), 4)]
    text = data.decode()
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    say(text.replace("\n", " "))
    name = fields.get("FDNAME", "stored")
    if ":" in name or not name.isprintable() or len(name) > 255:
        sys.exit(f"systemd would not take the name {name!r}")
    if fields.get("FDSTOREREMOVE") == "1" and remove(lambda known, _: known == name):
        tell_kept()
    for descriptor in descriptors:
        if len(kept) < most and not any(is_same(descriptor, other) for _, other in kept):
            kept.append((name, descriptor))
            tell_kept()
        else:
            os.close(descriptor)


def start():
    global child
    child = os.fork()
    if child != 0:
        say("started", child)
        return
    signal.set_wakeup_fd(-1)
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a test that fails leaves nothing behind
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    environment = os.environ | {"NOTIFY_SOCKET": notify}
    if kept:
        moved = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3 + len(kept) + 64) for _, descriptor in kept]
        for at, descriptor in enumerate(moved):
            os.dup2(descriptor, 3 + at, inheritable=True)
        environment |= {"LISTEN_FDS": str(len(kept)), "LISTEN_PID": str(os.getpid()),
                        "LISTEN_FDNAMES": ":".join(name for name, _ in kept)}
    os.execvpe(command[0], command, environment)


def see_end():
    """Whether the service has ended just now."""
    global child
    if child == 0:
        return False
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended == 0:
        return False
    child = 0
    while select.select([listener], [], [], 0)[0]:
        hear()  # what it has said before comes first
    say("ended", os.waitstatus_to_exitcode(status))
    return True


start()
ending = False
while True:
    # A socket that does not listen any more is not kept, which poll(2) tells.
    poller = select.poll()
    poller.register(listener, select.POLLIN)
    poller.register(wake_reader, select.POLLIN)
    for _, kept_descriptor in kept:
        poller.register(kept_descriptor, 0)
    for ready, events in poller.poll():
        if ready == listener.fileno():
            hear()
        elif ready == wake_reader:
            os.read(wake_reader, 4096)
        elif remove(lambda _, descriptor: descriptor == ready):
            tell_kept()
    see_end()
    while wanted:
        asked = wanted.pop(0)
        ending = ending or asked == signal.SIGTERM
        if asked == signal.SIGUSR2:
            start()
        elif child != 0:
            os.kill(child, signal.SIGTERM)
    if ending and child == 0:
        break
