"""How lying_ca.py validates names, and its name server."""

import hashlib
import http.client
import ipaddress
import os
import socket
import ssl
import struct
import threading
import time

import lying_ca_keys as keys

A, AAAA, TXT = 1, 28, 16
TIMEOUT = 10
ACME_IDENTIFIER = bytes.fromhex("06082b0601050507011f0101ff04220420")  # its OID, critical, an octet string of 32 bytes


def check(ca, authorization, way, account, issuer):
    """Why it is not valid; None if it is."""
    try:
        if way == "dns-persist-01":
            return check_persist(ca, authorization, account, issuer)
        expected = authorization["token"] + "." + keys.thumbprint(account["jwk"])
        if way == "http-01":
            return check_http(authorization, ca.ports[way], expected)
        if way == "tls-alpn-01":
            return check_alpn(authorization, ca.ports[way], expected)
        digest = keys.encode(hashlib.sha256(expected.encode()).digest())
        records = read_records(ca.folder, "_acme-challenge." + authorization["value"])
        return None if digest in records else "the TXT records are %s" % records
    except (OSError, http.client.HTTPException) as error:
        return "%s" % error


def check_http(authorization, port, expected):
    host = authorization["value"]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    connection.request("GET", "/.well-known/acme-challenge/" + authorization["token"],
                       headers={"Host": "[%s]" % host if ":" in host else host, "User-Agent": "lying-ca"})
    response = connection.getresponse()
    body = response.read(10_000).decode(errors="replace").strip()
    if response.status != 200:
        return "the status is %d" % response.status
    return None if body == expected else "the body is " + body[:100]


def server_name(authorization):
    value = authorization["value"]
    return ipaddress.ip_address(value).reverse_pointer if authorization["type"] == "ip" else value


def check_alpn(authorization, port, expected):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["acme-tls/1"])
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
        with context.wrap_socket(connection, server_hostname=server_name(authorization)) as tls:
            if tls.selected_alpn_protocol() != "acme-tls/1":
                return "acme-tls/1 is not selected"
            certificate = tls.getpeercert(binary_form=True)
    if ACME_IDENTIFIER + hashlib.sha256(expected.encode()).digest() not in certificate:
        return "the certificate does not answer"
    name = keys.der(keys.SEQUENCE, keys.general_name(authorization["type"], authorization["value"]))
    return None if name in certificate else "the certificate has other names"


def check_persist(ca, authorization, account, issuer):
    records = read_records(ca.folder, "_validation-persist." + authorization["value"])
    for record in records:
        first, *rest = (part.strip() for part in record.split(";"))
        fields = dict(part.split("=", 1) for part in rest if "=" in part)
        if first == issuer and fields.get("accounturi") == account["url"]:
            if not authorization["wildcard"] or fields.get("policy") == "wildcard":
                return None
    return "no TXT record has this account: %s" % records


# --- names -------------------------------------------------------------------------------------------------------------

def lines_of(*path):
    try:
        with open(os.path.join(*path)) as file:
            return file.read().splitlines()
    except OSError:
        return []


def read_records(folder, name):
    return lines_of(folder, "txt", name)


def address_of(folder, name):
    for line in lines_of(folder, "addresses"):
        host, _, address = line.partition(" ")
        if host == name:
            return address
    return "127.0.0.1"


def answer_to(folder, query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    name = ".".join(labels)
    question = query[12:at + 5]
    kind, = struct.unpack("!H", query[at + 1:at + 3])
    found = []
    if kind in (A, AAAA) and address_of(folder, name) == "SERVFAIL":
        return query[:2] + struct.pack("!HHHHH", 0x8582, 1, 0, 0, 0) + question
    if kind == TXT:
        for text in read_records(folder, name):
            pieces = [text.encode()[start:start + 255] for start in range(0, len(text), 255)]
            found.append(b"".join(bytes([len(piece)]) + piece for piece in pieces))
    elif kind in (A, AAAA):
        address = ipaddress.ip_address(address_of(folder, name))
        if kind == (A if address.version == 4 else AAAA):
            found.append(address.packed)
    records = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 1, len(data)) + data for data in found)
    return query[:2] + struct.pack("!HHHHH", 0x8580, 1, len(found), 0, 0) + question + records


def serve_names(folder, server):
    while True:
        query, peer = server.recvfrom(4096)
        try:
            server.sendto(answer_to(folder, query), peer)
        except (IndexError, UnicodeDecodeError, struct.error):
            pass  # not a query


def start_names(folder):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    threading.Thread(target=serve_names, args=(folder, server), daemon=True).start()
    with open(os.path.join(folder, "dns"), "w") as file:
        file.write("127.0.0.1:%d" % server.getsockname()[1])
