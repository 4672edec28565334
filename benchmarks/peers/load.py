"""The load generator (benchmarks/load) as Python sees it: commands in, numbers out."""

import subprocess

from failure import Failure

PATIENCE_SECONDS = 300


class Load:
    def __init__(self, path):
        self.path = path

    def __call__(self, *arguments):
        """The numbers on the line that a command prints."""
        command = [self.path, *map(str, arguments)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
                                  stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired as error:
            raise Failure(f"not done within {PATIENCE_SECONDS} s") from error
        if done.returncode != 0:
            raise Failure((done.stderr.strip() or f"the load ended with {done.returncode}").splitlines()[-1])
        return [float(word) for word in done.stdout.split()]

    def held(self, arguments, log, environment=None):
        """A command that prints a line and stays until it is told to continue or to end."""
        return Held([self.path, *map(str, arguments)], log, environment)


class Held:
    def __init__(self, command, log, environment):
        with open(log, "ab") as file:
            self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file,
                                          text=True, env=environment)

    def line(self, otherwise="the load ended"):
        """The words it prints next; `otherwise` is the failure if it ends instead."""
        words = self.child.stdout.readline().split()
        if not words:
            raise Failure(otherwise)
        return words

    def go_on(self):
        self.child.stdin.write("\n")
        self.child.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        try:
            self.child.wait(15)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child.stdout.close()
