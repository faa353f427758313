# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugins of the collection: lifecycle work inside the controller's process."""

from __future__ import annotations

import multiprocessing
import os
import pathlib
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.golden.images.plugins.module_utils._lifecycle import sessions
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Journal, JournalLike, NoJournal
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context, Operation, Params, Result
from ansible_collections.golden.images.plugins.module_utils._lifecycle.process import die_with_parent
from ansible_collections.golden.images.plugins.module_utils._lifecycle.progress import note_warning
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import Owner, StateFolder

display = Display()

_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def current_run() -> Owner:
    """The ansible-playbook process: workers are its direct children."""
    return Owner.of(os.getppid())


def _end_with_the_run() -> None:
    """A worker that outlives its run would go on making what the watcher has just discarded."""
    run = multiprocessing.parent_process()
    if run is None:
        return
    die_with_parent()
    if os.getppid() != run.pid:
        os._exit(1)


def warn(name: str, run_dir: str | None, text: str) -> None:
    """Warn of something in a build: now, and in what is reported of it.

    :param run_dir: folder of the build in its run, where there is one.
    """
    display.warning(f"{name}: {text}")
    if run_dir and os.path.isdir(run_dir):
        note_warning(pathlib.Path(run_dir), text)


def _say_nothing(text: str) -> None:
    del text


class ControllerAction(ActionBase):
    """Base of actions that never talk to the host they run for.

    Subclasses implement :meth:`operate`; errors of ours become an ordinary failure with a
    message that says which build, what, why, and what to do.
    """

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        """Entry point of Ansible."""
        _end_with_the_run()
        result: Result = super().run(tmp, task_vars)
        del tmp
        variables = task_vars or {}
        try:
            result.update(self.operate(variables))
        except GoldenError as error:
            # With no_log Ansible hides the result and still shows the text of the exception, which may quote what a program wrote.
            text = "it failed; why is hidden by no_log" if self._task.no_log else str(error)
            # From None: Ansible would repeat the text of every exception in the chain after ours.
            raise AnsibleActionFail(
                f"{self.build_name(variables)}: {text}",
                result={key: value for key, value in (("hint", error.hint), ("resource", error.resource)) if value},
            ) from None
        finally:
            sessions.end_all()
        return result

    def operate(self, task_vars: dict[str, t.Any]) -> Result:
        """Do the work and return the result, ``changed`` included."""
        raise NotImplementedError

    @staticmethod
    def build_name(task_vars: dict[str, t.Any]) -> str:
        """The build's name, which is the host's."""
        return str(task_vars.get("inventory_hostname", "localhost"))

    def context(self, task_vars: dict[str, t.Any]) -> Context:
        """What the operation may know; the journal is real inside a build only."""
        build = task_vars.get("golden_build") or {}
        build = dict(self._templar.template(build)) if build else {}
        name = self.build_name(task_vars)
        journal: JournalLike = NoJournal()
        if build.get("run_id") and build.get("state_dir"):
            state = StateFolder(pathlib.Path(build["state_dir"]))
            journal = Journal(state.journal(build["run_id"], build["name"]))
        return Context(
            check_mode=bool(self._task.check_mode),
            diff=bool(self._task.diff),
            journal=journal,
            # What a program writes is part of the result that no_log hides.
            say=_say_nothing if self._task.no_log else lambda text: display.display(f"{name}: {text}"),
            warn=lambda text: warn(name, build.get("run_dir"), text),
            build=build,
        )


class OperationAction(ControllerAction):
    """The controller's face of an :class:`Operation`; ``delegate_to`` another machine runs the module of the same name there."""

    operation: Operation

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        """Entry point of Ansible."""
        target = self._task.delegate_to
        if target and str(target) not in _LOCAL_NAMES:
            return t.cast(Result, self._execute_module(task_vars=task_vars))
        return super().run(tmp, task_vars)

    def operate(self, task_vars: dict[str, t.Any]) -> Result:
        """Validate the arguments and run the operation."""
        params, secrets = self._validated()
        result = self.operation.run(params, self.context(task_vars))
        return t.cast(Result, remove_values(result, secrets)) if secrets else result

    def _validated(self) -> tuple[Params, set[str]]:
        validator = ArgumentSpecValidator(self.operation.argument_spec, **self.operation.constraints)
        checked = validator.validate(dict(self._task.args))
        if checked.error_messages:
            raise GoldenError("; ".join(checked.error_messages))
        return checked.validated_parameters, set(checked._no_log_values)
