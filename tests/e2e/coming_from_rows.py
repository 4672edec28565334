"""Runs each row of the tables in docs/coming-from.md through `ferrotunnel import`: what the row says is imported is in the
file that is written, what it calls lost is in the list of what was lost, with a reason, and everything else is neither lost
nor refused. What stands in quotes in the texts and in docs/plugins/from-*.md is a command, an option or a key that exists.

    coming_from_rows.py PROGRAM DOCS PLUGINS FOLDER

The commands of the rows that have no more than options are printed, a line each, for who runs them.
"""

import json
import os
import re
import shlex
import subprocess
import sys

import yaml

import foreign_examples

program, docs, plugins, folder = sys.argv[1:5]
SEPARATOR = re.compile(r"\|[-| ]+\|$")
failures = []
looked_at = 0


def tables(page):
    """The tables of a page, each a list of rows, each a list of cells; the first row is the heading."""
    found, rows = [], []
    with open(os.path.join(docs, page)) as file:
        for line in [*file, ""]:
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


# --- words that exist --------------------------------------------------------------------------------------------------


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


# --- rows of docs/coming-from.md ---------------------------------------------------------------------------------------

TOKEN = run("token").stdout.strip()  # a strong one, so that nothing is lost for its sake
# A file for each heading of a table. A line of a row replaces the line with the same key; {} is where others go.
FRP_SERVER = f'auth.token = "{TOKEN}"\n{{}}\n'
FRP_CLIENT = f"""serverAddr = "tunnel.example.com"
auth.token = "{TOKEN}"
{{}}
[[proxies]]
name = "x"
type = "tcp"
localPort = 3000
remotePort = 6000
"""
FRP_TCP = f"""serverAddr = "tunnel.example.com"
auth.token = "{TOKEN}"
[[proxies]]
name = "x"
type = "tcp"
localPort = 3000
remotePort = 6000
{{}}
"""
FRP_HTTP = FRP_TCP.replace('"tcp"', '"http"').replace("remotePort = 6000", 'customDomains = ["a.example.com"]')
RATHOLE_SERVER = f"""[server]
bind_addr = "0.0.0.0:2333"
default_token = "{TOKEN}"
[server.services.x]
bind_addr = "0.0.0.0:6000"
"""
RATHOLE_CLIENT = f"""[client]
remote_addr = "tunnel.example.com:2333"
default_token = "{TOKEN}"
[client.services.x]
local_addr = "127.0.0.1:3000"
"""
CLOUDFLARED = """tunnel: 6ff42ae2-765d-4adf-8112-31c55c1551ef
credentials-file: /root/.cloudflared/6ff42ae2.json
{}
ingress: [{{hostname: b.example.com, service: "http://localhost:8000"}}, {{service: "http_status:404"}}]
"""


def with_lines(text, lines):
    """The file with the lines of a row. Tables such as [[visitors]] go to its end."""
    for i, line in enumerate(lines):
        if line.startswith("["):
            return with_lines(text, lines[:i]).rstrip("\n") + "\n" + "\n".join(lines[i:]) + "\n"
        key = re.match(r"[\w.-]+", line)[0]
        text = re.sub(rf"^{re.escape(key)} *[:=].*\n", "", text, flags=re.MULTILINE)
    return text.replace("{}", "\n".join(lines)).replace("{{", "{").replace("}}", "}")


def in_section(text, lines):
    """A file of rathole with the lines of a row in the section that its first line names."""
    section, *keys = lines
    side = re.match(r"\[(client|server)", section)[1]
    if f"[{side}]" not in text:
        return text
    for line in keys:
        key = re.match(r"\w+", line)[0]
        begin = text.find(section)
        if begin < 0:
            text, begin = text + section + "\n", len(text)
        end = begin + len(section) + 1
        rest = re.split(r"^(?=\[)", text[end:], maxsplit=1, flags=re.MULTILINE)
        rest[0] = re.sub(rf"^{key} *=.*\n", "", rest[0], flags=re.MULTILINE)
        text = text[:end] + line + "\n" + "".join(rest)
    return text


def files_of(heading, lines):
    """The files to import for a row, by their names."""
    lines = [line.replace('"s"', f'"{TOKEN}"') for line in lines]
    has_plugin = "[proxies.plugin]" in lines  # in place of localPort
    is_private = any(re.match(r'type = "(stcp|sudp|xtcp|tcpmux)"', line) for line in lines)
    plain = {"`frps.toml`": ("frps.toml", FRP_SERVER), "`frpc.toml`": ("frpc.toml", FRP_CLIENT),
             "`[[proxies]]` of TCP": ("frpc.toml", FRP_TCP), "`[[proxies]]` of HTTP": ("frpc.toml", FRP_HTTP),
             "`config.yml`": ("config.yml", CLOUDFLARED)}
    if heading in plain:
        name, text = plain[heading]
        if is_private:
            text = text.replace("remotePort = 6000\n", "")
        if has_plugin:
            text = text.replace("localPort = 3000\n", "")
        return {name: with_lines(text, lines)}
    return {"server.toml": in_section(RATHOLE_SERVER, lines), "client.toml": in_section(RATHOLE_CLIENT, lines)}


