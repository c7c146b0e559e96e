"""Who is measured. A client is fairlead or kubectl; a pipe is socat, plain or with TLS, as the limit of what this machine moves."""

import subprocess
from contextlib import contextmanager

from .process import run
from .stage import free_port, wait_for_listener

POD = ["demo", "-c", "shell"]

# The shell stays and holds the output open: containerd ends the input of a command whose output has ended.
TAKE = ["sh", "-c", "cat >/dev/null; exit"]


class Client:
    """fairlead or kubectl: the same arguments, the same server."""

    def __init__(self, name, program, stage, server="lab", options=(), pod=POD):
        self.name, self.program, self.stage, self._server, self._options, self._pod = name, program, stage, server, options, pod

    @property
    def server(self):
        return self.stage.servers[self._server]

    @property
    def environment(self):
        return self.server.environment

    @property
    def file(self):
        """The bytes where the pod sees them."""
        return "/bytes" if self._server.startswith("node-") else str(self.stage.file)

    def exec_command(self, *command, stdin=False):
        return [self.program, "exec", *self._options, *(["-i"] if stdin else []), *self._pod, "--", *command]

    def stdout(self):
        return run(self.exec_command("cat", self.file), self.environment)

    def stdin(self):
        with open(self.stage.file, "rb") as file:
            return run(self.exec_command(*TAKE, stdin=True), self.environment, stdin=file)

    def both(self):
        with open(self.stage.file, "rb") as file:
            return run(self.exec_command("cat", stdin=True), self.environment, stdin=file)

    def true(self):
        return run(self.exec_command("true"), self.environment)

    def copy(self, source, target):
        """Either may be in the pod, whose files are this machine's: it is then written pod:path."""
        return run([self.program, "cp", *(["-c", "shell"] if self.name == "kubectl" else ["-q"]), source, target], self.environment)

    @contextmanager
    def echo(self):
        """A session whose other end repeats what it gets."""
        with subprocess.Popen(self.exec_command("cat", stdin=True), env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
            yield process
            process.stdin.close()
            process.stdout.read()

    @contextmanager
    def forward(self, port):
        """Yields the local port that leads to this port of the pod."""
        with subprocess.Popen(
                [self.program, "port-forward", "demo", f":{port}"], env=self.environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
            try:
                line = process.stdout.readline().decode()
                yield int(line.split("->")[0].rsplit(":", 1)[1])
            finally:
                process.terminate()


class Hash:
    """What the pod hashes a file with, by itself: no verified copy can be faster."""

    def __init__(self, name, stage, *command):
        self.name, self.stage, self._command = name, stage, command

    def copy(self, _source, _target):
        return run([*self._command, str(self.stage.file)], self.stage.environment)


class Direct:
    """containerd's own streaming server, by SPDY without TLS, with the library as client: what a node is measured against."""

    def __init__(self, name, stage):
        self.name, self.stage = name, stage

    @property
    def server(self):
        return self.stage.servers["containerd"]

    def stdout(self):
        return run(self.server.exec_command(self.stage, "cat", "/bytes"), self.stage.environment)

    def stdin(self):
        with open(self.stage.file, "rb") as file:
            return run(self.server.exec_command(self.stage, *TAKE, stdin=True), self.stage.environment, stdin=file)


class Pipe:
    """Two socats with buffers of 64 KiB and a file."""

    def __init__(self, name, stage, tls):
        self.name, self.stage = name, stage
        self._listen = f"OPENSSL-LISTEN:%d,cert={stage.certificate},verify=0,bind=127.0.0.1,reuseaddr" if tls else "TCP-LISTEN:%d,bind=127.0.0.1,reuseaddr"
        self._connect = "OPENSSL:127.0.0.1:%d,verify=0" if tls else "TCP:127.0.0.1:%d"

    def _socat(self, *arguments):
        return [self.stage.socat, "-b", "65536", *arguments]

    @contextmanager
    def _server(self, *arguments):
        port = free_port()
        with subprocess.Popen(self._socat(*(a.replace("LISTEN:%d", f"LISTEN:{port}") for a in arguments)), stderr=subprocess.DEVNULL) as server:
            try:
                wait_for_listener(port, server)
                yield port
            finally:
                server.terminate()

    def stdout(self):
        with self._server("-u", f"OPEN:{self.stage.file},rdonly", self._listen) as port:
            return run(self._socat("-u", self._connect % port, "-"), self.stage.environment)

    def stdin(self):
        with self._server("-u", self._listen, "OPEN:/dev/null,wronly") as port, open(self.stage.file, "rb") as file:
            return run(self._socat("-u", "-", self._connect % port), self.stage.environment, stdin=file)

    def both(self):
        with self._server(self._listen, "EXEC:cat") as port, open(self.stage.file, "rb") as file:
            return run(self._socat("-t", "60", "-", self._connect % port), self.stage.environment, stdin=file)

    @contextmanager
    def echo(self):
        with self._server(self._listen, "EXEC:cat") as port, subprocess.Popen(
                self._socat("-", self._connect % port), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
            yield process
            process.stdin.close()
            process.stdout.read()

    @contextmanager
    def forward(self, port):
        """A plain relay that a client reaches by TCP, with TLS between its two halves."""
        with self._server(self._listen, f"TCP:127.0.0.1:{port}") as far:
            near = free_port()
            with subprocess.Popen(self._socat(f"TCP-LISTEN:{near},bind=127.0.0.1,reuseaddr", self._connect % far), stderr=subprocess.DEVNULL) as process:
                try:
                    wait_for_listener(near, process)
                    yield near
                finally:
                    process.terminate()
