"""Runs one instance of a unit as systemd does: a user that has no name, a file system that is read-only but for the unit's
own folders, its credentials and its variables. Needs root, and a mount namespace that is the caller's own.

    as_unit.py UNIT NAME start|reload [NOTIFY_SOCKET]

`start` runs ExecStartPre= and becomes ExecStart=; `reload` runs ExecReload= beside it.
"""

import os
import re
import shlex
import subprocess
import sys

unit, name, action = sys.argv[1:4]
USER = 61184  # the first of those that DynamicUser= takes
with open(unit) as file:
    settings = re.findall(r"^(\w+)=(.*)$", file.read().replace("%i", name), re.MULTILINE)


def all_of(key):
    return [value for found, value in settings if found == key]


state = os.path.join("/var/lib", *all_of("StateDirectory"))
runtime = os.path.join("/run", *all_of("RuntimeDirectory"))
credentials = f"/run/credentials/ferrotunnel@{name}.service"
environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "STATE_DIRECTORY": state,
               "RUNTIME_DIRECTORY": runtime, "CREDENTIALS_DIRECTORY": credentials, "LANG": "C.UTF-8"}
environment |= {name: value for name, value in os.environ.items() if name.startswith("LISTEN_")}  # keeping_manager.py


def make_folders():
    for folder in (state, runtime):
        os.makedirs(folder, exist_ok=True)
        os.chown(folder, USER, USER)
        os.chmod(folder, 0o755)
    os.makedirs(credentials, exist_ok=True)
    for credential in all_of("LoadCredential"):
        identity, source = credential.split(":", 1)
        target = os.path.join(credentials, identity)
        with open(source, "rb") as read, open(target, "wb") as written:
            written.write(read.read())
        os.chown(target, USER, USER)
        os.chmod(target, 0o400)
    os.chown(credentials, USER, USER)
    os.chmod(credentials, 0o500)


def protect():
    """ProtectSystem=strict and PrivateTmp=, in a mount namespace of its own."""
    def mount(*arguments):
        subprocess.run(["mount", *arguments], check=True)

    with open("/proc/self/mounts") as file:
        points = [line.split()[1].encode().decode("unicode_escape") for line in file]
    mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", "/var/tmp")
    for folder in (state, runtime):
        mount("--bind", folder, folder)
    for point in points:
        if not re.match(r"/(proc|sys|dev)(/|$)", point) and os.path.exists(point):
            subprocess.run(["mount", "-o", "remount,bind,ro", point], stderr=subprocess.DEVNULL, check=False)
    if subprocess.run(["touch", "/etc/ferrotunnel/x"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        sys.exit("as_unit.py: the file system is not read-only")


def as_user(command):
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs",
            "--bounding-set=-all,+net_bind_service", "--inh-caps=-all,+net_bind_service",
            "--ambient-caps=-all,+net_bind_service", *shlex.split(command)]


if action == "reload":
    sys.exit(subprocess.run(as_user(all_of("ExecReload")[0]), env=environment, check=False).returncode)
os.umask(0o022)
make_folders()
if "AS_UNIT_PROTECTED" not in os.environ:
    os.execvpe("unshare", ["unshare", "--mount", sys.executable, *sys.argv], os.environ | {"AS_UNIT_PROTECTED": "yes"})
protect()
os.umask(int(all_of("UMask")[0], 8))
for before in all_of("ExecStartPre"):
    subprocess.run(as_user(before), env=environment, check=True)
command = as_user(all_of("ExecStart")[0])
os.execvpe(command[0], command, environment | {"NOTIFY_SOCKET": sys.argv[4]})
