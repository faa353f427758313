# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends a build, well or badly: discards what it left, tells how it went, frees its lock."""

from __future__ import annotations

import contextlib
import datetime
import os
import pathlib
import typing as t

from ansible.errors import AnsibleActionFail

from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact
from ansible_collections.golden.images.plugins.module_utils._lifecycle.discarding import Discarded, discard_build, keep, remove_secrets, unfinished
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.lock import BuildLock
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Result
from ansible_collections.golden.images.plugins.module_utils._lifecycle.progress import Outcome, has_ended, noted_warnings, summarise_once, timeline
from ansible_collections.golden.images.plugins.module_utils._lifecycle.records import BuildRecord
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import Owner, StateFolder, utc_now
from ansible_collections.golden.images.plugins.module_utils._lifecycle.summary import build_lines, summary
from ansible_collections.golden.images.plugins.module_utils._reports.history import remember
from ansible_collections.golden.images.plugins.module_utils._reports.workflow import workflow_data
from ansible_collections.golden.images.plugins.module_utils._reports.writing import write_reports
from ansible_collections.golden.images.plugins.plugin_utils._action import ControllerAction, current_run, display
from ansible_collections.golden.images.plugins.plugin_utils._build_view import BuildView
from ansible_collections.golden.images.plugins.plugin_utils._on_error import decide_on_error

_KEEP_FOR = datetime.timedelta(hours=24)
_DONE = {"build": "built", "verify": "verified"}


class ActionModule(ControllerAction):
    """``golden.images.finish``: the last task of every build, also of a failed one."""

    def operate(self, task_vars: dict[str, t.Any]) -> Result:
        """Once per build and run; a second call only says what failed since."""
        view = BuildView(task_vars, self._templar)
        failed = bool(self._task.args.get("failed", False))
        ended = bool(self._task.args.get("ended", False))
        plan = dict(self._templar.template(task_vars.get("golden_plan") or {}))
        if self._task.check_mode or plan.get("planning_only"):
            return {"changed": False} if ended else _finish_planning(view, plan, failed, task_vars)
        owner = current_run()
        folder = view.state.run_build(owner.run_id(), view.name)
        if Outcome.load(folder) is not None:
            if failed:
                raise AnsibleActionFail(f"{view.name}: {_failure_text(task_vars, ended)}")
            return {"changed": False}
        ending = _Ending(view, owner, folder, plan)
        outcome = ending.bad(_failure_text(task_vars, ended), ended, task_vars) if failed or ended else ending.good()
        outcome.save(folder)
        remember(view.state, owner.run_id(), outcome)
        _print_when_last(view, owner, task_vars)
        if not outcome.kind.well:
            raise AnsibleActionFail(f"{view.name} failed in the phase {outcome.phase or 'plan'}: {outcome.text}")
        return {
            "changed": outcome.outcome == "built",
            "outcome": outcome.outcome,
            "artifact": outcome.artifact,
            "outputs": outcome.outputs,
            "ansible_stats": {"data": workflow_data(outcome), "per_host": False, "aggregate": True},
        }


class _Ending:
    """Makes the outcome of one build."""

    def __init__(self, view: BuildView, owner: Owner, folder: pathlib.Path, plan: dict[str, t.Any]) -> None:
        self._view = view
        self._owner = owner
        self._folder = folder
        self._plan = plan
        self._run_id = owner.run_id()
        self._common: dict[str, t.Any] = {
            "reasons": [str(reason) for reason in plan.get("reasons") or ()],
            "warnings": noted_warnings(folder),
            "about": _about(view),
        }

    def good(self) -> Outcome:
        """It was built or verified, or there was nothing to do."""
        view = self._view
        report = discard_build(view.state, self._run_id, view.name, view.options)
        record = BuildRecord.load(view.state.record(view.name), view.name).newest_finished()
        seconds, _phase = timeline(self._folder)
        outcome = _DONE[self._plan["operation"]] if self._plan.get("stages") else "unchanged"
        artifact = record.artifact if record else _known_artifact(view)
        self._release()
        return Outcome(
            build=view.name,
            outcome=outcome,
            seconds=sum(seconds.values()),
            phases=seconds,
            text=f"nothing changed since it was built ({record.captured_at if record else 'unknown'})" if outcome == "unchanged" else "",
            artifact=artifact.to_dict() if artifact else None,
            outputs=[output.to_dict() for output in record.outputs] if record else [],
            next_steps=view.builder.next_steps(artifact) if artifact and outcome == "built" else [],
            left_behind=report.failed,
            **self._common,
        )

    def bad(self, text: str, ended: bool, task_vars: dict[str, t.Any]) -> Outcome:
        """It failed: clean up or keep, as ``on_error`` says."""
        view = self._view
        seconds, phase = timeline(self._folder)
        left = unfinished(view.state, self._run_id, view.name)
        choice = decide_on_error(view, left, text) if left and not ended else "cleanup"
        report = Discarded()
        lines = [text]
        if choice == "keep":
            until = utc_now() + _KEEP_FOR
            keep(view.state, self._run_id, view.name, until)
            hints = [hint for hint in (view.builder.login_hint(resource) for resource in left) if hint]
            lines += [f"Kept until {until:%Y-%m-%d %H:%M} UTC: " + ", ".join(map(str, left)) + "."]
            lines += [f"Look inside: {hint}" for hint in hints]
            lines += [f"Discard it: ansible-playbook golden.images.discard --limit {view.name} -e golden_discard_kept=true"]
        elif left:
            # Where nothing was made, the options may be what could not be read.
            report = discard_build(view.state, self._run_id, view.name, view.options)
        self._release(keep_files=choice == "keep")
        return Outcome(
            build=view.name,
            outcome="ended" if ended else ("kept" if choice == "keep" else "failed"),
            seconds=sum(seconds.values()),
            phases=seconds,
            phase=phase,
            text="\n".join(lines),
            discarded=report.removed,
            left_behind=report.failed,
            **self._common,
        )

    def _release(self, keep_files: bool = False) -> None:
        if not keep_files:
            remove_secrets(self._folder)
        BuildLock(self._view.state.lock(self._view.name), self._view.name).release(self._owner)


