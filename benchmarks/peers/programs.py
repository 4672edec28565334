"""Finds the programs that are measured: by option, in given folders, on PATH; and asks them for their versions."""

import os
import re
import shutil
import subprocess

# A program whose file is called like another's is told apart by what its --help says.
FILES = {"ferrotunnel-rs": ("ferrotunnel", "in Rust")}
VERSION_ARGUMENTS = ("--version", "-v")
# Where Debian has nginx, which is not on everybody's PATH.
SYSTEM_FOLDERS = ["/usr/sbin", "/sbin"]


def says(path, arguments):
    try:
        done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=10, stdin=subprocess.DEVNULL)
        return done.stdout + done.stderr if done.returncode == 0 else ""
    except (OSError, subprocess.TimeoutExpired):
        return ""


class Programs:
    def __init__(self, ours, given, folders):
        self.paths = {"ferrotunnel": ours, **given}
        self.folders = [root for folder in folders for root, _, _ in os.walk(folder)]

    def find(self, name):
        """The path of a program, or None."""
        if name not in self.paths:
            self.paths[name] = self.search(name)
        return self.paths[name]

    def search(self, name):
        file, mark = FILES.get(name, (name, ""))
        places = self.folders + os.environ.get("PATH", "").split(os.pathsep) + SYSTEM_FOLDERS
        for place in places:
            path = shutil.which(file, path=place)
            if path and (not mark or mark in says(path, ["--help"])):
                return path
        return None

    def version(self, name):
        path = self.find(name)
        for arguments in VERSION_ARGUMENTS if path else ():
            found = re.search(r"\d+\.\d+\.\d+\S*", says(path, [arguments]))
            if found:
                return found.group()
        return "of unknown version"
