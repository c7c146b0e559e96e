"""The rows: what is measured, of whom, in which unit. A row gives one figure a round for each contestant."""

import shutil
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import Callable

from . import connections
from .contestants import Client, Direct, Hash
from .idle import Held
from .lost import LOST, Lost
from .process import Failed, children_of, memory_of


@dataclass
class Row:
    """What is measured together. Each figure is a line of the table: name -> what it is called there, with its unit."""

    name: str
    what: str
    contestants: list
    measure: Callable
    units: dict
    quick: bool = False
    rounds: int = 0
    ours: tuple = ("fairlead",) # whose ratios to all others are shown
    samples: dict = field(default_factory=dict)
    skipped: str = "" # why it could not be measured


RATE, CPU, PEAK = "MB/s", "CPU s/GiB", "peak MiB"


def bulk(stage, direction):
    """Bytes of the whole command over its wall time, its start included."""
    def measure(contestant):
        result = getattr(contestant, direction)()
        return {"rate": stage.size / result.wall / 1e6, "cpu": result.cpu / (stage.size / 2**30), "peak": result.peak}
    return measure


def short(contestant):
    result = contestant.true()
    return {"wall": result.wall * 1e3, "cpu": result.cpu * 1e3, "peak": result.peak}


def echo(count):
    """A line of 32 bytes there and back, one after the other."""
    def measure(contestant):
        line = b"x" * 31 + b"\n"
        times = []
        with contestant.echo() as process:
            for _ in range(count + 50):
                begun = time.perf_counter()
                process.stdin.write(line)
                got = b""
                while len(got) < len(line):
                    part = process.stdout.read(len(line) - len(got))
                    if not part:
                        raise Failed(f"the echo of {contestant.name} ended")
                    got += part
                times.append(time.perf_counter() - begun)
        times = sorted(times[50:]) # without the first: the way has to warm up
        return {"p50": times[len(times) // 2] * 1e6, "p99": times[len(times) * 99 // 100] * 1e6}
    return measure


def together(count, at_once):
    """So many commands, so many of them at a time: seconds until the last has ended."""
    def measure(client):
        left, lock, failed = [count], threading.Lock(), []
        def work():
            while True:
                with lock:
                    if left[0] == 0:
                        return
                    left[0] -= 1
                try:
                    client.true()
                except Failed as failure:
                    failed.append(failure)
        begun = time.monotonic()
        threads = [threading.Thread(target=work) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]
        return {"rate": count / (time.monotonic() - begun)}
    return measure


def parallel(count, stage):
    """So many transfers at a time, each of its share of the file's size."""
    def measure(client):
        share = stage.size // count
        begun = time.monotonic()
        running = [subprocess.Popen(client.exec_command("head", "-c", str(share), client.file), env=client.environment,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) for _ in range(count)]
        if any([process.wait() for process in running]):
            raise Failed(f"a transfer of {client.name} failed")
        return {"rate": share * count / (time.monotonic() - begun) / 1e6}
    return measure


def echo_beside_load(count):
    """The echo's times while another session of the same client moves bytes for as long as it takes."""
    def measure(client):
        with subprocess.Popen(client.exec_command("cat", "/dev/zero"), env=client.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as load:
            try:
                return echo(count)(client)
            finally:
                load.terminate()
    return measure


def server_cpu(stage):
    """CPU of the lab, the processes in its pods apart, while a fairlead takes what it sends."""
    def measure(client):
        before = client.server.cpu()
        client.stdout()
        return {"cpu": (client.server.cpu() - before) / (stage.size / 1e9)}
    return measure


def through_gateway(stage, direction):
    """A transfer, and the CPU of the gateway that it went through, if any."""
    def measure(client):
        gateway = client.server if client.name != "direct" else None
        before = gateway.cpu() if gateway else 0
        result = getattr(client, direction)()
        sample = {"rate": stage.size / result.wall / 1e6}
        return {**sample, "gateway": (gateway.cpu() - before) / (stage.size / 2**30)} if gateway else sample
    return measure


def through_node(stage, direction):
    """A transfer from or to a container of containerd, and the CPU of those that serve it: the node, if any, containerd and its shims."""
    def measure(contestant):
        serving = [contestant.server, stage.servers["containerd"]] if isinstance(contestant, Client) else [contestant.server] if isinstance(contestant, Direct) else []
        before = [server.cpu() for server in serving]
        result = getattr(contestant, direction)()
        used = [(server.cpu() - was) / (stage.size / 1e9) for server, was in zip(serving, before)]
        sample = {"rate": stage.size / result.wall / 1e6, **({"runtime": used[-1]} if used else {})}
        return {**sample, "node": used[0]} if len(used) > 1 else sample
    return measure


def copy(stage, what, up, counts_all=True):
    """A file or a tree of the stage's to the pod or from it, to where nothing is yet; and the CPU of all that takes part: client, lab, the pod's tools."""
    def measure(client):
        source, target = getattr(stage, what), stage.folder / "copied"
        if isinstance(client, Hash):
            result = client.copy(source, target)
            return {"wall": result.wall, "cpu": result.cpu}
        others = children_of(client.server.pid) if counts_all else ()
        before = client.server.cpu_with_commands(others) if counts_all else 0
        try:
            result = client.copy(str(source), f"demo:{target}") if up else client.copy(f"demo:{source}", str(target))
            if sizes(target) != sizes(source):
                raise Failed(f"{client.name} copied something else")
        finally:
            shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
        sample = {"wall": result.wall, "cpu": result.cpu, "peak": result.peak}
        return {**sample, "all": result.cpu + client.server.cpu_with_commands(others) - before} if counts_all else sample
    return measure


def sizes(path):
    """Of a file, or of all files of a tree by name."""
    return {str(file.relative_to(path)): file.stat().st_size for file in path.rglob("*") if file.is_file()} if path.is_dir() else path.stat().st_size


class Cycles:
    """One program that opens and closes sessions, so many at a time."""

    def __init__(self, client, at_once):
        self._process = subprocess.Popen([client.stage.stand, "cycle", client.server.kubeconfig, str(at_once)], env=client.environment,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def run(self, count):
        """Seconds that so many took."""
        self._process.stdin.write(f"{count}\n")
        said = self._process.stdout.readline()
        if not said:
            raise Failed("a session failed")
        return float(said.split()[0])


def burst(count):
    """So many short execs of one program, all at once; the program itself is warm."""
    def measure(client):
        with Cycles(client, count) as cycles:
            cycles.run(100)
            return {"rate": count / cycles.run(count)}
    return measure


def growth(stage, count):
    """Private memory of the lab, and of a gateway in front of it, for each session opened and closed: the slope over so many, after a warm-up."""
    def measure(client):
        servers = {"lab": stage.servers["lab"], "gateway": client.server}
        held = {name: [] for name in servers}
        with Cycles(client, 16) as cycles:
            cycles.run(3000)
            for _ in range(count // 1000 + 1):
                for name, server in servers.items():
                    held[name].append(memory_of(server.pid)[0] * 1024)
                cycles.run(1000)
        return {name: slope(values) / 1000 for name, values in held.items()}
    return measure


def slope(values):
    """Of the line that fits them best, a step."""
    middle = (len(values) - 1) / 2
    return sum((at - middle) * value for at, value in enumerate(values)) / sum((at - middle) ** 2 for at in range(len(values)))


def forward(stage, down):
    """One connection through a port-forward, to a server in the pod that sends the file or takes as much."""
    def serve(listener):
        with listener.accept()[0] as connection:
            if down:
                with open(stage.file, "rb") as file:
                    connection.sendfile(file)
                connection.shutdown(socket.SHUT_WR)
            else:
                drain(connection)
                connection.sendall(b"!")

    def measure(contestant):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = threading.Thread(target=serve, args=(listener,), daemon=True)
            server.start()
            with contestant.forward(listener.getsockname()[1]) as port, socket.create_connection(("127.0.0.1", port)) as connection:
                begun = time.monotonic()
                if down:
                    got = drain(connection)
                    if got != stage.size:
                        raise Failed(f"{contestant.name}: {got} of {stage.size} bytes came through the port-forward")
                else:
                    with open(stage.file, "rb") as file:
                        connection.sendfile(file)
                    connection.shutdown(socket.SHUT_WR)
                    if connection.recv(1) != b"!":
                        raise Failed(f"{contestant.name}: the port-forward ended before all was there")
                wall = time.monotonic() - begun
            server.join()
        return {"rate": stage.size / wall / 1e6}
    return measure


def drain(connection):
    buffer, total = bytearray(1 << 18), 0
    while count := connection.recv_into(buffer):
        total += count
    return total


def rows(stage, clients, tls, tcp):
    """All of them, in the order of the table."""
    all_of = [*clients, *([tls] if tls else []), *([tcp] if tcp else [])]
    secure = [*clients, *([tls] if tls else [])]
    transfer = {"rate": RATE, "cpu": CPU, "peak": PEAK}
    ours = clients[:1]
    plain = [*(Client(client.name, client.program, stage, "lab without TLS") for client in clients), *([tcp] if tcp else [])]
    return [
        Row("exec-stdout", "exec, standard output", all_of, bulk(stage, "stdout"), transfer, quick=True),
        Row("exec-stdin", "exec, standard input", all_of, bulk(stage, "stdin"), transfer, quick=True),
        Row("exec-both", "exec, both at once", all_of, bulk(stage, "both"), transfer),
        Row("plain-stdout", "exec without TLS, standard output", plain, bulk(stage, "stdout"), transfer),
        Row("plain-stdin", "exec without TLS, standard input", plain, bulk(stage, "stdin"), transfer),
        Row("forward-down", "port-forward, from the pod", secure, forward(stage, down=True), {"rate": RATE}, quick=True),
        Row("forward-up", "port-forward, to the pod", secure, forward(stage, down=False), {"rate": RATE}, quick=True),
        *connection_rows(clients),
        *resumable_rows(stage, ours[0].program),
        *copy_rows(stage, clients),
        Row("exec-true", "exec -- true", clients, short, {"wall": "ms", "cpu": "CPU ms", "peak": PEAK}, quick=True, rounds=11),
        Row("exec-line", "exec -- true over a line of 100 ms round trip", [Client(client.name, client.program, stage, "line") for client in clients],
            short, {"wall": "ms"}, quick=True),
        Row("echo", "echo of a line in a session", secure, echo(2000), {"p50": "p50 us", "p99": "p99 us"}, quick=True),
        Row("echo-loaded", "the same beside a saturated session", clients, echo_beside_load(1000), {"p50": "p50 us", "p99": "p99 us"}),
        Row("execs-100", "100 short execs at once", clients, together(100, 100), {"rate": "a second"}),
        Row("execs-1000", "1,000 short execs, 100 at a time", clients, together(1000, 100), {"rate": "a second"}, rounds=3),
        Row("burst-1000", "1,000 short execs of one program, all at once", ours, burst(1000), {"rate": "a second"}, rounds=3),
        *(Row(f"parallel-{n}", f"{n} sessions at a time, standard output", clients, parallel(n, stage), {"rate": RATE}) for n in (1, 4, 16, 64)),
        Row("server-cpu", "the lab's CPU for exec stdout", ours, server_cpu(stage), {"cpu": "CPU s/GB"}, quick=True),
        *gateway_rows(stage, ours[0].program),
        *node_rows(stage, clients, tls),
        lost_row(stage, ours[0].program),
        Row("growth", "memory over 10,000 execs through a gateway", [Client("fairlead", ours[0].program, stage, "gateway-websocket")],
            growth(stage, 10_000), {"lab": "lab, KiB each", "gateway": "gateway, KiB each"}, rounds=1),
    ]


def connection_rows(clients):
    for name, what, count, at_once, held in (
            ("short", "600 short connections, 20 at a time", 600, 20, 0), ("beside", "the same beside 40 that are held", 600, 20, 40),
            ("at-once", "100 short connections at once", 100, 100, 0), ("in-turn", "200 short connections, one after the other", 200, 1, 0)):
        yield Row(f"forward-{name}", f"port-forward, {what}", clients, connections.short(count, at_once, held), {"wall": "ms"})


def copy_rows(stage, clients):
    over_line = {"wall": "s", "cpu": "CPU s", "peak": PEAK}
    copied = {**over_line, "all": "CPU s of client, lab and the pod's tools"}
    hashes = [*clients, Hash("the hash alone", stage, "openssl", "dgst", "-sha256", "-r")] if shutil.which("openssl") else clients
    line = [Client(client.name, client.program, stage, "line") for client in clients]
    for way, up in (("down", False), ("up", True)):
        where = "to the pod" if up else "from the pod"
        yield Row(f"cp-file-{way}", f"cp of one file {where}", hashes, copy(stage, "file", up), copied)
        yield Row(f"cp-tree-{way}", f"cp of 10,000 small files {where}", clients, copy(stage, "tree", up), copied, rounds=3)
        for kind, tool in (("sha256sum", ("sha256sum",)), ("busybox", (stage and stage.busybox or "busybox", "sha256sum"))):
            if stage is None or kind != "busybox" or stage.busybox:
                there = [*(Client(client.name, client.program, stage, f"lab with {kind}") for client in clients), Hash("the hash alone", stage, *tool)]
                yield Row(f"cp-file-{kind}-{way}", f"cp of one file {where} that has {'busybox' if kind == 'busybox' else 'GNU sha256sum and no openssl'}",
                    there, copy(stage, "file", up), copied, rounds=3)
        for what, called in (("one", "one small file"), ("hundred", "100 small files"), ("middle", "64 MiB")):
            yield Row(f"cp-{what}-line-{way}", f"cp of {called} {where} over a line of 100 ms round trip", line,
                copy(stage, what, up, counts_all=False), over_line)


def resumable_rows(stage, program):
    """What a session that outlives its connection costs beside v5."""
    both = [Client("v5", program, stage), Client("resumable", program, stage, options=["--resume", "auto"])]
    for direction, put in (("stdout", "standard output"), ("stdin", "standard input"), ("both", "both at once")):
        yield Row(f"resumable-{direction}", f"exec that outlives its connection, {put}", both, bulk(stage, direction),
                  {"rate": RATE, "cpu": CPU, "peak": PEAK}, ours=("v5", "resumable"))
    yield Row("resumable-echo", "echo of a line in such a session", both, echo(2000), {"p50": "p50 us", "p99": "p99 us"}, ours=("v5", "resumable"))


def lost_row(stage, program):
    others = [Lost(Client("lab", program, stage), "shell"), Lost(Client("gateway", program, stage, "gateway-websocket"), "shell"),
              Lost(Client("node", program, stage, "node-native", pod=["demo"]), "main")]
    units = {f"{what}-{figure}-{when}": f"{called} {figure}, {when}, ms" for what, called in (("echo", "echo"), ("tls", "handshake"))
             for figure in ("p50", "max") for when in ("before", "first", "during", "after")}
    return Row("lost", f"another client while {LOST:,} clients of exec are lost at once", others, Lost.measure,
               {**units, "gone": "until all commands are gone, s"}, rounds=3, ours=())


def gateway_rows(stage, program):
    through = [Client("direct", program, stage), *(Client(name, program, stage, server, ["--transport", transport]) for name, server, transport in (
        ("spliced", "gateway-websocket", "websocket"), ("v5 to SPDY", "gateway-spdy", "websocket"), ("SPDY to v5", "gateway-websocket", "spdy")))]
    figures = {"rate": RATE, "gateway": "gateway CPU s/GiB"}
    held = [Held(*which) for which in (
        ("spliced", stage, "websocket", "websocket"), ("resumable", stage, "resumable", "websocket"),
        ("v5 to SPDY", stage, "websocket", "spdy"), ("SPDY to v5", stage, "spdy", "websocket"),
        ("spliced, HTTP/2 behind", stage, "websocket", "websocket", True, True),
        ("spliced, no TLS", stage, "websocket", "websocket", False), ("v5 to SPDY, no TLS", stage, "websocket", "spdy", False),
        ("SPDY to v5, no TLS", stage, "spdy", "websocket", False))]
    translated = ("spliced", "v5 to SPDY", "SPDY to v5")
    return [
        Row("gateway-stdout", "through a gateway, standard output", through, through_gateway(stage, "stdout"), figures, ours=translated),
        Row("gateway-stdin", "through a gateway, standard input", through, through_gateway(stage, "stdin"), figures, ours=translated),
        Row("idle", "5,000 idle sessions in a gateway, without a process each", held, Held.measure,
            {"gateway": "gateway, KiB each", "native": "of that OpenSSL's and the C library's", "server": "server behind, KiB each"}, rounds=1, ours=()),
    ]


def node_rows(stage, clients, tls):
    def at(name, client, way):
        return Client(name, client.program, stage, f"node-{way}", pod=["demo"])
    measured = [at("native", clients[0], "native"), at("cri", clients[0], "cri"), *(at("kubectl, native", client, "native") for client in clients[1:]),
                Direct("containerd directly, no TLS", stage), *([tls] if tls else [])]
    figures = {"rate": RATE, "node": "the node's CPU s/GB", "runtime": "containerd's and its shims' CPU s/GB"}
    return [Row(f"node-{direction}", f"a container of containerd, standard {put}", measured, through_node(stage, direction), figures, ours=("native", "cri"))
            for direction, put in (("stdout", "output"), ("stdin", "input"))]
