"""The rows: what is measured, of whom, in which unit. A row gives one figure a round for each contestant."""

import os
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import Callable

from .process import Failed, cpu_of, private_of
from .stage import free_port


@dataclass
class Row:
    """One line of the table. Measures of one transfer are one row each: name -> unit."""

    name: str
    what: str
    contestants: list
    measure: Callable
    units: dict
    quick: bool = False
    rounds: int = 0
    samples: dict = field(default_factory=dict)


RATE, CPU, PEAK = "MB/s", "CPU s/GiB", "MiB"


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


def together(count, at_once, stage):
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
    share = stage.size // count
    def measure(client):
        begun = time.monotonic()
        running = [subprocess.Popen(client.exec_command("head", "-c", str(share), str(stage.file)), env=stage.environment,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) for _ in range(count)]
        if any([process.wait() for process in running]):
            raise Failed(f"a transfer of {client.name} failed")
        return {"rate": share * count / (time.monotonic() - begun) / 1e6}
    return measure


def echo_beside_load(stage, count):
    """The echo's times while another session of the same client moves bytes for as long as it takes."""
    def measure(client):
        with subprocess.Popen(client.exec_command("cat", "/dev/zero"), env=stage.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as load:
            try:
                return echo(count)(client)
            finally:
                load.terminate()
    return measure


def server_cpu(stage):
    """CPU of the lab, the processes in its pods apart, while a fairlead takes what it sends."""
    def measure(client):
        before = cpu_of(stage.lab.pid)
        client.stdout()
        return {"cpu": (cpu_of(stage.lab.pid) - before) / (stage.size / 1e9)}
    return measure


def growth(stage, count):
    """Private memory of the lab per session that was opened and closed, after the first thousand."""
    def measure(client):
        together(1000, 16, stage)(client)
        before = private_of(stage.lab.pid)
        together(count, 16, stage)(client)
        return {"kib": (private_of(stage.lab.pid) - before) * 1024 / count}
    return measure


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
    """All of them, in the order of the table. Rows for cp, gateway and node stand at the end when what they measure is there."""
    all_of = [*clients, *([tls] if tls else []), *([tcp] if tcp else [])]
    secure = [*clients, *([tls] if tls else [])]
    transfer = {"rate": RATE, "cpu": CPU, "peak": PEAK}
    ours = clients[:1]
    return [
        Row("exec-stdout", "exec, standard output", all_of, bulk(stage, "stdout"), transfer, quick=True),
        Row("exec-stdin", "exec, standard input", all_of, bulk(stage, "stdin"), transfer, quick=True),
        Row("exec-both", "exec, both at once", all_of, bulk(stage, "both"), transfer),
        Row("forward-down", "port-forward, from the pod", secure, forward(stage, down=True), {"rate": RATE}, quick=True),
        Row("forward-up", "port-forward, to the pod", secure, forward(stage, down=False), {"rate": RATE}, quick=True),
        Row("exec-true", "exec -- true", clients, short, {"wall": "ms", "cpu": "CPU ms", "peak": PEAK}, quick=True, rounds=11),
        Row("echo", "echo of a line in a session", secure, echo(2000), {"p50": "us", "p99": "us"}, quick=True),
        Row("echo-loaded", "the same beside a saturated session", clients, echo_beside_load(stage, 1000), {"p50": "us", "p99": "us"}),
        Row("execs-100", "100 short execs at once", clients, together(100, 100, stage), {"rate": "a second"}),
        Row("execs-1000", "1,000 short execs, 100 at a time", clients, together(1000, 100, stage), {"rate": "a second"}, rounds=3),
        *(Row(f"parallel-{n}", f"{n} sessions at a time, standard output", clients, parallel(n, stage), {"rate": RATE}) for n in (1, 4, 16, 64)),
        Row("server-cpu", "the lab's CPU for exec stdout", ours, server_cpu(stage), {"cpu": "CPU s/GB"}, quick=True),
        Row("growth", "the lab's memory over 10,000 execs", ours, growth(stage, 10_000), {"kib": "KiB each"}, rounds=1),
    ]
