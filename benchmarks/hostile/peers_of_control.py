"""What hostile peers of the control port cost at most, strangers and clients with a token, and what a hostile server
costs a client: memory, descriptors, processor, log, and time of others."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

from failure import Failure
from processes import Process, cpu_seconds, descriptors, free_port
from rounds import settle
from scene import LAST, Scene, Watch, rss_mib, wait_for

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer.py")
# Kinds of peer.py; those with True are attacked with TLS on.
STRANGERS = {"silent": True, "junk": True, "half-tls": True, "tls-hellos": True, "wrong-token": False}
CLIENTS = ("opens", "opens-unread", "pings-unread", "credits", "messages", "churn", "ports", "hosts", "sessions",
           "never-reads", "one-byte")
SERVERS = ("server-opens", "server-opens-aborted", "server-unknown", "server-pings", "server-messages",
           "server-rotated", "server-unauthorized")
# Those whose service hostile visitors come to, and what these do.
VISITED = {"never-reads": "hung", "one-byte": "unread"}
HEAD = ("attack", "in a second", "MiB before, most, after", "descriptors before, most, after", "cores", "log B/s",
        "p99 of others", "a login, ms", "back after s")


@dataclass
class Cost:
    name: str
    done: str = ""
    memory: tuple = (0, 0, 0)
    counts: tuple = (0, 0, 0)
    cores: float = 0
    log_rate: float = 0
    late: float = 0     # p99 of a good visitor beside over alone; 0: there is none
    login: float = 0    # ms of a good client that comes meanwhile; 0: none
    back: float = 0
    failed: str = ""

    def cells(self):
        if self.failed:
            return [self.name, "failed: " + self.failed] + [""] * (len(HEAD) - 2)
        three = lambda values: ", ".join(f"{value:.0f}" for value in values)  # noqa: E731
        return [self.name, self.done, three(self.memory), three(self.counts), f"{self.cores:.2f}",
                f"{self.log_rate:.0f}", f"{self.late:.2f}" if self.late else "", f"{self.login:.0f}" if self.login else
                "", "never" if self.back is None else f"{self.back:.0f}"]


class Attacker:
    def __init__(self, kind, port, token, log):
        with open(log, "ab") as file:
            self.child = subprocess.Popen([*LAST, sys.executable, PEER, kind, str(port)], stdout=subprocess.PIPE,
                                          stderr=file, text=True, env={**os.environ, "HOSTILE_TOKEN": token})
        self.began = time.monotonic()

    def port(self):
        return int(self.child.stdout.readline().split()[1])

    def end(self):
        """What it has done, a second."""
        took = time.monotonic() - self.began
        self.child.send_signal(signal.SIGTERM)
        lines = self.child.communicate(timeout=30)[0].splitlines()
        if not lines or not lines[-1].startswith("{"):
            raise Failure("the attacker has ended")
        done = json.loads(lines[-1])
        return ", ".join(f"{value / took / 1e6:.1f} MB" if key == "bytes" else f"{value / took:.0f} {key}"
                         for key, value in done.items() if value > took / 10)


def login_ms(scene):
    """Until a new client of the good token has its port."""
    command = scene.program("client")
    path = scene.path("late.endpoints")
    command[command.index("--endpoint-file") + 1] = path
    began = time.monotonic()
    process = Process([*command, "--server", f"127.0.0.1:{scene.control}", "--token-file", scene.path("good.token"),
                       "--tcp", f"0=127.0.0.1:{scene.echo}"], scene.path("late.log"), session=False)
    try:
        wait_for(lambda: scene.said("late", "service") > 0, "the login of a good client")
        return (time.monotonic() - began) * 1000
    finally:
        process.stop()
        if os.path.exists(path):
            os.remove(path)


def latency(scene):
    return scene.load("latency", f":{scene.public('good')}", 4, scene.options.seconds)[2]


def visited(scene, kind, attacker):
    """Hostile visitors of the attacker's own service."""
    return subprocess.Popen([*LAST, scene.options.hostile, "visit", f"127.0.0.1:{attacker.port()}",
                             str(min(2_000, scene.options.visitors)), VISITED[kind], "bytes=262144"],
                            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)


