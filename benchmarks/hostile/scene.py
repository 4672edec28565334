"""Server, two clients with tokens of their own, their backends, and hostile visitors: what runs, and what it costs."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass

from failure import Failure
from load import Load
from processes import Process, descriptors, free_port

PAGE = os.sysconf("SC_PAGE_SIZE")
GOOD_HOST, BAD_HOST = "localhost", "hostile.localhost"
KINDS = ("unread", "tiny", "reset", "half-closed", "hung")
# What belongs to the attackers would be on machines of their own: it gets the processors only where nobody else wants
# them, and gives them up as soon as somebody does. So that this counts, all processes belong to one session.
LAST = ("chrt", "--idle", "0")
PATIENCE_SECONDS = 60


def wait_for(condition, what, seconds=PATIENCE_SECONDS):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise Failure(f"waited {seconds} s in vain for {what}")
        time.sleep(0.05)


def rss_mib(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * PAGE / (1 << 20)


def socket_mib():
    """What the kernel holds for TCP sockets, everybody's on this machine."""
    with open("/proc/net/sockstat", encoding="ascii") as file:
        return int(re.search(r"^TCP:.* mem (\d+)", file.read(), re.MULTILINE).group(1)) * PAGE / (1 << 20)


class Watch:
    """The highest of several figures, looked at all the while."""

    def __init__(self, **looks):
        self.looks, self.highest, self.stopping = looks, dict.fromkeys(looks, 0), False
        self.thread = threading.Thread(target=self.work)

    def work(self):
        while not self.stopping:
            for name, look in self.looks.items():
                self.highest[name] = max(self.highest[name], look())
            time.sleep(0.2)

    def __enter__(self):
        self.thread.start()
        return self.highest

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join()


@dataclass
class Sample:
    """What a good visitor has."""
    rate: float  # MB/s of one that moves bulk
    late: float  # p99 in us of those that ask and wait
    # Both over what a direct connection has right before: the machine's speed drifts, and attackers use it as well.
    rate_of_direct: float
    late_of_direct: float


class Crowd:
    """Hostile visitors of one service."""

    def __init__(self, command, log):
        with open(log, "ab") as file:
            self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file,
                                          text=True, process_group=0)
        self.pid = self.child.pid

    def ask(self, word):
        try:
            self.child.stdin.write(word + "\n")
            self.child.stdin.flush()
        except BrokenPipeError:
            pass
        line = self.child.stdout.readline()
        if not line:
            raise Failure("the hostile visitors ended")
        return {key: int(value) for key, value in (word.split("=") for word in line.split())}

    def end(self):
        self.child.stdin.close()
        self.child.wait(30)
        self.child.stdout.close()


