# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run can do with a build, and what of it has to be done: make its image, or verify the one that is there."""

from __future__ import annotations

import functools
import pathlib
import typing as t

from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import Source
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.fingerprint import Inputs, explain, fingerprint
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context
from ansible_collections.golden.images.plugins.module_utils._lifecycle.planning import Plan, decide, parse_age
from ansible_collections.golden.images.plugins.module_utils._lifecycle.progress import Outcome, has_ended
from ansible_collections.golden.images.plugins.module_utils._lifecycle.records import BuildRecord
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import Owner, utc_now
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter
from ansible_collections.golden.images.plugins.plugin_utils._build_view import BuildView
from ansible_collections.golden.images.plugins.plugin_utils._pinned_builds import is_given_up

_PARENT_TIMEOUT = 24 * 3600.0


class Operation(t.Protocol):
    """Asked in this order; from :meth:`source` on under the build's lock, but in check mode."""

    name: str

    def await_others(self, task_vars: dict[str, t.Any], owner: Owner) -> None:
        """Builds that this one depends on and that this run builds too.

        :raises BuilderError: when one was not built.
        """

    def missing_parent(self) -> str | None:
        """The build whose image this one starts from, where there is none yet."""

    def source(self) -> Source:
        """What the image is made of.

        :raises BuilderError: when there is none.
        """

    def plan(self, wanted: dict[str, Inputs]) -> Plan:
        """What has to be done.

        :raises BuilderError: when it cannot be.
        """


class Building:
    """Make the image, as far as something of it changed."""

    name = "build"

    def __init__(self, view: BuildView, context: Context) -> None:
        self._view = view
        self._context = context

    def await_others(self, task_vars: dict[str, t.Any], owner: Owner) -> None:
        """Builds that this one depends on and that this run builds too."""
        view = self._view
        timeout = float(view.value("golden_parent_timeout", _PARENT_TIMEOUT))
        for parent in view.depends_on():
            if parent not in (task_vars.get("ansible_play_hosts_all") or []):
                continue
            folder = view.state.run_build(owner.run_id(), parent)
            if not has_ended(folder):
                self._context.say(f"waits for {parent}")
                Waiter(f"{parent} to be built", timeout, longest=1.0).until(functools.partial(_is_over, folder))
            outcome = Outcome.load(folder)
            if outcome is None or not outcome.kind.well:
                raise BuilderError(f"{parent}, which it depends on, was not built", hint="See what failed there; a rerun goes on from that point.")

    def missing_parent(self) -> str | None:
        """The build whose image this one starts from, where there is none yet."""
        parent = self._view.source().get("image_of")
        return str(parent) if parent and _newest_finished(self._view, str(parent)) is None else None

    def source(self) -> Source:
        """As the definition says."""
        return _source_of_definition(self._view, self._context)

    def plan(self, wanted: dict[str, Inputs]) -> Plan:
        """What the records, the platform and the inputs say."""
        view = self._view
        record = _found(BuildRecord.load(view.state.record(view.name), view.name), view, wanted, self._context)
        finished = record.newest_finished()
        max_age = view.value("golden_max_age", view.settings.get("max_age"))
        return decide(
            [record] if finished in (None, record) else [record, finished],
            wanted,
            is_present=lambda artifact: view.builder.is_present(artifact, view.options),
            outputs_present=_outputs_present,
            force=view.flag("golden_force"),
            max_age=parse_age(max_age) if max_age else None,
            now=utc_now(),
        )


class Verifying:
    """Check the newest image once more; nothing is made, so nothing is waited for."""

    name = "verify"

    def __init__(self, view: BuildView, context: Context) -> None:
        self._view = view
        self._context = context

    @functools.cached_property
    def _finished(self) -> BuildRecord:
        """An empty one where nothing was finished here."""
        return _newest_finished(self._view, self._view.name) or BuildRecord(self._view.name)

    def await_others(self, task_vars: dict[str, t.Any], owner: Owner) -> None:
        """None are waited for."""

    def missing_parent(self) -> str | None:
        """None is needed."""

    def source(self) -> Source:
        """What it was made of. Nothing is launched from that to verify, so it may be gone by now."""
        source = self._finished.artifact.source if self._finished.artifact else {}
        if source.get("id"):
            return Source(str(source["id"]), str(source.get("description", "")), {})
        return _source_of_definition(self._view, self._context)

    def plan(self, wanted: dict[str, Inputs]) -> Plan:
        """The check of the image that is there."""
        view = self._view
        again = f"ansible-playbook golden.images.build_images --limit {view.name}"
        record = _found(self._finished, view, wanted, self._context)
        if record.artifact is None:
            raise BuilderError("it has not been built yet, so there is nothing to verify", hint=f"Build it: {again}")
        if record.artifact.metadata.get("removed_files"):
            raise BuilderError("there is nothing to verify: the files of the image were removed after the last export (keep_input)")
        if not view.builder.is_present(record.artifact, view.options):
            raise BuilderError(f"the artifact {record.artifact.id} is no longer there, or was changed", hint=f"Build it again: {again}")
        changed = explain(record.done["capture"], wanted["capture"])
        if changed:
            self._context.warn(f"what is verified is the image as it was built ({record.captured_at}); since then: {'; '.join(changed)}")
        return Plan(("verify",), (), record)


def _is_over(folder: pathlib.Path) -> bool:
    return has_ended(folder) or is_given_up(folder)


def _newest_finished(view: BuildView, build: str) -> BuildRecord | None:
    return BuildRecord.load(view.state.record(build), build).newest_finished()


def _source_of_definition(view: BuildView, context: Context) -> Source:
    source = view.source()
    if "image_of" in source:
        parent = str(source["image_of"])
        record = _newest_finished(view, parent)
        if record is None or record.artifact is None:
            raise BuilderError(f"its parent {parent} has not been built yet", hint=f"Build it as well: --limit '{parent},{view.name}'.")
        source = view.validated_source(view.builder.source_of(record.artifact))
    return view.builder.resolve_source(source, view.options, context)


def _found(record: BuildRecord, view: BuildView, wanted: dict[str, Inputs], context: Context) -> BuildRecord:
    """The record, or what the platform knows where there is none."""
    if record.artifact is not None:
        return record
    found = view.builder.find(view.name, fingerprint(wanted["capture"]), view.options, context)
    if found is None:
        return record
    return BuildRecord(view.name, found, done={"capture": wanted["capture"], "verify": wanted["verify"]}, captured_at=found.created)


def _outputs_present(record: BuildRecord) -> bool:
    exported = record.artifact.files if record.artifact else []
    files = [file for output in record.outputs for file in output.files]
    return all(pathlib.Path(file.path).exists() for file in exported) and all(
        pathlib.Path(file.path).is_file() and pathlib.Path(file.path).stat().st_size == file.size for file in files
    )
