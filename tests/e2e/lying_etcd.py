"""An etcd that lies, for cluster_etcd_hostile.sh.

    lying_etcd.py FOLDER [CERTIFICATE KEY]

Its port is then in FOLDER/etcd.port. FOLDER/lie has the name of what it does now; `none`: it answers like etcd, from
its memory, about leases, transactions, reads and watches. FOLDER/lies has the number of lies so far.
"""

import base64
import http.server
import json
import os
import ssl
import sys
import threading
import time

HEADER = {"cluster_id": "7", "member_id": "1"}
lock = threading.Lock()


def bytes_of(item, name):
    return base64.b64decode(item.get(name, ""))


class Kept:
    """What it has."""

    def __init__(self):
        self.keys, self.leases, self.revision = {}, {}, 10
        self.events = []  # (revision, key, event)

    def header(self):
        return {**HEADER, "revision": str(self.revision)}

    def is_among(self, key, item):
        first, end = bytes_of(item, "key"), bytes_of(item, "range_end")
        return first <= key < end if end else key == first

    def among(self, item):
        return sorted(key for key in self.keys if self.is_among(key, item))

    def holds(self, compare):
        found = self.among(compare)
        if compare["target"] == "VERSION":
            return not found
        return bool(found) and all(self.keys[key]["lease"] == compare["lease"] for key in found)

    def put(self, put):
        key = bytes_of(put, "key")
        self.keys[key] = {"key": put["key"], "value": put.get("value", ""), "create_revision": str(self.revision),
                          "mod_revision": str(self.revision), "version": "1", "lease": put.get("lease", "0")}
        self.events.append((self.revision, key, {"kv": self.keys[key]}))
        return {"response_put": {"header": self.header()}}

    def delete(self, item):
        found = self.among(item)
        for key in found:
            gone = {"key": self.keys.pop(key)["key"], "mod_revision": str(self.revision)}
            self.events.append((self.revision, key, {"type": "DELETE", "kv": gone}))
        return {"response_delete_range": {"header": self.header(), "deleted": str(len(found))}}

    def read(self, asked):
        found = self.among(asked)
        limit = int(asked.get("limit", "0")) or len(found)
        drop = ("value",) if asked.get("keys_only") else ()
        pairs = [{name: each for name, each in self.keys[key].items() if name not in drop} for key in found[:limit]]
        return {"header": self.header(), "kvs": pairs, "count": str(len(found)), "more": len(found) > limit}

    def carry_out(self, operation):
        if "request_put" in operation:
            return self.put(operation["request_put"])
        if "request_delete_range" in operation:
            return self.delete(operation["request_delete_range"])
        return {"response_range": self.read(operation["request_range"])}

    def transaction(self, body):
        succeeded = all(self.holds(compare) for compare in body.get("compare", []))
        operations = body.get("success" if succeeded else "failure", [])
        self.revision += any("request_range" not in each for each in operations)
        answer = {"header": self.header(), "responses": [self.carry_out(each) for each in operations]}
        return {**answer, "succeeded": True} if succeeded else answer

    def answer(self, path, body):
        if path == "/v3/kv/txn":
            return self.transaction(body)
        if path == "/v3/kv/range":
            return self.read(body)
        lease = {"header": self.header(), "ID": body.get("ID", "0")}
        if path == "/v3/lease/grant":
            self.leases[body["ID"]] = body["TTL"]
            return {**lease, "TTL": body["TTL"]}
        if path == "/v3/lease/keepalive":
            return {"result": {**lease, "TTL": self.leases[body["ID"]]} if body["ID"] in self.leases else lease}
        return {"header": self.header()}


def of_all(value):
    """An object whose values all have this one instead of theirs."""
    def changed(item):
        if isinstance(item, dict):
            return {name: value if not isinstance(each, (dict, list)) else changed(each) for name, each in item.items()}
        return [changed(each) for each in item] if isinstance(item, list) else value
    return changed


def granted(path, body, answer):
    """Everything is granted to everybody."""
    if path != "/v3/kv/txn":
        return answer
    header = {"header": answer["header"]}
    answers = {"request_put": {"response_put": header}, "request_range": {"response_range": header},
               "request_delete_range": {"response_delete_range": {**header, "deleted": "1"}}}
    return {**header, "succeeded": True, "responses": [answers[next(iter(each))] for each in body["success"]]}


def of_others(path, body, answer):
    """Keys of others, which were not asked for."""
    key = base64.b64encode(b"ferrotunnel/claim/hother.test 00").decode()
    pair = {"key": key, "value": "eA==", "create_revision": "5", "mod_revision": "5", "version": "1", "lease": "1"}
    read = {"header": answer["header"], "kvs": [pair]}
    reads = [{"response_range": read} for _ in body.get("failure", [])]
    return {"/v3/kv/txn": {"header": answer["header"], "responses": reads}, "/v3/kv/range": read}.get(path, answer)


