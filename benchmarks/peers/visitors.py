"""Generators of HTTP load that other people have written: wrk and h2load."""

import os
import re
import subprocess
from dataclasses import dataclass

from failure import Failure

PATIENCE_SECONDS = 60
# A request that takes longer has failed.
ANSWER_SECONDS = 10
WRK_SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "wrk.lua")


@dataclass
class Requests:
    per_second: float  # that were answered well
    p99_ms: float
    failed: int  # refused, cut, timed out, or answered with another status than 2xx and 3xx


class NotDone(Failure):
    """A generator that had to be killed."""


def run(command, seconds):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + PATIENCE_SECONDS,
                              stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as error:
        raise NotDone(f"{command[0]} is not done within {seconds + PATIENCE_SECONDS} s") from error
    if done.returncode != 0:
        raise Failure(((done.stderr + done.stdout).strip() or f"it ended with {done.returncode}").splitlines()[-1])
    return done.stdout


def threads(connections):
    return min(connections, len(os.sched_getaffinity(0)))


def said(fields):
    return [word for field in fields for word in ("-H", field)]


def wrk(program, url, connections, seconds, fields=(), script=WRK_SCRIPT):
    text = run([program, "-t", str(threads(connections)), "-c", str(connections), "-d", f"{seconds}s", "--timeout",
                f"{ANSWER_SECONDS}s", "-s", script, *said(fields), url], seconds)
    words = re.search(r"^counted (.*)$", text, re.MULTILINE)
    if not words:
        raise Failure("wrk has counted nothing")
    requests, microseconds, p99, failed = map(float, words.group(1).split())
    if requests == 0:
        raise Failure(f"no request was answered; {failed:.0f} failed")
    return Requests(requests * 1e6 / microseconds, p99 / 1e3, int(failed))


def h2load(program, url, connections, seconds, log, fields=(), streams=0):
    """`log`: a file for the time of each request, of which it does not tell percentiles itself. `streams`: so many
    requests at once on each connection, by HTTP/2; else by HTTP/1.1."""
    version = ["-m", str(streams)] if streams else ["--h1"]
    command = [program, *version, "-t", str(threads(connections)), "-c", str(connections), "-D", str(seconds),
               "--connection-inactivity-timeout", str(ANSWER_SECONDS), "--log-file", log, *said(fields), url]
    for again in (True, False):
        if os.path.exists(log):
            os.remove(log)
        try:
            text = run(command, seconds)
            break
        except NotDone:  # seen of h2load 1.52 now and then, whoever its server is: it has its figures and does not end
            if not again:
                raise
    rate = re.search(r"finished in .*?, ([\d.]+) req/s", text)
    broken = re.search(r"requests: .*, (\d+) failed", text)
    status = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", text)
    if not rate or not broken or not status:
        raise Failure("h2load has counted nothing")
    fine, moved, refused, failing = map(int, status.groups())
    failed = int(broken.group(1)) + refused + failing
    with open(log, encoding="ascii") as file:
        times = sorted(int(line.split()[2]) for line in file)
    if fine + moved == 0 or not times:
        raise Failure(f"no request was answered; {failed} failed")
    return Requests(float(rate.group(1)) * (fine + moved) / (fine + moved + refused + failing),
                    times[int((len(times) - 1) * 0.99)] / 1e3, failed)
