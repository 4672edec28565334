"""Rows of requests over HTTP: one page of 1 KiB again and again, over connections that are kept.

Each tunnel does it by what it has for HTTP, which reads the requests and chooses the service by their Host; so these
are not the tunnels of TCP, and two nginx stand beside them.
"""

import os

from peers import HOST, PAGE
from results import Metric
from rows import Row
from visitors import h2load, wrk

CONNECTIONS = (1, 16, 64, 256, 1_000, 10_000)
CONNECTIONS_H2LOAD = (16, 256, 1_000)
CONNECTIONS_HTTPS = (16, 256)


class Requests(Row):
    backend = "web"

    def __init__(self, group, generator, connections, seconds, service="http"):
        self.group, self.service, self.generator, self.connections = group, service, generator, connections
        # With many connections, making them takes its time.
        self.seconds = max(seconds, 5) if connections >= 10_000 else seconds
        self.tools = (generator,)
        how = f"{'HTTPS' if service == 'https' else 'HTTP'}, {connections} connections by {generator}"
        name = f"{group}-{connections}"
        self.metrics = (Metric(name, f"requests over {how}", "/s"),
                        Metric(name + "-p99", f"p99 over {how}", "ms", False, 2),
                        Metric(name + "-failed", f"failed requests over {how}", "in a round", False, worst=True))

    def ask(self, bench, running, seconds):
        scheme = "https" if self.service == "https" else "http"
        url = f"{scheme}://{HOST}:{running.port}{PAGE}"
        program = bench.programs.find(self.generator)
        if self.generator == "wrk":
            return wrk(program, url, self.connections, seconds, running.tunnel.visitor_fields)
        return h2load(program, url, self.connections, seconds, os.path.join(bench.folder, "h2load.log"),
                      running.tunnel.visitor_fields)

    def warm_up(self, bench, load, running):
        self.ask(bench, running, 1)

    def measure(self, bench, load, running):
        counted = self.ask(bench, running, self.seconds)
        rate, p99, failed = self.metrics
        if counted.failed > counted.per_second * self.seconds:  # it would be that of refusals
            bench.results.fail((p99,), running.tunnel.name, "most requests failed")
        return {rate: counted.per_second, p99: counted.p99_ms, failed: counted.failed}


def edge_rows(quick):
    seconds = 2 if quick else 5
    return [*(Requests("edge", "wrk", connections, seconds) for connections in CONNECTIONS),
            *(Requests("edge-h2load", "h2load", connections, seconds) for connections in CONNECTIONS_H2LOAD),
            *(Requests("edge-https", "wrk", connections, seconds, "https") for connections in CONNECTIONS_HTTPS)]
