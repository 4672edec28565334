"""A certificate authority (RFC 8555) for tests, which can lie.

  lying_ca.py FOLDER HTTP_PORT TLS_PORT [PORT]

It listens at 127.0.0.1 and PORT, or any. It validates by real requests: HTTP-01 and TLS-ALPN-01 at 127.0.0.1 and these
ports, both DNS ways by the records in FOLDER/txt. In FOLDER it creates root.pem (it signs the chains, and the
certificate of the CA's own address), `url` (of its directory, when it listens) and `dns` (the address of a name server
that has every name at 127.0.0.1, or as FOLDER/addresses says: an address, or SERVFAIL). FOLDER/txt/NAME has the values of
a TXT record, a line each. FOLDER/mode has words, which count from the next request on:

  lifetime=S   seconds of certificates            window=A,B   suggested renewal, seconds after the issue
  eab          wants external accounts            hold         answers are not validated before this word is gone
  unavailable  503 for everything                 silent       never responds
  drip         a byte a second                    limited=S    429 for orders, with this Retry-After
  redirect     302 for orders                     bad_nonces   no nonce is good
  http_urls    URLs without TLS                   not_json     orders are HTML
  huge         10 MB as a chain                   processing   orders are never ready
  leaf_only    a chain without its issuer         wrong_issuer a chain whose issuer did not sign
  wrong_names  certificates for another host      wrong_key    certificates for another key
  expired      certificates of yesterday          bad_token    tokens with slashes
  no_replaces  `replaces` is always refused       past_window  suggests to renew at once, always
  long_nonce   nonces of 100 KB                   skewed_date  its clock is three days ahead
  fail=WAY     no answer to this way is right     ask=S        Retry-After of renewal windows

Lines on its output: "newAccount N", "newOrder N NAMES", "validated WAY NAME ok|REASON", "issued N NAMES", "replaces ID",
"keyChange", "profile NAME", "request METHOD PATH STATUS".
"""

import email.utils
import http.server
import json
import os
import secrets
import ssl
import sys
import threading
import time

import lying_ca_checks as checks
import lying_ca_keys as keys
import lying_ca_orders as orders
from lying_ca_orders import HOUR, Refused, say


