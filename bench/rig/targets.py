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
        samples = self._rows[row].samples.get(contestant) if row in self._rows else None
        return median(sample[figure] for sample in samples) if samples else None

    def best(self, row, contestant, figure, of):
        return of(sample[figure] for sample in self._rows[row].samples[contestant])

    def ratio(self, row, other, figure):
        ours, theirs = self.get(row, "fairlead", figure), self.get(row, other, figure)
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
    kubectl, tls = "kubectl", "TLS pipe"
    for row, what in (("exec-stdout", "stdout"), ("exec-stdin", "stdin")):
        yield judge(f"exec {what} at least 0.60 of the plain TLS pipe", f.ratio(row, tls, "rate"), lambda v: v >= 0.6)
    yield judge("exec stdout at least 1.5 x kubectl's", f.ratio("exec-stdout", kubectl, "rate"), lambda v: v >= 1.5)
    yield either("exec stdin at least 1.2 x kubectl's or 0.80 of the TLS pipe",
                 (f.ratio("exec-stdin", kubectl, "rate"), 1.2), (f.ratio("exec-stdin", tls, "rate"), 0.8))
    for row, what in (("forward-down", "down"), ("forward-up", "up")):
        yield either(f"port-forward {what} at least 1.3 x kubectl's or 0.60 of the same over plain TLS",
                     (f.ratio(row, kubectl, "rate"), 1.3), (f.ratio(row, tls, "rate"), 0.6))
    for row, what in (("exec-stdout", "stdout"), ("exec-stdin", "stdin")):
        yield judge(f"client CPU per GiB of exec {what} at most 0.7 x kubectl's", f.ratio(row, kubectl, "cpu"), lambda v: v <= 0.7)
    for figure, what in (("wall", "wall time"), ("cpu", "CPU"), ("peak", "memory")):
        yield judge(f"exec -- true: {what} at most 0.5 x kubectl's", f.ratio("exec-true", kubectl, figure), lambda v: v <= 0.5)
    yield judge("echo p50 at most 1.5 x that of the TLS pipe", f.ratio("echo", tls, "p50"), lambda v: v <= 1.5)
    yield judge("server CPU per GB of exec stdout at most 2 s", f.get("server-cpu", "fairlead", "cpu"), lambda v: v <= 2)
    yield judge("memory over 10,000 execs grows by at most 0.1 KiB each", f.get("growth", "fairlead", "kib"), lambda v: v <= 0.1)


def guarded(rows):
    """What --quick fails for: fairlead slower than kubectl, and by more than the spread: even its best round is behind kubectl's median."""
    f = Figures(rows)
    for row, figure, more_is_better in (
            ("exec-stdout", "rate", True), ("exec-stdin", "rate", True), ("forward-down", "rate", True), ("forward-up", "rate", True),
            ("exec-true", "wall", False)):
        ratio = f.ratio(row, "kubectl", figure)
        if ratio is None:
            continue
        best = f.best(row, "fairlead", figure, max if more_is_better else min) / f.get(row, "kubectl", figure)
        yield row, ratio, best >= 1 if more_is_better else best <= 1
