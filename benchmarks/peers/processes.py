"""Processes: started in groups of their own, looked at through /proc, and always ended."""

import os
import random
import re
import resource
import signal
import socket
import ssl
import subprocess
import time

from failure import Failure

TICK = os.sysconf("SC_CLK_TCK")
START_SECONDS = 10
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
TRIMMINGS = re.compile(r"^(\S*\d\S* )*|peer_addr=\S* ")  # times and ports, so that equal words are equal
# An echo to the load's backend, and a bad request to a web server: both answer it.
HELLO = b"E" * 60 + b"\r\n\r\n"


def free_port():
    """Below the ports that the kernel hands out by itself, so that it stays free."""
    while True:
        port = random.randint(12000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as visitor:
            visitor.sendall(HELLO)
            return bool(visitor.recv(1))
    except OSError:
        return False


def echoes(port):
    """The same for a datagram; it may be lost, so the caller asks again."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as visitor:
            visitor.settimeout(0.3)
            visitor.connect(("127.0.0.1", port))
            visitor.send(HELLO)
            return bool(visitor.recv(len(HELLO)))
    except OSError:
        return False


def serves(port, host, path, fields, secure):
    """A page comes through: an edge answers also while nobody is behind it. `fields` are more lines of the head."""
    try:
        with socket.create_connection(("127.0.0.1", port), 2) as visitor:
            if secure:
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                visitor = context.wrap_socket(visitor, server_hostname=host)
            with visitor:
                lines = [f"GET {path} HTTP/1.1", f"Host: {host}", *fields, "Connection: close", "", ""]
                visitor.sendall("\r\n".join(lines).encode())
                return visitor.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def family(pid):
    """A process and all below it."""
    pids = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                for child in file.read().split():
                    pids += family(int(child))
    except OSError:
        pass
    return pids


def cpu_seconds(pid):
    """User and system seconds of a process, of those below it, and of those it has waited for."""
    total = 0
    for member in family(pid):
        try:
            with open(f"/proc/{member}/stat", encoding="ascii") as file:
                total += sum(int(field) for field in file.read().rpartition(")")[2].split()[11:15])
        except OSError:
            continue
    return total / TICK


def machine_seconds():
    """Processor seconds that the whole machine has been busy."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, interrupts, soft = [int(field) for field in file.readline().split()[1:8]]
    return (user + nice + system + interrupts + soft) / TICK


def own_seconds():
    """What of it was ours, without children that still run."""
    return sum(usage.ru_utime + usage.ru_stime for usage in
               (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)))


def descriptors(pid):
    """Kernels from 6.2 on say how many there are: counting ten thousand takes 7 ms, and some look every 0.2 s."""
    path = f"/proc/{pid}/fd"
    return os.stat(path).st_size or len(os.listdir(path))


def pss_kib(pid):
    total = 0
    for member in family(pid):
        with open(f"/proc/{member}/smaps_rollup", encoding="ascii") as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    return total


def peak_mib(pid):
    """The most that a process has had in memory since it began."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 1024


class Process:
    def __init__(self, command, log, environment=None, session=True):
        """`environment` is the whole of it; without, it is ours. The kernel may share out the processors by sessions,
        and priorities count within one: processes of different priority belong into the same."""
        self.log = log
        with open(log, "ab") as file:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                                          start_new_session=session, process_group=None if session else 0,
                                          env=environment)
        self.pid = self.child.pid

    def ended(self):
        return self.child.poll() is not None

    def said(self):
        """The lines of its log, without colours and times."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return [TRIMMINGS.sub("", COLOUR.sub("", line).strip()) for line in file if line.strip()]

    def complaints(self):
        return [line for line in self.said() if re.search("error|fail|panic", line, re.IGNORECASE)]

    def last_words(self):
        return (self.complaints() or self.said() or ["it said nothing"])[-1][-200:]

    def wait_until(self, ready, what):
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self.ended():
                raise Failure(f"{what} ended: {self.last_words()}")
            if time.monotonic() > deadline:
                raise Failure(f"{what} does not come up: {self.last_words()}")
            time.sleep(0.02)

    def stop(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.pid, number)
                self.child.wait(2)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
        self.child.wait()


class Running:
    """A tunnel at work: both of its processes, and the port for visitors."""

    def __init__(self, tunnel):
        self.tunnel, self.processes = tunnel, []
        self.port = tunnel.place.public

    def start(self):
        if self.tunnel.server() is None:
            self.port = self.tunnel.place.backend
            return self
        try:
            server = self.launch("server", self.tunnel.server())
            server.wait_until(lambda: accepts(self.tunnel.place.control), "the server")
            client = self.launch("client", self.tunnel.client())
            client.wait_until(lambda: self.tunnel.is_ready(), "the client")
        except Exception:
            self.stop()
            raise
        return self

    def launch(self, name, command):
        log = os.path.join(self.tunnel.place.folder, name + ".log")
        self.processes.append(Process(command, log, self.tunnel.whole_environment()))
        return self.processes[-1]

    def cpu_seconds(self):
        return sum(cpu_seconds(process.pid) for process in self.processes)

    def pss_mib(self):
        return sum(pss_kib(process.pid) for process in self.processes) / 1024

    def last_words(self):
        """What became of processes that should still be there, or what those that are there complain of."""
        words = ""
        for process in self.processes:
            if process.ended():
                words += f"; a process of the tunnel ended: {process.last_words()}"
            elif process.complaints():
                words += f"; the tunnel says: {process.complaints()[-1][-200:]}"
        return words

    def stop(self):
        for process in reversed(self.processes):
            process.stop()
