"""Rows over HTTP/2 with TLS: FerroTunnel, frp whose client ends TLS, and nginx as the front of a second nginx.

Beside h2load, whose streams all do the same, a small visitor of its own (http2_visitor.py) says two things that h2load
does not: how long a request waits beside a download on its connection, and frames that no good visitor sends.
"""

import os
import subprocess
import sys
import time

from bench import FILE_BYTES
from failure import Failure
from peers import HOST, PAGE
from processes import cpu_seconds
from results import Metric
from rows import Row
from visitors import h2load

CONNECTIONS = (1, 16, 256)
STREAMS = (1, 32, 100)
AS_HTTP1 = ((16, 1), (256, 1), (16, 32))  # connections and streams; HTTP/1.1 has a connection for each request at once
DOWNLOADS = 10
FLOODS = ("reset", "ping", "settings", "window", "continuation", "empty")
VISITOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "http2_visitor.py")


def visitor(*words):
    return [sys.executable, VISITOR, *map(str, words)]


class Http2Row(Row):
    service, backend, direct = "http2", "web", False

    def ask(self, bench, running, connections, streams, seconds):
        """`streams`: 0 for HTTP/1.1."""
        return h2load(bench.programs.find("h2load"), f"https://{HOST}:{running.port}{PAGE}", connections, seconds,
                      os.path.join(bench.folder, "h2load.log"), running.tunnel.visitor_fields, streams)


class Requests(Http2Row):
    tools = ("h2load",)
    group = "http2"

    def __init__(self, connections, streams, seconds):
        self.connections, self.streams, self.seconds = connections, streams, seconds
        how = f"HTTP/2, {connections} connections, {streams} requests at once on each"
        name = f"http2-{connections}-{streams}"
        self.metrics = (Metric(name, f"requests over {how}", "/s"),
                        Metric(name + "-p99", f"p99 over {how}", "ms", False, 2),
                        Metric(name + "-failed", f"failed requests over {how}", "in a round", False, worst=True))

    def warm_up(self, bench, load, running):
        self.ask(bench, running, self.connections, self.streams, 1)

    def measure(self, bench, load, running):
        counted = self.ask(bench, running, self.connections, self.streams, self.seconds)
        rate, p99, failed = self.metrics
        return {rate: counted.per_second, p99: counted.p99_ms, failed: counted.failed}


class AsHttp1(Http2Row):
    """What HTTP/2 gives of what HTTP/1.1 gives over TLS, at as many requests at once; by turns on one server."""

    tools = ("h2load",)
    group = "http2-as-http1"

    def __init__(self, connections, streams, seconds):
        self.connections, self.streams, self.seconds = connections, streams, seconds
        self.metrics = (Metric(f"http2-as-http1-{connections}-{streams}",
                               f"{connections} connections of HTTP/2 with {streams} requests at once, of what "
                               f"{connections * streams} of HTTP/1.1 give", "%"),)

    def measure(self, bench, load, running):
        old = self.ask(bench, running, self.connections * self.streams, 0, self.seconds).per_second
        return {self.metrics[0]: 100 * self.ask(bench, running, self.connections, self.streams,
                                                self.seconds).per_second / old}


class Download(Http2Row):
    tools = ("curl",)
    group = "http2-download"
    metrics = (Metric("http2-download", "1 GB over HTTP/2", "MB/s"),
               Metric("http2-download-as-http1", "1 GB over HTTP/2, of what HTTP/1.1 gives", "%"))

    def fetch(self, bench, running, version):
        began = time.monotonic()
        done = subprocess.run([bench.programs.find("curl"), "-sk", version, "-o", os.devnull, "--fail",
                               "--resolve", f"{HOST}:{running.port}:127.0.0.1",
                               f"https://{HOST}:{running.port}/file?[1-{DOWNLOADS}]"],
                              stdin=subprocess.DEVNULL, timeout=120, check=False)
        if done.returncode != 0:
            raise Failure(f"curl {version} fails with {done.returncode}")
        return DOWNLOADS * FILE_BYTES / (time.monotonic() - began) / 1e6

    def measure(self, bench, load, running):
        old, new = self.fetch(bench, running, "--http1.1"), self.fetch(bench, running, "--http2")
        return dict(zip(self.metrics, (new, 100 * new / old)))


class BesideBulk(Http2Row):
    """Requests one after the other, on the connection on which a download continues."""

    group = "http2-beside"
    metrics = (Metric("http2-beside-p50", "a request beside a download on its connection, p50", "us", False),
               Metric("http2-beside-p99", "a request beside a download on its connection, p99", "us", False),
               Metric("http2-beside-bulk", "the download beside it", "MB/s"))

    def __init__(self, seconds):
        self.seconds = seconds

    def measure(self, bench, load, running):
        done = subprocess.run(visitor("beside", running.port, self.seconds), capture_output=True, text=True,
                              timeout=self.seconds + 60, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise Failure((done.stderr.strip() or "the visitor has failed").splitlines()[-1])
        return dict(zip(self.metrics, map(float, done.stdout.split())))


class BesideFlood(Http2Row):
    """What good visitors still get beside one who floods, connection after connection, and runs on the same cores."""

    group = "http2-flood"
    tools = ("h2load",)

    def __init__(self, kind, seconds):
        self.kind, self.seconds = kind, seconds
        name, what = f"http2-flood-{kind}", f"requests beside a flood ({kind}) over those without"
        self.metrics = (Metric(name, what, "% of the processor left"), Metric(name + "-whole", what, "% of the whole"))

    def measure(self, bench, load, running):
        alone = self.ask(bench, running, 16, 32, self.seconds).per_second
        with subprocess.Popen(visitor("flood", running.port, self.kind), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as flood:
            try:
                if flood.stdout.readline() != "flooding\n":
                    raise Failure("the flood does not begin")
                began, spent = time.monotonic(), cpu_seconds(flood.pid)
                beside = self.ask(bench, running, 16, 32, self.seconds).per_second
                if flood.poll() is not None:
                    raise Failure("the flood has ended before the others had")
                share = (cpu_seconds(flood.pid) - spent) / (time.monotonic() - began) / len(os.sched_getaffinity(0))
            finally:
                flood.kill()
        return dict(zip(self.metrics, (100 * beside / alone / (1 - share), 100 * beside / alone)))


def http2_rows(quick):
    seconds = 2 if quick else 5
    return [*(Requests(connections, streams, seconds) for connections in CONNECTIONS for streams in STREAMS),
            *(AsHttp1(connections, streams, seconds) for connections, streams in AS_HTTP1), Download(),
            BesideBulk(seconds), *(BesideFlood(kind, seconds) for kind in FLOODS)]
