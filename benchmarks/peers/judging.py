"""Whether goals are met: ratios of medians within one run, ours over the peer, and limits."""

PLAIN, TLS, HTTPS = "FerroTunnel plain", "FerroTunnel TLS", "FerroTunnel HTTPS"
# A ratio this near to its goal counts as within noise if the rounds of both sides overlap.
NOISE = 1.05


def over(metrics, pairs, least=None, most=None):
    return [(metric, ours, peer, least, most) for metric in metrics for ours, peer in pairs]


def at_most(metrics, limit, variants=(PLAIN, TLS)):
    """An absolute limit, for ours."""
    return [(metric, ours, None, None, limit) for metric in metrics for ours in variants]


def at_least(metrics, limit):
    return [(metric, HTTPS, None, limit, None) for metric in metrics]


def suffixed(metrics, suffix):
    return [metric + suffix for metric in metrics]


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


def judge(results, lines):
    """`lines`: texts with their checks. One entry a check, in their order."""
    entries = []
    for line, checks in lines:
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
