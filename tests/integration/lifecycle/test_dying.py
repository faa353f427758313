# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that end in every way but the ordinary one: nothing of theirs is left, what earlier runs finished is."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import typing as t

import pytest

from .conftest import children, said, until

if t.TYPE_CHECKING:
    from .conftest import Running, Workspace

WEB: dict[str, t.Any] = {"provisioners": [{"tasks": "configure.yml"}], "verify": [{"tasks": "check.yml"}]}
STEPS = ("launch", "configure", "capture", "captured", "verify", "export")
WAIT_OUTSIDE = 'gate=hold/export-$GOLDEN_IMAGE; test ! -p "$gate" || { touch "$gate.reached"; cat "$gate" || test ! -e "$gate"; }'


def define_steps(workspace: Workspace) -> list[str]:
    """An image for every step at which a build can be stopped; the gates."""
    images = {}
    for step in STEPS:
        images[step] = {
            "provisioners": [{"tasks": "configure.yml"}, {"tasks": "hold.yml", "vars": {"step": "configure"}}],
            "verify": [{"tasks": "check.yml"}, {"tasks": "hold.yml", "vars": {"step": "verify"}}],
            "post_processors": [{"type": "checksum"}, {"type": "command", "inline": [WAIT_OUTSIDE]}],
        }
    workspace.define(images)
    return [f"{step}-{step}" for step in STEPS]


def interrupt(run: Running) -> None:
    """Ctrl-C in a terminal."""
    os.killpg(run.process.pid, signal.SIGINT)


def terminate(run: Running) -> None:
    """As a service manager does."""
    run.process.terminate()


def kill(run: Running) -> None:
    """Of ansible-playbook alone."""
    run.process.kill()


def kill_group(run: Running) -> None:
    """Of ansible-playbook and all that it started."""
    run.kill_with_children()


