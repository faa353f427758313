# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare builds of this project with its peers': ``make benchmark``, or ``make benchmark ARGS='--quick'``.

Needs root, for a Docker daemon of its own. Everything else that it makes is in a temporary folder
and below ``.venvs`` and ``tests/output``. The subjects take turns, so that a machine that becomes slower does so for all.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import shutil
import sys
import tempfile
import typing as t

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.benchmarks.measuring import Measurement, RunError, measure
from tests.benchmarks.report import Row, by_kind, machine, markdown, spent
from tests.benchmarks.subjects import HERE, ROOT, SUBJECTS, Bench, Subject
from tests.rigs.docker.processes import RigError
from tests.rigs.docker.rig import DockerRig, clear, import_base

OUTPUT = ROOT / "tests" / "output"
Parts = dict[str, list[tuple[str, str, float]]]


def arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(prog="make benchmark ARGS=…", description="Compare builds with Packer's and ansible-bender's.")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each subject (3)")
    parser.add_argument("--only", nargs="+", metavar="SUBJECT", choices=[subject.name for subject in SUBJECTS], help="measure only these")
    parser.add_argument("--sizes", nargs="+", type=int, default=[1, 4, 16], help="builds side by side (1 4 16)")
    parser.add_argument("--quick", action="store_true", help="one run, one build, without ansible-bender")
    parser.add_argument("--output", choices=["markdown", "json"], default="markdown", help="what is printed; both are written to tests/output/benchmark.*")
    options = parser.parse_args()
    if options.quick:
        options.repeats, options.sizes = 1, [1]
        options.only = options.only or [subject.name for subject in SUBJECTS if subject.name != "ansible-bender"]
    return options


def say(text: str) -> None:
    """Progress, beside what is printed at the end."""
    print(text, file=sys.stderr, flush=True)


class Benchmark:
    """Runs the chosen subjects in turns."""

    def __init__(self, bench: Bench, options: argparse.Namespace) -> None:
        self._bench = bench
        self._options = options
        self._facts = machine()
        self._rows: list[Row] = []
        self._parts: dict[str, tuple[float, list[tuple[str, str, float]]]] = {}

    def run(self) -> None:
        """All sizes, smallest first."""
        for size in sorted(self._options.sizes):
            subjects = [subject for subject in self._subjects(size) if self._prepared(subject, size)]
            rows = {subject.name: Row(subject.name, subject.title, size) for subject in subjects}
            self._rows += rows.values()
            for number in range(1, self._options.repeats + 1):
                for subject in subjects:
                    measurement = self._measure(subject, size)
                    rows[subject.name].runs.append(measurement)
                    say(f"{size:2} at once, round {number}: {subject.name:24} {measurement.seconds:7.2f} s")

    def _subjects(self, size: int) -> list[Subject]:
        chosen = self._options.only or [subject.name for subject in SUBJECTS]
        return [subject(self._bench) for subject in SUBJECTS if subject.name in chosen and size in subject.sizes]

    def _prepared(self, subject: Subject, size: int) -> bool:
        reason = subject.missing()
        if reason:
            say(f"{subject.name} is left out: {reason}")
            return False
        subject.prepare(size)
        return True

    def _measure(self, subject: Subject, size: int) -> Measurement:
        times = self._bench.folder / "times.jsonl"
        times.unlink(missing_ok=True)
        environment = subject.environment()
        if subject.has_task_times:
            environment |= {"ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback"), "ANSIBLE_CALLBACKS_ENABLED": "task_times", "TASK_TIMES": str(times)}
        try:
            measurement = measure(subject.command(size), subject.folder(size), environment, self._bench.folder / "run.log")
        finally:
            subject.tidy()
        fastest = self._parts.get(subject.title)
        if size == 1 and times.exists() and (fastest is None or measurement.seconds < fastest[0]):
            self._parts[subject.title] = (measurement.seconds, spent(times, measurement))
        return measurement

    def _entries(self) -> Parts:
        return {title: entries for title, (_seconds, entries) in self._parts.items()}

    def markdown(self) -> str:
        """The report for people."""
        return markdown(self._rows, self._entries(), self._facts)

    def json(self) -> str:
        """The report for programs."""
        data: dict[str, t.Any] = {
            "machine": self._facts,
            "rows": [dataclasses.asdict(row) for row in self._rows],
            "spent": {title: {"kinds": by_kind(entries), "tasks": entries} for title, entries in self._entries().items()},
        }
        return json.dumps(data, indent=2) + "\n"


def main() -> int:
    """Exit status."""
    options = arguments()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="golden-benchmark-"))
    rig_folder = folder / "rig"
    rig_folder.mkdir()
    rig = DockerRig(rig_folder)
    try:
        rig.start()
        import_base(rig, OUTPUT / "rigs")
        bench = Bench(folder, rig)
        bench.prepare()
        benchmark = Benchmark(bench, options)
        try:
            benchmark.run()
        finally:
            reports = {"markdown": benchmark.markdown(), "json": benchmark.json()}
            for kind, suffix in (("markdown", "md"), ("json", "json")):
                (OUTPUT / f"benchmark.{suffix}").write_text(reports[kind], encoding="utf-8")
            print(reports[options.output], end="")
    except (RigError, RunError) as error:
        say(f"golden.images: {error}")
        return 1
    finally:
        rig.stop()
        clear(folder)
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
