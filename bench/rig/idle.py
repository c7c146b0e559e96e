"""Sessions that are held and do nothing, and what a gateway holds for each."""

import subprocess
import time

from .process import Failed, memory_of
from .servers import Server, gateway

WARM, SESSIONS = 500, 5000


class Held:
    """Sessions from a client by one carrier, through a gateway, to a server by another one: terminals, without a process there."""

    def __init__(self, name, stage, client, upstream, secure=True, shares=False):
        self.name, self.stage, self._client, self._upstream, self._secure, self._shares = name, stage, client, upstream, secure, shares

    def measure(self):
        """KiB of private memory for each of 5,000 sessions, those of the first 500 apart."""
        stage = self.stage
        behind = Server(stage, "idle", lambda kubeconfig: [stage.stand, "pods", "idle-tls" if self._secure else "idle", "all", kubeconfig])
        try:
            front = Server(stage, "idle-gateway", lambda kubeconfig: gateway(stage, behind, self._upstream, kubeconfig, self._shares) if self._secure
                           else [stage.stand, "gateway", behind.kubeconfig, self._upstream, kubeconfig])
            try:
                return self._hold(front, behind)
            finally:
                front.stop()
        finally:
            behind.stop()

    def _hold(self, front, behind):
        with subprocess.Popen([self.stage.stand, "hold", front.kubeconfig, self._client, "terminal", "shell", "--", "idle"], env=front.environment,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as client:
            self._open(client, WARM)
            before = [memory_of(server.pid) for server in (front, behind)]
            self._open(client, SESSIONS)
            after = [memory_of(server.pid) for server in (front, behind)]
            client.stdin.close()
        (gateway_all, gateway_native), (server_all, _) = [[(b - a) * 1024 / SESSIONS for a, b in zip(*pair)] for pair in zip(before, after)]
        return {"gateway": gateway_all, "native": gateway_native, "server": server_all}

    def _open(self, client, count):
        client.stdin.write(f"{count}\n")
        said = client.stdout.readline()
        if not said.startswith("held"):
            raise Failed(f"{self.name}: not all sessions were held: {said}")
        time.sleep(3) # what was needed to open them has gone by then
