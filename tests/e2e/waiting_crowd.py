"""Many visitors whose requests wait for a plugin (plugins/patience.cpp), for plugin_waiting.sh.

    waiting_crowd.py HOST:PORT COUNT OTHERS PID [rates]
                                                   all wait; OTHERS requests beside them, and with `rates` as many as can
                                                   be in five seconds; released; then half leave
    waiting_crowd.py HOST:PORT COUNT bounded       all ask, and not all may wait

Prints a line of results. PID is the server's, for its memory."""
import collections
import resource
import selectors
import shutil
import socket
import struct
import subprocess
import sys
import time

PATIENCE = 180
REQUEST = b"GET %s HTTP/1.1\r\nHost: app.example.com\r\nUser-Agent: crowd/1.0\r\nAccept: */*\r\n\r\n"


def fail(words):
    print("failed:", words, file=sys.stderr)
    sys.exit(1)


def until(what, condition):
    begun = time.monotonic()
    while not condition():
        if time.monotonic() > begun + PATIENCE:
            fail("waited in vain for " + what)
        time.sleep(0.02)
    print(f"{what}: after {time.monotonic() - begun:.2f} s", file=sys.stderr)


class Visitor:
    """One connection; its answers are read as a whole."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=PATIENCE)
        self.rest = b""

    def send(self, path):
        self.socket.sendall(REQUEST % path)

    def read(self):
        """The next answer: status and body."""
        while b"\r\n\r\n" not in self.rest:
            self.more()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode("ascii").split("\r\n")
        fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        size = int(fields["content-length"])
        while len(self.rest) < size:
            self.more()
        body, self.rest = self.rest[:size], self.rest[size:]
        return int(lines[0].split()[1]), body.decode("utf-8")

    def reset(self):
        """Leaves; nothing of an answer can arrive."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def more(self):
        piece = self.socket.recv(65536)
        if not piece:
            fail("the server has closed a connection")
        self.rest += piece

    def ask(self, path):
        self.send(path)
        return self.read()


class Crowd:
    def __init__(self, address, count):
        self.address = address
        self.visitors = [Visitor(address) for _ in range(count)]

    def waiting(self):
        return int(Visitor(self.address).ask(b"/count")[1])

    def all_ask(self):
        for each in self.visitors:
            each.send(b"/wait")

    def release(self):
        return int(Visitor(self.address).ask(b"/release")[1])

    def read_all(self):
        return collections.Counter(each.read() for each in self.visitors)


def memory(pid):
    """What is the process's own, in bytes."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        return next(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Pss_Anon:"))


def times_of(address, requests):
    """How long other visitors' requests take one after the other, in microseconds, in order."""
    took = []
    visitor = Visitor(address)
    for _ in range(requests):
        begin = time.perf_counter_ns()
        status, _ = visitor.ask(b"/")
        took.append((time.perf_counter_ns() - begin) // 1000)
        if status != 200:
            fail(f"another visitor was answered with {status}")
    return sorted(took)


def rate_of(address):
    """How many requests of eight other visitors are answered in a second, as wrk counts them; 0 where there is none."""
    if sys.argv[5] != "rates" or shutil.which("wrk") is None:
        return 0
    counted = subprocess.run(["wrk", "-t", "1", "-c", "8", "-d", "5", "-H", "Host: app.example.com",
                              f"http://{address[0]}:{address[1]}/"], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in counted or "Socket errors" in counted:
        fail("requests of others have failed: " + counted)
    return next(int(float(line.split()[1])) for line in counted.splitlines() if line.startswith("Requests/sec:"))


def all_wait(address, count, others, pid):
    alone = times_of(address, others)
    alone_rate = rate_of(address)
    before = memory(pid)
    crowd = Crowd(address, count)
    connected = memory(pid)
    crowd.all_ask()
    until("all to wait", lambda: crowd.waiting() == count)
    held = memory(pid)
    beside = times_of(address, others)
    beside_rate = rate_of(address)
    if crowd.waiting() != count:
        fail("not all wait any more")
    released = crowd.release()
    answers = crowd.read_all()
    until("the end of all exchanges", lambda: crowd.waiting() == 0)
    # Their connections are as good as before; half of the visitors leave this time.
    crowd.all_ask()
    until("all to wait again", lambda: crowd.waiting() == count)
    for each in crowd.visitors[: count // 2]:
        each.reset()
    crowd.visitors = crowd.visitors[count // 2:]
    until("those who have left", lambda: crowd.waiting() == len(crowd.visitors))
    crowd.release()
    stayed = crowd.read_all()
    middle, late = others // 2, others * 99 // 100
    print(f"waiting={count} released={released} answered={answers[(200, 'decided' + chr(10))]} "
          f"stayed={stayed[(200, 'decided' + chr(10))]} connection_bytes={(connected - before) // count} "
          f"waiting_bytes={(held - connected) // count} alone_p50_us={alone[middle]} alone_p99_us={alone[late]} "
          f"beside_p50_us={beside[middle]} beside_p99_us={beside[late]} "
          f"alone_rate={alone_rate} beside_rate={beside_rate}")


def bounded(address, count):
    crowd = Crowd(address, count)
    crowd.all_ask()
    refused = collections.Counter()
    waits = []
    with selectors.DefaultSelector() as ready:
        for each in crowd.visitors:
            ready.register(each.socket, selectors.EVENT_READ, each)
        # Everybody waits or is refused; who waits is silent.
        end = time.monotonic() + PATIENCE
        while sum(refused.values()) + crowd.waiting() < count:
            if time.monotonic() > end:
                fail("some neither wait nor are answered")
            for key, _ in ready.select(0.05):
                ready.unregister(key.fileobj)
                refused[key.data.read()[0]] += 1
        waits = [key.data for key in ready.get_map().values()]
    crowd.visitors = waits
    released = crowd.release()
    answers = crowd.read_all()
    print(f"asked={count} refused={refused[503]} released={released} answered={answers[(200, 'decided' + chr(10))]}")


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    if sys.argv[3] == "bounded":
        bounded((host, int(port)), int(sys.argv[2]))
    else:
        all_wait((host, int(port)), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))


main()