def contradicting(path, body, answer):
    """The answer to another operation."""
    puts = [{"response_range": {"header": answer["header"]}} for _ in body.get("success", [])]
    return {"header": answer["header"], "succeeded": True, "responses": puts} if path == "/v3/kv/txn" else answer


# Answers that are JSON, made from honest ones.
CHANGES = {
    "granted": granted,
    "of_others": of_others,
    "contradicting": contradicting,
    "numbers": lambda path, body, answer: of_all(7)(answer),
    "texts": lambda path, body, answer: of_all("x")(answer),
    "null": lambda path, body, answer: of_all(None)(answer),
    "huge_numbers": lambda path, body, answer: of_all(str(10 ** 30))(answer),
    "negative": lambda path, body, answer: of_all("-5")(answer),
    "list": lambda path, body, answer: [answer],
    "empty": lambda path, body, answer: {},
    "another_lease": lambda path, body, answer: {**answer, "ID": "1", "result": {**answer, "ID": "1"}},
}
# Whole bodies, whose answers have this status and these fields.
REDIRECT = {"Location": "http://127.0.0.1:1/v3/kv/txn"}
BODIES = {
    "not_json": (200, {}, b"<html>hello</html>"),
    "deep": (200, {}, b"[" * 200_000),
    "not_text": (200, {}, b"\x00\xff\xfe" * 100),
    "compressed": (200, {"Content-Encoding": "gzip"}, b"{}"),
    "redirect": (302, REDIRECT, b""),
    "moved": (308, REDIRECT, b""),
    "no_leader": (503, {}, b'{"code":14,"message":"etcdserver: no leader"}'),
    "forbidden": (403, {}, b'{"code":7,"message":"etcdserver: permission denied"}'),
    "strange_error": (400, {}, b'{"code":"x","message":{"a":[]}}'),
    "wrong_user": (400, {}, b'{"code":3,"message":"etcdserver: authentication failed, invalid user ID or password"}'),
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open(f"{self.server.folder}/lie", encoding="ascii") as file:
            lie = file.read().strip()
        with lock:
            answer = self.server.kept.answer(self.path, body)
            self.server.lies += lie != "none"
            with open(f"{self.server.folder}/lies.new", "w", encoding="ascii") as file:
                print(self.server.lies, file=file)
            os.rename(f"{self.server.folder}/lies.new", f"{self.server.folder}/lies")
        if lie in BODIES:
            self.say(*BODIES[lie])
        elif lie in CHANGES:
            self.say(200, {}, json.dumps(CHANGES[lie](self.path, body, answer)).encode())
        elif lie == "none" and self.path == "/v3/watch":
            self.close_connection = True
            self.watch(body["create_request"])
        elif lie == "none":
            self.say(200, {}, json.dumps(answer).encode())
        else:
            self.close_connection = True
            getattr(self, lie)()

    def say(self, status, fields, body):
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **fields}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def watch(self, asked):
        self.begin()
        kept, seen = self.server.kept, int(asked["start_revision"]) - 1
        message = {"created": True}
        try:
            while True:
                if message:
                    line = json.dumps({"result": {"header": kept.header(), **message}}) + "\n"
                    self.wfile.write(f"{len(line):x}\r\n{line}\r\n".encode())
                time.sleep(0.1)
                with lock:
                    events = [event for when, key, event in kept.events if when > seen and kept.is_among(key, asked)]
                    message, seen = {"events": events} if events else {}, max(seen, kept.revision)
        except OSError:
            pass

    def begin(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")

    def go_on(self, piece, seconds):
        """Until the other side has had enough."""
        try:
            while True:
                self.wfile.write(piece)
                time.sleep(seconds)
        except OSError:
            pass

    def endless(self):
        self.begin()
        self.go_on(b"10000\r\n" + b" " * 65536 + b"\r\n", 0)

    def drops(self):
        self.begin()
        self.go_on(b"1\r\n \r\n", 0.05)

    def endless_head(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        self.go_on(b"X-Field: " + b"a" * 1000 + b"\r\n", 0)

    def silent(self):
        time.sleep(10)

    def cut(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")

    def not_http(self):
        self.wfile.write(os.urandom(1000))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):  # the other side has closed it
        pass


def main():
    folder = sys.argv[1]
    server = Server(("127.0.0.1", 0), Handler)
    server.folder, server.kept, server.lies = folder, Kept(), 0
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*sys.argv[2:4])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with open(f"{folder}/etcd.port.new", "w", encoding="ascii") as file:
        print(server.server_address[1], file=file)
    os.rename(f"{folder}/etcd.port.new", f"{folder}/etcd.port")
    server.serve_forever()


main()
