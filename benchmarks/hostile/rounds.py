"""Rounds of a good visitor alone and beside hostile ones, in turns; and an hour of all kinds mixed."""

import contextlib
import os
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
    rate: list = field(default_factory=list)   # beside over alone, a round each
    left: list = field(default_factory=list)   # the same of what the attackers' own programs leave of the processors
    late: list = field(default_factory=list)   # p99 beside over alone
    highest: dict = field(default_factory=dict)
    memory_before: dict = field(default_factory=dict)
    memory_after: dict = field(default_factory=dict)
    counts_before: dict = field(default_factory=dict)
    counts_after: dict = field(default_factory=dict)
    back: float = 0      # seconds until descriptors were as before; None: not within the patience
    log_rate: float = 0  # bytes a second
    server_cpu: float = 0  # cores, while nobody but the hostile ones is there
    failed: str = ""


def settle(scene, before, patience):
    """Seconds until server and clients have as many descriptors as before; None if they do not within the patience."""
    began = time.monotonic()
    while time.monotonic() - began < patience:
        now = scene.counts()
        if all(now[name] <= before[name] + scene.options.spare for name in before):
            return time.monotonic() - began
        time.sleep(0.25)
    return None


def looks(scene):
    return {"server": lambda: rss_mib(scene.pid("server")), "good": lambda: rss_mib(scene.pid("good")),
            "bad": lambda: rss_mib(scene.pid("bad")), "server_fds": lambda: descriptors(scene.pid("server")),
            "bad_fds": lambda: descriptors(scene.pid("bad")), "sockets": socket_mib}


@contextlib.contextmanager
def crowds(scene, plan):
    """Hostile visitors by service, until the end of the block."""
    running = [scene.crowd(service, kinds, count) for service, kinds, count in plan]
    try:
        yield running
    finally:
        for crowd in running:
            crowd.end()


def one_round(scene, row, kinds, alone):
    """Beside the hostile ones, and alone again behind them; answers the latter."""
    options = scene.options
    logged, began = scene.log_bytes(), time.monotonic()
    with crowds(scene, [(row.service, kinds, options.visitors)]) as (crowd,):
        crowd.ask("wait")
        quiet, spent = cpu_seconds(scene.pid("server")), time.monotonic()
        time.sleep(1)
        row.server_cpu = max(row.server_cpu, (cpu_seconds(scene.pid("server")) - quiet) / (time.monotonic() - spent))
        spent, since = scene.attackers_cpu(crowd), time.monotonic()
        rate, late = scene.good(row.service)
        taken = (scene.attackers_cpu(crowd) - spent) / (time.monotonic() - since) / len(os.sched_getaffinity(0))
        row.held = max(row.held, crowd.ask("count")["there"])
    row.log_rate = max(row.log_rate, (scene.log_bytes() - logged) / (time.monotonic() - began))
    back = settle(scene, row.counts_before, options.patience)
    row.back = None if back is None or row.back is None else max(row.back, back)
    scene.alive()
    again = scene.good(row.service)
    usual = statistics.mean((alone[0], again[0])), statistics.mean((alone[1], again[1]))
    row.rate.append(rate / usual[0])
    row.left.append(rate / usual[0] / max(0.05, 1 - taken))
    row.late.append(late / usual[1])
    return again


def measure(scene, service, kind):
    row = Row(service, kind)
    kinds = KINDS if kind == "mixed" else (kind,)
    try:
        alone = scene.good(service)
        row.counts_before, row.memory_before = scene.counts(), scene.memory()
        with Watch(**looks(scene)) as row.highest:
            for _ in range(scene.options.rounds):
                alone = one_round(scene, row, kinds, alone)
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
    alone = {service: scene.good(service) for service in ("tcp", "http")}
    row.counts_before, row.memory_before = scene.counts(), scene.memory()
    until, logged, began = time.monotonic() + minutes * 60, scene.log_bytes(), time.monotonic()
    with Watch(**looks(scene)) as row.highest:
        while time.monotonic() < until:
            part = min(until, time.monotonic() + 300)
            with crowds(scene, [("tcp", KINDS, half), ("http", KINDS, half)]) as running:
                for crowd in running:
                    crowd.ask("wait")
                while time.monotonic() < part:
                    for service, (rate, late) in alone.items():
                        beside = scene.good(service)
                        row.rate.append(beside[0] / rate)
                        row.late.append(beside[1] / late)
                    row.held = max(row.held, sum(crowd.ask("count")["there"] for crowd in running))
                    time.sleep(min(10, options.seconds * 3))
            back = settle(scene, row.counts_before, options.patience)
            row.back = None if back is None or row.back is None else max(row.back, back)
            scene.alive()
            alone = {service: scene.good(service) for service in alone}
            print(f"  {(time.monotonic() - began) / 60:.1f} minutes: {scene.memory()['server']:.0f} MiB, "
                  f"{scene.counts()} descriptors", flush=True)
    row.left = row.rate
    row.log_rate = (scene.log_bytes() - logged) / (time.monotonic() - began)
    row.counts_after, row.memory_after = scene.counts(), scene.memory()
    return row
