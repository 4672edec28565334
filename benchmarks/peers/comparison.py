"""One run from its arguments to its tables, whatever is compared: peers/run and http/run."""

import argparse
import os
import platform
import resource
import signal
import sys
from dataclasses import dataclass, field
from typing import Callable

from bench import Bench
from chart import write_chart
from judging import goals_text, judge
from programs import Programs
from results import Results
from table import medians

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build", "release")


@dataclass
class Comparison:
    about: str                          # what --help says
    tunnels: list                       # classes of peers.py
    rows: Callable                      # quick -> the rows
    goals: Callable                     # results -> texts with checks
    backends: dict = field(default_factory=dict)  # kinds that bench.py does not know -> a command for a port


def arguments(comparison):
    parser = argparse.ArgumentParser(description=comparison.about,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    words = lambda text: [word for word in text.split(",") if word]  # noqa: E731
    parser.add_argument("--program", default=os.path.join(BUILD, "ferrotunnel"), help="ours; default: release build")
    parser.add_argument("--load", default=os.path.join(BUILD, "benchmarks", "load"), help="the load generator")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PATH", help="a program that is measured or "
                        "measures: " + ", ".join(sorted(needed(comparison))))
    parser.add_argument("--peer-dir", action="append", default=[], metavar="DIR", help="searched for peers, with all "
                        "below it, before PATH")
    parser.add_argument("--peers", type=words, metavar="A,B", help="only these beside ours and direct: "
                        + ", ".join(sorted({tunnel.peer for tunnel in comparison.tunnels})) + ", or names of variants")
    parser.add_argument("--only", type=words, metavar="A,B", help="rows: " + ", ".join(dict.fromkeys(
        row.group for row in comparison.rows(True))) + ", or the name of a metric")
    parser.add_argument("--rounds", type=int, help="default: 5, 3 with --quick")
    parser.add_argument("--cores", type=words, metavar="0,1", help="everything runs on these only")
    parser.add_argument("--quick", action="store_true", help="smaller and shorter")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--svg", metavar="FILE")
    parser.add_argument("--from", dest="earlier", action="append", default=[], metavar="FILE",
                        help="results of an earlier --json, kept for rows that this run does not do")
    options = parser.parse_args()
    rows = comparison.rows(options.quick)
    known = {"none"} | {row.group for row in rows} | {metric.id for row in rows for metric in row.metrics}
    if unknown := {*(options.only or [])} - known:
        parser.error("--only: there is no " + ", ".join(sorted(unknown)))
    return options


def needed(comparison):
    return {name for tunnel in comparison.tunnels for name in tunnel.programs if name != "ferrotunnel"} | {
        name for row in comparison.rows(True) for name in row.tools}


def chosen_tunnels(comparison, options, programs, results):
    """The variants to measure; those that cannot be are noted as missing."""
    found = []
    for tunnel in comparison.tunnels:
        if options.peers and not {tunnel.peer, tunnel.name} & {"ours", "direct", *options.peers}:
            continue
        missing = [name for name in tunnel.programs if not programs.find(name)]
        if missing and tunnel.optional:
            continue
        if missing:
            results.missing[tunnel.name] = f"{' and '.join(missing)} not found"
        else:
            results.missing.pop(tunnel.name, None)
            results.settings[tunnel.name] = tunnel.settings
            found.append(tunnel)
    return found


def chosen_rows(comparison, options, programs, results):
    """The rows to do; those that need a tool that is not there are noted as missing."""
    chosen = []
    for row in comparison.rows(options.quick):
        if options.only and row.group not in options.only and not {each.id for each in row.metrics} & {*options.only}:
            continue
        missing = [tool for tool in row.tools if not programs.find(tool)]
        for tool in missing:
            results.missing[tool] = "not found: the rows that it drives are left out"
        if not missing:
            chosen.append(row)
    return chosen


def introduce(options, programs, chosen, tunnels, results, rounds):
    names = sorted({name for tunnel in tunnels for name in tunnel.programs} | {name for row in chosen
                                                                             for name in row.tools})
    versions = {name: programs.version(name) for name in names}
    versions = {**results.facts.get("versions", {}), **versions}
    results.facts.update(cores=len(os.sched_getaffinity(0)), system=platform.release(), machine=platform.machine(),
                         rounds=rounds, quick=options.quick, versions=versions)
    print(f"{results.facts['cores']} cores, Linux {platform.release()}; {rounds} rounds, interleaved; medians "
          "(lowest to highest)")
    for tunnel in tunnels:
        versions_text = ", ".join(f"{name} {versions[name]}" for name in tunnel.programs)
        print(f"  {tunnel.name:<21} {versions_text}{'; ' if versions_text else ''}{tunnel.settings}")
    for name, why in results.missing.items():
        print(f"  {name:<21} MISSING: {why}")


def work(comparison, options, programs, results, chosen, tunnels, rounds):
    """False if it was ended before all was done; what was done is kept."""
    with Bench(options.load, programs, results) as bench:
        bench.commands.update(comparison.backends)
        for row in chosen:
            try:
                bench.do(row, tunnels, rounds)
            except KeyboardInterrupt:
                results.forget(row.metrics)
                return False
            if options.json:
                results.write(options.json, judge(results, comparison.goals(results)))
    return True


def compare(comparison):
    """The whole run; answers the exit code."""
    options = arguments(comparison)
    for path in (options.program, options.load):
        if not os.access(path, os.X_OK):
            sys.exit(f"{path} is missing: cmake --preset release && cmake --build --preset release")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options.cores:
        os.sched_setaffinity(0, map(int, options.cores))
    given = dict(text.split("=", 1) for text in options.peer)
    for name, path in given.items():
        if not os.access(path, os.X_OK):
            sys.exit(f"--peer {name}: {path} is not a program")
    programs = Programs(os.path.abspath(options.program), given, options.peer_dir)
    results = Results()
    for path in options.earlier:
        results.read(path)
    tunnels = chosen_tunnels(comparison, options, programs, results)
    rounds = options.rounds or (3 if options.quick else 5)
    chosen = chosen_rows(comparison, options, programs, results)
    if chosen:
        introduce(options, programs, chosen, tunnels, results, rounds)
    interrupted = chosen and not work(comparison, options, programs, results, chosen, tunnels, rounds)
    names = [tunnel.name for tunnel in comparison.tunnels]
    results.arrange([metric.id for row in comparison.rows(options.quick) for metric in row.metrics], names)
    print("\n" + medians(results, names))
    goals = judge(results, comparison.goals(results))
    print("\n" + goals_text(goals))
    if options.json:
        results.write(options.json, goals)
    if options.svg:
        write_chart(results, options.svg)
    return 130 if interrupted else 0


def interrupt(*_):
    """Ended from outside, the run ends what it has started."""
    raise KeyboardInterrupt


def main(comparison):
    signal.signal(signal.SIGTERM, interrupt)
    try:
        sys.exit(compare(comparison))
    except KeyboardInterrupt:
        sys.exit(130)
