#!/usr/bin/env python3
"""try_examples.py PROGRAM EXAMPLES: runs the built examples together, as their first comments describe.

    curl -> server (the program) -> expose_port -> server -> serve_in_process
    embed_server -> client (the program) -> a service that answers after the end of the question
"""

import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

DEADLINE = 30


@contextlib.contextmanager
def running(*command, **options):
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)
    watchdog = threading.Timer(DEADLINE * 2, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def line_with(process, pattern):
    for line in process.stdout:
        match = re.search(pattern, line)
        if match:
            return match.group(1)
    sys.exit(f"{process.args[0]} ended without printing {pattern}")


def control_of(file):
    """The server's address, from its endpoint file."""
    until = time.monotonic() + DEADLINE
    while time.monotonic() < until:
        if file.exists() and (match := re.search(r"^control (.+)$", file.read_text(), re.MULTILINE)):
            return match.group(1)
        time.sleep(0.05)
    sys.exit("the server did not start")


def shouting_service():
    """Answers the whole question in capitals, once the question has ended."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            connection, _ = listener.accept()
            with connection:
                question = b""
                while chunk := connection.recv(4096):
                    question += chunk
                connection.sendall(question.upper())

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def expose_and_serve(program, examples, folder):
    endpoints = folder / "endpoints"
    with running(program, "server", "--bind", "127.0.0.1:0", "--tcp-bind", "127.0.0.1", "--endpoint-file", endpoints):
        control = control_of(endpoints)
        with running(examples / "serve_in_process", control) as serving:
            inner = line_with(serving, r"http://([^/]+)/")
            with running(examples / "expose_port", control, inner) as exposing:
                outer = line_with(exposing, r"(127\.0\.0\.1:\d+)")
                answer = urllib.request.urlopen(f"http://{outer}/", timeout=DEADLINE).read().decode()
                print(f"expose_port {outer} -> serve_in_process {inner}: {answer.strip()}")
                assert answer.startswith("Hello"), answer
                exposing.communicate("\n", timeout=DEADLINE)
                assert exposing.returncode == 0, exposing.returncode


def embed(program, examples):
    with running(examples / "embed_server", "127.0.0.1:0") as server:
        control = line_with(server, r"clients connect to (.+)")
        with running(program, "client", "--server", control, "--tcp", f"0=127.0.0.1:{shouting_service()}"):
            said = line_with(server, r"says: (.+)")
            print(f"embed_server: {said}")
            assert said == "HELLO", said
            assert server.wait(DEADLINE) == 0, server.returncode


def main():
    program, examples = sys.argv[1], pathlib.Path(sys.argv[2])
    os.environ["FERROTUNNEL_TOKEN"] = subprocess.run([program, "token"], check=True, capture_output=True,
                                                     text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FERROTUNNEL_STATE_DIR"] = folder
        expose_and_serve(program, examples, pathlib.Path(folder))
        embed(program, examples)


main()
