"""Medians, ratios, targets; as a table, as Markdown, as JSON."""

import json
import os
import platform
from statistics import median

WIDE = 0.30


def spread(values):
    """From the smallest to the largest, against the median."""
    return (max(values) - min(values)) / median(values) if median(values) else 0.0


def table(rows):
    """A line for each figure of each row: every contestant's median, and fairlead's against each other one's."""
    for row in rows:
        for figure, unit in row.units.items():
            taken = {name: [sample[figure] for sample in samples] for name, samples in row.samples.items() if samples}
            if "fairlead" not in taken:
                continue
            ours = median(taken["fairlead"])
            cells = [f"{name} {median(values):.4g}" + (" (wide)" if spread(values) > WIDE else "") for name, values in taken.items()]
            ratios = [f"{ours / median(values):.2f} x {name}" for name, values in taken.items() if name != "fairlead" and median(values)]
            yield row.what, unit if unit not in ("ms", "us", "MiB") else f"{figure}, {unit}", cells, ratios


def machine():
    with open("/proc/cpuinfo") as info:
        model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), "unknown")
    return f"{os.cpu_count()} x {model}, {platform.system()} {platform.release()}"


def markdown(rows, targets, notes):
    lines = ["| what | unit | medians | fairlead against |", "| --- | --- | --- | --- |"]
    lines += [f"| {what} | {unit} | {', '.join(cells)} | {', '.join(ratios)} |" for what, unit, cells, ratios in table(rows)]
    lines += ["", "| target | measured | |", "| --- | --- | --- |"]
    lines += [f"| {target.text} | {target.measured} | {target.verdict} |" for target in targets]
    return "\n".join([*notes, "", *lines, ""])


def write(folder, rows, targets, notes):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.md").write_text(markdown(rows, targets, notes))
    (folder / "results.json").write_text(json.dumps({
        "notes": notes,
        "rows": [{"name": row.name, "what": row.what, "units": row.units, "samples": row.samples} for row in rows],
        "targets": [{"text": target.text, "measured": target.measured, "verdict": target.verdict} for target in targets],
    }, indent=1))
