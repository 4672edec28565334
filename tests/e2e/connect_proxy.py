"""A proxy for tests: CONNECT to any name leads to one address of this machine.

usage: connect_proxy.py [LISTEN_ADDRESS:]LISTEN_PORT TARGET_PORT [ntlm|DATE]

Prints each place that it is asked for. With `ntlm` it wants a login of that kind and connects nobody. DATE is the Date
field of its answers.
"""

import socket
import sys
import threading


def read_head(client):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        more = client.recv(4096)
        if not more:
            return None
        head += more
    return head.decode("latin-1")


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client, target_port, ntlm, date):
    head = read_head(client)
    if head is None:
        return
    print(f"asked for {head.split()[1]}\n", end="", flush=True)  # in one write: other threads print too
    if ntlm:
        client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: NTLM\r\n"
                       b"Proxy-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n")
        client.close()
        return
    target = socket.create_connection(("127.0.0.1", target_port))
    field = f"Date: {date}\r\n" if date else ""
    client.sendall(f"HTTP/1.1 200 Connection established\r\n{field}\r\n".encode())
    threading.Thread(target=copy, args=(target, client), daemon=True).start()
    copy(client, target)


def main():
    listen_at, target_port = sys.argv[1].rpartition(":"), int(sys.argv[2])
    ntlm = sys.argv[3:] == ["ntlm"]
    date = sys.argv[3] if len(sys.argv) > 3 and not ntlm else None
    listener = socket.create_server((listen_at[0] or "127.0.0.1", int(listen_at[2])))
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, target_port, ntlm, date), daemon=True).start()


main()
