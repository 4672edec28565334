"""Another ACME client beside the server, as certbot or lego, for acme_beside.sh.

  acme_client.py URL ROOT_PEM HOST OUT http-01 WEBROOT    writes answers to WEBROOT/.well-known/acme-challenge
  acme_client.py URL ROOT_PEM HOST OUT tls-alpn-01 PORT   answers at 127.0.0.1 and PORT

OUT gets the chain. Its work files are in the current folder.
"""

import hashlib
import http.client
import json
import os
import socket
import ssl
import sys
import threading
import time
import urllib.parse

import lying_ca_keys as keys


class Client:
    def __init__(self, url, root):
        self.context = ssl.create_default_context(cafile=root)
        self.account_key, self.account, self.nonce = "account.key", None, None
        point = keys.make_key(self.account_key)[-64:]
        self.jwk = {"crv": "P-256", "kty": "EC", "x": keys.encode(point[:32]), "y": keys.encode(point[32:])}
        self.directory = json.loads(self.call("GET", url)[2])

    def call(self, method, url, body=None):
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, context=self.context, timeout=60)
        connection.request(method, parts.path, body, {"User-Agent": "acme_client", "Content-Type": "application/jose+json"})
        response = connection.getresponse()
        self.nonce = response.headers["Replay-Nonce"]
        return response.status, response.headers.get("Location"), response.read()

    def sign(self, text):
        signature = keys.openssl("dgst", "-sha256", "-sign", self.account_key, data=text).stdout
        values = keys.parts_of(keys.parts_of(signature)[0][1])
        return keys.encode(b"".join(body[-32:].rjust(32, b"\0") for _, body, _ in values))

    def post(self, url, value=None):
        payload = "" if value is None else keys.encode(json.dumps(value).encode())
        for _ in range(10):
            header = {"alg": "ES256", "nonce": self.nonce, "url": url}
            header.update({"kid": self.account} if self.account else {"jwk": self.jwk})
            protected = keys.encode(json.dumps(header).encode())
            signature = self.sign(f"{protected}.{payload}".encode())
            body = {"protected": protected, "payload": payload, "signature": signature}
            status, location, text = self.call("POST", url, json.dumps(body))
            if status < 300:
                return location, text
            if b"badNonce" not in text:
                break
        sys.exit(text.decode())

    def order(self, host, way, publish):
        self.call("HEAD", self.directory["newNonce"])
        self.account, _ = self.post(self.directory["newAccount"], {"termsOfServiceAgreed": True})
        url, text = self.post(self.directory["newOrder"], {"identifiers": [{"type": "dns", "value": host}]})
        order = json.loads(text)
        for authorization in order["authorizations"]:
            challenges = json.loads(self.post(authorization)[1])["challenges"]
            challenge = next(one for one in challenges if one["type"] == way)
            publish(challenge["token"], challenge["token"] + "." + keys.thumbprint(self.jwk))
            self.post(challenge["url"], {})
        order = self.wait(url, "ready")
        keys.make_key("certificate.key")
        request = keys.openssl("req", "-new", "-key", "certificate.key", "-subj", "/", "-addext",
                               "subjectAltName=DNS:" + host, "-outform", "DER").stdout
        self.post(order["finalize"], {"csr": keys.encode(request)})
        return self.post(self.wait(url, "valid")["certificate"])[1]

    def wait(self, url, wanted):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            order = json.loads(self.post(url)[1])
            if order["status"] == wanted:
                return order
            if order["status"] == "invalid":
                break
            time.sleep(0.1)
        sys.exit("the order is " + order["status"])


def write_answer(webroot):
    folder = os.path.join(webroot, ".well-known", "acme-challenge")

    def publish(token, answer):
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, token), "w") as file:
            file.write(answer)
    return publish


def answer_handshakes(host, port):
    def publish(_, answer):
        public = keys.make_key("alpn.key")
        signer = keys.Signer(keys.name_of("answer"), "alpn.key", public)
        digest = keys.der(keys.OCTETS, hashlib.sha256(answer.encode()).digest())
        text, _ = keys.sign(signer, public, signer.name, time.time() - 60, 3600, [
            keys.extension(17, keys.der(keys.SEQUENCE, keys.general_name("dns", host)), True),
            keys.der(keys.SEQUENCE, bytes.fromhex("06082b0601050507011f0101ff"), keys.der(keys.OCTETS, digest))])
        with open("alpn.pem", "w") as file:
            file.write(text)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("alpn.pem", "alpn.key")
        context.set_alpn_protocols(["acme-tls/1"])
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=serve, args=(listener, context), daemon=True).start()
    return publish


def serve(listener, context):
    while True:
        connection, _ = listener.accept()
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            pass


def main(url, root, host, out, way, where):
    publish = write_answer(where) if way == "http-01" else answer_handshakes(host, int(where))
    chain = Client(url, root).order(host, way, publish)
    with open(out, "wb") as file:
        file.write(chain)


if __name__ == "__main__":
    main(*sys.argv[1:])
