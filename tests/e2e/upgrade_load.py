"""Visitors of HTTP, TCP and UDP, whom nothing that is restarted may cost anything.

    upgrade_load.py FOLDER HOST HTTP TCP UDP   until FOLDER/enough is there: kept and short connections of HTTP for HOST,
                                               connections of TCP that give everything back, UDP; prints "round N" as they
                                               continue, and at last "asked N, failed N"
"""

import hashlib
import http.client
import os
import random
import socket
import sys
import threading
import time

folder, host, web, tcp, udp = sys.argv[1:6]
patience = 60
kept, short, streams, flows = 16, 8, 4, 8
lock = threading.Lock()
asked = failed = 0
rounds = {}


def enough():
    return os.path.exists(f"{folder}/enough")


def place(text):
    name, port = text.rsplit(":", 1)
    return name, int(port)


def note(kind, number, problem=None):
    global asked, failed
    with lock:
        asked += 1
        rounds[kind, number] = rounds.get((kind, number), 0) + 1
        if problem is not None:
            failed += 1
            print(f"{time.strftime('%H:%M:%S')} failed: {kind} {number}: {problem!r}\n", end="", file=sys.stderr, flush=True)


def ask(connection):
    connection.request("GET", "/page", headers={"Host": host})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200 or body != b"hello\n":
        raise RuntimeError(f"{answer.status} {answer.headers.get('X-FerroTunnel-Error')} {body[:60]}")
    return answer.will_close


def ask_by_http(kind, number):
    connection = None
    while not enough():
        problem = None
        try:
            if connection is None:
                connection = http.client.HTTPConnection(*place(web), timeout=patience)
            if ask(connection) or kind == "short":
                connection.close()
                connection = None
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            problem = error
            connection = None
        note(kind, number, problem)
        time.sleep(random.random() * 0.02)


def transfer(kind, number):
    connection = None
    while not enough():
        problem = None
        try:
            if connection is None:
                connection = socket.create_connection(place(tcp), timeout=patience)
                last_at = time.monotonic() + 3  # a server whose place was taken does not wait for ever, on a slow machine either
            data = os.urandom(random.randint(1, 200_000))
            sender = threading.Thread(target=connection.sendall, args=(data,))
            sender.start()
            got = hashlib.sha256()
            left = len(data)
            while left > 0:
                piece = connection.recv(65536)
                if not piece:
                    raise RuntimeError("the connection has ended")
                got.update(piece)
                left -= len(piece)
            sender.join()
            if got.digest() != hashlib.sha256(data).digest():
                raise RuntimeError("other bytes came back")
            if random.random() < 0.1 or time.monotonic() > last_at:
                connection.close()
                connection = None
        except (OSError, RuntimeError) as error:
            problem = error
            connection = None
        note(kind, number, problem)
        time.sleep(random.random() * 0.02)


# A datagram may be lost, as anywhere; another one's answer must not come, and some answer must.
def flow(kind, number):
    visitor = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    visitor.settimeout(2)
    visitor.connect(place(udp))
    count = 0
    while not enough():
        problem = "no answer to 20 datagrams"
        for _ in range(20):
            count += 1
            data = b"%d/%d" % (number, count)
            visitor.send(data)
            try:
                while not (got := visitor.recv(2048)).startswith(data):
                    if not got.startswith(b"%d/" % number):
                        problem = f"the answer of another one: {got}"
                problem = None
                break
            except TimeoutError:
                continue
            except OSError as error:
                problem = error
                break
        note(kind, number, problem)
        time.sleep(0.02)


threads = []
for what, many, run in (("kept", kept, ask_by_http), ("short", short, ask_by_http), ("tcp", streams, transfer),
                        ("udp", flows, flow)):
    for one in range(many):
        threads.append(threading.Thread(target=run, args=(what, one)))
for thread in threads:
    thread.start()
told = 0
while not enough():
    time.sleep(0.05)
    with lock:
        least = min(rounds.values()) if len(rounds) == len(threads) else 0
    if least > told:
        told = least
        print(f"round {told}", flush=True)
for thread in threads:
    thread.join()
print(f"asked {asked}, failed {failed}", flush=True)