def leaves(value, path=""):
    """Every value of a file with its path, without numbers of items."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from leaves(below, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, path)
    else:
        yield path, value


def text_of(value):
    return {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def is_written(words, written):
    """Whether `path.key: value`, or a key alone, is in the file."""
    path, _, value = words.partition(": ")
    for place, found in written:
        if (f".{place}").endswith(f".{path}") or (not value and f".{place}.".find(f".{path}.") >= 0):
            if not value or text_of(found) == value:
                return True
    return False


def look_at_row(heading, row):
    theirs, ours = quoted(row[0]), row[1]
    name = f"coming-from.md: {' '.join(theirs)}"
    if heading == "command":
        words = ["--", *shlex.split(theirs[0])]
    else:
        files = files_of(heading, theirs)
        for file, text in files.items():
            with open(os.path.join(folder, file), "w") as target:
                target.write(text)
        words = list(files)
    printed = run("import", "--dry-run", *words)
    listed = run("import", "--dry-run", "--json", *words)
    try:
        report = json.loads(listed.stdout)
    except json.JSONDecodeError:
        expect(False, f"{name}: cannot be imported: {listed.stderr}")
        return
    lost = report["lost"]
    if ours.startswith("lost: "):
        expect(lost and all(each["why"] for each in lost), f"{name}: is not lost, or without a reason: {lost}")
        expect(listed.returncode == 1, f"{name}: something is lost, and the exit code is {listed.returncode}")
        for words in quoted(ours):
            expect(is_ours(words) or words in ("tcp: private", "ferrotunnel"), f"{name}: not here: {words}")
        return
    expect(not lost, f"{name}: is lost: {lost}")
    written = list(leaves(yaml.safe_load(printed.stdout))) if printed.stdout else []
    for words in quoted(ours):
        if words.startswith("ferrotunnel "):
            if heading == "command" and ours.startswith("`ferrotunnel"):
                login = r" (--server tunnel\.example\.com|--token-file \S+)"
                said = re.sub(login, "", report.get("command", ""))
                expect(said == re.sub(login, "", words), f"{name}: the command is {said!r}, not {words!r}")
                print(words)
        elif heading != "command" or ": " in words or words == "plugins":
            expect(is_written(words, written), f"{name}: `{words}` is not in the file:\n{printed.stdout}")


def look_at_coming_from():
    os.makedirs(os.path.join(folder, "www"), exist_ok=True)
    rows_seen = 0
    for heading, *rows in tables("coming-from.md"):
        if not heading[1].startswith("here"):
            continue
        for row in rows:
            rows_seen += 1
            look_at_row(heading[0], row)
    expect(rows_seen >= 80, f"coming-from.md: {rows_seen} rows only")


def look_at_texts():
    with open(os.path.join(docs, "coming-from.md")) as file:
        prose = re.sub(r"^\|.*?$", "", file.read(), flags=re.MULTILINE).replace("\n", " ")
    for words in quoted(prose):
        expect(not words.startswith("ferrotunnel ") or is_ours(words.split(" > ")[0]), f"coming-from.md: not here: {words}")


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


# Settings with which an action of a traffic policy is complete.
ACTIONS = {"add-headers": {"headers": {"x-env": "dev"}}, "remove-headers": {"headers": ["cookie"]},
           "basic-auth": {"credentials": ["ann:a-long-password"]}, "restrict-ips": {"allow": ["10.0.0.0/8"]},
           "rate-limit": {"name": "a", "algorithm": "sliding_window", "capacity": 30, "rate": "60s",
                          "bucket_key": ["conn.client_ip"]}}


def look_at_actions():
    """Each action of a traffic policy is imported, or lost, as the page says."""
    table = next(rows for rows in tables("plugins/from-ngrok.md") if rows[0][0] == "action")
    for row in table[1:]:
        for action in quoted(row[0]):
            policy = {"on_http_request": [{"actions": [{"type": action, "config": ACTIONS.get(action, {})}]}]}
            with open(os.path.join(folder, "policy.yml"), "w") as file:
                yaml.safe_dump({"version": "3", "endpoints": [
                    {"name": "x", "url": "http://a.example.com", "upstream": {"url": "http://localhost:3000"},
                     "traffic_policy": policy}]}, file)
            said = run("import", "--dry-run", "--json", "policy.yml")
            lost = json.loads(said.stdout)["lost"] if said.stdout else [{"why": said.stderr}]
            expect(all(each["why"] for each in lost), f"from-ngrok.md: {action} is lost without a reason")
            expect(bool(lost) == (row[2] == "no"), f"from-ngrok.md: {action} is imported: {row[2]}; lost: {lost}")


# --- hints of `check` --------------------------------------------------------------------------------------------------


def check(text):
    with open(os.path.join(folder, "rows.yml"), "w") as file:
        file.write(text)
    return run("check", "rows.yml").stderr


CLIENT = "client:\n  server: 127.0.0.1:7835\n  token: file:token\n"
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
look_at_texts()
look_at_examples()
look_at_plugins()
look_at_actions()
print(f"{looked_at} looked at", file=sys.stderr)
for each in failures:
    print(each, file=sys.stderr)
sys.exit(1 if failures or looked_at < 150 else 0)
