"""Results as a picture: one panel a subject, a group of bars for each product, plain and encrypted side by side."""

from html import escape

# Metric, title, factor from its unit to the one shown, unit shown.
PANELS = [
    ("bulk-down", "One bulk stream", 1, "MB/s"),
    ("ten-small-down", "Ten streams of 10 MB at once", 1, "MB/s"),
    ("bulk-down-cpu", "CPU time per GB, both ends", 1, "s"),
    ("connect-16", "New connections, 16 at once", 1, "per second"),
    ("latency-256-p99", "Latency p99, 256 connections", 1e-3, "ms"),
    ("beside-16-p99", "Latency p99 beside a bulk stream, 16 connections", 1e-3, "ms"),
    ("memory-slope", "Memory per idle visitor, both ends", 1, "KiB"),
    ("start-server", "Server: start to listening", 1, "ms"),
    ("edge-256", "Requests over HTTP, 256 connections", 1, "per second"),
    ("edge-256-p99", "Requests over HTTP, p99, 256 connections", 1, "ms"),
]
PLAIN_COLOUR, ENCRYPTED_COLOUR, OURS_PLAIN, OURS_ENCRYPTED = "#b9c3cf", "#74839a", "#f2a65a", "#d9641e"
PANEL_WIDTH, NAME_WIDTH, VALUE_WIDTH, BAR, GAP, HEAD, MARGIN = 520, 150, 70, 14, 8, 44, 24


def groups_of(results, metric_id):
    """Products in the order of the run, each with its variants."""
    cells = results.cells.get(metric_id)
    groups = {}
    for variant in (cells.values | cells.failed if cells else {}):
        if variant != "direct":
            product, _, kind = variant.rpartition(" ")
            groups.setdefault(product, []).append((variant, kind))
    order = ["FerroTunnel", "rathole", "frp", "FerroTunnel-rs", "bore", "chisel", "two nginx"]
    return sorted(groups.items(), key=lambda group: order.index(group[0]) if group[0] in order else len(order))


def colour(product, kind):
    if product == "FerroTunnel":
        return OURS_PLAIN if kind == "plain" else OURS_ENCRYPTED
    return PLAIN_COLOUR if kind == "plain" else ENCRYPTED_COLOUR


def short(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def text(x, y, words, size=12, anchor="start", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" {extra}>{escape(words)}</text>'


def panel(results, x, y, spec):
    """The parts of one panel and its height."""
    metric_id, title, factor, unit = spec
    cells = results.cells[metric_id]
    better = "more" if cells.metric.more_is_better else "less"
    parts = [text(x, y + 14, title, 15, extra='font-weight="600"'),
             text(x, y + 31, f"{unit}, {better} is better", 11, extra='fill="#667"')]
    longest = max([cells.median(variant) * factor for variant in cells.values if variant != "direct"
                   and cells.median(variant) is not None], default=1) or 1
    room = PANEL_WIDTH - NAME_WIDTH - VALUE_WIDTH
    at = y + HEAD
    for product, variants in groups_of(results, metric_id):
        weight = 'font-weight="600"' if product == "FerroTunnel" else ""
        parts.append(text(x, at + BAR * len(variants) / 2 + 4, product, 12, extra=weight))
        for variant, kind in variants:
            parts.append(text(x + NAME_WIDTH - 6, at + BAR - 3, kind, 10, "end", 'fill="#667"'))
            median = cells.median(variant)
            width = 0 if median is None else room * median * factor / longest
            words = "failed" if median is None else short(median * factor)
            parts.append(f'<rect x="{x + NAME_WIDTH}" y="{at}" width="{max(width, 1):.1f}" height="{BAR - 2}" '
                         f'fill="{colour(product, kind)}"/>')
            parts.append(text(x + NAME_WIDTH + width + 5, at + BAR - 3, words, 10))
            at += BAR
        at += GAP
    return parts, at - y


def write_chart(results, path):
    parts, bottoms = [], [MARGIN + 30, MARGIN + 30]
    for index, spec in enumerate(spec for spec in PANELS if spec[0] in results.cells):
        side = index % 2
        if side == 0:
            bottoms = [max(bottoms)] * 2
        drawn, height = panel(results, MARGIN + side * (PANEL_WIDTH + MARGIN), bottoms[side], spec)
        parts += drawn
        bottoms[side] += height + 22
    width, height = 2 * PANEL_WIDTH + 3 * MARGIN, max(bottoms) + 20
    facts = results.facts
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items()
                         if name not in ("ferrotunnel", "frpc"))
    foot = f"{facts['cores']} cores, Linux {facts['system']}; medians of {facts['rounds']} interleaved rounds on one " \
           f"machine; {versions}"
    head = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" width="{width}" '
            f'height="{height:.0f}" font-family="system-ui, sans-serif" fill="#223">',
            '<rect width="100%" height="100%" fill="#fff"/>',
            text(MARGIN, MARGIN + 12, "FerroTunnel beside other tunnels", 18, extra='font-weight="700"')]
    with open(path, "w", encoding="utf-8") as file:
        last = [text(MARGIN, height - 14, foot, 10, extra='fill="#667"'), "</svg>"]
        file.write("\n".join([*head, *parts, *last]) + "\n")
