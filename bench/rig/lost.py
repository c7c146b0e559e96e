"""What another client notices of a thousand that are lost at once: they are one program, which is killed."""

import os
import re
import socket
import ssl
import subprocess
import threading
import time
from statistics import median

from .process import Failed

LOST, SPAN = 1000, 3.0
COMMAND = b"sleep\x00987\x00" # as /proc shows it
LINE = b"x" * 31 + b"\n"


class Lost:
    """An echo that goes on, and a TLS handshake after another, while the commands of so many lost sessions are looked for and ended."""

    def __init__(self, client, container):
        self.name, self.client, self._container = client.name, client, container

    def measure(self):
        client = self.client
        with subprocess.Popen([client.stage.stand, "hold", client.server.kubeconfig, "websocket", "pipe", self._container, "--", "sleep", "987"],
                              env=client.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as many:
            try:
                many.stdin.write(f"{LOST}\n")
                if not many.stdout.readline().startswith(f"held {LOST}"):
                    raise Failed(f"{self.name}: not all sessions were held")
                self._until(lambda: running(COMMAND) >= LOST, 300, "not all commands were started") # a session is there before its command is
                with Noticing(client) as other:
                    before = other.over(SPAN)
                    begun = time.monotonic()
                    many.kill()
                    first, during = other.over(1), other.over(SPAN)
                    self._until(lambda: not running(COMMAND), 120, "commands of lost clients still run")
                    gone = time.monotonic() - begun
                    after = other.over(SPAN)
            finally:
                many.kill()
        sample = {f"{what}-{when}": value for when, taken in (("before", before), ("first", first), ("during", during), ("after", after)) for what, value in taken.items()}
        return {**sample, "gone": gone}

    def _until(self, holds, seconds, otherwise):
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                raise Failed(f"{self.name}: {otherwise} after {seconds} s ({running(COMMAND)} run)")
            time.sleep(0.5)


class Noticing:
    """The other client: how long its lines and its handshakes take, all the time."""

    def __init__(self, client):
        self._client, self._stop = client, threading.Event()
        self._taken = {"echo": [], "tls": []} # (when it began, seconds), the one under way last
        address = re.search(r"https://([0-9.]+):([0-9]+)", client.server.kubeconfig.read_text())
        self._address = (address[1], int(address[2]))
        self._threads = [threading.Thread(target=self._repeat, args=work) for work in (("echo", self._echo, 0.002), ("tls", self._handshake, 0.02))]

    def __enter__(self):
        self._session = self._client.echo()
        self._process = self._session.__enter__()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *failure):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._session.__exit__(*failure)

    def over(self, seconds):
        """The median and the longest of those that were under way in this time, in ms. What had not ended by then is waited for."""
        begun = time.monotonic()
        self._stop.wait(seconds)
        ended = time.monotonic()
        result = {}
        for what, taken in self._taken.items():
            while not taken or taken[-1][0] <= ended:
                if not any(thread.is_alive() for thread in self._threads):
                    raise Failed(f"{self._client.name}: the other client's {what} failed")
                time.sleep(0.01)
            values = [took * 1e3 for at, took in list(taken) if at + took > begun and at <= ended]
            result[f"{what}-p50"], result[f"{what}-max"] = median(values), max(values)
        return result

    def _repeat(self, what, once, pause):
        while not self._stop.is_set():
            begun = time.monotonic()
            once()
            self._taken[what].append((begun, time.monotonic() - begun))
            time.sleep(pause)

    def _echo(self):
        self._process.stdin.write(LINE)
        left = len(LINE)
        while left:
            part = self._process.stdout.read(left)
            if not part:
                raise Failed(f"the echo of {self._client.name} ended")
            left -= len(part)

    def _handshake(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE # its time is taken, nothing is told it
        with socket.create_connection(self._address) as plain, context.wrap_socket(plain):
            pass


def running(command):
    """How many processes have this command line, each of its arguments ended by a zero byte."""
    count = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as line:
                count += line.read() == command
        except (FileNotFoundError, ProcessLookupError):
            pass # it has ended
    return count
