"""What stands while rows are measured: servers, a file of random bytes, ten thousand small ones, a certificate for the plain TLS pipe."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from functools import cached_property
from pathlib import Path

from .servers import Servers

SMALL_FILES = 10_000


class Stage:
    def __init__(self, root, size):
        self.root = Path(root)
        self.size = size
        # in memory where that can be: no disk is measured
        self.folder = Path(tempfile.mkdtemp(prefix="fairlead-bench-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) and room("/dev/shm") > 6 * size else None))
        self.file = self.folder / "bytes"
        self.fairlead = str(self.root / "artifacts/command/out/fairlead")
        if not os.access(self.fairlead, os.X_OK):
            raise SystemExit("bench: ./fairlead was not built")
        self.stand = str(self.root / "artifacts/bin/Fairlead.Stand/release/Fairlead.Stand")
        peers = Path(os.environ.get("FAIRLEAD_PEERS") or self.root / ".peers")
        kubectl = peers / "kubectl-newest/kubectl"
        self.kubectl = str(kubectl) if kubectl.exists() else None
        self.kubectl_version = (kubectl.parent / "version").read_text().strip() if self.kubectl else None
        self.socat = shutil.which("socat") or self._peer(peers / "socat/socat")
        self.busybox = self._peer(peers / "busybox/busybox")
        self.environment = {**os.environ, "HOME": str(self.folder), "XDG_CACHE_HOME": str(self.folder / "cache")}
        self.servers = Servers(self)

    @staticmethod
    def _peer(path):
        return str(path) if path.exists() else None

    def __enter__(self):
        with open(self.file, "wb") as out:
            block = os.urandom(1 << 20)
            for _ in range(self.size >> 20):
                out.write(block)
        self.certificate = self._make_certificate() if self.socat else None
        return self

    def __exit__(self, *_):
        self.servers.stop()
        shutil.rmtree(self.folder)

    @cached_property
    def tree(self):
        """Small files, a hundred a folder, of up to 4 KiB."""
        tree = self.folder / "tree"
        for at in range(SMALL_FILES):
            if at % 100 == 0:
                folder = tree / f"d{at // 100}"
                folder.mkdir(parents=True)
            (folder / f"f{at}").write_bytes(os.urandom(at * 7919 % 4096))
        return tree

    def pod_with(self, hashes):
        """A manifest of a pod that finds no openssl: all tools are busybox's, or the machine's own with GNU's sha256sum."""
        tools = self.folder / f"bin-{hashes}"
        tools.mkdir()
        for tool in ("sh", "dd", "tar", "stat", "find", "mkdir", "mv", "rm", "chmod", "touch", "ln", "readlink", "sha256sum", "head", "cat", "wc", "test"):
            (tools / tool).symlink_to(self.busybox if hashes == "busybox" else shutil.which(tool))
        manifest = self.folder / f"pod-{hashes}.yaml"
        manifest.write_text(json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "demo"}, "spec": {"containers": [
            {"name": "shell", "image": "local", "command": ["/bin/sleep", "1000000"], "env": [{"name": "PATH", "value": str(tools)}]}]}}))
        return manifest

    @cached_property
    def one(self):
        """A small file."""
        return self._write("one", 3000)

    @cached_property
    def middle(self):
        """64 MiB."""
        return self._write("middle", 64 << 20)

    @cached_property
    def hundred(self):
        """A hundred small files in a folder."""
        (self.folder / "hundred").mkdir()
        for at in range(100):
            self._write(f"hundred/f{at}", at * 41)
        return self.folder / "hundred"

    def _write(self, name, size):
        with open(self.folder / name, "wb") as out:
            for part in range(0, size, 1 << 20):
                out.write(os.urandom(min(1 << 20, size - part)))
        return self.folder / name

    def _make_certificate(self):
        """Key and certificate in one file, of the kind that the lab has: P-256."""
        if not shutil.which("openssl"):
            return None
        both = self.folder / "pipe.pem"
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
             "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)],
            check=True, capture_output=True)
        both.write_bytes(key.read_bytes() + certificate.read_bytes())
        return str(both)


def room(folder):
    return shutil.disk_usage(folder).free


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_listener(port, process, limit=10):
    """Until something listens there: looked up, not tried, since a try would be taken for the transfer."""
    wanted = f":{port:04X} "
    until = time.monotonic() + limit
    while time.monotonic() < until:
        with open("/proc/net/tcp") as table:
            if any(wanted in line[:30] and line.split()[3] == "0A" for line in table):
                return
        if process.poll() is not None:
            break
        time.sleep(0.005)
    raise SystemExit("bench: the plain pipe did not listen")