class Authority:
    """What it knows; `lock` guards all of it."""

    def __init__(self, folder, ports):
        self.folder, self.ports = folder, ports
        self.lock = threading.RLock()
        self.nonces, self.accounts, self.orders, self.authorizations, self.replaced = set(), {}, {}, {}, set()
        self.url = ""
        self.root = keys.make_authority(folder, "root", None)
        self.issuer = keys.make_authority(folder, "issuer", self.root)
        self.stranger = keys.make_authority(folder, "stranger", None)

    def words(self):
        try:
            with open(os.path.join(self.folder, "mode")) as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def has(self, word):
        return word in self.words()

    def value(self, word, otherwise):
        for one in self.words():
            if one.startswith(word + "="):
                return one[len(word) + 1:]
        return otherwise

    def nonce(self):
        nonce = secrets.token_urlsafe(16)
        if self.has("long_nonce"):
            nonce *= 5000
        with self.lock:
            self.nonces.add(nonce)
        return nonce


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ca = None  # Authority

    # --- responses -----------------------------------------------------------------------------------------------

    def respond(self, status, value=None, kind="application/json", **headers):
        body = b"" if value is None else value if isinstance(value, bytes) else json.dumps(value).encode()
        say("request", self.command, self.path, status)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Replay-Nonce", self.ca.nonce())
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.ca.has("drip"):
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(1)
        self.wfile.write(body)

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(time.time() + (3 * 24 * HOUR if self.ca.has("skewed_date") else 0), usegmt=True)

    def log_message(self, *_):
        pass

    def url_of(self, *parts):
        base = "http://192.0.2.1:14000" if self.ca.has("http_urls") else self.ca.url
        return "/".join((base,) + tuple(str(part) for part in parts))

    # --- requests ------------------------------------------------------------------------------------------------

    def do_HEAD(self):
        self.respond(503 if self.ca.has("unavailable") else 200)

    def do_GET(self):
        self.guarded(lambda: self.read(self.path.strip("/").split("/")))

    def do_POST(self):
        self.guarded(self.signed)

    def guarded(self, action):
        while self.ca.has("silent"):
            time.sleep(0.2)
        try:
            if self.ca.has("unavailable"):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                raise Refused(503, "serverInternal", "closed for today")
            action()
        except Refused as refused:
            self.respond(refused.status, {"type": "urn:ietf:params:acme:error:" + refused.kind,
                                          "detail": refused.detail, "status": refused.status},
                         "application/problem+json", **refused.headers)
        except ConnectionError:
            self.close_connection = True

    def read(self, path):
        if path == ["directory"]:
            meta = {"termsOfService": self.ca.url + "/terms", "caaIdentities": [orders.ISSUER], "profiles": orders.PROFILES}
            if self.ca.has("eab"):
                meta["externalAccountRequired"] = True
            self.respond(200, {"newNonce": self.url_of("nonce"), "newAccount": self.url_of("account"),
                               "newOrder": self.url_of("order"), "keyChange": self.url_of("key"),
                               "renewalInfo": self.url_of("renewal"), "meta": meta})
        elif path == ["nonce"]:
            self.respond(204)
        elif path[0] == "renewal" and len(path) == 2:
            self.respond(200, self.window(path[1]), Retry_After=self.ca.value("ask", "21600"))
        else:
            raise Refused(404, "malformed", "no such page")

    def window(self, id_of_renewal):
        with self.ca.lock:
            found = [order for order in self.ca.orders.values() if order.get("renewal") == id_of_renewal]
        if not found:
            raise Refused(404, "malformed", "no such certificate")
        order = found[0]
        start, end = (float(part) for part in self.ca.value(
            "window", "%d,%d" % (order["lifetime"] * 0.6, order["lifetime"] * 0.7)).split(","))
        if self.ca.has("past_window"):
            start, end = -2 * HOUR, -HOUR
        return {"suggestedWindow": {"start": orders.rfc3339(order["issued"] + start), "end": orders.rfc3339(order["issued"] + end)}}

    def signed(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Type") != "application/jose+json":
            raise Refused(415, "malformed", "the content type is not application/jose+json")
        try:
            jws = json.loads(body)
            protected = json.loads(keys.decode(jws["protected"]))
        except (ValueError, KeyError):
            raise Refused(400, "malformed", "this is not a JWS")
        path = self.path.strip("/").split("/")
        account = self.check(jws, protected, path)
        payload = keys.decode(jws["payload"])
        orders.post(self, path, account, protected, json.loads(payload) if payload else None)

    def check(self, jws, protected, path):
        """The account whose key has signed; None for a new one."""
        with self.ca.lock:
            is_known = protected.get("nonce") in self.ca.nonces
            self.ca.nonces.discard(protected.get("nonce"))
        if not is_known or self.ca.has("bad_nonces"):
            raise Refused(400, "badNonce", "this nonce is not good")
        if protected.get("url") != self.ca.url + self.path or protected.get("alg") != "ES256":
            raise Refused(400, "malformed", "the header has a wrong url or alg")
        account = None
        if path == ["account"]:
            if "kid" in protected:
                raise Refused(400, "malformed", "a new account has no kid")
            jwk = protected.get("jwk")
        else:
            with self.ca.lock:
                account = self.ca.accounts.get(protected.get("kid"))
            if account is None or "jwk" in protected:
                raise Refused(400, "accountDoesNotExist", "no such account")
            jwk = account["jwk"]
        if not keys.is_signed(jwk, jws):
            raise Refused(403, "unauthorized", "the signature is wrong")
        return account


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # visitors that end early


def main(folder, http_port, tls_port, port="0"):
    sys.stdout.reconfigure(line_buffering=True)
    os.makedirs(os.path.join(folder, "txt"), exist_ok=True)
    ca = Authority(folder, {"http-01": int(http_port), "tls-alpn-01": int(tls_port)})
    Handler.ca = ca
    server = Server(("127.0.0.1", int(port)), Handler)
    ca.url = "https://127.0.0.1:%d" % server.server_address[1]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*keys.own_certificate(folder, ca.root))
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    checks.start_names(folder)
    with open(os.path.join(folder, "url.new"), "w") as file:
        file.write(ca.url + "/directory")
    os.rename(os.path.join(folder, "url.new"), os.path.join(folder, "url"))
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
