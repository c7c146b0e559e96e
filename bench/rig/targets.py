"""What the figures should be, and whether they are."""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Target:
    text: str
    measured: str
    verdict: str


class Figures:
    """Medians by row, contestant and figure; None where nothing was measured."""

    def __init__(self, rows):
        self._rows = {row.name: row for row in rows}

    def get(self, row, contestant, figure):
        samples = self._rows[row].samples.get(contestant, []) if row in self._rows else []
        values = [sample[figure] for sample in samples if figure in sample]
        return median(values) if values else None

    def best(self, row, contestant, figure, of):
        return of(sample[figure] for sample in self._rows[row].samples[contestant])

    def ratio(self, row, other, figure, of="fairlead"):
        ours, theirs = self.get(row, of, figure), self.get(row, other, figure)
        return ours / theirs if ours is not None and theirs else None


def judge(text, value, holds, form="{:.2f}"):
    if value is None:
        return Target(text, "not measured here", "open")
    return Target(text, form.format(value), "met" if holds(value) else "missed")


def either(text, first, second):
    """Met when one of two (value, least) is reached."""
    known = [(value, least) for value, least in (first, second) if value is not None]
    if not known:
        return Target(text, "not measured here", "open")
    said = " or ".join(f"{value:.2f}" for value, _ in known)
    return Target(text, said, "met" if any(value >= least for value, least in known) else "missed")


