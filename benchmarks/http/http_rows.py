"""What the edge does to people while others attack it, or download."""

import os
import statistics
import subprocess
import sys
import threading
import time

from failure import Failure
from judging import PLAIN, TLS, at_most
from peers import HOST, PAGE, Direct, Ours, OursTls
from processes import Process, cpu_seconds, descriptors, pss_kib
from results import Metric
from rows import Row
from visitors import wrk

EVENT_SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "event_source.py")
EVENTS_HOST = "events.localhost"
VISITORS = 64

# What slowhttptest is told beside the number of connections.
ATTACKS = {
    "header": ("slow headers", ("-H", "-i", "3", "-x", "24"), PAGE),
    "body": ("slow bodies", ("-B", "-i", "3", "-s", "65536", "-x", "16"), "/upload"),
    "read": ("slow reads", ("-X", "-w", "512", "-y", "1024", "-n", "3", "-z", "32"), "/large"),
}


class OneTrunk(OursTls):
    name, settings = "FerroTunnel TLS, one trunk", OursTls.settings + ", --connections 1"

    def client(self):
        return [*super().client(), "--connections", "1"]


class Attackers:
    """slowhttptest, begun again whenever the server has got rid of all its connections."""

    def __init__(self, program, arguments, url, connections, log):
        self.command = [program, *arguments, "-c", str(connections), "-r", str(connections), "-l", "60", "-p", "3",
                        "-u", url]
        self.log, self.stopping, self.begun, self.now, self.before = log, False, 0, 0, 0
        self.thread = threading.Thread(target=self.work)

    def work(self):
        while not self.stopping:
            process = Process(self.command, self.log)
            self.begun += 1
            while not self.stopping and not process.ended():
                self.now = cpu_seconds(process.pid)
                time.sleep(0.1)
            self.before, self.now = self.before + self.now, 0
            process.stop()

    def cpu_seconds(self):
        return self.before + self.now

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join()


class Watch:
    """The highest of what a function says, looked at all the while."""

    def __init__(self, look):
        self.look, self.highest, self.stopping = look, 0, False
        self.thread = threading.Thread(target=self.work)

    def work(self):
        while not self.stopping:
            self.highest = max(self.highest, self.look())
            time.sleep(0.2)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join()


class Attack(Row):
    """Requests per second of good visitors before, during and after; the memory of the server."""

    group = "attack"
    service, backend, direct, tools = "http", "web", False, ("wrk", "slowhttptest")
    come_seconds, gone_seconds = 5, 10

    def __init__(self, kind, connections, seconds):
        what, self.arguments, self.path = ATTACKS[kind]
        self.connections, self.seconds = connections, seconds
        what += f" by {connections}"
        name = "attack-" + kind
        self.ratio = Metric(name, f"{what}: requests during over without", "of the processor left", True, 3)
        self.plain_ratio = Metric(name + "-whole", f"{what}: requests during over without", "of the whole", True, 3)
        self.during = Metric(name + "-rate", f"{what}: requests meanwhile", "/s")
        self.failed = Metric(name + "-failed", f"{what}: failed requests of good visitors", "in a round", False,
                             worst=True)
        self.held = Metric(name + "-held", f"{what}: connections that the server held", "at most")
        self.before, self.peak, self.after = (
            Metric(f"{name}-memory-{when}", f"{what}: memory of the server {when}", "MiB", False, 1)
            for when in ("before", "during", "after"))
        self.metrics = (self.ratio, self.plain_ratio, self.during, self.failed, self.held, self.before, self.peak,
                        self.after)

    def suits(self, kind):
        return super().suits(kind) and kind is not OneTrunk

    def rounds(self, rounds):
        return min(rounds, 3)

    def warm_up(self, bench, load, running):
        self.ask(bench, running)

    def ask(self, bench, running):
        return wrk(bench.programs.find("wrk"), f"http://{HOST}:{running.port}{PAGE}", VISITORS, self.seconds)

    def measure(self, bench, load, running):
        server = running.processes[0].pid
        without = [self.ask(bench, running)]
        before, few = pss_kib(server), descriptors(server)
        attackers = Attackers(bench.programs.find("slowhttptest"), self.arguments,
                              f"http://{HOST}:{running.port}{self.path}", self.connections,
                              os.path.join(bench.folder, "slowhttptest.log"))
        with Watch(lambda: pss_kib(server)) as memory, Watch(lambda: descriptors(server)) as held:
            with attackers:
                self.wait(lambda: descriptors(server) - few >= self.connections * 0.9, self.come_seconds)
                spent = attackers.cpu_seconds()
                during = self.ask(bench, running)
                spent = attackers.cpu_seconds() - spent
            if attackers.begun == 0 or held.highest - few < self.connections / 4:
                raise Failure(f"the attack did not come up: {held.highest - few} connections")
        self.wait(lambda: descriptors(server) <= few + VISITORS, self.gone_seconds)
        bench.settle(1)
        after = pss_kib(server)
        without.append(self.ask(bench, running))
        usual = statistics.mean(each.per_second for each in without)
        ratio = during.per_second / usual
        left = 1 - spent / self.seconds / len(os.sched_getaffinity(0))
        return {self.ratio: ratio / left, self.plain_ratio: ratio, self.during: during.per_second,
                self.failed: during.failed + sum(each.failed for each in without), self.held: held.highest - few,
                self.before: before / 1024, self.peak: memory.highest / 1024, self.after: after / 1024}

    @staticmethod
    def wait(condition, seconds):
        until = time.monotonic() + seconds
        while not condition() and time.monotonic() < until:
            time.sleep(0.1)


