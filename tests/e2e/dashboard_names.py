# dashboard_names.py DASHBOARD RULES METRICS...: every family that the dashboard and the rules ask for is there in one of the
# files of metrics, and every family that is there is in docs/metrics.md's table (DOCS, by the environment).
import json
import os
import re
import sys

dashboard, rules, *files = sys.argv[1:]
there = set()
for file in files:
    there |= {line.split()[2] for line in open(file) if line.startswith("# TYPE ")}
texts = open(rules).read() + " ".join(
    target["expr"] for panel in json.load(open(dashboard))["panels"] for target in panel.get("targets", []))
histograms = {line.split()[2] for file in files for line in open(file) if line.startswith("# TYPE ") and line.endswith(" histogram\n")}
there |= {name + end for name in histograms for end in ("_bucket", "_sum", "_count")}
asked = set(re.findall(r"\bferrotunnel_\w+", re.sub(r'job="\w+"', "", texts)))
missing = sorted(asked - there)
if len(asked) < 15 or missing:
    sys.exit(f"asked for, and not there: {missing}; asked for: {len(asked)}")
docs = open(os.environ["DOCS"]).read()
named = set(re.findall(r"`(ferrotunnel_\w+)`", docs))
# A row names several families by their ends: `ferrotunnel_http_requests_total`, `_pages_total`.
for row in docs.splitlines():
    first = re.match(r"\| `(ferrotunnel_[a-z]+_)\w+`", row)
    named |= {first.group(1) + end for end in re.findall(r"`_(\w+)`", row)} if first else set()
unnamed = sorted(name for name in there if name not in named and not re.sub("_(bucket|sum|count)$", "", name) in histograms)
unnamed += sorted(histograms - named)
if unnamed:
    sys.exit(f"there, and not in docs/metrics.md: {unnamed}")
