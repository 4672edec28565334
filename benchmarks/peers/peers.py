"""The tunnels: one class each, which says how its server and its client are configured and started.

A new peer is a class with a name and two command lines; TUNNELS at the end lists all. Settings are the peer's own
defaults, except for what the work needs (addresses, a token, keys) and what `settings` says.
"""

import os
import subprocess

from processes import answers, echoes, serves

PLAIN = "plain"
TOKEN = "a-token-for-measuring-0123456789abcdef"
# What visitors of HTTP services ask for.
HOST, PAGE = "localhost", "/small"


class Place:
    """Where one tunnel runs: a folder of its own, ports on loopback, and the keys that all share."""

    def __init__(self, folder, service, control, public, backend, spare, keys, more):
        self.folder, self.service = folder, service
        self.control, self.public, self.backend, self.spare = control, public, backend, spare
        self.keys, self.more = keys, more

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


class Keys:
    """A certificate for localhost and the authority that signed it, made once a run, in the forms that peers want."""

    password = "benchmark"

    def __init__(self, folder):
        self.authority, self.certificate, self.key, self.pkcs12 = (
            os.path.join(folder, name) for name in ("authority.pem", "certificate.pem", "key.pem", "identity.p12"))
        self.made = False

    def make(self):
        if not self.made:
            new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30")
            authority_key = self.authority + ".key"
            self.openssl(*new, "-subj", "/CN=Benchmark", "-addext", "keyUsage=critical,keyCertSign", "-keyout",
                         authority_key, "-out", self.authority)
            self.openssl(*new, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext",
                         "basicConstraints=critical,CA:FALSE", "-CA", self.authority, "-CAkey", authority_key,
                         "-keyout", self.key, "-out", self.certificate)
            self.openssl("pkcs12", "-export", "-inkey", self.key, "-in", self.certificate, "-certfile", self.authority,
                         "-out", self.pkcs12, "-passout", "pass:" + self.password)
            self.made = True
        return self

    @staticmethod
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, stdin=subprocess.DEVNULL)


class Tunnel:
    name = ""            # of the variant, as the tables show it
    peer = ""            # of the product, as --peers takes it
    encryption = PLAIN   # or what encrypts
    programs = ()        # what must be found
    optional = False     # not missed where it is not found
    services = ("tcp",)  # what it carries here: also udp, http, https; place.service says which is wanted
    settings = "defaults"
    control = None       # a port that cannot be chosen
    visitor_fields = ()  # what visitors over HTTP have to say

    def __init__(self, place, find):
        self.place, self.find = place, find

    def prepare(self):
        """Writes configuration files, if there are any."""

    def server(self):
        """The command line of the server; None if there is nothing to start."""

    def client(self):
        """The command line of the client."""

    def is_ready(self):
        """What a visitor asks for comes through."""
        if self.place.service in ("tcp", "udp"):
            return answers(self.place.public) and (self.place.service == "tcp" or echoes(self.place.public))
        return serves(self.place.public, HOST, PAGE, self.visitor_fields, self.place.service in ("https", "http2"))

    def environment(self):
        """What both processes find in their environment beside ours."""
        return {}

    def whole_environment(self):
        return {**os.environ, **self.environment()}


class Direct(Tunnel):
    name = peer = "direct"
    services = ("tcp", "udp", "http")
    settings = "no tunnel: visitors reach the backend itself"


