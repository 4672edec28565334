"""The other ends of UDP services, for udp.sh.

  backend PORT_FILE [PORT]      answers every datagram with itself; "who" with the port that it came from, "where" with its
                                own, "report" with what it has seen of a crowd, a DNS question with 192.0.2.53; "flood..."
                                not at all
  ask HOST PORT TEXT            prints the answer to TEXT; asks again every 5 s, as DNS clients do, for a minute
  sizes HOST PORT               datagrams of all sizes come back whole
  crowd HOST PORT COUNT ROUNDS  so many visitors at once, each of whom must get every answer of its own, and no other's
  flow HOST PORT COUNT          both directions at once: so many datagrams, each answered, in the order in which they left
  flood HOST PORT COUNT         sends so many and hears nothing
  steady HOST PORT              asks "where" again and again from one port, and prints each answer that is another one
  home PORT_FILE                one end of a flow like WireGuard's: sends on its own, to wherever it has last heard from
  roam HOST PORT                the other end: sends on its own too, from one address after the other
"""

import hashlib
import os
import selectors
import socket
import struct
import sys
import time

PATIENCE = 60
ASK_AGAIN = 5


def udp(host, port):
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    made.connect((host, port))
    return made


def dns_answer(question):
    """One A record for whatever was asked."""
    end = question.index(b"\0", 12) + 5
    head = question[:2] + struct.pack(">HHHHH", 0x8580, 1, 1, 0, 0)
    return head + question[12:end] + b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([192, 0, 2, 53])


def backend(port_file, port="0"):
    here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
    here.bind(("127.0.0.1", int(port)))
    with open(port_file + ".new", "w") as file:
        file.write(str(here.getsockname()[1]))
    os.rename(port_file + ".new", port_file)
    ports = {}  # of the crowd, by visitor
    while True:
        try:
            data, peer = here.recvfrom(65536)
        except ConnectionRefusedError:
            continue
        if data == b"who":
            answer = str(peer[1]).encode()
        elif data == b"where":
            answer = str(here.getsockname()[1]).encode()
        elif data == b"report":
            most = max((len(of_one) for of_one in ports.values()), default=0)
            answer = b"visitors=%d ports_of_one=%d" % (len(ports), most)
        elif data.startswith(b"flood"):
            continue
        elif data[2:6] in (b"\x01\x00\0\1", b"\x01\x20\0\1"):  # the head of one DNS question
            answer = dns_answer(data)
        else:
            answer = data
            if data.startswith(b"crowd "):
                ports.setdefault(data.split()[1], set()).add(peer[1])
        try:
            here.sendto(answer, peer)
        except OSError:
            pass  # that visitor has gone


def home(port_file):
    here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    here.bind(("127.0.0.1", 0))
    here.settimeout(0.02)
    with open(port_file + ".new", "w") as file:
        file.write(str(here.getsockname()[1]))
    os.rename(port_file + ".new", port_file)
    peer, seen, sent = None, -1, 0
    while True:
        try:
            data, origin = here.recvfrom(65536)
            if int(data.split()[1]) > seen:  # an older one must not lead back to where the peer was
                seen, peer = int(data.split()[1]), origin
        except (socket.timeout, ConnectionRefusedError):
            pass
        if peer:
            sent += 1
            here.sendto(b"home %d %d" % (sent, seen), peer)


def roam(host, port):
    count = 0
    last = 0  # number from home, whichever source it came to
    for _ in range(3):
        here = udp(host, int(port))
        here.settimeout(0.02)
        first = count
        deadline = time.monotonic() + PATIENCE
        heard = 0  # of what home has sent on its own, since this source was silent
        is_known = False
        while heard < 20:
            if time.monotonic() > deadline:
                sys.exit(f"after {heard} datagrams nothing came any more (known: {is_known})")
            if not is_known:
                here.send(b"road %d" % count)
                count += 1
            try:
                number, seen = map(int, here.recv(65536).split()[1:])
            except (socket.timeout, ConnectionRefusedError):
                continue
            if is_known and number > last:
                heard += 1
            is_known = is_known or seen >= first
            last = max(last, number)
    print("three sources were followed")