def direct_children(pid: int) -> list[int]:
    """Workers, when it is ansible-playbook."""
    return [int(text) for text in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def kill_workers(run: Running) -> None:
    """As the kernel does when memory is short."""
    for worker in direct_children(run.process.pid):
        os.kill(worker, signal.SIGKILL)


@pytest.mark.parametrize("end", [interrupt, terminate, kill, kill_group, kill_workers])
def test_nothing_is_left_of_a_run_that_was_stopped(workspace: Workspace, end: t.Callable[[Running], None]) -> None:
    gates = define_steps(workspace)
    workspace.run("--limit", "configure.folder,verify.folder").ok()
    finished = {"configure-1", "verify-1"}
    assert workspace.there() == finished

    workspace.hold(*gates)
    run = workspace.start("-f", "6", "-e", "content=second", "-e", "golden_force=true")
    workspace.held(run, *gates)
    assert len(workspace.there()) > len(finished)
    end(run)
    assert run.wait() != 0
    workspace.quiet()
    # What was captured, and recorded, is there for the next run to go on with.
    assert workspace.there() == finished | {"export-1", "captured-verify-RUN"}, run.output
    assert (workspace.made("configure-1"), workspace.made("verify-1")) == ("first of configure", "first of verify")
    assert workspace.private_files() == []
    assert not list(workspace.state.glob("locks/*.lock"))
    assert not list(workspace.state.rglob("*.partial"))

    workspace.open_gates()
    again = workspace.run("--limit", "launch.folder,verify.folder,export.folder", "-e", "content=second").ok()
    assert "3 builds: 3 built" in again.stdout
    assert workspace.there() == finished | {"export-1", "launch-1"}
    assert (workspace.asked("capture verify"), workspace.asked("capture export"), workspace.asked("capture launch")) == (2, 1, 1)


def worker_in(run: Running, gate: str) -> int:
    """The worker whose task waits at a gate."""

    def look() -> int:
        for worker in direct_children(run.process.pid):
            for pid in children(worker):
                with contextlib.suppress(OSError):
                    if f"hold/{gate}\0".encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                        return worker
        return 0

    # The gate says that it was reached a moment before its program runs.
    return int(until(f"a worker that waits at {gate}", look))


@pytest.mark.smoke
def test_one_killed_worker_of_several(workspace: Workspace) -> None:
    """The others begin tasks meanwhile, so that core has forgotten the dead one before it could miss it."""
    names = ("one", "two", "three", "four")
    first, later = ({"tasks": "hold.yml", "vars": {"step": step}} for step in ("configure", "later"))
    workspace.define({name: {**WEB, "provisioners": [first, *[{"tasks": "configure.yml"}] * 3, later]} for name in names})
    gates = [f"configure-{name}" for name in names]
    workspace.hold(*gates, *(f"later-{name}" for name in names))
    run = workspace.start("-f", "4")
    workspace.held(run, *gates)
    os.kill(worker_in(run, gates[0]), signal.SIGKILL)
    workspace.release(*gates[1:])
    assert run.wait() != 0
    workspace.quiet()
    words = " ".join(run.output.split())
    assert "of ansible-playbook was killed" in words and "memory is short" in words and "--forks" in words, run.output
    assert "one.folder in the phase configure" in words
    assert workspace.there() == set()
    assert workspace.private_files() == []
    assert not list(workspace.state.glob("locks/*.lock"))
    assert "was killed" in workspace.outcome("one.folder")["text"]
    workspace.open_gates()
    assert "4 built" in workspace.run("-f", "4").ok().stdout


@pytest.mark.smoke
def test_what_is_left_without_the_watcher_is_discarded_later(workspace: Workspace) -> None:
    gates = define_steps(workspace)
    workspace.hold(*gates)
    run = workspace.start("-f", "6")
    workspace.held(run, *gates)
    [watcher] = [pid for pid, command in workspace.processes().items() if "watcher" in command]
    os.kill(watcher, signal.SIGKILL)
    run.kill_with_children()
    workspace.quiet()
    left = {f"golden-{step}-folder-RUN" for step in ("launch", "configure", "capture", "captured")} | {"golden-verify-folder-RUN-verify"}
    captured = {"captured-capture-RUN", "captured-captured-RUN", "captured-verify-RUN"}
    assert workspace.there() == left | captured | {"export-1"}

    listed = workspace.run("--check", playbook="golden.images.discard").ok()
    for name in left:
        assert f"would remove folder {workspace.platform}/{name.partition('RUN')[0]}" in listed.stdout
    assert workspace.there() >= left
    discarded = workspace.run("-f", "6", playbook="golden.images.discard").ok()
    removed = [line.partition(": removed ")[2] for line in discarded.stdout.splitlines() if ": removed " in line]
    temporary = [line for line in removed if line.startswith("temporary folder ")]
    assert len(removed) - len(temporary) == len(left) + len(captured)
    assert temporary and len(set(temporary)) == len(temporary)
    assert workspace.there() == {"export-1"}
    assert workspace.private_files() == []
    second = workspace.run("-f", "6", playbook="golden.images.discard").ok()
    assert "changed=1" not in second.stdout and "removed" not in second.stdout
    workspace.open_gates()
    assert "6 built" in workspace.run("-f", "6").ok().stdout
    assert workspace.there() == {f"{step}-1" for step in STEPS}


GONE = "- ansible.builtin.set_fact: {{ansible_connection: acme.demo.gone, gone_ours: {}}}\n- ansible.builtin.command: 'true'\n"
SYNTAX = "- name: Include\n  ansible.builtin.include_tasks: '{{ golden_definition_dir }}/broken.yml'\n"


@pytest.mark.parametrize(
    ("tasks", "outcome"),
    [
        ("- ansible.builtin.meta: end_host\n", "ended"),
        ("- ansible.builtin.meta: end_play\n", "ended"),
        (GONE.format("false"), "interrupted"),
        (GONE.format("true"), "failed"),
        (SYNTAX, "interrupted"),
    ],
    ids=["end_host", "end_play", "unreachable", "lost", "syntax"],
)
def test_a_play_that_ends_in_the_middle(workspace: Workspace, tasks: str, outcome: str) -> None:
    workspace.write("roles/odd/tasks/main.yml", tasks)
    workspace.write("broken.yml", "- name: Broken\n  no_such.thing.anywhere: {}\n  neither: this\n")
    workspace.define({"web": {"provisioners": [{"tasks": "configure.yml"}, {"role": "odd"}], "roles_path": ["roles"]}})
    result = workspace.run()
    assert result.rc != 0
    workspace.quiet()
    assert workspace.there() == set()
    assert workspace.private_files() == []
    assert not list(workspace.state.glob("locks/*.lock"))
    assert workspace.outcome("web.folder")["outcome"] == outcome, result.output
    if outcome in ("ended", "failed"):
        assert "web.folder FAILED" in said(result)


def test_two_runs_of_the_same_build(workspace: Workspace) -> None:
    workspace.define({"web": {**WEB, "provisioners": [{"tasks": "configure.yml"}, {"tasks": "hold.yml", "vars": {"step": "configure"}}]}})
    workspace.hold("configure-web")
    first = workspace.start()
    workspace.held(first, "configure-web")
    impatient = workspace.run("-e", "golden_lock_timeout=0.5")
    assert impatient.rc != 0
    assert f"another run (process {first.process.pid} on " in said(impatient) and "golden_lock_timeout" in said(impatient)
    second = workspace.start()
    workspace.until("the second to wait", lambda: "is being built by another run" in second.output)
    assert first.process.poll() is None
    workspace.release("configure-web")
    assert (first.wait(), second.wait()) == (0, 0), first.output + second.output
    assert "1 built" in first.output
    assert "1 up to date" in second.output
    assert (workspace.asked("capture web"), workspace.there()) == (1, {"web-1"})
    workspace.quiet()
