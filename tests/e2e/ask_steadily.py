"""Asks for /page of app.test 100 times a second, each time by a connection of its own, in turn at these ports:

    ask_steadily.py FOLDER PORT...

until FOLDER/enough is there. Prints "asked N oldest M" for each 50, where M is the first one that has no answer yet, then
the rate, and the failures with their number."""

import http.client
import os
import resource
import sys
import threading
import time

folder, *ports = sys.argv[1:]
# Requests that wait have a connection each, and how many wait depends on how slow the machine is.
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
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
    threads = [one for one in threads if one[1].is_alive()] + [(number, thread)]
    number += 1
    if number % 50 == 0:
        print("asked", number, "oldest", threads[0][0], flush=True)
for _, thread in threads:
    thread.join()
print("rate", round(number / (time.monotonic() - began)))
print("failed", len(failures), *failures[:5], sep="\n")
