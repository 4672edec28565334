"""Requests for a page of 1 KiB through the edge: with metrics off, and read every second; with an access log, too; with
the client's inspector on."""

import http.client
import os
import threading

from peers import HOST, PAGE, Ours
from processes import cpu_seconds, free_port
from results import Metric
from rows import Row
from visitors import wrk

CONNECTIONS = (16, 64)


class Off(Ours):
    name, settings = "metrics off", "--tls off, connections_per_address raised"


class Read(Off):
    name, settings = "metrics read", "as above, with --metrics, which is read once a second"

    def prepare(self):
        super().prepare()
        self.metrics = free_port()

    def server(self):
        return [*super().server(), "--metrics", f"127.0.0.1:{self.metrics}"]


class Logged(Read):
    name, settings = "metrics read, access log", "as above, with --access-log to a file"

    def server(self):
        return [*super().server(), "--access-log", os.path.join(self.place.folder, "access.log")]


class Inspected(Off):
    name, settings = "inspector on", "as the first, with --inspect on at the client"

    def client(self):
        return [*super().client(), "--inspect", "on"]


class Reader:
    """Reads the metrics of a tunnel once a second, if it has any."""

    def __init__(self, tunnel):
        self.port = getattr(tunnel, "metrics", None)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.read, daemon=True)

    def read(self):
        while self.port is not None and not self.ended.wait(1):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            connection.request("GET", "/metrics")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            connection.close()

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


class MeteredRequests(Row):
    backend, service, tools = "web", "http", ("wrk",)

    def __init__(self, connections, seconds):
        self.connections, self.seconds = connections, seconds
        self.group = name = f"metrics-{connections}"
        self.rate = Metric(name, f"requests, {connections} connections", "/s")
        self.p99 = Metric(name + "-p99", f"p99, {connections} connections", "ms", False, 2)
        self.cpu = Metric(name + "-cpu", f"CPU of the server a request, {connections} connections", "us", False, 1)
        self.failed = Metric(name + "-failed", f"failed requests, {connections} connections", "in a round", False,
                             worst=True)
        self.metrics = (self.rate, self.p99, self.cpu, self.failed)

    def suits(self, tunnel):
        return issubclass(tunnel, Off)

    def ask(self, bench, running, seconds):
        url = f"http://{HOST}:{running.port}{PAGE}"
        return wrk(bench.programs.find("wrk"), url, self.connections, seconds)

    def warm_up(self, bench, load, running):
        self.ask(bench, running, 1)

    def measure(self, bench, load, running):
        server = running.processes[0].pid
        spent = cpu_seconds(server)
        with Reader(running.tunnel):
            counted = self.ask(bench, running, self.seconds)
        spent = cpu_seconds(server) - spent
        return {self.rate: counted.per_second, self.p99: counted.p99_ms, self.failed: counted.failed,
                self.cpu: spent * 1e6 / (counted.per_second * self.seconds)}


TUNNELS = [Off, Read, Logged, Inspected]


def metric_rows(quick):
    return [MeteredRequests(connections, 3 if quick else 8) for connections in CONNECTIONS]


def goals(_results):
    rates = [f"metrics-{connections}" for connections in CONNECTIONS]
    leaves = [(each, [(rate, each.name, Off.name, 0.95, None) for rate in rates]) for each in (Read, Logged, Inspected)]
    return [*((f"{each.name}: leaves 0.95 of the requests", checks) for each, checks in leaves),
            ("no request fails",
             [(rate + "-failed", each.name, None, None, 0) for rate in rates for each in TUNNELS])]
