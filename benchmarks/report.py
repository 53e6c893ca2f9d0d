"""What was measured: on the terminal as it comes, and in ``results/`` as Markdown, CSV and a bar chart."""

from __future__ import annotations

import csv
import platform
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from remote import WorkerError
from workloads import Workload

OURS = "symnet"
COLUMNS = (
    "mode",
    "workload",
    "measure",
    "unit",
    "peer",
    "median",
    "lowest",
    "highest",
    "symnet / peer",
    "difference",
)


@dataclass
class Result:
    """What one peer made of one workload: the samples of each measure, or why there are none."""

    workload: Workload
    peer: str
    samples: dict[str, list[float]] = field(default_factory=dict)
    failure: str | None = None
    difference: float | None = None
    agrees: bool = True

    def add(self, answer: dict[str, float]) -> None:
        """Keep what a repetition measured."""
        for measure, value in answer.items():
            self.samples.setdefault(measure, []).append(value)

    @contextmanager
    def notes_failure(self) -> Iterator[None]:
        """Note that a worker failed, instead of raising it; the others go on."""
        try:
            yield
        except WorkerError as error:
            self.failure = self.failure or str(error)


class Report:
    """Collects results and writes all so far whenever some come in, so that a long run may be cut short."""

    def __init__(self, folder: Path, mode: str, threads: int) -> None:
        self.folder = folder
        self.mode = mode
        self.results: list[Result] = []
        self.notes = [f"{processor()}, {threads} threads, mode {mode}; median, lowest to highest"]
        self.console = Console(width=120)

    def skip(self, peer: str, reason: str) -> None:
        """Note that a peer is not there at all."""
        self.notes.append(f"{peer} is left out: {reason}")
        self.console.print(self.notes[-1])

    def add(self, results: list[Result]) -> None:
        """Print the results of a workload and write all."""
        self.results += results
        table = Table(
            *COLUMNS[4:], "measure", title=f"{results[0].workload.name}, {self.mode}" if results else None
        )
        for _, _, measure, unit, *row in rows(results, self.mode):
            table.add_row(
                *row, f"{measure} ({unit})" if measure else "", style="bold" if row[0] == OURS else None
            )
        self.console.print(table)
        every = rows(self.results, self.mode)
        with (self.folder / "results.csv").open("w", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *every])
        lines = [COLUMNS, ("---",) * len(COLUMNS), *every]
        table_text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        (self.folder / "results.md").write_text("\n\n".join([*self.notes, table_text]) + "\n")

    def finish(self) -> int:
        """Draw the chart and return 1 if any results disagree."""
        draw(self.results, self.folder / "results.png")
        wrong = [result for result in self.results if not result.agrees]
        for result in wrong:
            self.console.print(f"{result.workload.name}: {result.peer} differs by {result.difference:.1e}")
        self.console.print(f"written to {self.folder}")
        return int(bool(wrong))


def rows(results: list[Result], mode: str) -> list[tuple[str, ...]]:
    """Return the lines of the table: one for each measure of each peer, or the reason why there is none."""
    ours = {result.workload.name: result.samples for result in results if result.peer == OURS}
    typical = min if mode == "busy" else statistics.median
    lines = []
    for result in results:
        name, unit = result.workload.name, result.workload.unit
        if result.failure:
            lines.append((mode, name, "", unit, result.peer, "", "", "", "", f"failed: {result.failure}"))
        difference = "" if result.difference is None else f"{result.difference:.0e}"
        if not result.agrees:
            difference = f"DIFFERS {difference}"
        for measure, values in result.samples.items():
            median = statistics.median(values)
            symnet = ours.get(name, {}).get(measure)
            ratio = f"{typical(symnet) / typical(values):.2f}" if symnet and median else ""
            seen = (f"{value:.4g}" for value in (median, min(values), max(values)))
            lines.append((mode, name, measure, unit, result.peer, *seen, ratio, difference))
    return lines


def draw(results: list[Result], path: Path) -> None:
    """Draw a panel for each measure of each workload: a bar per peer with its spread, Symnet's in colour."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    panels: dict[tuple[str, str, str], dict[str, list[float]]] = {}
    for result in results:
        for measure, values in result.samples.items():
            key = result.workload.name, measure, result.workload.unit
            panels.setdefault(key, {})[result.peer] = values
    if not panels:
        return
    columns = min(3, len(panels))
    lines = -(-len(panels) // columns)
    figure, axes = plt.subplots(
        lines, columns, figsize=(5 * columns, 2.6 * lines), squeeze=False, layout="tight"
    )
    for axis, (name, measure, unit), peers in zip(axes.flat, panels, panels.values(), strict=False):
        medians = [statistics.median(values) for values in peers.values()]
        below = [median - min(values) for median, values in zip(medians, peers.values(), strict=True)]
        above = [max(values) - median for median, values in zip(medians, peers.values(), strict=True)]
        colors = ["#2a6fbb" if peer == OURS else "#b8bec6" for peer in peers]
        bars = axis.barh(
            list(peers), medians, xerr=(below, above), color=colors, ecolor="#555b63", height=0.7
        )
        axis.bar_label(
            bars, [f"{median:.3g}" for median in medians], label_type="edge", padding=3, fontsize=7
        )
        axis.set_title(f"{name}: {measure} ({unit})", fontsize=9, loc="left")
        axis.invert_yaxis()
        axis.margins(x=0.15)
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes.flat[len(panels) :]:
        axis.remove()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def processor() -> str:
    """Return what the machine calls its processor."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
