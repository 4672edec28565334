"""Does the rows: starts the tunnels, takes turns among them, and notes what each round gave."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time

from failure import Failure
from load import Load
from peers import Keys, Place
from processes import Process, Running, accepts, cpu_seconds, free_port, machine_seconds, own_seconds
from table import block

FILE_BYTES, LARGE_BYTES, PAGE_BYTES, SMALL_BYTES = 100_000_000, 256 * 1024, 4096, 1024


class Bench:
    def __init__(self, load_path, programs, results):
        self.load, self.programs, self.results = Load(load_path), programs, results
        self.backends = {}
        self.commands = {"load": lambda port: [load_path, "backend", str(port)], "web": self.web_server}
        self.count = 0
        self.hopeless = {}  # variant -> why it did not come up, so that it is not waited for in each row

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="ferrotunnel-peers-")
        self.log = os.path.join(self.folder, "load.log")
        self.keys = Keys(self.folder)
        return self

    def __exit__(self, *_):
        for process, _ in self.backends.values():
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- backends ---------------------------------------------------------------------------------------------------

    def backend(self, kind):
        """The port of a backend, which is started when it is first wanted."""
        if kind not in self.backends:
            port = free_port()
            process = Process(self.commands[kind](port), os.path.join(self.folder, kind + ".log"))
            self.backends[kind] = process, port
            process.wait_until(lambda: accepts(port), f"the backend ({kind})")
        return self.backends[kind][1]

    def web_server(self, port):
        nginx = self.programs.find("nginx")
        if not nginx:
            raise Failure("nginx is missing")
        root = os.path.join(self.folder, "web")
        os.makedirs(root)
        os.chmod(self.folder, 0o755)
        sizes = (("page", PAGE_BYTES), ("file", FILE_BYTES), ("large", LARGE_BYTES), ("small", SMALL_BYTES))
        for name, size in sizes:
            with open(os.path.join(root, name), "wb") as file:
                file.write(b"x" * size)
        configuration = os.path.join(root, "nginx.conf")
        with open(configuration, "w", encoding="ascii") as file:
            file.write(f"""daemon off; worker_processes 1; pid {root}/pid; error_log stderr;
events {{ worker_connections 19000; }}
http {{ access_log off; sendfile on; tcp_nodelay on; client_body_temp_path {root}/b; proxy_temp_path {root}/p;
fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
open_file_cache max=8; server {{ listen 127.0.0.1:{port} backlog=4096; root {root};
location = /small {{ sendfile off; }} location = /upload {{ proxy_pass http://127.0.0.1:{port}/small; }} }} }}
""")
        return [nginx, "-e", "stderr", "-c", configuration]

    # --- tunnels ----------------------------------------------------------------------------------------------------

    def prepared(self, kind, row):
        """A tunnel with a folder, ports and configuration of its own, not yet started."""
        self.count += 1
        folder = os.path.join(self.folder, f"tunnel-{self.count}")
        os.mkdir(folder)
        place = Place(folder, row.service, kind.control or free_port(), free_port(), self.backend(row.backend),
                      free_port(), self.keys, {host: self.backend(more) for host, more in row.more.items()})
        tunnel = kind(place, self.programs.find)
        try:
            tunnel.prepare()
        except (OSError, subprocess.CalledProcessError) as error:
            raise Failure(f"cannot be configured: {error}") from error
        return tunnel

    @contextlib.contextmanager
    def started(self, tunnel):
        running = Running(tunnel).start()
        try:
            yield running
        finally:
            running.stop()

    @staticmethod
    def settle(seconds):
        time.sleep(seconds)

    # --- rows -------------------------------------------------------------------------------------------------------

    def do(self, row, kinds, rounds):
        runnings = {}
        began, others = time.monotonic(), self.others_seconds()
        try:
            for kind in kinds:
                if row.suits(kind):
                    self.ready(row, kind, runnings)
            names = list(runnings)
            for turn in range(row.rounds(rounds)):
                shift = turn % max(1, len(names))
                for name in names[shift:] + names[:shift]:
                    if name in runnings:
                        self.round(row, name, runnings)
        finally:
            for running in runnings.values():
                running.stop()
        for metric in row.metrics:
            print("\n" + block(self.results, metric), flush=True)
        took = time.monotonic() - began
        foreign = max(0, self.others_seconds() - others) / took
        self.results.foreign(row.metrics, foreign)
        print(f"  ({took:.0f} s; other programs on this machine used {foreign:.2f} of a core)", flush=True)

    def others_seconds(self):
        """Processor seconds of programs that are not part of this run; asked while no tunnel runs."""
        backends = sum(cpu_seconds(process.pid) for process, _ in self.backends.values())
        return machine_seconds() - own_seconds() - backends

    def ready(self, row, kind, runnings):
        for metric in row.metrics:
            cells = self.results.of(metric)
            for part in (cells.values, cells.failed, cells.notes):
                part.pop(kind.name, None)
        try:
            if kind.name in self.hopeless:
                raise Failure(self.hopeless[kind.name])
            running = Running(self.prepared(kind, row))
            if row.starts:
                running.start()
        except (Failure, OSError) as failure:
            if row.backend == "load" and row.service == "tcp":
                self.hopeless[kind.name] = str(failure)
            self.results.fail(row.metrics, kind.name, str(failure))
            return
        runnings[kind.name] = running
        if row.starts:
            self.attempt(row, kind.name, runnings, lambda: row.warm_up(self, self.load, running))

    def round(self, row, name, runnings):
        def measured():
            running = runnings[name]
            values = row.measure(self, self.load, running if row.starts else running.tunnel)
            for metric, value in values.items():
                self.results.add(metric, name, value)
        self.attempt(row, name, runnings, measured)

    def attempt(self, row, name, runnings, work):
        """A failure ends this row for this tunnel and for no other."""
        try:
            work()
        except (Failure, OSError) as failure:
            self.results.fail(row.metrics, name, str(failure) + runnings[name].last_words())
            runnings.pop(name).stop()
