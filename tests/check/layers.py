#!/usr/bin/env python3
"""A folder of lib/ includes only the folders it may use: those that lib/CMakeLists.txt names, and what they use.

The sans-IO folders include no Asio, spdlog or JSON header, nor a system's socket or thread-creating one. The public
headers, the program, plugins and examples see include/ferrotunnel/ alone.
"""

import re

from sources import files_under, finish, includes_of, root_from_arguments

FOREIGN_TO_CORE = re.compile(r"(asio|spdlog|nlohmann|fmt|openssl)[/.]|(sys/(socket|epoll|eventfd)|netinet/|arpa/|netdb|pthread)")
FOREIGN_TO_PUBLIC = re.compile(r"(spdlog|nlohmann|fmt|openssl|yaml-cpp|CLI)[/.]")
PUBLIC_ONLY = ("cli", "plugins", "docs/examples", "include")


def layers_of(cmake_text):
    """folder -> (the folders it may include, whether it is sans-IO), from the ft_layer() calls."""
    layers = {}
    for match in re.finditer(r"^ft_layer\((.*?)\)", cmake_text, re.MULTILINE | re.DOTALL):
        words = match.group(1).split()
        name, uses, key = words[0], set(), None
        for word in words[1:]:
            if word in ("USES", "LINKS", "SANS_IO"):
                key = word
            elif key == "USES":
                uses |= {word} | layers[word][0]
        layers[name] = (uses, "SANS_IO" in words)
    return layers


def check_library(root, layers):
    findings = []
    for path in files_under(root, "lib"):
        if len(path.parts) == 2:
            continue  # the facades may use everything
        folder = path.parts[1]
        if folder not in layers:
            findings.append(f"{path}:1: no ft_layer({folder} ...) in lib/CMakeLists.txt: say what the folder may use")
            continue
        allowed, sans_io = layers[folder]
        for line, name, angle in includes_of((root / path).read_text()):
            target = name.split("/")[0]
            if not angle and target != folder and target not in allowed and target != "ferrotunnel":
                findings.append(f'{path}:{line}: lib/{folder} may not include "{name}"; it may use: '
                                f'{", ".join(sorted(allowed)) or "nothing of lib/"}')
            elif sans_io and FOREIGN_TO_CORE.match(name):
                findings.append(f"{path}:{line}: lib/{folder} is sans-IO: no <{name}>; hide it behind an interface of "
                                "lib/base and implement that in runtime, transport or observe")
    return findings


def check_public_only(root, layers):
    findings = []
    for folder in PUBLIC_ONLY:
        for path in files_under(root, folder):
            for line, name, angle in includes_of((root / path).read_text()):
                target = name.split("/")[0]
                if (target in layers and "/" in name) or (not angle and (root / "lib" / name).exists()):
                    findings.append(f"{path}:{line}: {folder}/ sees include/ferrotunnel/ alone, not lib/{name}")
                elif folder == "include" and FOREIGN_TO_PUBLIC.match(name):
                    findings.append(f"{path}:{line}: a public header must not ask applications for <{name}>")
    return findings


def main():
    root = root_from_arguments()
    layers = layers_of((root / "lib/CMakeLists.txt").read_text())
    finish("layers", check_library(root, layers) + check_public_only(root, layers))


main()
