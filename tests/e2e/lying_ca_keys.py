"""Keys, signatures and certificates of lying_ca.py: DER by hand, ECDSA by the program openssl."""

import base64
import hashlib
import hmac
import ipaddress
import json
import os
import secrets
import subprocess
import tempfile
import time

EMPTY_NAME = b"\x30\x00"
P256 = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
SEQUENCE, INTEGER, BITS, OCTETS, OID, BOOLEAN = 0x30, 2, 3, 4, 6, 1
YEAR = 365 * 24 * 3600


def encode(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def openssl(*arguments, data=b""):
    return subprocess.run(("openssl",) + arguments, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


# --- DER ---------------------------------------------------------------------------------------------------------------

def der(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(length)]) + length + body


def number(value):
    return der(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def parts_of(data):
    """(tag, body, all of it) of each value in a row."""
    found = []
    while data:
        length, head = data[1], 2
        if length & 128:
            head = 2 + (length & 127)
            length = int.from_bytes(data[2:head], "big")
        found.append((data[0], data[head:head + length], data[:head + length]))
        data = data[head + length:]
    return found


def name_of(text):
    return der(SEQUENCE, der(0x31, der(SEQUENCE, bytes.fromhex("0603550403"), der(0x0c, text.encode()))))


def time_of(seconds):
    return der(0x17, time.strftime("%y%m%d%H%M%SZ", time.gmtime(seconds)).encode())


def extension(last, value, critical=False):
    flag = der(BOOLEAN, b"\xff") if critical else b""
    return der(SEQUENCE, der(OID, b"\x55\x1d" + bytes([last])), flag, der(OCTETS, value))


def general_name(kind, value):
    return der(0x87, ipaddress.ip_address(value).packed) if kind == "ip" else der(0x82, value.encode())


# --- JSON Web Signatures -----------------------------------------------------------------------------------------------

def is_signed(jwk, jws):
    try:
        point = b"\x04" + decode(jwk["x"]).rjust(32, b"\0") + decode(jwk["y"]).rjust(32, b"\0")
        raw = decode(jws["signature"])
        if jwk["kty"] != "EC" or jwk["crv"] != "P-256" or len(raw) != 64:
            return False
    except (KeyError, ValueError, TypeError):
        return False
    public = pem("PUBLIC KEY", der(SEQUENCE, P256, der(BITS, b"\0" + point)))
    signature = der(SEQUENCE, number(int.from_bytes(raw[:32], "big")), number(int.from_bytes(raw[32:], "big")))
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("key", public.encode()), ("signature", signature)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        return openssl("dgst", "-sha256", "-verify", os.path.join(folder, "key"), "-signature",
                       os.path.join(folder, "signature"), data=f"{jws['protected']}.{jws['payload']}".encode()
                       ).returncode == 0


def is_bound(binding, key_id, mac_key, jwk, url):
    protected = json.loads(decode(binding["protected"]))
    text = f"{binding['protected']}.{binding['payload']}".encode()
    expected = hmac.new(decode(mac_key), text, hashlib.sha256).digest()
    return (protected == {"alg": "HS256", "kid": key_id, "url": url} and json.loads(decode(binding["payload"])) == jwk
            and hmac.compare_digest(decode(binding["signature"]), expected))


def thumbprint(jwk):
    text = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return encode(hashlib.sha256(text.encode()).digest())


# --- certificates ------------------------------------------------------------------------------------------------------

def pem(kind, data):
    text = base64.b64encode(data).decode()
    lines = "\n".join(text[at:at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n"


class Signer:
    def __init__(self, name, key_file, public):
        self.name, self.key_file, self.public = name, key_file, public
        self.identifier = hashlib.sha1(public).digest()
        self.certificate = ""


def public_key(signer):
    return signer.public


def make_key(path):
    done = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode())
    return openssl("pkey", "-in", path, "-pubout", "-outform", "DER").stdout


def sign(signer, public, subject, start, seconds, extensions):
    serial = secrets.randbits(126) | 1 << 127  # its first bit is set: the DER of it has a zero in front
    body = der(SEQUENCE, der(0xa0, number(2)), number(serial), ECDSA_SHA256, signer.name,
               der(SEQUENCE, time_of(start), time_of(start + seconds)), subject, public,
               der(0xa3, der(SEQUENCE, *extensions)))
    signature = openssl("dgst", "-sha256", "-sign", signer.key_file, data=body).stdout
    return pem("CERTIFICATE", der(SEQUENCE, body, ECDSA_SHA256, der(BITS, b"\0" + signature))), serial


def make_authority(folder, name, parent):
    key_file = os.path.join(folder, name + ".key")
    signer = Signer(name_of("lying CA, " + name), key_file, make_key(key_file))
    signer.certificate, _ = sign(parent or signer, signer.public, signer.name, time.time() - 3600, 10 * YEAR, [
        extension(19, der(SEQUENCE, der(BOOLEAN, b"\xff")), True),
        extension(15, bytes.fromhex("03020106"), True),  # keyCertSign, cRLSign
        extension(14, der(OCTETS, signer.identifier)),
        extension(35, der(SEQUENCE, der(0x80, (parent or signer).identifier)))])  # of two CAs with one name
    with open(os.path.join(folder, name + ".pem.new"), "w") as file:
        file.write(signer.certificate)
    os.rename(os.path.join(folder, name + ".pem.new"), os.path.join(folder, name + ".pem"))
    return signer


def issue(signer, names, public, start, seconds):
    """PEM, and the identifier of RFC 9773, 4.1."""
    certificate, serial = sign(signer, public, EMPTY_NAME, start, seconds, [
        extension(17, der(SEQUENCE, *(general_name(*name) for name in names)), True),
        extension(15, bytes.fromhex("03020780"), True),  # digitalSignature
        extension(37, der(SEQUENCE, bytes.fromhex("06082b06010505070301"))),  # serverAuth
        extension(35, der(SEQUENCE, der(0x80, signer.identifier)))])
    return certificate, encode(signer.identifier) + "." + encode(parts_of(number(serial))[0][1])


def own_certificate(folder, root):
    """Files of the CA's certificate for its own address, and of its key."""
    paths = os.path.join(folder, "own.pem"), os.path.join(folder, "own.key")
    text, _ = issue(root, [("dns", "localhost"), ("ip", "127.0.0.1")], make_key(paths[1]), time.time() - 3600, YEAR)
    with open(paths[0], "w") as file:
        file.write(text)
    return paths


class Request:
    def __init__(self, subject, public, names):
        self.subject, self.public_key, self.names = subject, public, names


def read_request(data):
    """A certificate signing request; None if its signature is wrong."""
    if openssl("req", "-inform", "DER", "-verify", "-noout", data=data).returncode != 0:
        return None
    fields = parts_of(parts_of(parts_of(data)[0][1])[0][1])
    names = []
    at = data.find(bytes.fromhex("0603551d11"))  # subjectAltName
    if at >= 0:
        value = next(part for part in parts_of(data[at:at + 65536]) if part[0] == OCTETS)
        for tag, body, _ in parts_of(parts_of(value[1])[0][1]):
            names.append(("ip", str(ipaddress.ip_address(body))) if tag == 0x87 else ("dns", body.decode()))
    return Request(fields[1][2], fields[2][2], names)
