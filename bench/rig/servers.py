"""What is measured at the other end: the lab, gateways, nodes, and a containerd; started when a row first needs them."""

import json
import os
import subprocess
import threading
import time

from .line import Line
from .process import Failed, Missing, children_of, cpu_of


class Server:
    """A process that says "ready" when it serves a pods API, whose address is then in its kubeconfig."""

    def __init__(self, stage, name, command):
        self.name = name
        self.kubeconfig, log = stage.folder / f"{name}.kubeconfig", stage.folder / f"{name}.log"
        self.environment = {**stage.environment, "KUBECONFIG": str(self.kubeconfig)}
        command = [str(part) for part in command(self.kubeconfig)]
        self._is_command = command[0] == stage.fairlead
        # the end of its input is bench/stand's signal to go
        self.process = subprocess.Popen(
            command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log.open("wb"))
        self.said = self.process.stdout.readline().decode()
        if not self.said.startswith("ready"):
            self.stop()
            if self.said.startswith("skipped "):
                raise Missing(self.said.removeprefix("skipped ").strip())
            raise Failed(f"{name} did not start: {self.said}{log.read_text()[-400:]}")

    @property
    def pid(self):
        return self.process.pid

    def cpu(self):
        return cpu_of(self.pid)

    def cpu_with_commands(self, others, limit=10):
        """Its own and that of all commands it has run, when they have ended, but for some others that it goes on with."""
        until = time.monotonic() + limit
        while left := set(children_of(self.pid)) - set(others):
            if time.monotonic() > until:
                raise Failed(f"{self.name} still runs what it was asked for: processes {', '.join(left)}")
            time.sleep(0.005)
        return cpu_of(self.pid, ended_children=True)

    def stop(self):
        self.process.stdin.close()
        if self._is_command:
            self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Containerd(Server):
    """A containerd with one pod. Its own CPU is that of its shims too."""

    def __init__(self, stage):
        super().__init__(stage, "containerd", lambda _: [stage.stand, "containerd"])
        where = json.loads(self.said.split(" ", 1)[1])
        self.daemon, self.socket, self.container, self.state = where["pid"], where["socket"], where["container"], where["state"]
        with open(stage.file, "rb") as file: # its pod has files of its own
            subprocess.run(self.exec_command(stage, "sh", "-c", f"cat >/bytes; test $(stat -c %s /bytes) = {stage.size}", stdin=True), stdin=file, check=True)

    def exec_command(self, stage, *command, stdin=False):
        """By its own streaming server, with nothing in between."""
        return [stage.stand, "direct", self.socket, self.container, "-i" if stdin else "", "--", *command]

    def cpu(self):
        return cpu_of(self.daemon) + sum(cpu_of(pid) for pid in self._shims())

    def _shims(self):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as line:
                    if (text := line.read()) and b"containerd-shim" in text and self.socket.encode() in text:
                        yield int(pid)
            except (FileNotFoundError, ProcessLookupError):
                pass # it has ended


class Servers:
    """One of each, by name."""

    def __init__(self, stage):
        self._stage, self._running, self._lock = stage, {}, threading.RLock() # some rows ask from many threads; a gateway asks for its lab

    def __getitem__(self, name):
        with self._lock:
            if name not in self._running:
                self._running[name] = self._start(name)
            return self._running[name]

    def _start(self, name):
        if name == "containerd":
            return Containerd(self._stage)
        if name == "line":
            return Line(self._stage, name, self["lab"], round_trip=0.1)
        return Server(self._stage, name, self._command(name))

    def _command(self, name):
        fairlead, stand = self._stage.fairlead, self._stage.stand
        if name == "lab":
            return lambda kubeconfig: [fairlead, "lab", "--write-kubeconfig", kubeconfig]
        if name.startswith("lab with "):
            return lambda kubeconfig: [fairlead, "lab", "--pods", self._stage.pod_with(name.removeprefix("lab with ")), "--write-kubeconfig", kubeconfig]
        if name == "lab without TLS":
            return lambda kubeconfig: [stand, "pods", "plain", "all", kubeconfig]
        kind, way = name.split("-", 1)
        if kind == "gateway":
            lab = self["lab"]
            return lambda kubeconfig: gateway(self._stage, lab, way, kubeconfig)
        containerd = self["containerd"]
        return lambda kubeconfig: [fairlead, "node", "--cri", f"unix://{containerd.socket}", "--stream-through", way,
                                   "--state-dir", f"{containerd.state}-{way}", "--write-kubeconfig", kubeconfig]

    def stop(self):
        for server in reversed(self._running.values()):
            server.stop()
        self._running.clear()


def gateway(stage, upstream, transport, kubeconfig, shares=False):
    """A gateway whose sessions have a connection each to the server behind, or share few of HTTP/2."""
    return [stage.fairlead, "gateway", "--upstream-kubeconfig", upstream.kubeconfig, "--upstream-transport", transport,
            "--max-sessions-per-caller", "10000", "--audit-command", "none", "--write-kubeconfig", kubeconfig,
            *([] if shares else ["--upstream-http1"])]
