# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What builds cost the machine that runs Ansible, while they wait for a platform and while they are configured: ``make benchmark-scale``.

The platform is simulated: an API that is asked with boto3, and guests behind one ssh server, none of which counts. All else is real: one ansible-playbook
with as many forks as builds, a worker per build, ssh, the resident Python's broker. Memory is the proportional set size of all processes of the run.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import typing as t

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

from tests.benchmarks import process_tree
from tests.benchmarks.report import machine
from tests.benchmarks.scale_platform import Api, SshServer

_WAIT = 30.0
Json = dict[str, t.Any]


def say(text: str) -> None:
    """Progress, beside what is printed at the end."""
    print(text, file=sys.stderr, flush=True)


def configure(tasks: int) -> list[Json]:
    """Ordinary tasks that concern a folder only."""
    kinds: list[Json] = [
        {"ansible.builtin.copy": {"content": "{{ inventory_hostname }}\n", "dest": "{{ guest_folder }}/file-%d", "mode": "0644"}},
        {"ansible.builtin.command": {"argv": ["touch", "{{ guest_folder }}/touched-%d"]}},
        {"ansible.builtin.lineinfile": {"path": "{{ guest_folder }}/lines", "line": "line %d", "create": True, "mode": "0644"}},
    ]
    return [{"name": f"Task {number}", **json.loads(json.dumps(kinds[number % 3]).replace("%d", str(number)))} for number in range(tasks)]


def define(folder: pathlib.Path, size: int, api: Api, ssh: SshServer, options: argparse.Namespace) -> pathlib.Path:
    """A definition with so many images."""
    builder = {"type": "acme.scale.builder_machine", "endpoint": api.url, "interval": options.interval, "folder": str(folder / "guests"), **ssh.options}
    image = {"version": "1", "generalize": False, "provisioners": [{"tasks": "configure.yml"}]}
    definition = {
        "plugin": "golden.images.builds",
        "builders": {"machine": {**builder, "source": {"ami": "ami-0"}}},
        "images": {f"image{number:03}": image for number in range(size)},
    }
    (folder / "configure.yml").write_text(yaml.safe_dump(configure(options.tasks)), encoding="utf-8")
    path = folder / "scale.golden.yml"
    path.write_text(yaml.safe_dump(definition), encoding="utf-8")
    return path


def run(size: int, options: argparse.Namespace) -> Json:
    """One run with so many builds side by side."""
    with tempfile.TemporaryDirectory(prefix="golden-scale-") as name:
        folder = pathlib.Path(name)
        api, ssh = Api(), SshServer(folder / "ssh")
        definition = define(folder, size, api, ssh, options)
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": f"{os.environ['ANSIBLE_COLLECTIONS_PATH']}:{HERE / 'collections'}",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
        }
        argv = ["ansible-playbook", "-i", str(definition), "golden.images.build_images", "-f", str(size)]
        # A process of its own adopts what the run leaves, and not what the platform does.
        command = [sys.executable, __file__, "--measure", json.dumps({"argv": argv, "folder": name})]
        with subprocess.Popen(command, env=environment, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin and process.stdout
            try:
                _await(lambda: len(api.waiting) >= size, process, folder)
                calls = api.calls
                print(_WAIT, file=process.stdin, flush=True)
                waiting = _answer(process, folder)
                waiting["calls"] = api.calls - calls
                if options.waiting:
                    print("end", file=process.stdin, flush=True)
                    return {"builds": size, "waiting": waiting, "busy": None}
                api.is_open = True
                print("go", file=process.stdin, flush=True)
                busy = _answer(process, folder)
            finally:
                process.kill() if sys.exc_info()[0] else process.wait()
                ssh.close()
                api.close()
        made = sum(1 for _path in (folder / "guests").glob("*/file-0"))
        if busy["status"] or made != size:
            raise SystemExit(f"{made} of {size} were built; the end of the output:\n{_tail(folder)}")
    return {"builds": size, "waiting": waiting, "busy": busy}


def _await(look: t.Callable[[], bool], process: subprocess.Popen[str], folder: pathlib.Path) -> None:
    while not look():
        if process.poll() is not None:
            raise SystemExit(_tail(folder))
        time.sleep(0.1)


def _answer(process: subprocess.Popen[str], folder: pathlib.Path) -> Json:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise SystemExit(_tail(folder))
    return dict(json.loads(line))


def _tail(folder: pathlib.Path) -> str:
    return (folder / "output.log").read_text(encoding="utf-8", errors="replace")[-4000:]


def measure(argv: list[str], folder: pathlib.Path) -> None:
    """Run a command below this process; told by standard input when all builds wait and when they may go on."""
    process_tree.adopt()
    with open(folder / "output.log", "wb") as log:
        files = [(os.POSIX_SPAWN_DUP2, log.fileno(), 1), (os.POSIX_SPAWN_DUP2, log.fileno(), 2)]
        start = time.monotonic()
        pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), *files])
    seconds = float(sys.stdin.readline())
    begun = time.monotonic() - start
    pids = process_tree.descendants(os.getpid())
    first, since = process_tree.cpu_seconds(pids), time.monotonic()
    memory = process_tree.memory(pids)
    time.sleep(seconds)
    process_tree.reap()
    later = process_tree.cpu_seconds(process_tree.descendants(os.getpid()))
    took = time.monotonic() - since
    print(json.dumps({"cpu_until": first, "seconds_until": begun, "cpu_per_second": (later - first) / took, "memory": memory}), flush=True)
    if sys.stdin.readline().strip() == "end":
        os.kill(pid, signal.SIGTERM)
        _until_the_end(pid)
        return
    gone_on, main = time.monotonic(), process_tree.own_cpu_seconds(pid)
    status, peak, main_in_the_end = _until_the_end(pid)
    cpu = process_tree.cpu_seconds([]) - later
    print(json.dumps({"status": status, "cpu": cpu, "main_cpu": main_in_the_end - main, "seconds": time.monotonic() - gone_on, "memory": peak}), flush=True)


