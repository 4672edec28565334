"""The goals of the project: ratios of medians within one run, ours over the peer, and whether they are met."""

PLAIN, TLS = "FerroTunnel plain", "FerroTunnel TLS"
# A ratio this near to its goal counts as within noise if the rounds of both sides overlap.
NOISE = 1.05

ONE = ("bulk-down", "bulk-up")
TEN = ("ten-small-down", "ten-small-up", "ten-big-down", "ten-big-up")
PAIRS = ((PLAIN, "rathole plain"), (TLS, "rathole TLS"), (TLS, "rathole Noise"))


def over(metrics, pairs, least=None, most=None):
    return [(metric, ours, peer, least, most) for metric in metrics for ours, peer in pairs]


def at_most(metrics, limit):
    """An absolute limit, for both of ours."""
    return [(metric, ours, None, None, limit) for metric in metrics for ours in (PLAIN, TLS)]


def ahead(results, metrics):
    """Plain against every plain peer, TLS against every other, whatever peers were run."""
    checks = []
    for metric in metrics:
        cells = results.cells.get(metric)
        names = [name for name in (cells.values | cells.failed if cells else {})
                 if name not in (PLAIN, TLS, "direct")]
        checks += [(metric, PLAIN if name.endswith("plain") else TLS, name, 1.0, None) for name in names]
    return checks


def lines(results):
    return [
        ("one bulk stream, plain", [*over(ONE, [(PLAIN, "rathole plain")], 1.8),
                                    *over(ONE, [(PLAIN, "frp plain")], 2.5)]),
        ("one bulk stream, TLS 1.3", [*over(ONE, [(TLS, "rathole plain")], 1.2),
                                      *over(ONE, [*PAIRS[1:], (TLS, "frp TLS")], 1.6)]),
        ("ten streams", [*over(TEN, [(PLAIN, "rathole plain")], 1.5), *over(TEN, [(TLS, "rathole TLS")], 1.4)]),
        ("latency at 1 connection", over(("latency-1-p50", "latency-1-p99"), PAIRS, None, 1.0)),
        ("latency at 256 connections", over(("latency-256-p50", "latency-256-p99"), PAIRS, None, 0.8)),
        ("p99 beside a bulk transfer", over([f"beside-{n}-p99" for n in (1, 16, 256)], PAIRS, None, 0.5)),
        ("new connections per second", [*over(("connect-1", "connect-16"), PAIRS[:1], 1.4),
                                        *over(("connect-1", "connect-16"), PAIRS[1:], 3.0)]),
        ("memory per idle visitor", [*over(("memory-slope",), PAIRS, None, 0.25), *at_most(("memory-slope",), 8.0)]),
        ("CPU seconds per GB", [*over([name + "-cpu" for name in ONE], [(PLAIN, "rathole plain")], None, 0.6),
                                *over([name + "-cpu" for name in ONE], [(TLS, "rathole plain")], None, 0.9)]),
        ("start to listening, ms", at_most(("start-server",), 10.0)),
        ("a 100 MB file, ten 10 MB streams: ahead of all",
         ahead(results, ("http-file", "ten-small-down", "ten-small-up"))),
    ]


def overlap(cells, one, other):
    (low, high), (other_low, other_high) = cells.spread(one), cells.spread(other)
    return low <= other_high and other_low <= high


def verdict(results, check):
    metric, ours, peer, least, most = check
    cells = results.cells.get(metric)
    value = results.ratio(metric, ours, peer) if peer else results.median(metric, ours)
    if value is None:
        failed = peer and cells and peer in cells.failed
        return None, f"not comparable: {peer} failed" if failed else "not measured"
    if value >= least if least is not None else value <= most:
        return value, "met"
    near = value * NOISE >= least if least is not None else value <= most * NOISE
    return value, "within noise" if peer and near and overlap(cells, ours, peer) else "NOT met"


def judge(results):
    """One entry a check, in the order of the goals."""
    entries = []
    for line, checks in lines(results):
        for check in checks:
            metric, ours, peer, least, most = check
            value, text = verdict(results, check)
            goal = f">= {least:g}" if least is not None else f"<= {most:g}"
            entries.append({"line": line, "metric": metric, "ours": ours, "peer": peer, "goal": goal, "value": value,
                            "verdict": text})
    return entries


def unmeasured(line, entries):
    return all(entry["verdict"] == "not measured" for entry in entries if entry["line"] == line)


def goals_text(entries):
    lines_text = ["Goals: ours over the peer, medians of this run"]
    line = None
    for entry in entries:
        if entry["line"] != line:
            line = entry["line"]
            verdicts = [other["verdict"] for other in entries if other["line"] == line]
            whole = "NOT met" if "NOT met" in verdicts else "met" if all(
                text in ("met", "within noise") for text in verdicts) else \
                "not measured" if unmeasured(line, entries) else "not measured in full"
            lines_text.append(f"\n{line}: {whole}")
        if entry["value"] is None and unmeasured(line, entries):
            continue
        value = "" if entry["value"] is None else f"{entry['value']:.3g}"
        against = f"{entry['ours']} / {entry['peer']}" if entry["peer"] else entry["ours"]
        lines_text.append(f"  {entry['metric']:<20} {against:<42} {value:>8}  {entry['goal']:<8} {entry['verdict']}")
    return "\n".join(lines_text)