def targets(rows):
    f = Figures(rows)
    kubectl, tls, tcp = "kubectl", "TLS pipe", "TCP pipe"
    at_least, at_most = (lambda bound: lambda v: v >= bound), (lambda bound: lambda v: v <= bound)
    for what in ("stdout", "stdin"):
        yield judge(f"exec {what} at least 0.60 of the plain TLS pipe", f.ratio(f"exec-{what}", tls, "rate"), at_least(0.6))
        yield judge(f"exec {what} without TLS at least 0.60 of the plain TCP pipe", f.ratio(f"plain-{what}", tcp, "rate"), at_least(0.6))
    yield judge("exec stdout at least 1.5 x kubectl's", f.ratio("exec-stdout", kubectl, "rate"), at_least(1.5))
    yield either("exec stdin at least 1.2 x kubectl's or 0.80 of the TLS pipe",
                 (f.ratio("exec-stdin", kubectl, "rate"), 1.2), (f.ratio("exec-stdin", tls, "rate"), 0.8))
    for what in ("down", "up"):
        yield either(f"port-forward {what} at least 1.3 x kubectl's or 0.60 of the same over plain TLS",
                     (f.ratio(f"forward-{what}", kubectl, "rate"), 1.3), (f.ratio(f"forward-{what}", tls, "rate"), 0.6))
    for row, called, most in (("short", "600 short connections, 20 at a time", 0.7), ("beside", "600 short connections beside 40 that are held", 0.7),
                              ("at-once", "100 connections at once", 0.7), ("in-turn", "one connection after the other", 1)):
        yield judge(f"port-forward, {called}: at most {most} x kubectl's time", f.ratio(f"forward-{row}", kubectl, "wall"), at_most(most))
    for what in ("stdout", "stdin"):
        yield judge(f"client CPU per GiB of exec {what} at most 0.7 x kubectl's", f.ratio(f"exec-{what}", kubectl, "cpu"), at_most(0.7))

    for what, cluster in (("stdout", 0.09), ("stdin", 0.12)):
        yield judge(f"through the node (native), exec {what} at least {3 * cluster:.2f} of the TLS pipe, 3 x the share of a whole cluster",
                    f.ratio(f"node-{what}", tls, "rate", of="native"), at_least(3 * cluster))
    yield judge("server CPU per GB of exec stdout through the node (native) at most 2 s", f.get("node-stdout", "native", "node"), at_most(2))
    yield judge("the lab's CPU per GB of exec stdout at most 2 s", f.get("server-cpu", "fairlead", "cpu"), at_most(2))

    for what in ("down", "up"):
        yield judge(f"cp {what} of one file, verified, at most 1.0 x kubectl's time", f.ratio(f"cp-file-{what}", kubectl, "wall"), at_most(1))
        for tool in ("sha256sum", "busybox"):
            hashed, theirs = f.get(f"cp-file-{tool}-{what}", "the hash alone", "wall"), f.get(f"cp-file-{tool}-{what}", kubectl, "wall")
            ours = f.get(f"cp-file-{tool}-{what}", "fairlead", "wall")
            yield judge(f"cp {what} of one file, verified by {tool}, at most 1.1 x the longer of kubectl's time and the hash alone",
                        ours / max(hashed, theirs) if ours and hashed and theirs else None, at_most(1.1))
        yield judge(f"cp {what} of 10,000 small files, verified, at most 0.6 x kubectl's time", f.ratio(f"cp-tree-{what}", kubectl, "wall"), at_most(0.6))
        for row, called in (("one", "one small file"), ("hundred", "100 small files"), ("middle", "64 MiB")):
            yield judge(f"cp {what} of {called} over a line of 100 ms round trip at most 1.0 x kubectl's time",
                        f.ratio(f"cp-{row}-line-{what}", kubectl, "wall"), at_most(1))
        for row in ("file", "tree"):
            yield judge(f"cp {what} of {'one file' if row == 'file' else '10,000 small files'}: memory at most 80 MiB",
                        f.get(f"cp-{row}-{what}", "fairlead", "peak"), at_most(80), "{:.0f}")
    for figure, what in (("wall", "wall time"), ("cpu", "CPU"), ("peak", "memory")):
        yield judge(f"exec -- true: {what} at most 0.5 x kubectl's", f.ratio("exec-true", kubectl, figure), at_most(0.5))
    yield judge("exec -- true over a line of 100 ms round trip: wall time at most 0.6 x kubectl's", f.ratio("exec-line", kubectl, "wall"), at_most(0.6))
    yield judge("echo p50 at most 1.5 x that of the TLS pipe", f.ratio("echo", tls, "p50"), at_most(1.5))

    for what in ("stdout", "stdin", "both"):
        yield judge(f"exec {what} that outlives its connection at least 0.95 of v5's", f.ratio(f"resumable-{what}", "v5", "rate", of="resumable"), at_least(0.95))
    yield judge("its echo p50 at most 1.05 x v5's", f.ratio("resumable-echo", "v5", "p50", of="resumable"), at_most(1.05))
    held = [f.get("idle", name, "server") for name in ("resumable", "spliced")]
    yield judge("idle session that outlives its connection, server behind: at most 8 KiB more than v5's",
                None if None in held else held[0] - held[1], at_most(8), "{:.1f}")

    for name, most in (("spliced", 128), ("v5 to SPDY", 160), ("SPDY to v5", 160)):
        yield judge(f"idle session in the gateway, {name}: at most {most} KiB", f.get("idle", name, "gateway"), at_most(most), "{:.0f}")
        yield judge(f"idle session in the gateway, {name}, no TLS: at most 40 KiB", f.get("idle", f"{name}, no TLS", "gateway"), at_most(40), "{:.0f}")
    yield judge("idle session in the gateway, spliced, HTTP/2 behind: at most 90 KiB", f.get("idle", "spliced, HTTP/2 behind", "gateway"), at_most(90), "{:.0f}")
    yield judge("idle session at the server behind by HTTP/2: at most half of one by HTTP/1.1",
                f.ratio("idle", "spliced", "server", of="spliced, HTTP/2 behind"), at_most(0.5))
    for what in ("stdout", "stdin"):
        for name in ("v5 to SPDY", "SPDY to v5"):
            yield judge(f"gateway CPU of exec {what}, {name}, at most 1.5 x a splice's", f.ratio(f"gateway-{what}", "spliced", "gateway", of=name), at_most(1.5))
    for server in ("lab", "gateway"):
        yield judge(f"memory over 10,000 execs, {server}: flat, at most 0.1 KiB each", f.get("growth", "fairlead", server), at_most(0.1))


def guarded(rows):
    """What --quick fails for: fairlead slower than kubectl, and by more than the spread: even its best round is behind kubectl's median."""
    f = Figures(rows)
    for row, figure, more_is_better in (
            ("exec-stdout", "rate", True), ("exec-stdin", "rate", True), ("forward-down", "rate", True), ("forward-up", "rate", True),
            ("exec-true", "wall", False), ("exec-line", "wall", False)):
        ratio = f.ratio(row, "kubectl", figure)
        if ratio is None:
            continue
        best = f.best(row, "fairlead", figure, max if more_is_better else min) / f.get(row, "kubectl", figure)
        yield row, ratio, best >= 1 if more_is_better else best <= 1
