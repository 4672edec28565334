"""A certificate authority (RFC 8555) for tests, which can lie.

  lying_ca.py FOLDER HTTP_PORT TLS_PORT [PORT]

It listens at 127.0.0.1 and PORT, or any. It validates by real requests: HTTP-01 and TLS-ALPN-01 at 127.0.0.1 and these ports, both DNS ways by the records in FOLDER/txt. In FOLDER it
creates root.pem (it signs the chains, and the certificate of the CA's own address), `url` (of its directory, when it
listens) and `dns` (the address of a name server that has every name at 127.0.0.1, or as FOLDER/addresses says).
FOLDER/txt/NAME has the values of a TXT record, a line each. FOLDER/mode has words, which count from the next request on:

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

PROFILES = {"default": "As usual", "shortlived": "Six days"}
ISSUER = "lying-ca.test"
KEY_ID = "kid-1"
MAC_KEY = keys.encode(b"a key of an external account....")
HOUR = 3600
LIFETIME = 90 * 24 * HOUR


class Refused(Exception):
    def __init__(self, status, kind, detail, **headers):
        super().__init__(detail)
        self.status, self.kind, self.detail, self.headers = status, kind, detail, headers


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


def say(*words):
    print(*words, flush=True)


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
            meta = {"termsOfService": self.ca.url + "/terms", "caaIdentities": [ISSUER], "profiles": PROFILES}
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
        return {"suggestedWindow": {"start": rfc3339(order["issued"] + start), "end": rfc3339(order["issued"] + end)}}

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
        post(self, path, account, protected, json.loads(payload) if payload else None)

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


def rfc3339(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


# --- signed requests ---------------------------------------------------------------------------------------------------

def post(handler, path, account, protected, payload):
    ca = handler.ca
    if path == ["account"]:
        new_account(handler, protected["jwk"], payload)
    elif path[0] == "account":
        handler.respond(200, {"status": "valid", "contact": account["contact"]})
    elif path == ["key"]:
        change_key(handler, account, payload)
    elif path == ["order"]:
        new_order(handler, account, payload)
    elif path[0] in ("order", "finalize", "chain") and path[-1] in ca.orders:
        order = ca.orders[path[-1]]
        if order["account"] != account["url"]:
            raise Refused(403, "unauthorized", "this order is another account's")
        {"order": show_order, "finalize": finalize, "chain": show_chain}[path[0]](handler, order, payload)
    elif path[0] == "authorization" and path[-1] in ca.authorizations:
        show_authorization(handler, ca.authorizations[path[-1]], payload)
    elif path[0] == "challenge" and path[1] in ca.authorizations:
        start_challenge(handler, ca.authorizations[path[1]], path[2], account)
    else:
        raise Refused(404, "malformed", "no such page")


def new_account(handler, jwk, payload):
    ca = handler.ca
    with ca.lock:
        for known in ca.accounts.values():
            if known["jwk"] == jwk:
                handler.respond(200, {"status": "valid", "contact": known["contact"]}, Location=known["url"])
                return
    if payload.get("onlyReturnExisting"):
        raise Refused(400, "accountDoesNotExist", "no account has this key")
    if not payload.get("termsOfServiceAgreed"):
        raise Refused(403, "userActionRequired", "the terms are not agreed to")
    if ca.has("eab"):
        binding = payload.get("externalAccountBinding")
        if not binding:
            raise Refused(403, "externalAccountRequired", "an external account is required")
        if not keys.is_bound(binding, KEY_ID, MAC_KEY, jwk, ca.url + "/account"):
            raise Refused(403, "unauthorized", "the external account is unknown")
    with ca.lock:
        url = "%s/account/%d" % (ca.url, len(ca.accounts) + 1)
        ca.accounts[url] = {"url": url, "jwk": jwk, "contact": payload.get("contact", [])}
    say("newAccount", url.rpartition("/")[2])
    handler.respond(201, {"status": "valid", "contact": payload.get("contact", [])}, Location=url)


def change_key(handler, account, payload):
    protected = json.loads(keys.decode(payload["protected"]))
    inner = json.loads(keys.decode(payload["payload"]))
    jwk = protected["jwk"]
    if protected["url"] != handler.ca.url + "/key" or "nonce" in protected or not keys.is_signed(jwk, payload):
        raise Refused(400, "malformed", "the inner JWS is wrong")
    if inner.get("account") != account["url"] or inner.get("oldKey") != account["jwk"]:
        raise Refused(400, "malformed", "the inner JWS is for another account or key")
    account["jwk"] = jwk
    say("keyChange")
    handler.respond(200, {"status": "valid"})


def new_order(handler, account, payload):
    ca = handler.ca
    names = [(one["type"], one["value"]) for one in payload["identifiers"]]
    say("newOrder", len(ca.orders) + 1, *sorted(value for _, value in names))
    if (seconds := ca.value("limited", "")):
        raise Refused(429, "rateLimited", "too many orders", Retry_After=seconds)
    if ca.has("redirect"):
        raise Refused(302, "malformed", "elsewhere", Location="https://127.0.0.1:1/order")
    if ca.has("not_json"):
        handler.respond(201, b"<html>\033[31mnot JSON</html>", "text/html", Location=handler.url_of("order", "x"))
        return
    if (profile := payload.get("profile")) is not None:
        say("profile", profile)
        if profile not in PROFILES:
            raise Refused(400, "invalidProfile", "no profile has the name " + profile)
    if (replaces := payload.get("replaces")) is not None:
        say("replaces", replaces)
        if ca.has("no_replaces") or replaces in ca.replaced:
            raise Refused(409, "alreadyReplaced", "this certificate was replaced already")
        ca.replaced.add(replaces)
    order = {"id": secrets.token_hex(8), "account": account["url"], "names": names, "chain": None, "authorizations": []}
    for kind, value in names:
        identity = secrets.token_hex(8)
        ca.authorizations[identity] = {
            "id": identity, "type": kind, "value": value.removeprefix("*."), "wildcard": value.startswith("*."),
            "status": "pending", "way": None, "error": None, "order": order,
            "token": "../../accounts/x" if ca.has("bad_token") else secrets.token_urlsafe(24)}
        order["authorizations"].append(ca.authorizations[identity])
    with ca.lock:
        ca.orders[order["id"]] = order
    handler.respond(201, order_value(handler, order), Location=handler.url_of("order", order["id"]))


def order_value(handler, order):
    states = {one["status"] for one in order["authorizations"]}
    status = "invalid" if "invalid" in states else "ready" if states == {"valid"} else "pending"
    if order["chain"]:
        status = "processing" if handler.ca.has("processing") else "valid"
    value = {"status": status, "expires": rfc3339(time.time() + 24 * HOUR),
             "identifiers": [{"type": kind, "value": text} for kind, text in order["names"]],
             "authorizations": [handler.url_of("authorization", one["id"]) for one in order["authorizations"]],
             "finalize": handler.url_of("finalize", order["id"])}
    if status == "valid":
        value["certificate"] = handler.url_of("chain", order["id"])
    return value


def show_order(handler, order, _):
    handler.respond(200, order_value(handler, order), Retry_After="1")


def ways_of(authorization):
    if authorization["type"] == "ip":
        return ["http-01", "tls-alpn-01"]
    by_dns = ["dns-01", "dns-persist-01"]
    return by_dns if authorization["wildcard"] else ["http-01", "tls-alpn-01"] + by_dns


def challenge_value(handler, authorization, way):
    value = {"type": way, "url": handler.url_of("challenge", authorization["id"], way), "status": "pending"}
    if way == "dns-persist-01":
        value["issuer-domain-names"] = [ISSUER]
    else:
        value["token"] = authorization["token"]
    if way == authorization["way"]:
        value["status"] = {"pending": "processing"}.get(authorization["status"], authorization["status"])
        if authorization["error"]:
            value["error"] = {"type": "urn:ietf:params:acme:error:unauthorized", "detail": authorization["error"]}
    return value


def show_authorization(handler, authorization, payload):
    if payload and payload.get("status") == "deactivated":
        authorization["status"] = "deactivated"
    value = {"status": authorization["status"], "expires": rfc3339(time.time() + 24 * HOUR),
             "identifier": {"type": authorization["type"], "value": authorization["value"]},
             "challenges": [challenge_value(handler, authorization, way) for way in ways_of(authorization)]}
    if authorization["wildcard"]:
        value["wildcard"] = True
    handler.respond(200, value, Retry_After="1")


def start_challenge(handler, authorization, way, account):
    if way not in ways_of(authorization):
        raise Refused(404, "malformed", "no such challenge")
    if authorization["way"] is None:
        authorization["way"] = way
        threading.Thread(target=validate, args=(handler.ca, authorization, way, account), daemon=True).start()
    handler.respond(200, challenge_value(handler, authorization, way))


def validate(ca, authorization, way, account):
    while ca.has("hold"):
        time.sleep(0.1)
    fault = checks.check(ca, authorization, way, account, ISSUER)
    if ca.value("fail", "") == way:
        fault = "this way is shut"
    say("validated", way, authorization["value"], fault or "ok")
    authorization["error"] = fault
    authorization["status"] = "invalid" if fault else "valid"


# --- certificates ------------------------------------------------------------------------------------------------------

def finalize(handler, order, payload):
    ca = handler.ca
    if order_value(handler, order)["status"] != "ready":
        raise Refused(403, "orderNotReady", "the order is not ready")
    request = keys.read_request(keys.decode(payload["csr"]))
    if request is None or sorted(request.names) != sorted(order["names"]) or request.subject != keys.EMPTY_NAME:
        raise Refused(400, "badCSR", "the names are not the order's, the subject is not empty, or the signature is wrong")
    order["lifetime"] = float(ca.value("lifetime", LIFETIME))
    order["issued"] = time.time() - (2 * order["lifetime"] if ca.has("expired") else 0)
    names = [("dns", "another.test")] if ca.has("wrong_names") else order["names"]
    public = keys.public_key(ca.stranger) if ca.has("wrong_key") else request.public_key
    certificate, order["renewal"] = keys.issue(ca.issuer, names, public, order["issued"], order["lifetime"])
    issuer = ca.stranger if ca.has("wrong_issuer") else ca.issuer
    order["chain"] = certificate + ("" if ca.has("leaf_only") else issuer.certificate)
    say("issued", order["id"], *sorted(value for _, value in order["names"]))
    handler.respond(200, order_value(handler, order), Retry_After="1", Location=handler.url_of("order", order["id"]))


def show_chain(handler, order, _):
    if not order["chain"] or handler.ca.has("processing"):
        raise Refused(404, "malformed", "no certificate yet")
    body = order["chain"].encode()
    if handler.ca.has("huge"):
        body += b"#" * 10_000_000
    handler.respond(200, body, "application/pem-certificate-chain")


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
