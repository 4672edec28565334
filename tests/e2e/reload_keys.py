"""Changes each documented key of a running program, one at a time, and looks at what the reload says: the key is applied or
named as needing a restart. Whether it is applied shows on the way back, too: what was taken over differs from the first
file again, and what was not does not.

    reload_keys.py DOCUMENTATION FILE SOCKET FOLDER

The file is JSON, which is YAML. FOLDER has tokens (a, b, c), certificates (one, two, ca: .pem and .key) and more.yml.
"""

import copy
import http.client
import itertools
import json
import re
import socket
import sys

documentation, file, control, folder = sys.argv[1:5]


class Control(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(control)


def reload():
    asked = Control("ferrotunnel")
    asked.request("POST", "/v1/reload")
    answer = json.loads(asked.getresponse().read())
    asked.close()
    return answer


def write(config):
    with open(file, "w", encoding="utf-8") as out:
        json.dump(config, out)


with open(file, encoding="utf-8") as given:
    base = json.load(given)


def pem(name):
    return {"chain": f"{folder}/{name}.pem", "key": f"{folder}/{name}.key"}


rate = {"up": "1M", "down": "2M"}
header_rules = {"remove": ["X-Old"], "set": {"X-A": "1"}, "add": {"X-B": "1"}}
TCP, UDP, HTTP, TLS, FILES, SECURE, AWAY, DIRECT, PRIVATE, EXIT, BOTH = range(11)

base["server"].update(
    {
        "https": {
            "certificates": [pem("one")],
            "fallback": pem("one"),
            "client_certificates": [{"host": "admin.test", "ca": f"{folder}/ca.pem", "required": True, "chain": False}],
            "hsts": {"max_age": "8760h", "include_subdomains": True, "preload": False},
            "self": True,
        },
        # The first CA cannot be reached, so nothing is ordered.
        "acme": {
            "directory": "https://127.0.0.1:1/dir",
            "external_account": {"id": "kid", "hmac_key": f"file:{folder}/hmac"},
            "dns_command": ["/bin/true", "--zone"],
        },
        "token": [
            {"name": "alice", "secret": f"file:{folder}/a"},
            {"name": "bob", "secret": f"file:{folder}/b"}
            | {key: dict(rate) for key in ("bytes_per_second", "service_bytes_per_second", "visitor_bytes_per_second")},
        ],
        "services": [{"name": "guarded", "token": f"file:{folder}/a", "hosts": ["guarded.test"]}],
        "plugins": {"chain": [{"headers": {"response": {"set": {"X-Frame-Options": "DENY"}}}, "id": "frames"}]},
    }
)
local = base["client"].pop("local")
base["client"]["visits"] = [{"name": "v", "local": 0, "key": f"file:{folder}/b"}]
base["client"]["disabled"] = [{"name": "f", "by": "alice"}]
base["client"]["services"] = [
    {"name": "t", "tcp": 0, "local": local},
    {"name": "u", "udp": 0, "local": local, "proxy_protocol": "v2"},
    {"name": "h", "http": "h.test", "path": "/p", "local": local, "strip_prefix": True, "limits": {"body_rate": 400},
     "request_headers": header_rules, "response_headers": copy.deepcopy(header_rules)},
    {"name": "s", "tls": "s.test", "local": local, "group": "base", "eject": {"failures": 6}},
    {"name": "f", "http": "f.test", "local": f"files:{folder}"},
    {"name": "b", "http": "b.test", "local": f"https://{local}"},
    {"name": "r", "http": "r.test", "path": "/from", "redirect": {"to": "/elsewhere"}, "hsts": {"max_age": "8760h",
     "include_subdomains": True, "preload": False}, "https_redirect": {"status": 308}},
    {"name": "d", "http": "d.test", "local": local},
    {"name": "p", "tcp": "private", "local": local, "key": f"file:{folder}/b"},
    {"name": "x", "tcp": 0, "local": "exit", "allow": ["*.example.com:80"],
     "users": [{"name": "ann", "password": f"file:{folder}/a"}]},
    {"name": "y", "tcp+udp": 0, "local": local},
]

new_time = "123ms"
# What each key becomes: a value, or (value, number of the item in its list, or numbers where lists are in lists).
http_values = {
    "linger_bytes": "1KiB", "requests_per_connection": 9, "connections": 900, "connections_per_address": 90,
    "h2c": True, "hold": new_time, "http2_streams": 9,
    "http2_stream_window": "32KiB", "http2_connection_window": "64KiB", "http2_websockets": True, "head_bytes": "8KiB", "line_bytes": "1KiB", "fields": 50, "target_bytes": "1KiB", "body_rate": 7, "body_grace": "1s",
    "upgrades": False, "body_max": "1MiB", "pool_per_service": 3, "pool": 5, "replay_bytes": "1KiB",
    "trusted_proxies": "10.0.0.0/8", "forwarded": True, "member_header": True, "acme_webroot": f"{folder}/www", "via": "edge-2", "pages": {"404": f"{folder}/page.html"},
    "hosts": {"a.test": {"pages": {"404": f"{folder}/page.html"}}}, "first_byte_timeout_max": "2h",
    "upgraded_idle_timeout_max": "30h",
}
values = {
    "include": [f"{folder}/more.yml"],
    "log.level": "error", "log.format": "json",
    "server.bind": "127.0.0.1:1", "server.tcp_bind": "127.0.0.2", "server.http_bind": "127.0.0.1:1",
    "server.https_bind": "127.0.0.1:2", "server.connect_bind": "127.0.0.1:3",
    "server.https.certificates": [pem("two")], "server.https.folders": [folder], "server.https.fallback": pem("two"),
    "server.https.certificates[].chain": (f"{folder}/one_more.pem", 0),
    "server.https.certificates[].key": (f"{folder}/one_again.key", 0),
    "server.https.fallback.chain": f"{folder}/one_more.pem", "server.https.fallback.key": f"{folder}/one_again.key",
    "server.https.grade": "intermediate", "server.https.client_certificates": [],
    "server.https.client_certificates[].host": ("other.test", 0),
    "server.https.client_certificates[].ca": (f"{folder}/staff.pem", 0),
    "server.https.client_certificates[].required": (False, 0),
    "server.https.client_certificates[].chain": (True, 0),
    "server.https.self": False, "server.https.self_names": ["h.test"], "server.https.http2": False, "server.https.reload_interval": "1s", "server.https.handshakes_per_second": 7, "server.https.public_port": 444,
    "server.https.redirect": "on", "server.https.hsts.max_age": "9999h",
    "server.https.hsts.include_subdomains": False, "server.https.hsts.preload": True,
    "server.https.acme_tls_backend": "127.0.0.1:9",
    "server.acme.email": "a@example.com", "server.acme.directory": ["https://127.0.0.1:1/dir", "https://127.0.0.1:2/dir"],
    "server.acme.staging": "https://127.0.0.1:1/staging", "server.acme.ca_file": f"{folder}/ca.pem",
    "server.acme.profile": "shortlived", "server.acme.external_account.id": "other",
    "server.acme.external_account.hmac_key": f"file:{folder}/hmac_again", "server.acme.ways": ["dns-01", "http-01"],
    "server.acme.names": ["name.test"], "server.acme.dns_command": "/bin/true --other",
    "server.acme.dns_command_time": "7s", "server.acme.dns_server": "127.0.0.1:9", "server.acme.http_port": 81,
    "server.acme.tls_port": 444, "server.acme.orders_per_token": 7,
    "server.cluster.name": "c", "server.cluster.listen": "127.0.0.1:8", "server.cluster.key": f"{folder}/cluster_again.key",
    "server.cluster.peers": {"b": "127.0.0.1:2"}, "server.cluster.public": "127.0.0.1:3", "server.cluster.control": False,
    "server.cluster.etcd": ["http://127.0.0.1:2"], "server.cluster.etcd_homes": True, "server.cluster.etcd_prefix": "other/", "server.cluster.etcd_user": "u",
    "server.cluster.address": "127.0.0.1:4",
    "server.cluster.etcd_password_file": f"{folder}/etcd_password", "server.cluster.etcd_ca_file": f"{folder}/ca.pem",
    "server.cluster.etcd_chain": f"{folder}/etcd.pem", "server.cluster.etcd_key": f"{folder}/etcd.key",
    "server.ssh_service": "t@alice", "server.silent_service": "t@alice", "server.proxy_protocol_from": ["10.0.0.1"],
    "server.domain": "d.test", "server.public_host": "h.test", "server.allow_ports": ["1024-65535"],
    "server.connections_per_token": 77, "server.ports_per_token": 77, "server.hold": "7s",
    "server.access_log": f"{folder}/access.log", "server.access_log_format": "json", "server.access_log_mask": ["sid"],
    "server.audit_log": f"{folder}/audit.log",
    "server.traces.endpoint": "http://127.0.0.1:1/x", "server.traces.sample": 0.5, "server.traces.service_name": "edge",
    "server.traces.headers": {"X-A": f"file:{folder}/a"}, "server.traces.ca": f"{folder}/two.pem",
    "server.token": [{"name": "alice", "secret": f"file:{folder}/a"}],
    "server.token[].name": ("bert", 1), "server.token[].secret": (f"file:{folder}/c", 1),
    "server.token[].also": (f"file:{folder}/c", 1), "server.token[].hosts": (["bob.test"], 1),
    "server.token[].ports": (["3000-3009"], 1), "server.token[].kinds": (["tcp"], 1),
    "server.token[].bind": (["127.0.0.1"], 1), "server.token[].visited_by": (["alice"], 1),
    "server.token[].from": (["10.0.0.0/8"], 1), "server.token[].expires": ("2099-01-01T00:00:00Z", 1),
    "server.token[].connections": (3, 1), "server.token[].services": (3, 1), "server.token[].visitors": (3, 1),
    "server.token[].visitors_per_second": (3, 1),
    "server.services": [], "server.services[].name": ("other", 0), "server.services[].token": (f"file:{folder}/c", 0),
    "server.services[].also": (f"file:{folder}/c", 0), "server.services[].ports": (["3000-3009"], 0),
    "server.services[].hosts": (["other.test"], 0),
    "server.plugins.load": [f"{folder}/none.so"], "server.plugins.clients": ["auth"], "server.plugins.chain": [],
    "server.plugins.chain[].id": ("other", 0), "server.plugins.chain[].on_failure": ("closed", 0),
    "server.plugins.chain[].mode": ("observe", 0), "server.plugins.chain[].hosts": ("a.test", 0),
    "server.plugins.chain[].paths": ("/a", 0), "server.plugins.chain[].services": ("h", 0),
    "server.plugins.chain[].ignore_case": (True, 0), "server.plugins.chain[].reject_ambiguous_paths": (True, 0),
    "server.plugins.chain[].when": ('request.method == "GET"', 0), "server.plugins.wait_timeout": "1s",
    "server.plugins.waiting": 7, "server.plugins.collected": "1MiB", "server.allow_weak_token": True,
    "server.tls": False, "server.tls_cert": f"{folder}/one_more.pem", "server.tls_key": f"{folder}/one_again.key",
    "server.state_dir": f"{folder}/elsewhere",
    "client.server": "127.0.0.1:1", "client.token": f"file:{folder}/b", "client.tls": False,
    "client.tls_ca": f"{folder}/ca.pem", "client.tls_pin": "sha256:DSHu3r3RlnPvoMH1iPcYj0M0yC1mzZTMo3Qp5iPVkWQ=",
    "client.proxy": "http://127.0.0.1:9", "client.name": "n", "client.identity": "i", "client.metadata": {"site": "barn"}, "client.replace": True, "client.linger": "3s", "client.connections": 3, "client.redundancy": 1, "client.attempts": 9,
    "client.retry_refused": "61s", "client.managed": ["127.0.0.1:3000-3999"],
    "client.dashboard_token_file": f"{folder}/b", "client.dashboard_tls_cert": f"{folder}/one_more.pem",
    "client.dashboard_tls_key": f"{folder}/one_again.key", "server.dashboard_token_file": f"{folder}/b",
    "server.dashboard_tls_cert": f"{folder}/one_more.pem", "server.dashboard_tls_key": f"{folder}/one_again.key",
    "client.inspect": True, "client.inspect_memory": "64MiB", "client.inspect_body": "1KiB", "client.inspect_mask": ["pin"],
    "client.visits": [], "client.visits[].name": ("web", 0), "client.visits[].local": ("127.0.0.1:0", 0),
    "client.visits[].key": (f"file:{folder}/c", 0), "client.visits[].kind": ("udp", 0),
    "client.services[].enabled": (False, TCP), "client.disabled": [], "client.disabled[].name": "t",
    "client.disabled[].by": "bob", "client.services[].bind": ("127.0.0.1", TCP), "client.services[].key": (f"file:{folder}/c", PRIVATE),
    "client.services[].token": (f"file:{folder}/c", TCP), "client.services[].group": ("g", TLS),
    "client.services[].balance": ("least", TLS), "client.services[].weight": (2, TLS),
    "client.services[].standby": (True, TLS), "client.services[].sticky": ("address", TLS),
    "client.services[].eject": (5, TLS), "client.services[].eject.failures": (7, TLS),
    "client.services[].eject.first": ("2s", TLS), "client.services[].eject.longest": ("1h", TLS),
    "client.services[].eject.share": (7, TLS), "client.services[].eject.counts": ("reset", TLS),
    "client.services[].eject.all_unhealthy": ("refuse", TLS),
    "client.services[].health": ("tcp", TLS), "client.services[].health.type": ("tcp", TCP),
    "client.services[].health.path": ("/healthz", TCP), "client.services[].health.status": ("200-299", TCP),
    "client.services[].health.text": ("fine", TCP), "client.services[].health.interval": ("3s", TCP),
    "client.services[].health.timeout": ("1s", TCP), "client.services[].health.rise": (7, TCP),
    "client.services[].health.fall": (7, TCP), "client.services[].health.all_unhealthy": ("try", TCP),
    "client.services[].allow": (["*.example.com:443"], EXIT),
    "client.services[].users": ([{"name": "bob", "password": f"file:{folder}/a"}], EXIT),
    "client.services[].users[].name": ("bob", [EXIT, 0]),
    "client.services[].users[].password": (f"file:{folder}/c", [EXIT, 0]),
    "client.services[].name": ("other", TCP), "client.services[].tcp": ("private", TCP),
    "client.services[].udp": (3003, UDP), "client.services[].tcp+udp": (3004, BOTH), "client.services[].idle": ("5s", UDP),
    "client.services[].http": ("i.test", HTTP), "client.services[].tls": ("z.test", TLS),
    "client.services[].path": ("/q", HTTP), "client.services[].local": ("127.0.0.1:9", TCP),
    "client.services[].listing": (True, FILES), "client.services[].backend_certificate": (f"{folder}/one.pem", SECURE),
    "client.services[].backend_key": (f"{folder}/one.key", SECURE),
    "client.services[].backend_ca": (f"{folder}/ca.pem", SECURE), "client.services[].backend_name": ("n.test", SECURE),
    "client.services[].backend_insecure": (True, SECURE), "client.services[].proxy_protocol": ("v2", TCP),
    "client.services[].proxy_each": (True, UDP),
    "client.services[].plugins": ([{"ip-filter": {"allow": "127.0.0.0/8"}}], TCP),
    "client.services[].strip_prefix": (False, HTTP), "client.services[].replace_prefix": ("/v2", DIRECT),
    "client.services[].host_header": ("backend", DIRECT), "client.services[].map_back": (False, HTTP),
    "client.services[].redirect": ("/somewhere", AWAY), "client.services[].redirect.to": ("/somewhere", AWAY),
    "client.services[].redirect.status": (301, AWAY), "client.services[].https_redirect": (False, AWAY),
    "client.services[].https_redirect.status": (301, AWAY), "client.services[].https_redirect.port": (444, AWAY),
    "client.services[].hsts": (True, DIRECT), "client.services[].hsts.max_age": ("9999h", AWAY),
    "client.services[].hsts.include_subdomains": (False, AWAY), "client.services[].hsts.preload": (True, AWAY),
    "client.services[].limits.backend_connect_timeout": ("1s", HTTP),
    "client.services[].limits.first_byte_timeout": ("1s", HTTP),
    "client.services[].limits.upgraded_idle_timeout": ("1s", HTTP), "client.services[].limits.body_rate": (7, HTTP),
    "client.services[].limits.body_max": ("1MiB", HTTP), "client.services[].limits.upgrades": (False, HTTP),
}
for name in ("bytes_per_second", "service_bytes_per_second", "visitor_bytes_per_second"):
    values[f"server.token[].{name}"] = ("9M", 1)
    values[f"server.token[].{name}.up"] = values[f"server.token[].{name}.down"] = ("9M", 1)
for name in ("request_headers", "response_headers"):
    values[f"client.services[].{name}.remove"] = (["X-Other"], HTTP)
    values[f"client.services[].{name}.set"] = values[f"client.services[].{name}.add"] = ({"X-C": "2"}, HTTP)
for side in ("server", "client"):
    values |= {
        f"{side}.workers": 2, f"{side}.busy_poll": 7, f"{side}.memory_max": "65MiB", f"{side}.control": "off",
        f"{side}.resume": "20s", f"{side}.resume_memory": "8MiB",
        f"{side}.metrics": "127.0.0.1:4" if side == "server" else "127.0.0.1:5",
        f"{side}.dashboard": "127.0.0.1:6" if side == "server" else "127.0.0.1:7",
        f"{side}.drain": "7s", f"{side}.endpoint_file": f"{folder}/{side}.other", f"{side}.allow_weak_token": True,
    }
values |= {f"server.http.{name}": value for name, value in http_values.items()}

# Keys of which one alone is not right.
together = {"client.services[].backend_certificate": "client.services[].backend_key",
            "client.services[].backend_key": "client.services[].backend_certificate",
            "server.tls_cert": "server.tls_key", "server.tls_key": "server.tls_cert",
            "server.cluster.etcd_homes": "server.cluster.etcd",
            "server.cluster.etcd_user": "server.cluster.etcd_password_file",
            "server.cluster.etcd_password_file": "server.cluster.etcd_user",
            "server.cluster.etcd_chain": "server.cluster.etcd_key", "server.cluster.etcd_key": "server.cluster.etcd_chain",
            "server.dashboard_tls_cert": "server.dashboard_tls_key", "server.dashboard_tls_key": "server.dashboard_tls_cert",
            "client.dashboard_tls_cert": "client.dashboard_tls_key", "client.dashboard_tls_key": "client.dashboard_tls_cert"}
# Keys that are one thing with another.
same_thing = {"server.http.hosts": "server.http.pages", **together}


def value_of(key):
    if key in values:
        return values[key]
    if re.fullmatch(r"(server|client)\.timing\.\w+|server\.http\.\w+_timeout", key):
        return "46s" if key.endswith("dead_interval") else "12s" if key.endswith("reconnect_max") else new_time
    sys.exit(f"{key} is documented, and this test has no value for it")


def put(config, key):
    value = value_of(key)
    value, number = value if isinstance(value, tuple) else (value, 0)
    numbers = iter(number) if isinstance(number, list) else itertools.repeat(number)
    at = config
    *groups, last = key.replace("[]", ".[]").split(".")
    for group in groups:
        at = at[next(numbers)] if group == "[]" else at.setdefault(group, {})
    if at.get(last) == value:
        sys.exit(f"{key} has this value already")
    at[last] = value


def is_around(key, group):
    return key == group or key.startswith((group + ".", group + "["))


def told_of(key, answer):
    """Whether the key was applied or needs a restart, and that of nothing else this is said."""
    applied = [text.split(" ")[0] for text in answer["applied"]]
    restart = answer["needs_restart"]
    for text in applied + restart:
        same_value = ".https.hsts" in key and ".https.hsts" in text  # it is one thing
        same_value |= key.startswith("client.disabled") and text == "client.services"  # which says that they are off
        if not (is_around(key, text) or same_value or key == "include" or same_thing.get(key) == text):
            sys.exit(f"{key} was changed, and a reload says {answer}")
    if answer["problems"] or bool(applied) == bool(restart):
        sys.exit(f"{key} was changed, and a reload says {answer}")
    return "applied" if applied else "restart"


with open(documentation, encoding="utf-8") as text:
    keys = [line.split("`")[1] for line in text if line.startswith("| `")]
if len(keys) < 150 or len(set(keys)) != len(keys):
    sys.exit(f"{len(keys)} keys are documented")

write(base)
first = reload()
if first["problems"]:
    sys.exit(f"the first file: {first}")
counts = {"applied": 0, "restart": 0}


def try_key(key):
    config = copy.deepcopy(base)
    put(config, key)
    if key in together:
        put(config, together[key])
    write(config)
    answer = reload()
    if key == "server.plugins.load":  # a file that there is not changes nothing, and is named
        if "none.so" not in str(answer["problems"]):
            sys.exit(f"{key} was changed, and a reload says {answer}")
        return
    told = told_of(key, answer)
    counts[told] += 1
    write(base)
    back = reload()
    if told == "applied":
        told_of(key, back)
    elif back["applied"] or back["needs_restart"] or back["problems"]:
        sys.exit(f"{key} was named as needing a restart; back again, a reload says {back}")


wrong = []
for key in keys:
    try:
        try_key(key)
    except SystemExit as problem:
        wrong.append(str(problem))
        write(base)
        reload()
if wrong:
    sys.exit("\n".join(wrong))
print(f"{len(keys)} keys: {counts['applied']} applied, {counts['restart']} need a restart")
