# An OpenID provider that lets everyone in: metadata, keys, codes with PKCE, ID tokens signed by openssl.
#
#   oidc_provider.py PORT_FILE KEY_PEM CLIENT_ID CLIENT_SECRET CLAIMS_FILE
#
# CLAIMS_FILE has what ID tokens say of the user, as JSON, and is read for each of them.
import base64
import hashlib
import http.server
import json
import secrets
import sys
import time
import urllib.parse

from make_jwt import encode, jwk, openssl

port_file, key, client, secret, claims_file = sys.argv[1:6]
codes = {}  # what each was given for


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def issuer(self):
        return "http://127.0.0.1:%d" % self.server.server_port

    def reply(self, status, body=b"", fields=()):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def json(self, value, status=200):
        self.reply(status, json.dumps(value).encode(), [("Content-Type", "application/json")])

    def do_GET(self):
        path, _, query = self.path.partition("?")
        asked = dict(urllib.parse.parse_qsl(query))
        issuer = self.issuer()
        if path == "/.well-known/openid-configuration":
            self.json({"issuer": issuer, "authorization_endpoint": issuer + "/authorize",
                       "token_endpoint": issuer + "/token", "jwks_uri": issuer + "/keys",
                       "end_session_endpoint": issuer + "/logout",
                       "authorization_response_iss_parameter_supported": True})
        elif path == "/keys":
            self.json({"keys": [jwk("k1", key)]})
        elif path == "/authorize" and asked.get("client_id") == client and asked["response_type"] == "code":
            code = secrets.token_urlsafe(16)
            codes[code] = asked
            back = urllib.parse.urlencode({"code": code, "state": asked["state"], "iss": issuer})
            self.reply(302, fields=[("Location", asked["redirect_uri"] + "?" + back)])
        elif path == "/logout":
            self.reply(302, fields=[("Location", asked["post_logout_redirect_uri"])])
        else:
            self.reply(404)

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        given = codes.pop(form.get("code"), None)
        challenge = encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        basic = "Basic " + base64.b64encode(("%s:%s" % (client, secret)).encode()).decode()
        if (self.path != "/token" or given is None or given["code_challenge"] != challenge
                or given["redirect_uri"] != form.get("redirect_uri") or self.headers.get("Authorization") != basic):
            self.json({"error": "invalid_grant"}, 400)
            return
        claims = {"iss": self.issuer(), "aud": client, "exp": time.time() + 300, "iat": time.time(),
                  "nonce": given["nonce"]}
        with open(claims_file) as file:
            claims.update(json.load(file))
        text = encode(b'{"alg":"RS256","kid":"k1"}') + "." + encode(json.dumps(claims).encode())
        token = text + "." + encode(openssl("dgst", "-sha256", "-sign", key, data=text.encode()))
        self.json({"id_token": token, "access_token": "at", "token_type": "Bearer"})

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
with open(port_file, "w") as file:
    file.write("%d\n" % server.server_port)
server.serve_forever()
