# Makes JSON Web Tokens with the standard library and the program openssl.
#
#   make_jwt.py jwks KEY=PEM...          a key set of these RSA keys, named KEY
#   make_jwt.py good KID PEM [JSON]      a token of that key; JSON replaces some claims
#   make_jwt.py hostile KID PEM URL      tokens that no server may take, a line each: its name and the token. URL has a
#                                        key set of the attacker's own.
import base64
import hashlib
import hmac
import json
import re
import subprocess
import sys
import time


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def as_json(value):
    return json.dumps(value).encode()


def openssl(*arguments, data=b""):
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=True).stdout


def public_pem(pem):
    return openssl("pkey", "-in", pem, "-pubout")


def modulus(pem):
    text = openssl("rsa", "-in", pem, "-noout", "-modulus").decode()
    return bytes.fromhex(re.search("Modulus=([0-9A-F]+)", text).group(1))


def jwk(kid, pem):
    return {"kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig", "n": encode(modulus(pem)), "e": "AQAB"}


def rs256(pem):
    return lambda text: openssl("dgst", "-sha256", "-sign", pem, "-binary", data=text)


def hs256(secret):
    return lambda text: hmac.new(secret, text, hashlib.sha256).digest()


def token(header, claims, sign):
    header = header if isinstance(header, bytes) else as_json(header)
    claims = claims if isinstance(claims, bytes) else as_json(claims)
    text = encode(header) + "." + encode(claims)
    return text + "." + encode(sign(text.encode()))


def claims(**changes):
    made = {"sub": "ann", "iss": "me", "aud": "app", "exp": int(time.time()) + 3600}
    made.update(changes)
    return {key: value for key, value in made.items() if value is not None}


def hostile(kid, pem, url):
    mine = rs256(pem)
    public = public_pem(pem)
    head = {"alg": "RS256", "kid": kid}
    good = token(head, claims(), mine)
    first, second, third = good.split(".")
    attacker = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
    with open(pem + ".attacker", "wb") as file:
        file.write(attacker)
    theirs = rs256(pem + ".attacker")
    now = int(time.time())
    yield "none", token({"alg": "none", "kid": kid}, claims(), lambda text: b"")
    yield "none_signed", token({"alg": "none", "kid": kid}, claims(), mine)
    yield "None", token({"alg": "NoNe"}, claims(), lambda text: b"")
    yield "no_alg", token({"kid": kid}, claims(), mine)
    yield "hs_with_public_key", token({"alg": "HS256", "kid": kid}, claims(), hs256(public))
    yield "hs_with_stripped_key", token({"alg": "HS256"}, claims(), hs256(public.strip()))
    yield "hs_with_nothing", token({"alg": "HS256", "kid": kid}, claims(), hs256(b""))
    yield "another_key", token(head, claims(), theirs)
    yield "another_algorithm", token({"alg": "PS256", "kid": kid}, claims(), mine)
    yield "jku", token({"alg": "RS256", "kid": "theirs", "jku": url}, claims(), theirs)
    yield "jku_known_kid", token(dict(head, jku=url), claims(), theirs)
    yield "x5u", token(dict(head, x5u=url), claims(), theirs)
    yield "jwk", token(dict(head, jwk=jwk(kid, pem + ".attacker")), claims(), theirs)
    yield "kid_path", token({"alg": "HS256", "kid": "../../../../dev/null"}, claims(), hs256(b""))
    yield "kid_url", token({"alg": "RS256", "kid": url}, claims(), theirs)
    yield "kid_number", token({"alg": "RS256", "kid": 1}, claims(), mine)
    yield "crit", token(dict(head, crit=["exp"]), claims(), mine)
    yield "b64", token(dict(head, b64=False), claims(), mine)
    yield "another_type", token(dict(head, typ="logout+jwt"), claims(), mine)
    yield "expired", token(head, claims(exp=now - 3600), mine)
    yield "not_yet", token(head, claims(nbf=now + 3600), mine)
    yield "no_end", token(head, claims(exp=None), mine)
    yield "end_text", token(head, claims(exp=str(now + 3600)), mine)
    yield "another_audience", token(head, claims(aud="other"), mine)
    yield "no_audience", token(head, claims(aud=None), mine)
    yield "another_issuer", token(head, claims(iss="they"), mine)
    yield "two_ends", token(head, b'{"sub":"ann","iss":"me","aud":"app","exp":1,"exp":%d}' % (now + 3600), mine)
    yield "two_algs", token(b'{"alg":"none","alg":"RS256","kid":"%s"}' % kid.encode(), claims(), mine)
    yield "list", token(head, b'["ann"]', mine)
    yield "no_signature", first + "." + second + "."
    yield "two_parts", first + "." + second
    yield "padding", good + "=="
    yield "another_subject", first + "." + encode(as_json(claims(sub="root"))) + "." + third
    yield "too_long", token(head, claims(x="x" * 9000), mine)
    yield "no_token", "x"


def main(command, *arguments):
    if command == "jwks":
        print(json.dumps({"keys": [jwk(*each.split("=", 1)) for each in arguments]}))
    elif command == "good":
        changes = json.loads(arguments[2]) if len(arguments) > 2 else {}
        print(token({"alg": "RS256", "kid": arguments[0], "typ": "JWT"}, claims(**changes), rs256(arguments[1])))
    else:
        for name, text in hostile(*arguments):
            print(name, text)


if __name__ == "__main__":
    main(*sys.argv[1:])
