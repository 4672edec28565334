"""Results as text: a block for each metric while the run continues, one table of medians at the end."""

import math

OURS = ("FerroTunnel plain", "FerroTunnel TLS", "FerroTunnel HTTPS")


# What of a core other programs may take before a row is called doubtful.
BUSY = 0.15


def number(value, digits):
    return f"{value:.{digits}f}"


def ratio_text(results, metric_id, variant):
    """Ours over this variant, where that makes sense."""
    if variant in OURS:
        return ""
    parts = []
    for ours in OURS:
        ratio = results.ratio(metric_id, ours, variant)
        if ratio is not None and math.isfinite(ratio):
            parts.append(f"{ours.split()[-1]} {ratio:.2f}")
    return "ours over it: " + ", ".join(parts) if parts else ""


def block(results, metric):
    cells = results.of(metric)
    better = "more" if metric.more_is_better else "less"
    lines = [f"{metric.label}, {metric.unit} ({better} is better)"]
    for variant in (name for name in results.settings if name in cells.values or name in cells.failed):
        if variant in cells.failed:
            text = "failed: " + cells.failed[variant]
        else:
            low, high = (number(value, metric.digits) for value in cells.spread(variant))
            text = f"{number(cells.median(variant), metric.digits):>9}  {'(' + low + ' to ' + high + ')':<22} " \
                   f"{ratio_text(results, metric.id, variant)}"
        note = cells.notes.get(variant)
        lines.append(f"  {variant:<21} {text}{'  [' + note + ']' if note else ''}".rstrip())
    return "\n".join(lines)


def medians(results, variants):
    """Markdown: metrics down, variants across."""
    variants = [name for name in variants if any(name in cells.values for cells in results.cells.values())]
    lines = ["| | " + " | ".join(variants) + " |", "|---|" + "---|" * len(variants)]
    for cells in results.cells.values():
        texts = []
        for name in variants:
            median = cells.median(name)
            texts.append("failed" if name in cells.failed else "" if median is None
                         else number(median, cells.metric.digits))
        lines.append(f"| {cells.metric.label}, {cells.metric.unit} | " + " | ".join(texts) + " |")
    failures = sorted({(name, why) for cells in results.cells.values() for name, why in cells.failed.items()})
    notes = sorted({(name, why) for cells in results.cells.values() for name, why in cells.notes.items()})
    lines += [""] + [f"- {name} failed: {why}" for name, why in failures] + [f"- {name}: {why}" for name, why in notes]
    busy = [cells.metric.label for cells in results.cells.values() if cells.foreign > BUSY]
    if busy:
        lines.append(f"- DOUBTFUL, other programs took more than {BUSY} of a core meanwhile: {', '.join(busy)}")
    lines += [f"- missing: {name} ({why})" for name, why in results.missing.items()]
    return "\n".join(lines)
