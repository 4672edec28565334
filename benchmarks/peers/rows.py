"""The work: one class each. A row measures one tunnel once, and answers a value for each of its metrics.

A new row is a class with metrics and `measure`, and a line in rows(). Where the tunnels are to carry something other
than TCP, `service` names it; tunnels whose `services` do not list it are left out.
"""

from failure import Failure
from results import Metric

GB = 1e9


class Row:
    group = ""          # as --only takes it
    metrics = ()
    service = "tcp"
    backend = "load"    # or "web"
    tools = ()          # programs beside the tunnels that must be found
    more = {}           # further HTTP services, host -> kind of backend; not every tunnel has them
    direct = True       # whether it makes sense without a tunnel
    starts = True       # the tunnel runs already when it is measured

    def suits(self, kind):
        """Whether this tunnel has a part in it."""
        return self.service in kind.services and (self.direct or bool(kind.programs))

    def rounds(self, rounds):
        return rounds

    def warm_up(self, bench, load, running):
        """Once for each tunnel before the rounds, and not counted."""

    def measure(self, bench, load, running):
        raise NotImplementedError


class Bulk(Row):
    """A tunnel that would take more than `patience` seconds for the size gets a smaller one, and a note."""

    group = "bulk"

    def __init__(self, id, label, direction, streams, size, patience, repeat=1):
        self.patience = patience
        self.direction, self.streams, self.size, self.repeat = direction, streams, size, repeat
        self.speed = Metric(id, label, "MB/s")
        self.cpu = Metric(id + "-cpu", f"CPU of server and client, {label}", "s/GB", False, 2)
        self.metrics = (self.speed, self.cpu)
        self.sizes = {}  # variant -> bytes a stream

    def warm_up(self, bench, load, running):
        name = running.tunnel.name
        _, _, speed = load("bulk", f":{running.port}", self.direction, self.streams, 5_000_000)
        most = int(speed * 1e6 * self.patience / self.streams / self.repeat)
        self.sizes[name] = min(self.size, most)
        if most < self.size:
            bench.results.note(self.metrics, name, f"slow: measured with {most / 1e6:.0f} MB a stream")

    def measure(self, bench, load, running):
        size = self.sizes[running.tunnel.name]
        before = running.cpu_seconds()
        total = seconds = 0
        for _ in range(self.repeat):
            moved, took, _ = load("bulk", f":{running.port}", self.direction, self.streams, size)
            total, seconds = total + moved, seconds + took
        return {self.speed: total / seconds / 1e6, self.cpu: (running.cpu_seconds() - before) / (total / GB)}


class Latency(Row):
    def __init__(self, connections, seconds, beside_bulk):
        self.connections, self.seconds, self.beside = connections, seconds, ["bulk"] if beside_bulk else []
        self.group = "beside" if beside_bulk else "latency"
        label = f"{connections} connection{'s' if connections > 1 else ''}"
        label += " beside a bulk stream" if beside_bulk else ""
        self.metrics = tuple(Metric(f"{self.group}-{connections}-{short}", f"latency {short}, {label}", "us", False)
                             for short in ("p50", "p99", "p99.9"))
        if beside_bulk:
            self.metrics += (Metric(f"beside-{connections}-bulk", f"the bulk stream beside {connections}", "MB/s"),)

    def warm_up(self, bench, load, running):
        load("latency", f":{running.port}", self.connections, 0.2, *self.beside)

    def measure(self, bench, load, running):
        _, *values = load("latency", f":{running.port}", self.connections, self.seconds, *self.beside)
        return dict(zip(self.metrics, values))


class Connect(Row):
    group = "connect"

    def __init__(self, at_once, seconds):
        self.at_once, self.seconds = at_once, seconds
        how = "one after the other" if at_once == 1 else f"{at_once} at once"
        self.metrics = (Metric(f"connect-{at_once}", f"new connections, {how}", "/s"),)

    def warm_up(self, bench, load, running):
        load("connect", f":{running.port}", 0.2, self.at_once)

    def measure(self, bench, load, running):
        return {self.metrics[0]: load("connect", f":{running.port}", self.seconds, self.at_once)[1]}


