"""Asks for /page of app.test 100 times a second, each time by a connection of its own, in turn at these ports:

    ask_steadily.py FOLDER PORT...

until FOLDER/enough is there. Prints "asked N" for each 50, then the rate, and the failures with their number."""

import http.client
import os
import sys
import threading
import time

folder, *ports = sys.argv[1:]
failures = []
lock = threading.Lock()


def ask(number):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", int(ports[number % len(ports)]), timeout=60)
        connection.request("GET", "/page", headers={"Host": "app.test"})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        problem = None if (answer.status, body) == (200, b"hello\n") else f"{answer.status} {body[:80]}"
    except Exception as error:
        problem = repr(error)
    if problem:
        with lock:
            failures.append(f"request {number}: {problem}")


threads, number, began = [], 0, time.monotonic()
while not os.path.exists(f"{folder}/enough"):
    due = began + number / 100
    time.sleep(max(0, due - time.monotonic()))
    thread = threading.Thread(target=ask, args=(number,))
    thread.start()
    threads = [one for one in threads if one.is_alive()] + [thread]
    number += 1
    if number % 50 == 0:
        print("asked", number, flush=True)
for thread in threads:
    thread.join()
print("rate", round(number / (time.monotonic() - began)))
print("failed", len(failures), *failures[:5], sep="\n")
