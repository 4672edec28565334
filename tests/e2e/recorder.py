"""A relay that keeps what passes: recorder.py TARGET FILE. Prints the port where it listens, then appends to FILE every
byte that goes either way. So a test sees what somebody sees who listens between a client and its server."""

import socket
import sys
import threading


def pump(source, sink, into):
    try:
        while piece := source.recv(65536):
            into.write(piece)
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for each in (source, sink):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    with open(sys.argv[2], "ab", buffering=0) as into, socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            near, _ = listener.accept()
            far = socket.create_connection((host, int(port)))
            for ends in ((near, far), (far, near)):
                threading.Thread(target=pump, args=(*ends, into), daemon=True).start()


main()
