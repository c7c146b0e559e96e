import argparse
import os
import signal
import sys
import time
from pathlib import Path

from . import report
from .contestants import Client, Pipe
from .process import Failed, Missing
from .rows import rows as all_rows
from .stage import Stage
from .targets import guarded, targets


def main():
    arguments = argparse.ArgumentParser(prog="bench/run")
    arguments.add_argument("--root", required=True)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--rows")
    arguments.add_argument("--add", action="store_true")
    arguments.add_argument("--rounds", type=int)
    arguments.add_argument("--size", type=int, metavar="MIB")
    arguments.add_argument("--list", action="store_true")
    options = arguments.parse_args()
    size = (options.size or (256 if options.quick else 1024)) << 20

    if options.list:
        for row in all_rows(None, [Client("fairlead", None, None)], None, None):
            print(f"{row.name:14} {row.what}")
        return 0

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(130)) # by an exception, so that servers and files are taken away
    folder = Path(options.root) / "artifacts/bench"
    with Stage(options.root, size) as stage:
        notes, clients, tls, tcp = contestants(stage)
        rows = all_rows(stage, clients, tls, tcp)
        if unknown := set(options.rows.split(",") if options.rows else []) - {row.name for row in rows}:
            raise SystemExit(f"bench: there is no row {', '.join(sorted(unknown))}; --list names them")
        wanted = [row for row in rows if (row.name in options.rows.split(",") if options.rows else row.quick or not options.quick)]
        if options.add:
            report.read(folder, [row for row in rows if row not in wanted])
        for note in notes:
            print(note, flush=True)
        begun = time.monotonic()
        for row in wanted:
            take(row, options, row.rounds or 5)
            report.write(folder, [row for row in rows if row.samples], [], notes) # a run that is ended early has been for something
        skipped = [f"Skipped: {row.what}: {row.skipped}." for row in wanted if row.skipped]
        rows = [row for row in rows if row.samples]
        for row in [row for row in wanted if row.name in [name for name, _, won in guarded(rows) if not won]]:
            print(f"{row.what}: a second look, with twice the rounds", flush=True)
            take(row, options, 2 * (row.rounds or 5)) # a busy machine can hide who is faster in five rounds
        notes += [*skipped, f"Took {time.monotonic() - begun:.0f} s; the machine's load was {os.getloadavg()[0]:.1f} at the end."]

    judged = list(targets(rows)) if not options.rows else [target for target in targets(rows) if target.verdict != "open"]
    print()
    for target in judged:
        print(f"  {target.verdict:6}  {target.text}: {target.measured}")
    if any(target.verdict == "missed" for target in judged):
        print('  Why a target is missed, with its profile: docs/performance.md, "Why they are missed".')
    report.write(folder, rows, judged, notes)
    lost = [f"{row} at {ratio:.2f} x kubectl's" for row, ratio, won in guarded(rows) if not won]
    print("\n".join(notes[1:]))
    print("fairlead is slower than kubectl: " + ", ".join(lost) if lost else "fairlead is nowhere slower than kubectl")
    return 1 if lost else 0


def contestants(stage):
    notes = [f"{report.machine()}; transfers of {stage.size >> 20} MiB; medians of interleaved rounds."]
    clients = [Client("fairlead", stage.fairlead, stage)]
    tls = tcp = None
    if stage.kubectl:
        clients.append(Client("kubectl", stage.kubectl, stage))
        notes.append(f"kubectl is {stage.kubectl_version}.")
    else:
        notes.append("Skipped: kubectl, which tests/peers/install could not get.")
    if not stage.socat:
        notes.append("Skipped: the plain pipes, since socat is not here (Debian package socat).")
    else:
        tcp = Pipe("TCP pipe", stage, tls=False)
        if stage.certificate:
            tls = Pipe("TLS pipe", stage, tls=True)
        else:
            notes.append("Skipped: the plain TLS pipe, since openssl is not here to make its certificate.")
    return notes, clients, tls, tcp


def take(row, options, rounds):
    """Measures it. Where this machine has not what it needs, the row tells."""
    try:
        measure(row, options.rounds or rounds)
    except Missing as reason:
        row.skipped = str(reason)
        print(f"{row.what}: skipped: {reason}", flush=True)


def measure(row, rounds):
    """All contestants once a round, in turns that begin with another one each time; one round more, first, is not counted."""
    for at in range(-1, rounds):
        turn = row.contestants[at % len(row.contestants):] + row.contestants[:at % len(row.contestants)]
        for contestant in turn:
            sample = row.measure(contestant) if at >= 0 or rounds > 3 else None
            if at >= 0:
                row.samples.setdefault(contestant.name, []).append(sample)
    row.samples = {contestant.name: row.samples[contestant.name] for contestant in row.contestants}
    for what, unit, cells, ratios in report.table([row]):
        print(f"{what:40} {unit:18} {', '.join(cells)}   [{', '.join(ratios)}]", flush=True)


try:
    sys.exit(main())
except Failed as failure:
    print(f"bench: {failure}", file=sys.stderr)
    sys.exit(2)
