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


class Missing(Exception):
    """What a row needs is not to be had on this machine."""


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


def cpu_of(pid, ended_children=False):
    """CPU seconds that a running process has used so far; those of its children, and of theirs, only where they are asked for and have ended."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15 if ended_children else 13])) / os.sysconf("SC_CLK_TCK")


def children_of(pid):
    """The processes that it has started and that live, or have not been waited for."""
    children = []
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/children") as names:
                children += names.read().split()
        except FileNotFoundError:
            pass # this thread has ended
    return children


ARENA = 64 << 20


def memory_of(pid):
    """MiB of private memory that a running process holds, and how much of it the C library gave out: OpenSSL's, and little else of .NET's.

    The C library's memory is the [heap] and its further arenas, which begin at, and reserve, multiples of 64 MiB. The garbage collector's lies in one reservation of
    many GiB.
    """
    private = native = 0
    mappings = _mappings(pid)
    for at, (start, end, mode, name, held) in enumerate(mappings):
        private += held
        if name == "[heap]":
            native += held
        elif name == "" and mode.startswith("rw") and start % ARENA == 0:
            follows = mappings[at + 1] if at + 1 < len(mappings) else None
            reserved = follows[1] if follows and follows[0] == end and follows[2].startswith("---") else end
            if (reserved - start) % ARENA == 0 and reserved - start < 16 << 30:
                native += held
    return private / 1024, native / 1024


def _mappings(pid):
    found = []
    with open(f"/proc/{pid}/smaps") as maps:
        for line in maps:
            parts = line.split(None, 5)
            if "-" in parts[0] and not parts[0].endswith(":"):
                start, end = (int(edge, 16) for edge in parts[0].split("-"))
                found.append([start, end, parts[1], parts[5].strip() if len(parts) > 5 else "", 0])
            elif parts[0] in ("Private_Clean:", "Private_Dirty:"):
                found[-1][4] += int(parts[1])
    return found