class Ours(Tunnel):
    name, peer, programs, services = "FerroTunnel plain", "ours", ("ferrotunnel",), ("tcp", "udp", "http")
    settings = "defaults, --tls off; over HTTP, connections_per_address raised"
    tls = "off"

    @property
    def program(self):
        return self.find(self.programs[0])

    def prepare(self):
        # No connection of HTTP/2 ends within a round, here and at the others: h2load makes no new ones.
        self.configuration = self.place.write("server.yml", "server: {http: {connections_per_address: 100000" + (
            ", requests_per_connection: 1000000000" if self.place.service == "http2" else "") + "}}\n")
        token = subprocess.run([self.program, "token"], capture_output=True, text=True, check=True).stdout
        self.token = self.place.write("token", token)
        os.chmod(self.token, 0o600)

    def edge(self):
        """Where visitors of HTTP services come in."""
        if self.place.service in ("tcp", "udp"):
            return ["--http-bind", "off"]
        return ["--http-bind", f"127.0.0.1:{self.place.public}", "--config", self.configuration]

    def server(self):
        return [self.program, "server", "--token-file", self.token, "--tls", self.tls, "--bind",
                f"127.0.0.1:{self.place.control}", "--tcp-bind", "127.0.0.1", *self.edge(), "--state-dir",
                os.path.join(self.place.folder, "state")]

    def client(self):
        kind, name = ("--tcp", self.place.public) if self.place.service in ("tcp", "udp") else ("--http", HOST)
        return [self.program, "client", "--token-file", self.token, "--tls", self.tls, "--server",
                f"127.0.0.1:{self.place.control}", kind, f"{name}=127.0.0.1:{self.place.backend}", *self.more()]

    def more(self):
        if self.place.service == "udp":
            return ["--udp", f"{self.place.public}=127.0.0.1:{self.place.backend}"]
        return [word for host, port in self.place.more.items() for word in ("--http", f"{host}=127.0.0.1:{port}")]


class OursTls(Ours):
    name, encryption, tls = "FerroTunnel TLS", "TLS 1.3", "on"
    settings = "defaults; over HTTP, connections_per_address raised"


class OursHttps(OursTls):
    name, services = "FerroTunnel HTTPS", ("https", "http2")
    settings = OursTls.settings + "; TLS 1.3 for visitors too"

    def edge(self):
        keys = self.place.keys.make()
        return ["--http-bind", "off", "--https-bind", f"127.0.0.1:{self.place.public}", "--certificate",
                f"{keys.certificate}:{keys.key}", "--config", self.configuration]


class Earlier(Ours):
    """A build of another commit, for before and after: measured where --peer ferrotunnel-earlier=PATH names it."""

    name, peer, programs, optional = "earlier FerroTunnel plain", "earlier", ("ferrotunnel-earlier",), True


class EarlierTls(OursTls):
    name, peer, programs, optional = "earlier FerroTunnel TLS", "earlier", ("ferrotunnel-earlier",), True


class Rathole(Tunnel):
    name, peer, programs, services = "rathole plain", "rathole", ("rathole",), ("tcp", "udp")
    settings = "defaults (nodelay on, a pool of 8 connections)"
    transport = "tcp"

    def transport_settings(self):
        """The lines of the server's and the client's transport."""
        return "", ""

    def prepare(self):
        server, client = self.transport_settings()
        self.server_file = self.place.write("server.toml", f"""
[server]
bind_addr = "127.0.0.1:{self.place.control}"
default_token = "{TOKEN}"
[server.transport]
type = "{self.transport}"
{server}
[server.services.benchmark]
bind_addr = "127.0.0.1:{self.place.public}"
{self.datagrams("server", "bind_addr", self.place.public)}
""")
        self.client_file = self.place.write("client.toml", f"""
[client]
remote_addr = "127.0.0.1:{self.place.control}"
default_token = "{TOKEN}"
[client.transport]
type = "{self.transport}"
{client}
[client.services.benchmark]
local_addr = "127.0.0.1:{self.place.backend}"
{self.datagrams("client", "local_addr", self.place.backend)}
""")

    def datagrams(self, side, key, port):
        return "" if self.place.service != "udp" else f"""
[{side}.services.datagrams]
type = "udp"
{key} = "127.0.0.1:{port}"
"""

    def server(self):
        return [self.find("rathole"), "--server", self.server_file]

    def client(self):
        return [self.find("rathole"), "--client", self.client_file]


class RatholeTls(Rathole):
    name, encryption, transport = "rathole TLS", "TLS", "tls"

    def transport_settings(self):
        keys = self.place.keys.make()
        return (f'[server.transport.tls]\npkcs12 = "{keys.pkcs12}"\npkcs12_password = "{keys.password}"\n',
                f'[client.transport.tls]\ntrusted_root = "{keys.authority}"\nhostname = "localhost"\n')


class RatholeNoise(Rathole):
    name, encryption, transport = "rathole Noise", "Noise", "noise"

    def transport_settings(self):
        lines = subprocess.run([self.find("rathole"), "--genkey"], capture_output=True, text=True, check=True).stdout
        private, public = [line for line in lines.split() if len(line) > 40]
        return (f'[server.transport.noise]\nlocal_private_key = "{private}"\n',
                f'[client.transport.noise]\nremote_public_key = "{public}"\n')


