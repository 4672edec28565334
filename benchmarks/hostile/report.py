"""Rows as a table, and what of the promise they break."""

import statistics

LEAST_RATE, MOST_LATE = 0.9, 2.0
# Bytes of log a second that visitors may cause at info: 20 lines a worker over HTTP, 50 of a client (limits.hpp).
LOG_RATE = 40_000

HEAD = ("attack", "held", "throughput", "of a direct connection's", "p99", "of a direct connection's",
        "server MiB before, most, after", "their client MiB", "descriptors of the server", "of their client",
        "back after s", "kernel's MiB for sockets", "log B/s", "server, cores")


def middle(values, digits=2):
    return f"{statistics.median(values):.{digits}f}" if values else "-"


def three(before, most, after):
    return f"{before:.0f}, {most:.0f}, {after:.0f}"


def cells(row):
    name = f"{row.service} {row.kind}"
    if not row.highest:
        return [name, "failed: " + row.failed] + [""] * (len(HEAD) - 2)
    memory = [three(row.memory_before[name], row.highest[name], row.memory_after[name]) for name in ("server", "bad")]
    counts = [three(row.counts_before[name], row.highest[name + "_fds"], row.counts_after[name])
              for name in ("server", "bad")]
    back = "never" if row.back is None else f"{row.back:.0f}"
    return [name, str(row.held), middle(row.rate), middle(row.rate_of_direct), middle(row.late),
            middle(row.late_of_direct), *memory, *counts, back, f"{row.highest['sockets']:.0f}", f"{row.log_rate:.0f}",
            f"{row.server_cpu:.2f}"]


def introduce(options):
    print(f"{options.visitors} hostile visitors of one token's service, a good one of another's; beside over alone, "
          f"medians of {options.rounds} x {options.samples} samples; TLS {options.tls}; {options.pieces} pieces and "
          f"{options.resets} resets a second\n")
    print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD), flush=True)


def show(row, samples=False):
    print("| " + " | ".join(cells(row)) + " |", flush=True)
    for sides in row.samples if samples else ():
        for when, side in zip(("before", "beside", "behind"), sides):
            print(f"  {when}: " + ", ".join(f"{each.rate:.0f} MB/s ({each.rate_of_direct:.2f}) {each.late:.0f} us "
                                         f"({each.late_of_direct:.1f})" for each in side), flush=True)


def broken(rows, options):
    """What is not as docs/security.md promises, in words."""
    found = []
    for row in rows:
        name = f"{row.service} {row.kind}: "
        if row.failed:
            found.append(name + row.failed)
            continue
        if statistics.median(row.rate_of_direct) < LEAST_RATE:
            found.append(name + f"a good visitor keeps {middle(row.rate_of_direct)} of its throughput")
        if statistics.median(row.late_of_direct) > MOST_LATE:
            found.append(name + f"its p99 is {middle(row.late_of_direct)} of what it was")
        if row.highest["server"] > options.memory:
            found.append(name + f"the server held {row.highest['server']:.0f} MiB")
        if row.back is None:
            found.append(name + f"descriptors are not back after {options.patience:.0f} s: {row.counts_after}")
        slack = (row.highest["server"] - row.memory_before["server"]) / 4 + 16
        if row.memory_after["server"] > row.memory_before["server"] + slack:
            found.append(name + f"the server keeps {row.memory_after['server']:.0f} MiB")
        if row.log_rate > LOG_RATE:
            found.append(name + f"{row.log_rate:.0f} bytes of log a second")
    return found
