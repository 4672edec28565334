"""Requests with a head of 1 KiB, for a page of 1 KiB, through the edge with and without plugins."""

import os

from peers import HOST, PAGE, Ours
from processes import cpu_seconds
from results import Metric
from rows import Row
from visitors import wrk

HERE = os.path.dirname(os.path.abspath(__file__))
ENTRIES = 100_000
CONNECTIONS = (16, 64)
HEAD_BYTES = 1024


def fields():
    """What a browser says beside Host, filled up with a cookie to a head of 1 KiB."""
    said = ["User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Accept-Language: en-US,en;q=0.5",
            "Accept-Encoding: gzip, deflate", "Upgrade-Insecure-Requests: 1", "Sec-Fetch-Dest: document"]
    others = len(f"GET {PAGE} HTTP/1.1\r\nHost: {HOST}:12345\r\nX-Key: key-12345\r\nCookie: \r\n\r\n")
    return [*said, "Cookie: " + "c" * (HEAD_BYTES - others - sum(len(field) + 2 for field in said))]


class Bare(Ours):
    name, settings = "no plugins", "--tls off, connections_per_address raised"
    chain = ()

    def prepare(self):
        super().prepare()
        lines = ["server:", "  http: {connections_per_address: 100000}"]
        if self.chain:
            lines += ["  plugins:", "    chain:", *(f"      - {item}" for item in self.chain)]
        self.configuration = self.place.write("server.yml", "\n".join(lines) + "\n")

    def environment(self):
        """The plugins of the program's own build."""
        built = os.path.join(os.path.dirname(os.path.realpath(self.program)), "plugins", "modules")
        return {"FERROTUNNEL_PLUGINS": built} if os.path.isdir(built) else {}


class Headers(Bare):
    name = "5 headers"
    settings = "five instances: each sets a field of the request by a template and one of the answer, and removes one of each"
    chain = [f"headers: {{request: {{set: {{X-Visitor-{i}: \"{{{{visitor}}}}\"}}, remove: X-Gone-{i}}}, "
             f"response: {{set: {{X-Answer-{i}: DENY}}, remove: X-Gone-{i}}}}}\n        id: headers-{i}" for i in range(5)]


class RateLimit(Bare):
    name = "rate-limit"
    settings = f"entries: {ENTRIES}, all in use, counted by a field of which 1,000 values come by turns; refuses nobody"
    chain = [f"rate-limit: {{rate: 1000000/s, burst: 1000000, key: header.X-Key, entries: {ENTRIES}}}"]


class IpFilter(Bare):
    name = "ip-filter"
    settings = f"deny_file with {ENTRIES} networks, none of which is the visitor's"
    chain = ["ip-filter: {deny_file: deny.txt}"]

    def prepare(self):
        super().prepare()
        networks = (f"{10 + i // 65536}.{i // 256 % 256}.{i % 256}.0/25" for i in range(ENTRIES))
        self.place.write("deny.txt", "\n".join(networks) + "\n")


class PluginRequests(Row):
    backend, service, tools = "web", "http", ("wrk",)

    def __init__(self, connections, seconds):
        self.connections, self.seconds = connections, seconds
        self.group = name = f"plugins-{connections}"
        self.rate = Metric(name, f"requests, {connections} connections", "/s")
        self.p99 = Metric(name + "-p99", f"p99, {connections} connections", "ms", False, 2)
        self.cpu = Metric(name + "-cpu", f"CPU of the server a request, {connections} connections", "us", False, 1)
        self.failed = Metric(name + "-failed", f"failed requests, {connections} connections", "in a round", False,
                             worst=True)
        self.metrics = (self.rate, self.p99, self.cpu, self.failed)

    def suits(self, tunnel):
        return issubclass(tunnel, Bare)

    def ask(self, bench, running, seconds, script):
        url = f"http://{HOST}:{running.port}{PAGE}"
        return wrk(bench.programs.find("wrk"), url, self.connections, seconds, fields(),
                   os.path.join(HERE, script))

    def warm_up(self, bench, load, running):
        self.ask(bench, running, 1, "keys.lua")
        if isinstance(running.tunnel, RateLimit):
            self.ask(bench, running, 12, "all_keys.lua")  # fills the table

    def measure(self, bench, load, running):
        server = running.processes[0].pid
        spent = cpu_seconds(server)
        counted = self.ask(bench, running, self.seconds, "keys.lua")
        spent = cpu_seconds(server) - spent
        return {self.rate: counted.per_second, self.p99: counted.p99_ms, self.failed: counted.failed,
                self.cpu: spent * 1e6 / (counted.per_second * self.seconds)}


TUNNELS = [Bare, Headers, RateLimit, IpFilter]


def plugin_rows(quick):
    return [PluginRequests(connections, 3 if quick else 8) for connections in CONNECTIONS]


def goals(_results):
    rates = [f"plugins-{connections}" for connections in CONNECTIONS]
    bare = Bare.name
    return [("five instances of headers leave 0.9 of the requests",
             [(rate, Headers.name, bare, 0.9, None) for rate in rates]),
            (f"rate-limit and ip-filter with {ENTRIES:,} entries leave 0.95",
             [(rate, each.name, bare, 0.95, None) for rate in rates for each in (RateLimit, IpFilter)]),
            ("no request fails",
             [(rate + "-failed", each.name, None, None, 0) for rate in rates for each in TUNNELS])]