class Frp(Tunnel):
    name, peer, programs, services = "frp plain", "frp", ("frps", "frpc"), ("tcp", "udp", "http")
    settings = "defaults (tcpMux on, poolCount 1), transport.tls.enable false"
    tls = "false"

    def prepare(self):
        self.server_file = self.place.write("frps.toml", f"""
bindAddr = "127.0.0.1"
bindPort = {self.place.control}
proxyBindAddr = "127.0.0.1"
auth.token = "{TOKEN}"
{self.vhost()}
""")
        self.client_file = self.place.write("frpc.toml", f"""
serverAddr = "127.0.0.1"
serverPort = {self.place.control}
auth.token = "{TOKEN}"
transport.tls.enable = {self.tls}
""" + "".join(self.proxy(kind) for kind in {"udp": ("tcp", "udp")}.get(self.place.service, (self.place.service,))))

    def vhost(self):
        return f"vhostHTTPPort = {self.place.public}" if self.place.service == "http" else ""

    def proxy(self, kind):
        return f"""
[[proxies]]
name = "benchmark-{kind}"
type = "{kind}"
localIP = "127.0.0.1"
localPort = {self.place.backend}
{f'customDomains = ["{HOST}"]' if kind == "http" else f"remotePort = {self.place.public}"}
"""

    def server(self):
        return [self.find("frps"), "-c", self.server_file]

    def client(self):
        return [self.find("frpc"), "-c", self.client_file]


class FrpTls(Frp):
    name, encryption, tls = "frp TLS", "TLS 1.3", "true"
    settings = "defaults (tcpMux on, poolCount 1; the certificate is made by itself and not verified)"


class FrpHttps(FrpTls):
    """Its server sees no HTTP here: the client ends the visitors' TLS, and speaks HTTP/2 with them."""

    name, services = "frp HTTPS", ("https", "http2")
    settings = FrpTls.settings + "; plugin https2http, TLS 1.3 for visitors too"

    def vhost(self):
        return f"vhostHTTPSPort = {self.place.public}"

    def proxy(self, kind):
        keys = self.place.keys.make()
        return f"""
[[proxies]]
name = "benchmark"
type = "https"
customDomains = ["{HOST}"]
[proxies.plugin]
type = "https2http"
localAddr = "127.0.0.1:{self.place.backend}"
hostHeaderRewrite = "{HOST}"
crtPath = "{keys.certificate}"
keyPath = "{keys.key}"
"""


class FerroTunnelRs(Tunnel):
    name, peer, programs = "FerroTunnel-rs plain", "ferrotunnel-rs", ("ferrotunnel-rs",)
    services = ("tcp", "http")
    settings = "defaults, --no-dashboard; it limits new streams per second, and downloads, by itself"
    visitor_fields = (f"X-Tunnel-Token: {TOKEN}",)

    def environment(self):
        return {"FERROTUNNEL_TOKEN": TOKEN}

    def prepare(self):
        self.token = self.place.write("token", TOKEN)

    def server(self):
        tcp, http = self.place.public, self.place.spare
        if self.place.service == "http":
            tcp, http = http, tcp
        return [self.find("ferrotunnel-rs"), "server", "--token-file", self.token, "--bind",
                f"127.0.0.1:{self.place.control}", "--tcp-bind", f"127.0.0.1:{tcp}", "--http-bind",
                f"127.0.0.1:{http}"]

    def client(self):
        return [self.find("ferrotunnel-rs"), "client", "--server", f"127.0.0.1:{self.place.control}", "--local-addr",
                f"127.0.0.1:{self.place.backend}", "--tunnel-id", HOST, "--no-dashboard"]


class FerroTunnelRsTls(FerroTunnelRs):
    name, encryption = "FerroTunnel-rs TLS", "TLS 1.3"

    def server(self):
        keys = self.place.keys.make()
        return [*super().server(), "--tls-cert", keys.certificate, "--tls-key", keys.key]

    def client(self):
        return [*super().client(), "--tls", "--tls-ca", self.place.keys.authority, "--tls-server-name", "localhost"]


