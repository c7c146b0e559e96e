"""Runs a command and takes its time, CPU and peak memory from the kernel's own account of it."""

import os
import subprocess
import threading
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """One finished process: seconds of wall clock and CPU, MiB at its largest."""

    wall: float
    cpu: float
    peak: float


class Failed(Exception):
    """A contestant ended otherwise than it should have: a figure of it would be worth nothing."""


def run(command, environment, stdin=None, stdout=subprocess.DEVNULL, limit=600):
    """Runs to the end. What it says on standard error is kept for the message of a failure."""
    begun = time.monotonic()
    with subprocess.Popen(command, env=environment, stdin=stdin or subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE) as process:
        watch = threading.Timer(limit, process.kill)
        watch.start()
        try:
            said = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            watch.cancel()
        wall = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failed(f"{' '.join(command[:6])} ... ended with {process.returncode}: {said.decode(errors='replace')[-400:]}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def cpu_of(pid):
    """CPU seconds that a running process has used so far, its children apart."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def private_of(pid):
    """MiB of private memory that a running process holds."""
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return sum(int(line.split()[1]) for line in rollup if line.startswith(("Private_Clean", "Private_Dirty"))) / 1024