def _until_the_end(pid: int) -> tuple[int, Json, float]:
    """Exit status of the run, the memory at the moment when most guests were connected, and the CPU seconds of ansible-playbook itself.

    The end is that of the last process.
    """
    peak: Json = {}
    main = 0.0
    look_at = time.monotonic()
    status: dict[int, int] = {}
    while True:
        status.update(process_tree.reap())
        pids = process_tree.descendants(os.getpid())
        if not pids:
            return status[pid], peak, main
        main = max(main, process_tree.own_cpu_seconds(pid))
        now = time.monotonic()
        if now >= look_at:
            memory = process_tree.memory(pids)
            peak = max(peak, memory, key=lambda found: (found.get("broker", (0, 0))[0], total(found)))
            # To look at hundreds of processes takes the time of the run itself.
            look_at = now + max(1.0, 8 * (time.monotonic() - now))
        time.sleep(0.1)


def total(memory: Json) -> float:
    """MiB of all kinds."""
    return float(sum(size for _count, size in memory.values()))


def markdown(rows: list[Json], facts: Json) -> str:
    """Tables, also of what a further build costs."""
    lines = [
        f"{facts['processors']} processors, Python {facts['python']}, ansible-core {facts['ansible_core']}, {facts['tasks']} tasks in each guest.",
        "",
        "| builds | waiting | each | CPU before, each | CPU a minute | busy | each | CPU, each | in the main process | took |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        size, waiting, busy = row["builds"], row["waiting"], row["busy"]
        idle = total(waiting["memory"])
        cells = [f"{size}", f"{idle:.0f} MiB", f"{idle / size:.1f} MiB", f"{waiting['cpu_until'] / size:.2f} s", f"{waiting['cpu_per_second'] * 60:.1f} s"]
        if busy:
            most = total(busy["memory"])
            cells += [
                f"{most:.0f} MiB",
                f"{most / size:.1f} MiB",
                f"{busy['cpu'] / size:.2f} s",
                f"{busy['main_cpu'] / size:.2f} s",
                f"{busy['seconds']:.0f} s",
            ]
        lines.append(f"| {' | '.join(cells)} |{' |' * (10 - len(cells))}")
    lines += ["", "| builds | processes, waiting | processes, busy |", "| ---: | --- | --- |"]
    for row in rows:
        phases = [row[phase]["memory"] if row[phase] else {} for phase in ("waiting", "busy")]
        kinds = [", ".join(f"{count} {kind} {size:.0f} MiB" for kind, (count, size) in sorted(memory.items())) for memory in phases]
        lines.append(f"| {row['builds']} | {kinds[0]} | {kinds[1]} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Sizes one after the other; each is written down at once."""
    parser = argparse.ArgumentParser(prog="make benchmark-scale ARGS=…", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", nargs="+", type=int, default=[1, 16, 64, 256], help="builds side by side (1 16 64 256)")
    parser.add_argument("--interval", type=float, default=5.0, help="seconds between two questions to the platform (5)")
    parser.add_argument("--tasks", type=int, default=30, help="tasks in the guest of each build (30)")
    parser.add_argument("--waiting", action="store_true", help="end the run once waiting was measured")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "tests/output/scale.json", help="file of the figures (tests/output/scale.json)")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        job = json.loads(options.measure)
        measure(job["argv"], pathlib.Path(job["folder"]))
        return
    rows = []
    facts = {**machine(), "tasks": options.tasks}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    for size in options.sizes:
        say(f"{size} builds …")
        rows.append(run(size, options))
        options.output.write_text(json.dumps({"facts": facts, "rows": rows}, indent=2), encoding="utf-8")
    print(markdown(rows, facts), end="")


if __name__ == "__main__":
    main()
