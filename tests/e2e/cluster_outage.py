"""Judges what visitors of a cluster noticed of events, and prints a table.

    cluster_outage.py VISITS EVENTS LIMIT

VISITS has the lines of cluster_visitors.py. EVENTS has an object of JSON a line: `event` (a name), `began`; `until`: who
came before that may fail; `until_not_held`: the same for visitors by TLS, who are not queued; `over`: when the
machines are as they were; `entries`, `services`, and `pairs` of both, that are concerned.

Ends with 1 if a visitor has failed that no event concerns, or was not served again LIMIT seconds behind `over`.
"""

import json
import sys
from collections import defaultdict

NOT_HELD = ("tls",)


class Visit:
    def __init__(self, line):
        words = line.split(None, 7)
        self.is_ok, self.kind, self.preferred, self.entry, self.service = words[0] == "ok", *words[1:5]
        self.began, self.ended = float(words[5]), float(words[6])
        self.line = line.strip()

    def visitor(self):
        return self.kind, self.preferred, self.service


def concerns(event, entries, service):
    return (service in event["services"] or any(entry in event["entries"] for entry in entries)
            or any([entry, service] in event["pairs"] for entry in entries))


def excuses(event, visit):
    until = event["until_not_held" if visit.kind in NOT_HELD else "until"]
    return (concerns(event, (visit.entry, visit.preferred), visit.service) and visit.began < until
            and visit.ended >= event["began"])


def longest_gap(visits, began, ended):
    """Between the ends of two successes, of which the later is in the time of the event: the next event waits for it."""
    longest, last = 0.0, None
    for visit in visits:
        if visit.is_ok:
            if last is not None and began < visit.ended <= ended:
                longest = max(longest, visit.ended - last)
            last = visit.ended
    if last is None or last < began:
        longest = max(longest, ended - (last or began))
    return longest


def row(name, groups):
    cells = "".join(f"{len(visits):>8}{sum(not visit.is_ok for visit in visits):>8}{gap:>14.1f}" for visits, gap in groups)
    print(f"{name:<30}{cells}")


def main():
    with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
        visits = [Visit(line) for line in file if line.startswith(("ok ", "failed ")) and len(line.split(None, 7)) >= 7]
    with open(sys.argv[2], encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    limit = float(sys.argv[3])
    by_visitor = defaultdict(list)
    for visit in sorted(visits, key=lambda each: each.ended):
        by_visitor[visit.visitor()].append(visit)
    last = max(visit.ended for visit in visits)
    problems = [f"not excused by any event: {visit.line}" for visit in visits
                if not visit.is_ok and not any(excuses(event, visit) for event in events)]

    print(f"{len(visits)} visits of {len(by_visitor)} visitors\n")
    print(f"{'':<30}{'concerned':^30}{'others':^30}")
    print(f"{'event':<30}" + 2 * f"{'visits':>8}{'failed':>8}{'s without':>14}")
    for event in events:
        ended = min((other["began"] for other in events if other["began"] > event["began"]), default=last)
        groups = {True: [[], 0.0], False: [[], 0.0]}
        for (kind, preferred, service), each in by_visitor.items():
            is_concerned = concerns(event, (preferred,), service)
            gap = longest_gap(each, event["began"], ended)
            group = groups[is_concerned]
            group[0] += [visit for visit in each if event["began"] <= visit.ended < ended]
            group[1] = max(group[1], gap)
            if gap > event["over"] - event["began"] + limit:
                problems.append(f"{event['event']}: {kind} at {preferred} to {service} had {gap:.1f} s without an answer")
        row(event["event"], groups.values())
    print()
    for problem in problems[:20]:
        print(problem)
    print(f"{len(problems)} problems")
    sys.exit(1 if problems else 0)


main()
