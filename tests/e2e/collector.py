# An OpenTelemetry collector that believes nothing, and a backend that tells what it was sent.
#
#   collector.py PORT_FILE SPANS [CERTIFICATE KEY]
#
# POST /v1/traces takes OTLP in JSON. Each span is a line of SPANS: what OTLP has for it, with its resource. What breaks the
# rules is a line that begins with WRONG. The rules are those of the official protobuf definitions, where Python has them
# (opentelemetry-proto), with what OTLP's JSON has otherwise than protobuf's: ids in hexadecimal. Other requests are
# answered with their fields as JSON. A connection to the second port of PORT_FILE is taken, and answered with nothing.
import base64
import json
import os
import re
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

try:
    from google.protobuf import json_format
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
except ImportError:
    trace_service_pb2 = None

spans = open(sys.argv[2], "a", buffering=1)
lock = threading.Lock()
ID_SIZES = {"traceId": 32, "spanId": 16, "parentSpanId": 16}


def to_base64(value, what):
    size = ID_SIZES[what]
    if not re.fullmatch("[0-9a-f]{%d}" % size, value) or value == "0" * size:
        raise ValueError(f"{what} is {value!r}")
    return base64.b64encode(bytes.fromhex(value)).decode()


def as_protobuf(value):
    """The same message as protobuf's JSON has it. 64-bit numbers must be texts, as OTLP's examples have them."""
    if isinstance(value, list):
        return [as_protobuf(each) for each in value]
    if not isinstance(value, dict):
        return value
    for key in ("startTimeUnixNano", "endTimeUnixNano", "timeUnixNano", "intValue"):
        if key in value and not re.fullmatch("-?[0-9]+", str(value[key]) if isinstance(value[key], str) else ""):
            raise ValueError(f"{key} is {value[key]!r}")
    return {key: to_base64(each, key) if key in ID_SIZES else as_protobuf(each) for key, each in value.items()}


def check(message):
    if len(message["resourceSpans"]) != 1 or len(message["resourceSpans"][0]["scopeSpans"]) != 1:
        raise ValueError("there is one resource, with one scope")
    converted = json.dumps(as_protobuf(message))
    if trace_service_pb2:
        request = json_format.Parse(converted, trace_service_pb2.ExportTraceServiceRequest(), ignore_unknown_fields=False)
        for span in request.resource_spans[0].scope_spans[0].spans:
            assert len(span.trace_id) == 16 and len(span.span_id) == 8 and len(span.parent_span_id) in (0, 8), span
            assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano, span
            assert all(span.start_time_unix_nano <= event.time_unix_nano <= span.end_time_unix_nano for event in span.events), span
            keys = [attribute.key for attribute in span.attributes]
            assert len(keys) == len(set(keys)), keys


def take(message, fields):
    check(message)
    resource = message["resourceSpans"][0]
    about = {each["key"]: each["value"]["stringValue"] for each in resource["resource"]["attributes"]}
    for span in resource["scopeSpans"][0]["spans"]:
        values = {each["key"]: next(iter(each["value"].values())) for each in span.get("attributes", [])}
        span.update(attributes=values, resource=about, key=fields.get("X-Key"))
        spans.write(json.dumps(span) + "\n")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        status = 500 if self.path == "/broken" else 200
        self.answer(status, json.dumps([[name.lower(), value] for name, value in self.headers.items()]).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            if self.path != "/v1/traces" or self.headers["Content-Type"] != "application/json":
                raise ValueError(f"{self.path} {self.headers['Content-Type']}")
            with lock:
                take(json.loads(body), self.headers)
        except Exception as problem:
            spans.write(f"WRONG {type(problem).__name__} {problem} in {body[:2000]!r}\n")
            self.answer(400, b"{}")
            return
        self.answer(200, b"{}")

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def serve(certificate=None):
    server = Server(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


silent = socket.create_server(("127.0.0.1", 0))
ports = [serve(), silent.getsockname()[1], serve(sys.argv[3:5]) if len(sys.argv) > 3 else 0]
with open(sys.argv[1] + ".new", "w") as file:
    print(*ports, "protobuf" if trace_service_pb2 else "none", file=file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
kept = []
while True:
    kept.append(silent.accept()[0])
