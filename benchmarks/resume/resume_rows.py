"""Bulk through four tunnels: without TLS and with it, with `resume` off and on."""

from peers import Ours, OursTls
from processes import peak_mib
from results import Metric
from rows import Bulk

# What it may cost of each.
PART = 0.05


class Resuming:
    """In front of a tunnel's class: both sides say that sessions may be resumed."""

    def server(self):
        return [*super().server(), "--resume", "30s"]

    def client(self):
        return [*super().client(), "--resume", "30s"]


class Plain(Ours):
    name, settings = "plain", "--tls off"


class PlainOn(Resuming, Plain):
    name, settings = "plain, resume", "as above, with --resume 30s at both sides"


class Tls(OursTls):
    name, settings = "TLS", "defaults"


class TlsOn(Resuming, Tls):
    name, settings = "TLS, resume", "as above, with --resume 30s at both sides"


TUNNELS = [Plain, PlainOn, Tls, TlsOn]
PAIRS = [(Plain, PlainOn), (Tls, TlsOn)]


class ResumeBulk(Bulk):
    def __init__(self, streams, direction, quick):
        bytes_of_all = 500_000_000 if quick else 2_000_000_000
        count = "one stream" if streams == 1 else f"{streams} streams"
        self.group = name = f"resume-{streams}-{direction}"
        super().__init__(name, f"{count} {direction}", direction, streams, bytes_of_all // streams, 20)
        self.peak = Metric(name + "-peak", f"most memory of server and client, {count} {direction}", "MiB", False, 1,
                           worst=True)
        self.metrics += (self.peak,)

    def suits(self, kind):
        return kind in TUNNELS

    def measure(self, bench, load, running):
        values = super().measure(bench, load, running)
        return {**values, self.peak: sum(peak_mib(process.pid) for process in running.processes)}


def resume_rows(quick):
    return [ResumeBulk(streams, direction, quick) for streams in (1, 10) for direction in ("down", "up")]


def goals(_results):
    bulk = [row.group for row in resume_rows(True)]
    return [("throughput: leaves 0.95", [(metric, on.name, off.name, 1 - PART, None)
                                         for metric in bulk for off, on in PAIRS]),
            ("CPU for each GB: at most 1.05", [(metric + "-cpu", on.name, off.name, None, 1 + PART)
                                               for metric in bulk for off, on in PAIRS])]