class Scene:
    """All that a run needs, ended with it."""

    def __init__(self, options):
        self.options, self.load, self.processes = options, Load(options.load), {}

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="ferrotunnel-hostile-")
        try:
            self.begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes.values()):
            process.stop()
        if self.options.keep:
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def begin(self):
        for name in ("good", "bad"):
            token = subprocess.run([self.options.program, "token"], capture_output=True, text=True, check=True).stdout
            with open(os.open(self.path(name + ".token"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(token)
        self.http = free_port()
        self.start("server", [*self.program("server"), "--token-file", self.path("good.token"), "--token-file",
                              self.path("bad.token"), "--bind", "127.0.0.1:0", "--tcp-bind", "127.0.0.1", "--http-bind",
                              f"127.0.0.1:{self.http}", "--state-dir", self.path("state")])
        self.control = self.endpoint("server", "control")
        self.echo = free_port()
        self.start("backend", [self.options.load, "backend", str(self.echo)])
        self.start("pages", [self.options.hostile, "serve-good", self.path("pages.port")])
        self.start("target", [*LAST, self.options.hostile, "serve", self.path("target.port"), str(self.pour())])
        self.client("good", self.echo, GOOD_HOST, self.port("pages"), ())
        self.client("bad", self.port("target"), BAD_HOST, self.port("target"), LAST)

    # The kernel's memory for all sockets is one machine's here, for visitors, server, client and backend together.
    # Where it is short everybody's transfers stall, whatever the server does: a gigabyte of it is usual.

    def pour(self):
        """Bytes for one who never reads."""
        return min(128 << 10, (640 << 20) // self.options.visitors)

    def sent(self):
        """Bytes of one whose backend hangs, which every hop holds once."""
        return min(256 << 10, (256 << 20) // self.options.visitors)

    def path(self, name):
        return os.path.join(self.folder, name)

    def program(self, what):
        return [self.options.program, what, "--endpoint-file", self.path(what + ".endpoints"), "--log-level",
                self.options.log_level, "--tls", self.options.tls]

    def start(self, name, command):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("FERROTUNNEL_")}
        self.processes[name] = Process(command, self.path(name + ".log"), environment, session=False)

    def client(self, name, tcp, host, http, before):
        command = self.program("client")
        command[command.index("--endpoint-file") + 1] = self.path(name + ".endpoints")
        self.start(name, [*before, *command, "--server", f"127.0.0.1:{self.control}", "--token-file",
                          self.path(name + ".token"), "--tcp", f"0=127.0.0.1:{tcp}", "--http",
                          f"{host}=127.0.0.1:{http}"])
        wait_for(lambda: self.said(name, "service") >= 2, f"the services of the {name} client")

    def lines(self, name):
        with contextlib.suppress(FileNotFoundError), open(self.path(name + ".endpoints"), encoding="utf-8") as file:
            return [line.split() for line in file]
        return []

    def said(self, name, what):
        return sum(words[0] == what for words in self.lines(name))

    def endpoint(self, name, what):
        wait_for(lambda: self.said(name, what) > 0, f"{what} of {name}")
        return int(next(words for words in self.lines(name) if words[0] == what)[-1].rsplit(":", 1)[1])

    def port(self, name):
        path = self.path(name + ".port")
        wait_for(lambda: os.path.exists(path), f"the port of {name}")
        with open(path, encoding="ascii") as file:
            return int(file.read())

    def public(self, name):
        """The public TCP port of a client."""
        return next(int(words[2].rsplit(":", 1)[1]) for words in self.lines(name) if "http" not in words[2])

    def pid(self, name):
        return self.processes[name].pid

    def alive(self):
        for name, process in self.processes.items():
            if process.ended():
                raise Failure(f"{name} has ended: {process.last_words()}")

    def log_bytes(self):
        return sum(os.path.getsize(self.path(name + ".log")) for name in ("server", "good", "bad"))

    def counts(self):
        return {name: descriptors(self.pid(name)) for name in ("server", "good", "bad")}

    def memory(self):
        return {name: rss_mib(self.pid(name)) for name in ("server", "good", "bad")}

    def crowd(self, service, kinds, visitors):
        options = self.options
        to, more = (self.public("bad"), []) if service == "tcp" else (self.http, ["host=" + BAD_HOST])
        return Crowd([*LAST, options.hostile, "visit", f"127.0.0.1:{to}", str(visitors), ",".join(kinds), *more,
                      f"bytes={self.sent()}", f"opens={options.opens}", f"pieces={options.pieces}",
                      f"resets={options.resets}"], self.path("visitors.log"))

    # --- the good visitor -------------------------------------------------------------------------------------------

    def good(self, service):
        if self.options.ended.is_set():
            raise Failure("ended")
        seconds, size = self.options.seconds, self.options.megabytes * 1_000_000
        if service == "tcp":
            places = (f":{self.echo}", f":{self.public('good')}")
            rates = [self.load("bulk", at, "down", 1, size)[2] for at in places]
            lates = [self.load("latency", at, 4, seconds)[2] for at in places]
        else:
            places = (f":{self.port('pages')}", f":{self.http}")
            rates = [size / self.load("http", at, f"/bytes/{size}", 0)[2] / 1e6 for at in places]
            lates = [self.load("http", at, "/bytes/1024", seconds)[4] for at in places]
        return Sample(rates[1], lates[1], rates[1] / rates[0], lates[1] / lates[0])
