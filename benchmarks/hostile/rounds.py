"""Rounds of a good visitor alone and beside hostile ones, in turns; and an hour of all kinds mixed."""

import contextlib
import statistics
import time
from dataclasses import dataclass, field

from failure import Failure
from processes import cpu_seconds, descriptors
from scene import KINDS, Watch, rss_mib, socket_mib


@dataclass
class Row:
    service: str
    kind: str
    held: int = 0
    # What the good visitor has beside the hostile ones over what it has alone, a sample each: throughput and p99, and
    # both as parts of what a direct connection has at the same time.
    rate: list = field(default_factory=list)
    rate_of_direct: list = field(default_factory=list)
    late: list = field(default_factory=list)
    late_of_direct: list = field(default_factory=list)
    highest: dict = field(default_factory=dict)
    memory_before: dict = field(default_factory=dict)
    memory_after: dict = field(default_factory=dict)
    counts_before: dict = field(default_factory=dict)
    counts_after: dict = field(default_factory=dict)
    back: float = 0      # seconds until descriptors were as before; None: not within the patience
    log_rate: float = 0  # bytes a second
    server_cpu: float = 0  # cores, while nobody but the hostile ones is there
    failed: str = ""
    samples: list = field(default_factory=list)  # before, beside and behind them, a round each


def settle(scene, before, patience):
    """Seconds until server and clients have as many descriptors as before; None if they do not within the patience."""
    began = time.monotonic()
    while time.monotonic() - began < patience and not scene.options.ended.is_set():
        now = scene.counts()
        if all(now[name] <= before[name] + scene.options.spare for name in before):
            return time.monotonic() - began
        time.sleep(0.25)
    return None


def looks(scene):
    return {"server": lambda: rss_mib(scene.pid("server")), "good": lambda: rss_mib(scene.pid("good")),
            "bad": lambda: rss_mib(scene.pid("bad")), "server_fds": lambda: descriptors(scene.pid("server")),
            "bad_fds": lambda: descriptors(scene.pid("bad")), "sockets": socket_mib}


def wait_until_gone(scene, row):
    """The hostile ones have ended: takes down when their descriptors are back."""
    back = settle(scene, row.counts_before, scene.options.patience)
    row.back = None if back is None or row.back is None else max(row.back, back)
    scene.alive()


@contextlib.contextmanager
def crowds(scene, plan):
    """Hostile visitors by service, until the end of the block."""
    running = [scene.crowd(service, kinds, count) for service, kinds, count in plan]
    try:
        yield running
    finally:
        for crowd in running:
            crowd.end()


def samples(scene, service):
    return [scene.good(service) for _ in range(scene.options.samples)]


def compare(row, alone, found):
    """Adds what the good visitor had beside the hostile ones, over what it has alone: the middle of several sides, each
    of which counts the same."""
    for name in ("rate", "rate_of_direct", "late", "late_of_direct"):
        usual = statistics.mean(statistics.median(getattr(sample, name) for sample in side) for side in alone)
        getattr(row, name).extend(getattr(sample, name) / usual for sample in found)


def beside(scene, row, kinds):
    """Samples beside the hostile ones."""
    logged, began = scene.log_bytes(), time.monotonic()
    with crowds(scene, [(row.service, kinds, scene.options.visitors)]) as (crowd,):
        crowd.ask("wait")
        quiet, spent = cpu_seconds(scene.pid("server")), time.monotonic()
        time.sleep(1)
        row.server_cpu = max(row.server_cpu, (cpu_seconds(scene.pid("server")) - quiet) / (time.monotonic() - spent))
        found = samples(scene, row.service)
        row.held = max(row.held, crowd.ask("count")["there"])
    row.log_rate = max(row.log_rate, (scene.log_bytes() - logged) / (time.monotonic() - began))
    return found


def one_round(scene, row, kinds, turn):
    """Alone, beside the hostile ones, and alone again behind them. Nothing else is measured meanwhile, except while
    this one waits for its descriptors."""
    with turn:
        before = samples(scene, row.service)
        found = beside(scene, row, kinds)
    wait_until_gone(scene, row)
    with turn:
        behind = samples(scene, row.service)
    row.samples.append((before, found, behind))
    compare(row, (before, behind), found)


def measure(scene, service, kind, turn):
    row = Row(service, kind)
    kinds = KINDS if kind == "mixed" else (kind,)
    try:
        with turn:
            scene.good(service)  # warms it up
        row.counts_before, row.memory_before = scene.counts(), scene.memory()
        with Watch(**looks(scene)) as row.highest:
            for _ in range(scene.options.rounds):
                one_round(scene, row, kinds, turn)
    except Failure as failure:
        row.failed = str(failure)
        settle(scene, row.counts_before, scene.options.patience)
    row.counts_after, row.memory_after = scene.counts(), scene.memory()
    return row


def soak(scene, minutes):
    """All kinds at both services, which go and come again every five minutes, beside good visitors."""
    options = scene.options
    row = Row("both", f"mixed, {minutes:g} minutes")
    half = options.visitors // 2
    alone = {service: samples(scene, service) for service in ("tcp", "http")}
    row.counts_before, row.memory_before = scene.counts(), scene.memory()
    until, logged, began = time.monotonic() + minutes * 60, scene.log_bytes(), time.monotonic()
    with Watch(**looks(scene)) as row.highest:
        while time.monotonic() < until:
            found = {service: [] for service in alone}
            part = min(until, time.monotonic() + 300)
            with crowds(scene, [("tcp", KINDS, half), ("http", KINDS, half)]) as running:
                for crowd in running:
                    crowd.ask("wait")
                while time.monotonic() < part:
                    for service, each in found.items():
                        each.append(scene.good(service))
                    row.held = max(row.held, sum(crowd.ask("count")["there"] for crowd in running))
                    time.sleep(min(10, options.seconds * 3))
            wait_until_gone(scene, row)
            again = {service: samples(scene, service) for service in alone}
            for service, each in found.items():
                compare(row, (alone[service], again[service]), each)
            alone = again
            print(f"  {(time.monotonic() - began) / 60:.1f} minutes: {scene.memory()['server']:.0f} MiB, "
                  f"{scene.counts()} descriptors", flush=True)
    row.log_rate = (scene.log_bytes() - logged) / (time.monotonic() - began)
    row.counts_after, row.memory_after = scene.counts(), scene.memory()
    return row
