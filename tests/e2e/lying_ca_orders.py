"""Accounts, orders and certificates of lying_ca.py: what signed requests lead to."""

import json
import secrets
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
NO_JSON = b"<html>\033[31mnot JSON</html>"


class Refused(Exception):
    def __init__(self, status, kind, detail, **headers):
        super().__init__(detail)
        self.status, self.kind, self.detail, self.headers = status, kind, detail, headers


def say(*words):
    # One write, since several threads do this.
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


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
    elif path[0] == "order" and ca.has("not_json"):
        handler.respond(200, NO_JSON, "text/html")
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
        handler.respond(201, NO_JSON, "text/html", Location=handler.url_of("order", "x"))
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
