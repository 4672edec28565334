"""What was measured: values by metric and variant, the cells that failed, statistics, and JSON."""

import json
import math
import statistics
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Metric:
    id: str
    label: str
    unit: str
    more_is_better: bool = True
    digits: int = 0
    worst: bool = False  # what counts is the worst round, and not the median


@dataclass
class Cells:
    """One metric over all variants."""

    metric: Metric
    values: dict = field(default_factory=dict)  # variant -> one value a round
    failed: dict = field(default_factory=dict)  # variant -> why
    notes: dict = field(default_factory=dict)   # variant -> what else to know
    foreign: float = 0.0                        # cores that other programs took meanwhile

    def median(self, variant):
        """None where there is nothing, or where something failed on the way."""
        values = self.values.get(variant)
        if not values or variant in self.failed:
            return None
        return max(values) if self.metric.worst else statistics.median(values)

    def spread(self, variant):
        return min(self.values[variant]), max(self.values[variant])


class Results:
    def __init__(self):
        self.facts = {}
        self.missing = {}   # variant -> why
        self.settings = {}  # variant -> text
        self.cells = {}     # metric id -> Cells

    def of(self, metric):
        return self.cells.setdefault(metric.id, Cells(metric))

    def add(self, metric, variant, value):
        self.of(metric).values.setdefault(variant, []).append(value)

    def fail(self, metrics, variant, why):
        for metric in metrics:
            self.of(metric).failed[variant] = why

    def forget(self, metrics):
        for metric in metrics:
            self.cells.pop(metric.id, None)

    def note(self, metrics, variant, text):
        for metric in metrics:
            self.of(metric).notes[variant] = text

    def arrange(self, metric_ids, variants):
        """Puts what came from several runs into one order."""
        self.cells = {name: self.cells[name] for name in metric_ids if name in self.cells}
        self.settings = {name: self.settings[name] for name in variants if name in self.settings}

    def foreign(self, metrics, cores):
        """How much of the machine others took while this was measured."""
        for metric in metrics:
            self.of(metric).foreign = round(cores, 2)

    def median(self, metric_id, variant):
        cells = self.cells.get(metric_id)
        return cells.median(variant) if cells else None

    def ratio(self, metric_id, variant, other):
        mine, theirs = self.median(metric_id, variant), self.median(metric_id, other)
        if mine is None or theirs is None:
            return None
        return mine / theirs if theirs else 1.0 if mine == 0 else math.inf  # of losses, say

    def write(self, path, goals):
        rows = [{**asdict(cells), "median": {name: cells.median(name) for name in cells.values}}
                for cells in self.cells.values()]
        text = {"facts": self.facts, "settings": self.settings, "missing": self.missing, "rows": rows, "goals": goals}
        with open(path, "w", encoding="utf-8") as file:
            json.dump(text, file, indent=1)

    def read(self, path):
        """Takes in what an earlier run wrote; a row that is here twice is the later one."""
        with open(path, encoding="utf-8") as file:
            text = json.load(file)
        versions = {**self.facts.get("versions", {}), **text["facts"]["versions"]}
        self.facts.update(text["facts"], versions=versions)
        self.settings.update(text["settings"])
        self.missing.update(text["missing"])
        for row in text["rows"]:
            metric = Metric(**row["metric"])
            self.cells[metric.id] = Cells(metric, row["values"], row["failed"], row["notes"],
                                          row.get("foreign", 0.0))
