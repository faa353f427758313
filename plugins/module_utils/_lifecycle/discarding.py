# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes what a build left on its platform, from its journal, in reverse order."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import os
import pathlib
import shutil
import signal
import stat
import typing as t

from . import presence
from .builder import load_backend
from .files import locked, read_json, write_json_atomically
from .journal import Journal, Resource
from .run import Owner, StateFolder, iso, utc_now

Options = dict[str, t.Any]

#: What is met where another build of the run forgets an old run at the same moment.
_GONE = (FileNotFoundError, NotADirectoryError)


@dataclasses.dataclass
class Discarded:
    """What became of leftovers; entries are for people."""

    removed: list[str] = dataclasses.field(default_factory=list)
    failed: list[str] = dataclasses.field(default_factory=list)

    def add(self, other: Discarded) -> None:
        """Take in another report."""
        self.removed.extend(other.removed)
        self.failed.extend(other.failed)


@dataclasses.dataclass(frozen=True)
class Run:
    """A run as its folder tells of it.

    :ivar temporary: folders outside the state folder that go with the run, see :func:`note_temporary`.
    """

    run_id: str
    owner: Owner
    started: str
    temporary: tuple[str, ...] = ()

    def is_over(self, state: StateFolder) -> bool:
        """Whether its process is known to have ended."""
        return presence.is_over(state, self.owner)


def begin_run(state: StateFolder, owner: Owner, temporary: t.Sequence[str] = ()) -> None:
    """Write who runs, once per run.

    :param temporary: what ansible-core made for the process, and removes itself only when that ends in the ordinary way.
    """
    path = state.run(owner.run_id()) / "run.json"
    if not path.exists():
        write_json_atomically(path, {"owner": dataclasses.asdict(owner), "started": iso(utc_now())})
        for folder in temporary:
            note_temporary(state, owner.run_id(), folder)


def note_temporary(state: StateFolder, run_id: str, folder: str) -> None:
    """Have a folder removed with the run, however it ends; to be called before the folder is made."""
    path = state.run(run_id) / "temporary"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as stream:
        stream.write(f"{folder}\n")


def read_run(state: StateFolder, run_id: str) -> Run | None:
    """A run, when it has a folder."""
    data = None
    with contextlib.suppress(*_GONE):
        data = read_json(state.run(run_id) / "run.json")
    if not data:
        return None
    return Run(run_id, Owner(**data["owner"]), data["started"], _noted_temporary(state, run_id))


def _noted_temporary(state: StateFolder, run_id: str) -> tuple[str, ...]:
    with contextlib.suppress(*_GONE):
        # Builds that begin at the same moment note the same folders.
        return tuple(dict.fromkeys((state.run(run_id) / "temporary").read_text(encoding="utf-8").splitlines()))
    return ()


def all_runs(state: StateFolder) -> list[Run]:
    """Runs with a folder, oldest first."""
    found = (read_run(state, path.parent.name) for path in state.runs.glob("*/run.json"))
    return sorted((run for run in found if run is not None), key=lambda run: run.started)


def builds_of(state: StateFolder, run_id: str) -> list[str]:
    """Builds that took part in a run."""
    with contextlib.suppress(*_GONE):
        return sorted(path.name for path in state.run(run_id).iterdir() if path.is_dir())
    return []


def keep(state: StateFolder, run_id: str, build: str, until: datetime.datetime) -> None:
    """Exempt a build's resources from discarding until a moment."""
    write_json_atomically(state.run_build(run_id, build) / "kept.json", {"until": iso(until)})


def kept_until(state: StateFolder, run_id: str, build: str) -> datetime.datetime | None:
    """Until when a build's resources are kept; ``None`` when they are not, or no longer."""
    data = read_json(state.run_build(run_id, build) / "kept.json")
    if not data:
        return None
    until = datetime.datetime.fromisoformat(data["until"].replace("Z", "+00:00"))
    return until if until > utc_now() else None


def unfinished(state: StateFolder, run_id: str, build: str) -> list[Resource]:
    """Resources of a build that may still exist."""
    return Journal(state.journal(run_id, build)).unfinished()


def discard_build(state: StateFolder, run_id: str, build: str, options: Options) -> Discarded:
    """Remove every unfinished resource of a build, newest first; one that fails does not stop the others."""
    journal = Journal(state.journal(run_id, build))
    report = Discarded()
    for resource in journal.unfinished():
        report.add(_discard_one(journal, resource, options))
    if not report.failed:
        with contextlib.suppress(FileNotFoundError):
            (state.run_build(run_id, build) / "kept.json").unlink()
    return report


def _discard_one(journal: Journal, resource: Resource, options: Options) -> Discarded:
    try:
        existed = load_backend(resource.backend).discard(resource, options)
    except Exception as error:
        # Also what no backend foresaw: the other resources have to go all the same.
        return Discarded(failed=[f"{resource}: {error}"])
    report = Discarded(removed=[str(resource)] if existed else [])
    try:
        journal.discarded(resource)
    except OSError as error:
        # On a full disk the others have to go as well; who tries again finds nothing of this one.
        report.failed.append(f"{resource}: it is gone, but the journal of the build cannot be written: {error.strerror or error}")
    return report


def end_commands(run_id: str, build: str) -> None:
    """Kill what commands of a build left running on this machine; they have the build in their environment."""
    image, _dot, builder = build.partition(".")
    marks = {f"GOLDEN_RUN_ID={run_id}".encode(), f"GOLDEN_IMAGE={image}".encode(), f"GOLDEN_BUILDER={builder}".encode()}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if marks <= set((folder / "environ").read_bytes().split(b"\0")):
                os.kill(int(folder.name), signal.SIGKILL)


def left_temporary(run: Run) -> list[str]:
    """Its temporary folders that are still there, and this user's."""
    left = []
    for path in run.temporary:
        with contextlib.suppress(OSError):
            status = os.lstat(path)
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
                left.append(path)
    return left


def remove_temporary(state: StateFolder, run: Run) -> list[str]:
    """Remove the temporary folders of a run that is over; returns those that this call removed."""
    with locked(state.run(run.run_id) / "temporary.lock"):
        left = left_temporary(run)
        for path in left:
            shutil.rmtree(path, ignore_errors=True)
    return left


def forget_run(state: StateFolder, run_id: str) -> None:
    """Remove a run's folder, unless something of it may still exist on a platform."""
    if not any(unfinished(state, run_id, build) for build in builds_of(state, run_id)):
        shutil.rmtree(state.run(run_id), ignore_errors=True)


def forget_old_runs(state: StateFolder, keep_newest: int = 20) -> None:
    """Remove the folders of runs long over."""
    over = [run for run in all_runs(state) if run.is_over(state)]
    for run in over[: max(0, len(over) - keep_newest)]:
        forget_run(state, run.run_id)


def remove_secrets(run_build: pathlib.Path) -> None:
    """Delete what only the running build needed: keys, generated task files, overlays."""
    for path in run_build.iterdir() if run_build.is_dir() else ():
        if path.name not in {"journal.jsonl", "outcome.json", "kept.json", "timeline.jsonl"}:
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
