# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes what earlier runs of a build left behind."""

from __future__ import annotations

import typing as t

from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import Builder
from ansible_collections.golden.images.plugins.module_utils._lifecycle.discarding import (
    Discarded,
    all_runs,
    builds_of,
    discard_build,
    end_commands,
    kept_until,
    left_temporary,
    remove_secrets,
    remove_temporary,
    unfinished,
)
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Resource
from ansible_collections.golden.images.plugins.module_utils._lifecycle.lock import BuildLock
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Result
from ansible_collections.golden.images.plugins.module_utils._lifecycle.records import BuildRecord
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import utc_now
from ansible_collections.golden.images.plugins.plugin_utils._action import ControllerAction
from ansible_collections.golden.images.plugins.plugin_utils._build_view import BuildView


class ActionModule(ControllerAction):
    """``golden.images.discard``: by journal, then by the marks on the platform."""

    def operate(self, task_vars: dict[str, t.Any]) -> Result:
        """Idempotent; in check mode it lists."""
        view = BuildView(task_vars, self._templar)
        with_kept = bool(self._task.args.get("kept", False))
        listing = bool(self._task.check_mode)
        context = self.context(task_vars)
        known = set((task_vars.get("groups") or {}).get("golden_builds", ()))
        report = _by_journal(view, known, with_kept, listing)
        report.add(_by_marks(view, listing))
        report.add(_unpublished(view, listing))
        for item in report.removed:
            context.say(f"{'would remove' if listing else 'removed'} {item}")
        if report.failed:
            raise BuilderError("could not be removed: " + "; ".join(report.failed), hint="Solve that and run golden.images.discard again.")
        return {"changed": bool(report.removed), "discarded": report.removed}


def _by_journal(view: BuildView, known: set[str], with_kept: bool, listing: bool) -> Discarded:
    """Of this build, and of builds that are no longer in the definition."""
    state, report = view.state, Discarded()
    for run in all_runs(state):
        if not run.is_over(state):
            continue
        report.removed.extend(f"temporary folder {path}" for path in (left_temporary(run) if listing else remove_temporary(state, run)))
        for build in builds_of(state, run.run_id):
            if build != view.name and build in known:
                continue
            if kept_until(state, run.run_id, build) and not with_kept:
                continue
            if listing:
                report.removed.extend(str(resource) for resource in unfinished(state, run.run_id, build))
                continue
            end_commands(run.run_id, build)
            report.add(discard_build(state, run.run_id, build, view.options if build == view.name else {}))
            remove_secrets(state.run_build(run.run_id, build))
            BuildLock(state.lock(build), build).release(run.owner)
    return report


def _by_marks(view: BuildView, listing: bool) -> Discarded:
    report = Discarded()
    builder = view.builder
    for resource in builder.leftovers({**view.options, "state_dir": str(view.state.root)}, utc_now()):
        if listing:
            report.removed.append(str(resource))
        else:
            report.add(_remove(builder, resource, view))
    return report


def _remove(builder: Builder, resource: Resource, view: BuildView) -> Discarded:
    try:
        return Discarded(removed=[str(resource)] if builder.discard(resource, view.options) else [])
    except GoldenError as error:
        return Discarded(failed=[f"{resource}: {error}"])


def _unpublished(view: BuildView, listing: bool) -> Discarded:
    """What a failed run captured, and a rerun would go on with."""
    path = view.state.record(view.name)
    record = BuildRecord.load(path, view.name)
    if record.artifact is None or record.is_published or BuildLock(view.state.lock(view.name), view.name).holder():
        return Discarded()
    report = Discarded(removed=[f"captured image {record.artifact.id}"])
    if not listing:
        try:
            view.builder.remove(record.artifact, view.options)
        except GoldenError as error:
            return Discarded(failed=[f"captured image {record.artifact.id}: {error}"])
        (record.newest_finished() or BuildRecord(view.name)).save(path)
    return report