class Bore(Tunnel):
    name, peer, programs = "bore plain", "bore", ("bore",)
    settings = "defaults"
    control = 7835

    def server(self):
        return [self.find("bore"), "server", "--secret", TOKEN, "--bind-addr", "127.0.0.1"]

    def client(self):
        return [self.find("bore"), "local", str(self.place.backend), "--local-host", "127.0.0.1", "--to", "127.0.0.1",
                "--port", str(self.place.public), "--secret", TOKEN]


class Chisel(Tunnel):
    name, peer, programs, encryption = "chisel SSH", "chisel", ("chisel",), "SSH"
    settings = "defaults (SSH in a websocket), --reverse"

    def server(self):
        return [self.find("chisel"), "server", "--host", "127.0.0.1", "--port", str(self.place.control), "--reverse",
                "--auth", "user:" + TOKEN]

    def client(self):
        service = f"R:127.0.0.1:{self.place.public}:127.0.0.1:{self.place.backend}"
        return [self.find("chisel"), "client", "--auth", "user:" + TOKEN, f"127.0.0.1:{self.place.control}", service]


class TwoNginx(Tunnel):
    """What people put in place of a tunnel where they can: one nginx at the public address, one near the service."""

    name, peer, programs, services = "two nginx plain", "nginx", ("nginx",), ("http",)
    settings = "a chain of two reverse proxies, a worker a core each, up to 1,024 idle connections to the next kept"
    secure_hop = False

    def prepare(self):
        keys = self.place.keys.make() if self.secure_hop else None
        identity = f"ssl_certificate {keys.certificate}; ssl_certificate_key {keys.key};" if keys else ""
        # A certificate is checked as the other tunnels check theirs.
        trust = f"""proxy_ssl_trusted_certificate {keys.authority}; proxy_ssl_verify on; proxy_ssl_name {HOST};
proxy_ssl_server_name on; proxy_ssl_protocols TLSv1.3;""" if keys else ""
        outer = self.place.service in ("https", "http2")
        self.inner_file = self.configuration("inner", self.place.control, self.place.backend, identity, "", "http")
        self.outer_file = self.configuration("outer", self.place.public, self.place.control, identity if outer else "",
                                             trust, "https" if keys else "http")

    def http2(self, name):
        return name == "outer" and self.place.service == "http2"

    def configuration(self, name, port, to, identity, trust, scheme):
        folder = self.place.folder
        return self.place.write(name + ".conf", f"""daemon off; worker_processes {len(os.sched_getaffinity(0))};
pid {folder}/{name}.pid; error_log stderr;
events {{ worker_connections 19000; }}
http {{ access_log off; tcp_nodelay on;
client_body_temp_path {folder}/{name}-b; proxy_temp_path {folder}/{name}-p; fastcgi_temp_path {folder}/{name}-f;
uwsgi_temp_path {folder}/{name}-u; scgi_temp_path {folder}/{name}-s;
upstream next {{ server 127.0.0.1:{to}; keepalive 1024; }}
server {{ listen 127.0.0.1:{port} backlog=4096 reuseport{" ssl" if identity else ""}{" http2" if self.http2(name) else ""}; {identity}
{"keepalive_requests 1000000000;" if self.http2(name) else ""} ssl_protocols TLSv1.3;
{trust} location / {{ proxy_pass {scheme}://next; proxy_http_version 1.1; proxy_set_header Connection "";
proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Real-IP $remote_addr; }} }} }}
""")

    def server(self):
        return [self.find("nginx"), "-e", "stderr", "-c", self.inner_file]

    def client(self):
        return [self.find("nginx"), "-e", "stderr", "-c", self.outer_file]


class TwoNginxTls(TwoNginx):
    name, encryption, secure_hop = "two nginx TLS", "TLS 1.3", True


class TwoNginxHttps(TwoNginxTls):
    name, services = "two nginx HTTPS", ("https", "http2")
    settings = TwoNginx.settings + "; TLS 1.3 for visitors too"


TUNNELS = [Direct, Ours, OursTls, OursHttps, Earlier, EarlierTls, Rathole, RatholeTls, RatholeNoise, Frp, FrpTls,
           FrpHttps, FerroTunnelRs, FerroTunnelRsTls, Bore, Chisel, TwoNginx, TwoNginxTls, TwoNginxHttps]
