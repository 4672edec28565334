"""Judges what visitors of a cluster noticed of events, and prints a table.

    cluster_outage.py VISITS EVENTS LIMIT CROWD LOG...

VISITS has the lines of cluster_visitors.py. EVENTS has an object of JSON a line: `event` (a name), `began`; `until`: who
came before that may fail; `until_not_held`: the same for the kinds of NOT_HELD; `over`: when the machines are as they
were; `entries`, `services`, and `pairs` of both, that are concerned; `failed`: the servers among the entries that have
failed. The LOGs have the lines of each client_crowd; together they have CROWD clients.

A visitor is without an answer from the begin of its visit, or of the first one that failed, to its next success. Of that
counts what is behind the begin of the event.

Ends with 1 if a visitor has failed that no event concerns; if an idempotent request has failed whose entry has not
failed, and that had no part of its response; or if a visitor was not served again, or a client of the crowd not back,
LIMIT seconds behind `over`.
"""

import json
import sys
from collections import defaultdict

NOT_HELD = ("tls", "visit")
IDEMPOTENT = ("get", "kept", "https", "crowd")
KINDS = ("get", "kept", "post", "https", "websocket", "tcp", "udp", "tls", "visit", "crowd")
WEBSOCKET_LASTS = 1.0  # each pauses so long by itself
GOAL = 3


class Visit:
    def __init__(self, line):
        words = line.split(None, 7)
        self.is_ok, self.kind, self.preferred, self.entry, self.service = words[0] == "ok", *words[1:5]
        self.began, self.ended = float(words[5]), float(words[6])
        self.why = words[7].strip() if len(words) > 7 else ""
        self.line = line.strip()

    def visitor(self):
        return self.kind, self.preferred, self.service


def concerns(event, entries, service):
    return (service in event["services"] or any(entry in event["entries"] for entry in entries)
            or any([entry, service] in event["pairs"] for entry in entries))


def excuses(event, visit):
    until = event["until_not_held" if visit.kind in NOT_HELD else "until"]
    if not concerns(event, (visit.entry, visit.preferred), visit.service):
        return False
    if visit.began >= until or visit.ended < event["began"]:
        return False
    # Its entry sends it again, unless a part of the response has arrived.
    is_repeated = visit.kind in IDEMPOTENT and not visit.why.startswith("body:")
    return not is_repeated or any(entry in event["failed"] for entry in (visit.entry, visit.preferred))


def outages_of(visits, began, ended):
    """Of visits in the order of their ends: for each that ended within the time, how long it was without an answer then,
    and by which entries it came since the last one."""
    since, entries = None, set()
    for visit in visits:
        since = visit.began if since is None else since
        entries |= {visit.preferred, visit.entry}
        if began < visit.ended <= ended:
            own = WEBSOCKET_LASTS if visit.kind == "websocket" else 0.0
            yield visit.ended - max(since, began) - own, entries
        if visit.is_ok or visit.kind == "crowd":  # whose next visit is another round's
            since, entries = None, set()


def crowd_returns(logs, crowd):
    """Times (s) at which the number of registered clients changed, and whether it was all of them."""
    changes = []
    for at, log in enumerate(logs):
        with open(log, encoding="ascii") as file:
            changes += [(int(words[0]) / 1000, at, int(words[1])) for words in map(str.split, file) if len(words) == 3]
    ready, returns = [0] * len(logs), []
    for when, at, count in sorted(changes):
        ready[at] = count
        returns.append((when, sum(ready) == crowd))
    return returns


def crowd_is_back_after(returns, began, ended):
    """Seconds from the event to the last moment at which a client was not registered. 0: none was away."""
    away, last = False, 0.0
    for at, is_all in returns:
        if at <= began:
            away = not is_all
        elif at <= ended:
            last = at - began if away or not is_all else last
            away = not is_all
    return ended - began if away else last


def main():
    with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
        visits = [Visit(line) for line in file if line.startswith(("ok ", "failed ")) and len(line.split(None, 7)) >= 7]
    with open(sys.argv[2], encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    limit, crowd = float(sys.argv[3]), int(sys.argv[4])
    returns = crowd_returns(sys.argv[5:], crowd)
    by_visitor = defaultdict(list)
    for visit in sorted(visits, key=lambda each: each.ended):
        by_visitor[visit.visitor()].append(visit)
    last = max(visit.ended for visit in visits)
    problems = [f"not excused by any event: {visit.line}" for visit in visits
                if not visit.is_ok and not any(excuses(event, visit) for event in events)]

    loops = len([visitor for visitor in by_visitor if visitor[0] != "crowd"])
    print(f"{len(visits)} visits, of {loops} visitors and to {crowd} clients of the crowd; seconds without an answer\n")
    print(f"{'':<26}" + "".join(f"{kind:>10}" for kind in (*KINDS, "others", "clients")) + f"{'visits':>9}{'failed':>8}")
    slow = []
    for event in events:
        ended = min((other["began"] for other in events if other["began"] > event["began"]), default=last)
        outages = defaultdict(float)
        count = failed = 0
        for (kind, preferred, service), each in by_visitor.items():
            longest = 0.0
            for outage, entries in outages_of(each, event["began"], ended):
                column = kind if concerns(event, entries, service) else "others"
                outages[column] = max(outages[column], outage)
                longest = max(longest, outage)
            now = [visit for visit in each if event["began"] <= visit.ended < ended]
            count += len(now)
            failed += sum(not visit.is_ok for visit in now)
            if longest > event["over"] - event["began"] + limit:
                problems.append(f"{event['event']}: {kind} at {preferred} to {service} had {longest:.1f} s without an answer")
        outages["clients"] = crowd_is_back_after(returns, event["began"], ended)
        if outages["clients"] > event["over"] - event["began"] + limit:
            problems.append(f"{event['event']}: clients were away for {outages['clients']:.1f} s")
        cells = "".join(f"{outages[column]:>10.1f}" if column in outages else f"{'':>10}"
                        for column in (*KINDS, "others", "clients"))
        print(f"{event['event']:<26}{cells}{count:>9}{failed:>8}")
        lasted = event["over"] - event["began"]
        slow += [f"{event['event'].strip()}: {column} {outage - lasted:.1f} s" for column, outage in outages.items()
                 if outage > lasted + GOAL]
    print(f"\nlonger than {GOAL} s behind the end of the event: {'; '.join(slow) or 'none'}\n")
    for problem in problems[:20]:
        print(problem)
    print(f"{len(problems)} problems")
    sys.exit(1 if problems else 0)


main()
