"""Looks at each row of the tables in docs/coming-from.md and docs/plugins/from-*.md: what stands on another tunnel's side
gets a hint from `ferrotunnel check`, and what stands on ours is a key, a command, an option or a plugin that exists. A
key of ours is in a file that `check` takes, with the value of the row where it has one.

    coming_from_rows.py PROGRAM DOCS PLUGINS FOLDER

FOLDER has a file `token`. The commands of the tables are printed, a line each, for who runs them.
"""

import json
import os
import re
import subprocess
import sys

import foreign_examples

program, docs, plugins, folder = sys.argv[1:5]
SEPARATOR = re.compile(r"\|[-| ]+\|$")
KEY = re.compile(r"[A-Za-z]\w*(\.\w+)*(-\w+)*$")
failures = []
looked_at = 0


def tables(page):
    """The tables of a page, each a list of rows, each a list of cells; the first row is the heading."""
    found, rows = [], []
    with open(os.path.join(docs, page)) as file:
        for line in file:
            line = line.rstrip("\n")
            if SEPARATOR.match(line):
                continue
            if line.startswith("|"):
                cells = re.split(r"(?<!\\)\|", line.strip()[1:-1])
                rows.append([cell.strip().replace("\\|", "|") for cell in cells])
            elif rows:
                found.append(rows)
                rows = []
    return found


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


def expect(truth, words):
    global looked_at
    looked_at += 1
    if not truth:
        failures.append(words)


def run(*arguments):
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, timeout=60)


def keys_of(schema, found):
    if isinstance(schema, dict):
        found |= set(schema.get("properties", {}))
        for value in schema.values():
            keys_of(value, found)
    elif isinstance(schema, list):
        for value in schema:
            keys_of(value, found)
    return found


keys = keys_of(json.loads(run("schema").stdout), set())
commands = re.findall(r"^  ([a-z]+)  ", run("--help").stdout, re.MULTILINE)
options = {c: set(re.findall(r"(?<![\w-])--[a-z0-9-]+", run(c, "--help", "all").stdout)) for c in commands}
every_option = set().union(*options.values())
with open(os.path.join(docs, "..", "plugins", "hooks", "README.md")) as file:
    hooks = file.read()


def is_ours(words):
    """Whether what stands in quotes in a column of ours exists."""
    if words.startswith("ferrotunnel "):
        command, *rest = words.split()[1:]
        return command in commands and all(o in options[command] for o in rest if o.startswith("--"))
    if words.startswith("--"):
        return words.split()[0] in every_option
    name = re.match(r"[\w.+-]+", words)
    return bool(name) and (name[0].split(".")[-1] in keys or os.path.isdir(os.path.join(plugins, name[0])))


def check(text):
    with open(os.path.join(folder, "rows.yml"), "w") as file:
        file.write(text)
    return run("check", "rows.yml").stderr


CLIENT = "client:\n  server: 127.0.0.1:7835\n  token: file:token\n"


def hint_of(name):
    """What `check` says to this name as a key of a client, of a service or of a server; empty: that there is no such key."""
    for text in (f"{CLIENT}  {name}: 1\n  services: [{{tcp: 0, local: 22}}]\n",
                 f"{CLIENT}  services: [{{tcp: 0, local: 22, {name}: 1}}]\n",
                 f"server:\n  token: file:token\n  {name}: 1\n"):
        hint = re.search(r"no such key; (?!did you mean)(.*)", check(text))
        if hint:
            return hint[1]
    return ""


# Every key in a column of ours of docs/coming-from.md, with a value.
EXAMPLE = """
server:
  bind: 127.0.0.1:7835
  https_bind: 127.0.0.1:0
  metrics: 127.0.0.1:0
  dashboard: 127.0.0.1:0
  ports_per_token: 10
  token:
    - secret: file:token
      services: 20
      bytes_per_second: 10M
      service_bytes_per_second: 1M
      visitor_bytes_per_second: 100K
client:
  server: 127.0.0.1:7835
  token: file:token
  metrics: 127.0.0.1:0
  dashboard: 127.0.0.1:0
  proxy: http://proxy.example.com:3128
  services:
    - {tcp: 6000, local: 22, proxy_protocol: v2, health: tcp}
    - {tls: shop.example.com, local: 8443}
    - {http: app.example.com, path: /api, local: 3000, host_header: backend, health: /up,
       group: api, balance: least, weight: 2, standby: on, sticky: cookie}
"""
# What a value of `local` in a row has in the place of a user's own.
OWN = {"FOLDER": "www", "HOST:PORT": "localhost:8443"}


def look_at_keys(ours):
    """What stands in quotes in a cell of ours is in a file that `check` takes."""
    for words in quoted(ours):
        if words.startswith("local: "):
            value = words.removeprefix("local: ")
            for name, own in OWN.items():
                value = value.replace(name, own)
            kinds = ["http: a.test", "tcp: 6000" + (", allow: ['10.0.0.0/8:443']" if value == "exit" else "")]
            kind = kinds[0] if value.startswith(("files", "https")) else kinds[1]
            said = check(f'{CLIENT}  services: [{{{kind}, local: "{value}"}}]\n')
            expect(not said, f"coming-from.md: `check` refuses {words}: {said}")
        elif re.match(r"[a-z_.]+$", words):
            key = words.split(".")[-1]
            expect(re.search(rf"\b{key}: ", EXAMPLE), f"coming-from.md: no example has the key {words}")