class Memory(Row):
    """Fresh processes each time. Who cannot hold the most is asked for half."""

    group = "memory"
    direct = starts = False
    settle_seconds = 1

    def __init__(self, few, many):
        self.few, self.many = few, many
        self.slope = Metric("memory-slope", f"memory per idle visitor, slope from {few}", "KiB", False, 2)
        self.at_few = Metric("memory-few", f"memory with {few} visitors", "MiB", False, 1)
        self.at_many = Metric("memory-many", f"memory with {many} visitors", "MiB", False, 1)
        self.empty = Metric("memory-none", "memory without visitors", "MiB", False, 1)
        self.metrics = (self.slope, self.at_few, self.at_many, self.empty)

    def rounds(self, rounds):
        return min(rounds, 3)

    def measure(self, bench, load, tunnel):
        few, many, none = self.hold(bench, load, tunnel, self.many)
        if many is not None:
            return {self.at_few: few, self.at_many: many, self.empty: none,
                    self.slope: (many - few) * 1024 / (self.many - self.few)}
        half = self.many // 2
        few, many, none = self.hold(bench, load, tunnel, half)
        values = {self.at_few: few, self.empty: none}
        if many is not None:
            values[self.slope] = (many - few) * 1024 / (half - self.few)
            note = f"does not hold {self.many} visitors; measured with {half}"
        else:
            values[self.slope] = (few - none) * 1024 / self.few
            note = f"does not hold {half} visitors; slope from 0 to {self.few}"
        bench.results.note(self.metrics, tunnel.name, note)
        return values

    def hold(self, bench, load, tunnel, top):
        """Memory in MiB with few, with many (None if it cannot) and with none."""
        with bench.started(tunnel) as running:
            bench.settle(self.settle_seconds)
            none = running.pss_mib()
            with load.held(["idle", f":{running.port}", self.few, top], bench.log) as holder:
                said, held = holder.line()
                if said != "ready":
                    raise Failure(f"does not hold {self.few} visitors: {held} came through{running.last_words()}")
                bench.settle(self.settle_seconds)
                few = running.pss_mib()
                holder.go_on()
                if holder.line()[0] != "ready":
                    return few, None, none
                bench.settle(self.settle_seconds)
                return few, running.pss_mib(), none


class Start(Row):
    group = "start"
    direct = starts = False
    metrics = (Metric("start-server", "server: start to listening", "ms", False, 1),
               Metric("start-client", "client: start to first visitor served", "ms", False, 1))

    def rounds(self, rounds):
        return 2 * rounds

    def measure(self, bench, load, tunnel):
        values = []
        environment = tunnel.whole_environment()
        server = ["start", "port", f":{tunnel.place.control}", *tunnel.server()]
        client = ["start", "service", f":{tunnel.place.public}", *tunnel.client()]
        with load.held(server, bench.log, environment) as held_server:
            values += held_server.line("the server does not come up")
            with load.held(client, bench.log, environment) as held_client:
                values += held_client.line("the client does not come up")
        return dict(zip(self.metrics, map(float, values)))


class Web(Row):
    group = "http"
    backend = "web"

    def __init__(self, id, path, seconds, metrics):
        self.path, self.seconds = path, seconds
        self.metrics = tuple(Metric(f"http-{id}{suffix}", label, unit, more, digits)
                             for suffix, label, unit, more, digits in metrics)

    def warm_up(self, bench, load, running):
        load("http", f":{running.port}", self.path, 0)

    def measure(self, bench, load, running):
        count, total, seconds, p50, p99 = load("http", f":{running.port}", self.path, self.seconds)
        values = [total / seconds / 1e6] if self.seconds == 0 else [count / seconds, p50, p99]
        return dict(zip(self.metrics, values))


def rows(quick):
    one = 256 << 20 if quick else 1 << 30
    big, big_name = (100_000_000, "100 MB") if quick else (1_000_000_000, "1 GB")
    seconds, patience = (1, 5) if quick else (3, 40)
    return [
        Bulk("bulk-down", "one stream down", "down", 1, one, patience),
        Bulk("bulk-up", "one stream up", "up", 1, one, patience),
        Bulk("ten-small-down", "ten streams of 10 MB down", "down", 10, 10_000_000, patience, 5),
        Bulk("ten-small-up", "ten streams of 10 MB up", "up", 10, 10_000_000, patience, 5),
        Bulk("ten-big-down", f"ten streams of {big_name} down", "down", 10, big, patience),
        Bulk("ten-big-up", f"ten streams of {big_name} up", "up", 10, big, patience),
        *(Latency(connections, seconds, False) for connections in (1, 16, 256)),
        *(Latency(connections, seconds, True) for connections in (1, 16, 256)),
        Connect(1, seconds),
        Connect(16, seconds),
        Memory(1000, 10000),
        Start(),
        Web("page", "/page", seconds, [("", "pages of 4 KB over HTTP", "/s", True, 0),
                                       ("-p50", "a page over HTTP, p50", "us", False, 0),
                                       ("-p99", "a page over HTTP, p99", "us", False, 0)]),
        Web("file", "/file", 0, [("", "a file of 100 MB over HTTP", "MB/s", True, 0)]),
    ]