def exchange(here, data, wanted):
    """Sends until an answer for which `wanted` holds has come."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            here.send(data)
            until = time.monotonic() + ASK_AGAIN
            while time.monotonic() < until:
                here.settimeout(max(until - time.monotonic(), 0.001))
                answer = here.recv(65536)
                if wanted(answer):
                    return answer
        except socket.timeout:
            pass
        except ConnectionRefusedError:
            time.sleep(0.1)  # nobody listens yet
    sys.exit(f"no answer to {len(data)} bytes")


def ask(host, port, text):
    print(exchange(udp(host, int(port)), text.encode(), lambda answer: True).decode())


def sizes(host, port):
    here = udp(host, int(port))
    for size in (1, 0, 2, 1200, 1472, 9000, 16376, 16377, 65507, 0, 65506):
        data = os.urandom(size)
        digest = hashlib.sha256(data).digest()
        exchange(here, data, lambda answer: len(answer) == size and hashlib.sha256(answer).digest() == digest)
        print(f"size={size}")


class Visitor:
    def __init__(self, index, here):
        self.index = index
        self.here = here
        self.round = 0
        self.sent_at = 0.0
        self.asked = 0

    def send(self, now):
        self.data = b"crowd %d %d " % (self.index, self.round) + bytes([self.index % 251]) * (self.index % 900)
        self.sent_at = now
        self.asked += 1
        self.here.send(self.data)


def crowd(host, port, count, rounds):
    visitors = [Visitor(i, udp(host, int(port))) for i in range(int(count))]
    rounds = int(rounds)
    selector = selectors.EpollSelector()
    for visitor in visitors:
        visitor.here.setblocking(False)
        selector.register(visitor.here, selectors.EVENT_READ, visitor)
        visitor.send(time.monotonic())
    left = len(visitors)
    deadline = time.monotonic() + 4 * PATIENCE
    while left:
        now = time.monotonic()
        if now > deadline:
            missing = [(v.index, v.round) for v in visitors if v.round < rounds]
            sys.exit(f"{left} visitors have no answer, among them {missing[:5]}")
        for key, _ in selector.select(0.2):
            visitor = key.data
            answer = visitor.here.recv(65536)
            words = answer.split(b" ", 3)
            if int(words[1]) != visitor.index or int(words[2]) > visitor.round:
                sys.exit(f"visitor {visitor.index} got the answer {words[:3]}")
            if answer == visitor.data:  # else one that came twice, since it was asked for twice
                visitor.round += 1
                if visitor.round == rounds:
                    left -= 1
                    selector.unregister(visitor.here)
                else:
                    visitor.send(time.monotonic())
        for visitor in visitors:
            if visitor.round < rounds and now - visitor.sent_at > ASK_AGAIN:
                visitor.send(now)
    asked_again = sum(visitor.asked for visitor in visitors) - rounds * len(visitors)
    print(f"visitors={len(visitors)} asked_again={asked_again}")


def flow(host, port, count):
    """As a VPN's: a window of datagrams is always under way in both directions. What is lost is sent no more; how much
    that is, is the machine's affair."""
    here = udp(host, int(port))
    here.settimeout(0.5)
    count = int(count)
    sent = received = last = 0
    deadline = time.monotonic() + PATIENCE
    misses = 0
    while last < count and time.monotonic() < deadline:
        while sent < count and sent - last < 16:
            sent += 1
            here.send(b"%08d" % sent + bytes([sent % 256]) * 1300)
        try:
            answer = here.recv(65536)
        except socket.timeout:
            misses += 1
            if sent == count:
                break
            last = sent  # lost
            continue
        number = int(answer[:8])
        if answer[8:] != bytes([number % 256]) * 1300:
            sys.exit(f"datagram {number} was changed")
        if number < last and misses == 0:
            sys.exit(f"datagram {number} came behind {last}")
        last = max(number, last)
        received += 1
    if received == 0:
        sys.exit("nothing came back")
    print(f"sent={sent} received={received}")


def flood(host, port, count):
    here = udp(host, int(port))
    data = b"flood" + b"x" * 1195
    for _ in range(int(count)):
        try:
            here.send(data)
        except (BlockingIOError, ConnectionRefusedError):
            pass
    print(f"port={here.getsockname()[1]}")


def steady(host, port):
    here = udp(host, int(port))
    here.settimeout(0.1)
    last = b""
    while True:
        try:
            here.send(b"where")
            answer = here.recv(65536)
        except (ConnectionRefusedError, socket.timeout):
            continue
        if answer != last:
            print("answered by", answer.decode(), flush=True)
            last = answer
        time.sleep(0.02)


if __name__ == "__main__":
    {"backend": backend, "ask": ask, "sizes": sizes, "crowd": crowd, "flow": flow, "flood": flood, "home": home,
     "roam": roam, "steady": steady}[sys.argv[1]](*sys.argv[2:])