def look_at_coming_from():
    said = check(EXAMPLE)
    expect(not said, f"`check` refuses the example of the keys: {said}")
    os.makedirs(os.path.join(folder, "www"), exist_ok=True)
    with open(os.path.join(docs, "coming-from.md")) as file:
        prose = re.sub(r"^```.*?^```$", "", file.read(), flags=re.MULTILINE | re.DOTALL).replace("\n", " ")
    for words in quoted(prose):
        expect(not words.startswith("ferrotunnel ") or is_ours(words.split(" > ")[0]), f"coming-from.md: not here: {words}")
    foreign = set()
    for heading, *rows in tables("coming-from.md"):
        for row in rows:
            others, ours = row[1 if heading[0] == "" else 0:-1], row[-1]
            look_at_keys(ours)
            for words in quoted(ours):
                expect(is_ours(words), f"coming-from.md: not here: {words}")
                if words.startswith("ferrotunnel ") and heading[0] == "ngrok" and len(words.split()) > 2:
                    print(words)
            if heading[0] == "":  # keys of configuration files; in other tables, options and words as well
                foreign |= {w for cell in others for w in quoted(cell) if KEY.match(w)}
            elif heading[0] == "frp":
                foreign |= {w for w in quoted(row[0]) if re.match(r"[a-z]+[A-Z]\w+(\.\w+)?$", w)}
    foreign -= keys  # a name that is a key here, too, has its own meaning
    for name in sorted(foreign):
        hint = hint_of(name) or hint_of(name.split(".")[0])
        expect(hint, f"coming-from.md: `check` has no hint for {name}")
        expect(not hint or "there is no" not in hint, f"coming-from.md: `check` denies {name}: {hint}")


def look_at_missing():
    """What is called missing is refused as such, and nothing that exists is called missing."""
    with open(os.path.join(docs, "coming-from.md")) as file:
        paragraphs = re.findall(r"^\*\*Missing:\*\*(.*?)\n\n", file.read() + "\n\n", re.MULTILINE | re.DOTALL)
    expect(len(paragraphs) >= 4, "coming-from.md: paragraphs that say what is missing")
    exists = "dashboard metrics replay inspector group sudp stcp bandwidth plugin private visit several clients".split()
    for paragraph in paragraphs:
        for word in exists:
            expect(word not in paragraph, f"coming-from.md: denies {word}")
        for word in quoted(paragraph):
            if re.match(r"[a-z]+$", word):
                said = check(f"{CLIENT}  services: [{{name: a, type: {word}, local: 22}}]\n")
                expect(f"there is no {word}" in said, f"`check` does not deny type: {word}")


def look_at_plugins():
    for heading, *rows in tables("plugins/from-frp.md"):
        for row in rows:
            for words in quoted(row[1]):
                known = is_ours(words) or f'"{words.split(".")[-1]}"' in hooks or f"`{words}`" in hooks or words[0] == "{"
                expect(known or words == "open", f"from-frp.md: not here: {words}")
    for heading, *rows in tables("plugins/from-ngrok.md"):
        for row in rows:
            for words in quoted(row[1]):
                with open(os.path.join(docs, "plugins", "when.md")) as file:
                    when = file.read()
                if words[0] in "&|!?$":
                    continue  # operators, and a variable of a text
                root = re.match(r"(request|visitor|service|note)\b(\.\w+)?", words)
                if root:
                    expect(root[1] == "note" or root[0] in when, f"from-ngrok.md: no condition has {words}")
                else:
                    expect(is_ours(words) or words in ("when", "on_connect"), f"from-ngrok.md: not here: {words}")


BACKENDS = ("files", "unix", "exit", "https", "h2", "h2c")  # what an address of a backend begins with


def look_at_examples():
    """Each key of the others' full examples has a hint, and what stands in quotes in a hint exists here."""
    places = {foreign_examples.SERVER: "server:\n  token: file:token\n  {}: 1\n",
              foreign_examples.CLIENT: CLIENT + "  services: [{{tcp: 0, local: 22}}]\n  {}: 1\n",
              foreign_examples.SERVICE: CLIENT + "  services:\n  - tcp: 0\n    local: 22\n    {}: 1\n"}
    for text, place in places.items():
        listed = foreign_examples.names(text)
        for at in range(0, len(listed), 40):  # `check` lists up to 100 problems
            some = listed[at:at + 40]
            indent = re.search(r"( *)\{\}: 1", place)[1]
            said = check(place.format(f": 1\n{indent}".join(some)))
            for name in some:
                hint = re.search(rf"[.] ?{re.escape(name)}: no such key; (.*)", said)
                told = hint[1] if hint else ""
                expect(told and not told.startswith(("did you mean", "the keys here")), f"no hint: {name}: {told}")
                for words in quoted(told):
                    head = words.strip("{").split(":")[0]
                    expect(is_ours(words) or is_ours(head) or head in BACKENDS,
                           f"the hint for {name} names what is not here: {words}")


look_at_coming_from()
look_at_examples()
look_at_missing()
look_at_plugins()
print(f"{looked_at} looked at", file=sys.stderr)
for each in failures:
    print(each, file=sys.stderr)
sys.exit(1 if failures or looked_at < 150 else 0)