class Events(Row):
    """How far the time between two events differs from that between their sending."""

    group = "events"
    service, backend, more = "http", "web", {EVENTS_HOST: "events"}

    def __init__(self, seconds, beside_bulk):
        self.seconds, self.beside = seconds, beside_bulk
        name = "events-beside" if beside_bulk else "events"
        where = " beside a download" if beside_bulk else ""
        self.p99 = Metric(name + "-p99", f"jitter of events every 50 ms{where}, p99", "ms", False, 2)
        self.most = Metric(name + "-max", f"jitter of events every 50 ms{where}, most", "ms", False, 2, worst=True)
        self.bulk = Metric(name + "-bulk", "the download beside events", "MB/s")
        self.metrics = (self.p99, self.most, self.bulk) if beside_bulk else (self.p99, self.most)

    def measure(self, bench, load, running):
        direct = not running.tunnel.programs
        port = running.tunnel.place.more[EVENTS_HOST] if direct else running.port
        command = [sys.executable, EVENT_SOURCE, "watch", str(port), EVENTS_HOST, str(self.seconds)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as visitor:
            values = {}
            if self.beside:
                _, total, seconds, _, _ = load("http", f":{running.port}", "/file", max(1, self.seconds - 1))
                values[self.bulk] = total / seconds / 1e6
            text, error = visitor.communicate()
        took = [float(line) for line in text.split()]
        if visitor.returncode != 0 or len(took) < 2:
            raise Failure(error.strip().splitlines()[-1] if error.strip() else "no events came")
        jitter = sorted(abs(later - earlier) / 1e3 for earlier, later in zip(took, took[1:]))
        values[self.p99], values[self.most] = jitter[int((len(jitter) - 1) * 0.99)], jitter[-1]
        return values


def http_rows(quick):
    seconds = 3 if quick else 6
    return [*(Attack(kind, 2_000, seconds) for kind in ATTACKS), Events(seconds * 2, False), Events(seconds * 2, True)]


TUNNELS = [Direct, Ours, OursTls, OneTrunk]


def goals(results):
    attacks = ["attack-" + kind for kind in ATTACKS]
    return [
        ("attacks leave good visitors nine tenths of their throughput",
         [(name, variant, None, 0.9, None) for name in attacks for variant in (PLAIN, TLS)]),
        ("no request of theirs fails", at_most([name + "-failed" for name in attacks], 0)),
        ("jitter of events stays below 20 ms", at_most(["events-max", "events-beside-max"], 20.0,
                                                       (PLAIN, TLS, OneTrunk.name))),
    ]
