"""The examples of docs/protocol.md, and the Python client that was written from it; protocol_client.py --self-test."""
import re
import struct

import protocol_client as client


def examples(document, language):
    """(label, bytes) for what the document's blocks show. A line of bytes is one example in ```hex blocks, while in
    others the lines under a label belong together."""
    found = []
    for block in re.findall(rf"```{language}\n(.*?)```", document, re.S):
        label, fresh = "", True
        for line in block.splitlines():
            if not line.startswith("    "):
                label, fresh = line, True
            elif fresh or language == "hex":
                found.append((label, bytes.fromhex(line)))
                fresh = False
            else:
                found[-1] = (label, found[-1][1] + bytes.fromhex(line))
    return found


def check_frames(document):
    frames = [data for _, data in examples(document, "hex")]
    for data in frames:
        assert struct.unpack_from(">H", data)[0] == len(data) - 8, data.hex()
    for built in (
            client.frame(client.DATA, 1, b"hello", client.FIN),
            client.frame(client.DATA, 1, flags=client.FIN),
            client.frame(client.OPENED, 1, struct.pack(">I", 196608)),
            client.frame(client.CREDIT, 1, struct.pack(">I", 65536)),
            client.frame(client.RESET, 1, struct.pack(">HQ", 5, 0), client.ABORT),
            client.frame(client.PING, payload=bytes(range(1, 9)), flags=client.ACK)):
        assert built in frames, built.hex()
    return len(frames)


def check_login(document):
    messages = [data for _, data in examples(document, "cbor")]
    for data in messages:
        value, end = client.from_cbor(data)
        assert end == len(data) and client.cbor(value) == data, data.hex()
    key = client.token_key(re.search(r"ft1_[\w-]{48}", document)[0])
    assert key == bytes(range(32))
    nonces = bytes(range(0xa0, 0xc0)), bytes(range(0xc0, 0xe0))
    hellos = (client.hello("client", nonces[0], bytes(range(16, 32)), 1, "example/1.0", client.token_id(key)),
              client.hello("server", nonces[1], bytes(range(32, 48)), 0, "ferrotunnel/0.1.0"))
    assert list(hellos) == messages[:2]
    for role, message in (("client", messages[2]), ("server", messages[3])):
        assert client.from_cbor(message)[0]["proof"] == client.proof(key, role, b"", nonces, hellos)
        tls = client.proof(key, role, bytes([0x5a]) * 32, nonces, hellos)
        assert f"{role}  {tls.hex()}" in document
    weak = client.token_key("hunter2")
    assert weak.hex() in document and client.token_id(weak).hex() in document
    return len(messages)


def check(path):
    with open(path, encoding="utf-8") as file:
        document = file.read()
    frames, messages = check_frames(document), check_login(document)
    print(f"{frames} frames and {messages} messages of {path} are as the client makes and reads them")
