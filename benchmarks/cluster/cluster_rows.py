"""Bulk, requests and latency through one server, and through two that are a cluster: at the client's, and one hop away."""

import os
import subprocess

from peers import HOST, PAGE, OursTls
from processes import free_port
from results import Metric
from rows import Bulk, Latency, Row
from visitors import h2load

# What the hop may take, of all processes together: it adds a third one to two. Bytes pass one more TLS connection.
MOST, MOST_FOR_BYTES = 2.0, 2.2
# Both servers run in one process group, whose first one only waits for them.
BOTH = '"$0" server --config "$1" --no-watch & "$0" server --config "$2" --no-watch & wait'


class Alone(OursTls):
    name, settings = "no cluster", "defaults; over HTTP, connections_per_address raised"


class Own(OursTls):
    name, settings = "own server", "two servers; visitors come to the one that the client is connected to"
    visited = "a"

    def prepare(self):
        super().prepare()
        key, link = os.path.join(self.place.folder, "cluster.key"), free_port()
        subprocess.run([self.program, "cluster", "key", key], check=True, capture_output=True, stdin=subprocess.DEVNULL)
        # The same ports at two addresses. Visitors come to 127.0.0.1, and so does the client.
        addresses = {name: "127.0.0.1" if name == self.visited else "127.0.0.2" for name in "ab"}
        self.files = []
        for name, other in ("ab", "ba"):
            control = "127.0.0.1" if name == "a" else "127.0.0.2"
            web = f"{addresses[name]}:{self.place.public}" if self.place.service == "http" else "off"
            self.files.append(self.place.write(f"{name}.yml", f"""
server:
  bind: {control}:{self.place.control}
  tcp_bind: {addresses[name]}
  http_bind: {web}
  http: {{connections_per_address: 100000}}
  token: file:{self.token}
  state_dir: {os.path.join(self.place.folder, 'state-' + name)}
  control: off
  cluster:
    name: {name}
    listen: {'127.0.0.1' if name == 'a' else '127.0.0.2'}:{link}
    key: {key}
    peers: {{{other}: "{'127.0.0.2' if name == 'a' else '127.0.0.1'}:{link}"}}
"""))

    def server(self):
        return ["bash", "-c", BOTH, self.program, *self.files]


class Hop(Own):
    name, settings = "one hop", "two servers; visitors come to the other one, which forwards them"
    visited = "b"


TUNNELS = [Alone, Own, Hop]


class HopBulk(Bulk):
    def __init__(self, streams, direction, quick):
        size = 500_000_000 if quick else 2_000_000_000
        label = f"{'one stream' if streams == 1 else f'{streams} streams'} {direction}"
        self.group = name = f"hop-{streams}-{direction}"
        super().__init__(name, label, direction, streams, size // streams, 20)
        self.cpu = Metric(name + "-cpu", f"CPU of the servers and the client, {label}", "s/GB", False, 2)
        self.metrics = (self.speed, self.cpu)

    def suits(self, kind):
        return kind in TUNNELS


class HopLatency(Latency):
    def __init__(self, connections, seconds):
        super().__init__(connections, seconds, False)
        self.group = f"hop-latency-{connections}"
        self.metrics = tuple(Metric(f"{self.group}-{short}", f"echo {short}, {connections} connection"
                                    f"{'s' if connections > 1 else ''}", "us", False) for short in ("p50", "p99", "p99.9"))

    def suits(self, kind):
        return kind in TUNNELS


class HopRequests(Row):
    backend, service, tools = "web", "http", ("h2load",)

    def __init__(self, connections, seconds):
        self.connections, self.seconds = connections, seconds
        self.group = name = f"hop-requests-{connections}"
        label = f"{connections} connection{'s' if connections > 1 else ''}"
        self.rate = Metric(name, f"requests, {label}", "/s")
        self.p50 = Metric(name + "-p50", f"request p50, {label}", "ms", False, 2)
        self.p99 = Metric(name + "-p99", f"request p99, {label}", "ms", False, 2)
        self.cpu = Metric(name + "-cpu", f"CPU of the servers and the client a request, {label}", "us", False, 1)
        self.failed = Metric(name + "-failed", f"failed requests, {label}", "in a round", False, worst=True)
        self.metrics = (self.rate, self.p50, self.p99, self.cpu, self.failed)

    def suits(self, kind):
        return kind in TUNNELS

    def ask(self, bench, running, seconds):
        self.log = os.path.join(bench.folder, "h2load.log")
        return h2load(bench.programs.find("h2load"), f"http://{HOST}:{running.port}{PAGE}", self.connections, seconds,
                      self.log)

    def warm_up(self, bench, load, running):
        self.ask(bench, running, 1)

    def measure(self, bench, load, running):
        spent = running.cpu_seconds()
        counted = self.ask(bench, running, self.seconds)
        spent = running.cpu_seconds() - spent
        with open(self.log, encoding="ascii") as file:
            times = sorted(int(line.split()[2]) for line in file)
        return {self.rate: counted.per_second, self.p50: times[len(times) // 2] / 1e3, self.p99: counted.p99_ms,
                self.cpu: spent * 1e6 / len(times), self.failed: counted.failed}


def cluster_rows(quick):
    seconds = 2 if quick else 5
    return [*(HopBulk(streams, direction, quick) for streams in (1, 10) for direction in ("down", "up")),
            *(HopRequests(connections, seconds) for connections in (1, 16, 256)),
            *(HopLatency(connections, seconds) for connections in (1, 16))]


def goals(_results):
    bulk = [row.group for row in cluster_rows(True) if isinstance(row, HopBulk)]
    requests = [row.group for row in cluster_rows(True) if isinstance(row, HopRequests)]
    echoes = [row.group + "-p50" for row in cluster_rows(True) if isinstance(row, HopLatency)]
    costs = [metric + "-cpu" for metric in (*bulk, *requests)]
    return [("a cluster costs nothing where the client is", [(metric, Own.name, Alone.name, None, 1.05) for metric in costs]),
            (f"a hop: at most {MOST_FOR_BYTES:g} of the CPU for each GB",
             [(metric + "-cpu", Hop.name, Own.name, None, MOST_FOR_BYTES) for metric in bulk]),
            (f"a hop: at most {MOST:g} of the CPU for each request",
             [(metric + "-cpu", Hop.name, Own.name, None, MOST) for metric in requests]),
            (f"a hop leaves {1 / MOST:g} of throughput and requests",
             [(metric, Hop.name, Own.name, 1 / MOST, None) for metric in (*bulk, *requests)]),
            (f"a hop: at most {MOST:g} of the latency",
             [(metric, Hop.name, Own.name, None, MOST) for metric in (*echoes, *(each + "-p50" for each in requests))]),
            ("no request fails", [(each + "-failed", kind.name, None, None, 0) for each in requests for kind in TUNNELS])]