def _known_artifact(view: BuildView) -> Artifact | None:
    """What the plan found on the platform, on a machine that has no record of it."""
    found = view.template("golden_artifact")
    return Artifact.from_dict(found) if found else None


def _about(view: BuildView) -> dict[str, str]:
    # What the build failed for may be just that.
    with contextlib.suppress(GoldenError):
        return {"version": view.version, "type": view.type}
    return {}


def _failure_text(task_vars: dict[str, t.Any], ended: bool) -> str:
    if ended:
        return "a provisioner ended the play for this host (meta: end_host or end_play), so nothing was captured."
    result = task_vars.get("ansible_failed_result") or {}
    task = task_vars.get("ansible_failed_task") or {}
    text = str(result.get("msg") or result.get("stderr") or "no reason was given").strip().removeprefix("Task failed: ")
    name = str(task.get("name") or task.get("action") or "")
    # Ansible gives a rescue all of the result, also of what it does not show.
    if task.get("no_log") or result.get("_ansible_no_log"):
        return f"task '{name}' failed; its result is hidden by no_log"
    details = str(result.get("stderr") or result.get("stdout") or "").strip() if result.get("rc") else ""
    text = text.removeprefix("Action failed: ").removeprefix(f"{task_vars['inventory_hostname']}: ")
    ours = str(task.get("action") or "").startswith("golden.images.")
    lines = [f"task '{name}': {text}" if name and not ours else text]
    if details and details not in text:
        lines += details.splitlines()[-5:]
    return "\n".join(lines)


def _finish_planning(view: BuildView, plan: dict[str, t.Any], failed: bool, task_vars: dict[str, t.Any]) -> Result:
    if failed:
        raise AnsibleActionFail(f"{view.name} cannot be built: {_failure_text(task_vars, ended=False)}")
    planned = plan.get("planned") or []
    if plan.get("operation") == "verify":
        artifact = _known_artifact(view)
        outcome = Outcome(view.name, "would verify", text=f"on a fresh guest of {artifact.id}, created {artifact.created}" if artifact else "")
        display.display("\n".join(build_lines(outcome, len(view.name), os.getcwd())))
        return {"changed": False, "outcome": outcome.outcome}
    record = BuildRecord.load(view.state.record(view.name), view.name).newest_finished()
    text = "\n".join(plan.get("reasons") or []) if planned else f"nothing changed since it was built ({record.captured_at if record else 'unknown'})"
    outcome = Outcome(build=view.name, outcome="planned" if planned else "unchanged", text=text)
    display.display("\n".join(build_lines(outcome, len(view.name), os.getcwd())))
    return {"changed": bool(planned), "outcome": outcome.outcome}


def _print_when_last(view: BuildView, owner: Owner, task_vars: dict[str, t.Any]) -> None:
    run_id = owner.run_id()
    folders = _folders_of_ended(view, run_id, task_vars)
    states = sorted({state for state, _folder in folders}, key=lambda state: state.root)
    if not folders or not summarise_once(states[0], run_id):
        return
    outcomes = [Outcome.load(folder) for _state, folder in folders]
    display.display(summary([outcome for outcome in outcomes if outcome], os.getcwd()))
    written, problems = write_reports(states, run_id)
    for path in written:
        display.display(f"Report: {os.path.relpath(path)}")
    for problem in problems:
        display.warning(problem)


def _folders_of_ended(view: BuildView, run_id: str, task_vars: dict[str, t.Any]) -> list[tuple[StateFolder, pathlib.Path]]:
    """State folder and folder of every build of the run, once all of them have ended; nothing before."""
    builds = set((task_vars.get("groups") or {}).get("golden_builds", ()))
    states, found = [view.state], []
    # Those that are last in the inventory are the last to end, as a rule: one look is enough then.
    for build in reversed([host for host in task_vars.get("ansible_play_hosts_all", ()) if host in builds]):
        state = next((state for state in states if has_ended(state.run_build(run_id, build))), None)
        if state is None:
            # Another definition may have another one. All variables of a host are made for this, so it is not done for each.
            state = StateFolder(pathlib.Path(str(task_vars["hostvars"][build]["golden_state_dir"])))
            if not has_ended(state.run_build(run_id, build)):
                return []
            states.append(state)
        found.append((state, state.run_build(run_id, build)))
    return found[::-1]
