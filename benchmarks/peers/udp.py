"""Rows of datagrams: how many a second, how many are lost where more are offered, and what one waits beside a download.

A tunnel has one number for UDP and TCP here, so that a download over TCP can run beside the datagrams.
"""

from failure import Failure
from results import Metric
from rows import Row

SIZES = (64, 1200, 9000)
VISITORS, WINDOW = 16, 16
# What is offered in a second: more than any tunnel carries, and what most should.
OFFERED = {64: (40_000, 150_000), 1200: (40_000, 150_000), 9000: (5_000, 30_000)}


class Datagrams(Row):
    group, service = "udp", "udp"

    def arrives(self, load, running, *work):
        """What has arrived over what was sent, and both; a tunnel that lets next to nothing through has failed."""
        sent, arrived, seconds = load("udp", f":{running.port}", *work)
        if arrived < sent * 0.001:
            raise Failure(f"{arrived:.0f} of {sent:.0f} datagrams arrived")
        return sent, arrived, seconds


class Rate(Datagrams):
    """As many as come through with so many under way of each visitor, who hears which have arrived."""

    def __init__(self, way, size, visitors, window, seconds, segments=False):
        self.work, self.seconds = (way, size, visitors, "window", window), seconds
        self.how = ("segments",) if segments else ()
        who = f"{visitors} visitor{'s' if visitors > 1 else ''}" + (" with segments" if segments else "")
        self.way, name = way, "-".join(["udp", way, str(size), str(visitors), *self.how])
        label = f"datagrams of {size} bytes {'up' if way == 'up' else 'there and back'}, {who}"
        self.metrics = (Metric(name, label, "/s"),
                        Metric(name + "-cpu", f"CPU of server and client, {label}", "us each", False, 2))

    def warm_up(self, bench, load, running):
        self.arrives(load, running, *self.work, 0.3, *self.how)

    def measure(self, bench, load, running):
        before = running.cpu_seconds()
        _, arrived, seconds = self.arrives(load, running, *self.work, self.seconds, *self.how)
        return {self.metrics[0]: arrived / seconds, self.metrics[1]: (running.cpu_seconds() - before) * 1e6 / arrived}


class Loss(Datagrams):
    """The same offered rate for all, whether or not they can carry it."""

    def __init__(self, size, offered, seconds):
        self.work, self.seconds = ("up", size, VISITORS, "rate", offered), seconds
        label = f"of {offered} datagrams of {size} bytes a second"
        self.metrics = (Metric(f"udp-loss-{size}-{offered}", f"lost {label}", "%", False, 2),)

    def warm_up(self, bench, load, running):
        self.arrives(load, running, *self.work, 0.3)

    def measure(self, bench, load, running):
        sent, arrived, _ = self.arrives(load, running, *self.work, self.seconds)
        return {self.metrics[0]: 100 * (1 - arrived / sent)}


class Beside(Datagrams):
    def __init__(self, beside, seconds):
        self.beside, self.seconds = ["bulk"] if beside else [], seconds
        name, where = ("udp-beside", " beside a download") if beside else ("udp-alone", "")
        self.metrics = tuple(Metric(f"{name}-{short}", f"a datagram's echo{where}, {short}", "us", False)
                             for short in ("p50", "p99"))
        if beside:
            self.metrics += (Metric(name + "-bulk", "the download beside echoes of datagrams", "MB/s"),)

    def warm_up(self, bench, load, running):
        load("udp-latency", f":{running.port}", 0.3, *self.beside)

    def measure(self, bench, load, running):
        _, p50, p99, _, _, moved = load("udp-latency", f":{running.port}", self.seconds, *self.beside)
        return dict(zip(self.metrics, (p50, p99, moved)))


def udp_rows(quick):
    seconds = 1 if quick else 3
    return [*(Rate(way, size, VISITORS, WINDOW, seconds) for way in ("up", "echo") for size in SIZES),
            Rate("up", 1200, 1, 48, seconds), Rate("up", 1200, 1, 96, seconds, segments=True),
            *(Loss(size, offered, seconds) for size in SIZES for offered in OFFERED[size]),
            Beside(False, seconds), Beside(True, seconds)]