def at_server(options, kind, tls):
    options.tls = "on" if tls else "off"
    cost = Cost(kind)
    with Scene(options) as scene:
        pid = scene.pid("server")
        alone, login_ms_alone = latency(scene), login_ms(scene)
        before, counts, logged = rss_mib(pid), scene.counts(), os.path.getsize(scene.path("server.log"))
        spent, began, visitors = cpu_seconds(pid), time.monotonic(), None
        with open(scene.path("bad.token"), encoding="ascii") as file:
            attacker = Attacker(kind, scene.control, file.read().strip(), scene.path("attacker.log"))
        with Watch(memory=lambda: rss_mib(pid), counts=lambda: descriptors(pid)) as highest:
            if kind in VISITED:
                visitors = visited(scene, kind, attacker)
            time.sleep(options.attack_seconds)
            cost.cores = (cpu_seconds(pid) - spent) / (time.monotonic() - began)
            cost.late = latency(scene) / alone
            cost.login = login_ms(scene)
            cost.log_rate = (os.path.getsize(scene.path("server.log")) - logged) / (time.monotonic() - began)
            cost.done = attacker.end()
            if visitors:
                visitors.stdin.close()
                visitors.wait()
            cost.back = settle(scene, counts, options.patience)
        scene.alive()
        time.sleep(3)  # the program looks every two seconds whether memory can be given back
        cost.memory = before, highest["memory"], rss_mib(pid)
        cost.counts = counts["server"], highest["counts"], descriptors(pid)
    cost.done += f"; a login alone takes {login_ms_alone:.0f} ms" if kind == "silent" else ""
    return cost


def at_client(options, kind):
    """A client whose server is hostile."""
    options.tls = "off"
    cost = Cost(kind)
    with Scene(options) as scene:
        port = free_port()
        with open(scene.path("good.token"), encoding="ascii") as file:
            attacker = Attacker(kind, port, file.read().strip(), scene.path("attacker.log"))
        log = scene.path("victim.log")
        victim = Process([*scene.program("client")[:2], "--tls", "off", "--log-level", options.log_level, "--server",
                          f"127.0.0.1:{port}", "--token-file", scene.path("good.token"), "--tcp",
                          f"0=127.0.0.1:{scene.echo}"], log)
        time.sleep(0.3)
        try:
            before, count = rss_mib(victim.pid), descriptors(victim.pid)
            spent, began, logged = cpu_seconds(victim.pid), time.monotonic(), os.path.getsize(log)
            with Watch(memory=lambda: rss_mib(victim.pid), counts=lambda: descriptors(victim.pid)) as highest:
                time.sleep(options.attack_seconds)
                if victim.ended():
                    raise Failure(f"the client has ended with {victim.child.returncode}: {victim.last_words()}")
                took = time.monotonic() - began
                cost.cores = (cpu_seconds(victim.pid) - spent) / took
                cost.log_rate = (os.path.getsize(log) - logged) / took
                cost.done = attacker.end()
                until = time.monotonic() + options.patience
                while descriptors(victim.pid) > count + options.spare and time.monotonic() < until:
                    time.sleep(0.25)
                back = time.monotonic() - until + options.patience
                cost.back = back if descriptors(victim.pid) <= count + options.spare else None
            time.sleep(3)
            cost.memory = before, highest["memory"], rss_mib(victim.pid)
            cost.counts = count, highest["counts"], descriptors(victim.pid)
        finally:
            victim.stop()
            attacker.child.kill()
            attacker.child.wait()
    return cost


def attacks(options, chosen):
    """Each by itself, shown as it is done."""
    print(f"Hostile peers for {options.attack_seconds:g} s each, one at a time; log level {options.log_level}\n")
    print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD), flush=True)
    costs = []
    for kind in (*STRANGERS, *CLIENTS, *SERVERS):
        if chosen and kind not in chosen:
            continue
        try:
            cost = at_client(options, kind) if kind in SERVERS else at_server(options, kind, STRANGERS.get(kind, False))
        except Failure as failure:
            cost = Cost(kind, failed=str(failure))
        print("| " + " | ".join(cost.cells()) + " |", flush=True)
        costs.append(cost)
    return costs
