#!/usr/bin/env python3
"""Visitors that upload without reading, as Node's http does: a write that fails loses the response.

early_answer.py [--tls] [--chunked] ADDRESS HOST PATH BYTES VISITORS: prints "answered N lost N" and each status once.
early_answer.py --backend PORTFILE: a backend that responds 413 to each head, half-closes, and reads to the end.
early_answer.py --backend --hasty PORTFILE: ... and closes at once instead, which resets where a body is on its way.
"""
import argparse
import socket
import ssl
import sys
import threading


def visit(options, results):
    host, port = options.words[0].rsplit(":", 1)
    name, path, size = options.words[1], options.words[2], int(options.words[3])
    visitor = socket.create_connection((host, int(port)), 120)
    if options.tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        visitor = context.wrap_socket(visitor, server_hostname=name)
    framing = "Transfer-Encoding: chunked" if options.chunked else f"Content-Length: {size}"
    try:
        visitor.sendall(f"POST {path} HTTP/1.1\r\nHost: {name}\r\n{framing}\r\n\r\n".encode())
        piece = b"x" * 65536
        left = size
        while left > 0:
            part = piece[: min(left, len(piece))]
            visitor.sendall(b"%x\r\n%b\r\n" % (len(part), part) if options.chunked else part)
            left -= len(part)
        if options.chunked:
            visitor.sendall(b"0\r\n\r\n")
        response = b""
        while b"\r\n" not in response:
            part = visitor.recv(65536)
            if not part:
                raise ConnectionError("the connection has ended")
            response += part
        results.append(response.split(b" ")[1].decode())
    except OSError as problem:
        results.append(f"lost: {problem}")
    visitor.close()


def serve_one(connection, hasty):
    with connection:
        head = b""
        while b"\r\n\r\n" not in head:
            part = connection.recv(1)
            if not part:
                return
            head += part
        connection.sendall(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge")
        if hasty:
            return
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass


def serve(options):
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    with open(options.words[0], "w", encoding="ascii") as file:
        file.write(f"{listener.getsockname()[1]}\n")
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve_one, args=(connection, options.hasty), daemon=True).start()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--chunked", action="store_true")
    parser.add_argument("--backend", action="store_true")
    parser.add_argument("--hasty", action="store_true")
    parser.add_argument("words", nargs="+")
    options = parser.parse_args()
    if options.backend:
        serve(options)
    results = []
    threads = [threading.Thread(target=visit, args=(options, results)) for _ in range(int(options.words[4]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lost = [each for each in results if each.startswith("lost")]
    print(f"answered {len(results) - len(lost)} lost {len(lost)}", *sorted(set(results)))
    sys.exit(bool(lost))


main()
