"""Medians, ratios, targets; as a table, as Markdown, as JSON."""

import json
import os
import platform
from statistics import median

WIDE = 0.30


def spread(values):
    """From the smallest to the largest, against the median."""
    return abs((max(values) - min(values)) / median(values)) if median(values) else 0.0


def table(rows):
    """A line for each figure of each row: every contestant's median, and ours against each other one's."""
    for row in rows:
        for figure, called in row.units.items():
            taken = {name: values for name, samples in row.samples.items() if (values := [sample[figure] for sample in samples if figure in sample])}
            if not taken:
                continue
            cells = [f"{name} {median(values):.4g}" + (" (wide)" if spread(values) > WIDE else "") for name, values in taken.items()]
            ratios = [f"{name + ' ' if len(row.ours) > 1 else ''}{median(taken[name]) / median(values):.2f} x {other}"
                      for name in row.ours if name in taken for other, values in taken.items() if other not in row.ours and median(values)]
            yield row.what, called, cells, ratios


def machine():
    with open("/proc/cpuinfo") as info:
        model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), "unknown")
    return f"{os.cpu_count()} x {model}, {platform.system()} {platform.release()}"


def markdown(rows, targets, notes):
    lines = ["| what | unit | medians | ours against |", "| --- | --- | --- | --- |"]
    lines += [f"| {what} | {unit} | {', '.join(cells)} | {', '.join(ratios)} |" for what, unit, cells, ratios in table(rows)]
    lines += ["", "| target | measured | |", "| --- | --- | --- |"]
    lines += [f"| {target.text} | {target.measured} | {target.verdict} |" for target in targets]
    return "\n".join([*notes, "", *lines, ""])


def read(folder, rows):
    """Gives rows the samples of an earlier run; what is no longer measured is left out."""
    kept = {row["name"]: row for row in json.loads((folder / "results.json").read_text())["rows"]}
    for row in rows:
        if row.name in kept:
            row.samples = kept[row.name]["samples"]


def write(folder, rows, targets, notes):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.md").write_text(markdown(rows, targets, notes))
    (folder / "results.json").write_text(json.dumps({
        "notes": notes,
        "rows": [{"name": row.name, "what": row.what, "units": row.units, "samples": row.samples} for row in rows],
        "targets": [{"text": target.text, "measured": target.measured, "verdict": target.verdict} for target in targets],
    }, indent=1))
