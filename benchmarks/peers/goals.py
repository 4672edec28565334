"""The goals of the project: ratios of medians within one run, ours over the peer, and whether they are met."""

from edge import CONNECTIONS, CONNECTIONS_H2LOAD, CONNECTIONS_HTTPS
from http2 import AS_HTTP1, FLOODS
from http2 import CONNECTIONS as CONNECTIONS_HTTP2
from http2 import STREAMS as STREAMS_HTTP2
from judging import HTTPS, PLAIN, TLS, at_least, at_most, over, suffixed
from udp import OFFERED, SIZES

ONE = ("bulk-down", "bulk-up")
TEN = ("ten-small-down", "ten-small-up", "ten-big-down", "ten-big-up")
PAIRS = ((PLAIN, "rathole plain"), (TLS, "rathole TLS"), (TLS, "rathole Noise"))
EDGE = [f"edge-{n}" for n in CONNECTIONS] + [f"edge-h2load-{n}" for n in CONNECTIONS_H2LOAD]
EDGE_HTTPS = [f"edge-https-{n}" for n in CONNECTIONS_HTTPS]
EDGE_PEERS = ((PLAIN, "FerroTunnel-rs plain"), (TLS, "FerroTunnel-rs TLS"), (PLAIN, "frp plain"), (TLS, "frp TLS"))
HTTP2 = [f"http2-{n}-{streams}" for n in CONNECTIONS_HTTP2 for streams in STREAMS_HTTP2]
NGINX_HTTPS, FRP_HTTPS = [(HTTPS, "two nginx HTTPS")], [(HTTPS, "frp HTTPS")]
UDP = [f"udp-{way}-{size}-16" for way in ("up", "echo") for size in SIZES] + ["udp-up-1200-1"]
UDP_LOSS = [f"udp-loss-{size}-{offered}" for size in SIZES for offered in OFFERED[size]]
UDP_PEERS = ((PLAIN, "rathole plain"), (TLS, "rathole TLS"), (TLS, "rathole Noise"), (PLAIN, "frp plain"),
             (TLS, "frp TLS"))
EDGE_NGINX = ((PLAIN, "two nginx plain"), (TLS, "two nginx TLS"))


def ahead(results, metrics):
    """Plain against every plain peer, TLS against every other, whatever peers were run."""
    checks = []
    for metric in metrics:
        cells = results.cells.get(metric)
        names = [name for name in (cells.values | cells.failed if cells else {})
                 if name not in (PLAIN, TLS, "direct") and not name.startswith("earlier ")]
        checks += [(metric, PLAIN if name.endswith("plain") else TLS, name, 1.0, None) for name in names]
    return checks


def lines(results):
    return [
        ("one bulk stream, plain", [*over(ONE, [(PLAIN, "rathole plain")], 1.8),
                                    *over(ONE, [(PLAIN, "frp plain")], 2.5)]),
        ("one bulk stream, TLS 1.3", [*over(ONE, [(TLS, "rathole plain")], 1.2),
                                      *over(ONE, [*PAIRS[1:], (TLS, "frp TLS")], 1.6)]),
        ("ten streams", [*over(TEN, [(PLAIN, "rathole plain")], 1.5), *over(TEN, [(TLS, "rathole TLS")], 1.4)]),
        ("latency at 1 connection", over(("latency-1-p50", "latency-1-p99"), PAIRS, None, 1.0)),
        ("latency at 256 connections", over(("latency-256-p50", "latency-256-p99"), PAIRS, None, 0.8)),
        ("p99 beside a bulk transfer", over([f"beside-{n}-p99" for n in (1, 16, 256)], PAIRS, None, 0.5)),
        ("new connections per second", [*over(("connect-1", "connect-16"), PAIRS[:1], 1.4),
                                        *over(("connect-1", "connect-16"), PAIRS[1:], 3.0)]),
        ("memory per idle visitor", [*over(("memory-slope",), PAIRS, None, 0.25), *at_most(("memory-slope",), 8.0)]),
        ("CPU seconds per GB", [*over([name + "-cpu" for name in ONE], [(PLAIN, "rathole plain")], None, 0.6),
                                *over([name + "-cpu" for name in ONE], [(TLS, "rathole plain")], None, 0.9)]),
        ("datagrams a second", over(UDP, UDP_PEERS, 2.0)),
        ("datagrams lost at the same offered rate", over(UDP_LOSS, UDP_PEERS, None, 1.0)),
        ("a datagram's p99 beside a download", over(("udp-beside-p99",), UDP_PEERS, None, 1.0)),
        ("start to listening, ms", at_most(("start-server",), 10.0)),
        ("a 100 MB file, ten 10 MB streams: ahead of all",
         ahead(results, ("http-file", "ten-small-down", "ten-small-up"))),
        ("requests over HTTP beside other tunnels' HTTP", [*over(EDGE, EDGE_PEERS, 1.5),
                                                           *over(suffixed(EDGE, "-p99"), EDGE_PEERS, None, 1 / 1.5)]),
        ("requests over HTTP beside two nginx", [*over(EDGE, EDGE_NGINX, 0.9),
                                                 *over(EDGE_HTTPS, NGINX_HTTPS, 0.9)]),
        ("p99 over HTTP beside two nginx", [*over(suffixed(EDGE, "-p99"), EDGE_NGINX, None, 1 / 0.9),
                                            *over(suffixed(EDGE_HTTPS, "-p99"), NGINX_HTTPS, None,
                                                  1 / 0.9)]),
        ("no request over HTTP fails", [*at_most(suffixed(EDGE, "-failed"), 0),
                                        *at_most(suffixed(EDGE_HTTPS + HTTP2, "-failed"), 0, [HTTPS])]),
        ("requests over HTTP/2", [*over(HTTP2, NGINX_HTTPS, 1.5), *over(HTTP2, FRP_HTTPS, 3.0)]),
        ("p99 over HTTP/2", over(suffixed(HTTP2, "-p99"), NGINX_HTTPS + FRP_HTTPS, None, 1.0)),
        ("HTTP/2 beside HTTP/1.1, %", [*at_least([f"http2-as-http1-{n}-{streams}" for n, streams in AS_HTTP1], 80),
                                       *at_least(["http2-download-as-http1"], 90)]),
        ("a request beside a download over HTTP/2, p99", over(["http2-beside-p99"], NGINX_HTTPS, None, 0.3)),
        ("requests over HTTP/2 beside floods, %", at_least([f"http2-flood-{kind}" for kind in FLOODS], 90)),
    ]
