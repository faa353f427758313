# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs an existing playbook against the guest in an ansible-playbook of its own."""

from __future__ import annotations

import contextlib
import os
import pathlib
import secrets
import shutil
import sys
import tempfile
import typing as t

from ansible import context
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars

from ansible_collections.golden.images.plugins.module_utils._lifecycle.discarding import note_temporary
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Result
from ansible_collections.golden.images.plugins.module_utils._lifecycle.process import tail
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import StateFolder
from ansible_collections.golden.images.plugins.plugin_utils._child import Finished, run_child
from ansible_collections.golden.images.plugins.plugin_utils._child_playbook import (
    child_environment,
    failure_of,
    inventory_arguments,
    plain_yaml,
    reached,
    refuse_unsafe,
    template_yaml,
    vault_arguments,
    vault_environment,
    write_private,
)
from ansible_collections.golden.images.plugins.plugin_utils._provisioning import ProvisionerAction

display = Display()


class ActionModule(ProvisionerAction):
    """``golden.images.playbook``."""

    argument_spec = {
        "playbook": {"type": "path", "required": True},
        "extra_vars": {"type": "dict", "default": {}},
        "tags": {"type": "list", "elements": "str", "default": []},
        "skip_tags": {"type": "list", "elements": "str", "default": []},
        "extra_arguments": {"type": "list", "elements": "str", "default": []},
    }

    def operate(self, task_vars: dict[str, t.Any]) -> Result:
        """Run it for this host only, with the inventory and variables of this run."""
        arguments = self.arguments()
        refuse_unsafe(arguments["extra_arguments"])
        playbook = arguments["playbook"]
        if not os.path.isfile(playbook):
            raise GoldenError(f"there is no playbook {playbook}")
        if self._task.check_mode:
            return {"changed": True, "msg": "would run"}
        build = self.context(task_vars).build
        host = self.build_name(task_vars)
        with tempfile.TemporaryDirectory(prefix="playbook-", dir=self.private_folder(build)) as temporary:
            folder = pathlib.Path(temporary)
            vault = vault_arguments(self._loader._vault.secrets or (), folder)
            argv = [
                *(sys.executable, "-m", "ansible", "playbook", playbook),
                *inventory_arguments(),
                *("--inventory", self._guest_inventory(folder, host, build, task_vars)),
                *("--limit", host),
                *self._variables(folder, arguments["extra_vars"]),
                *vault,
                *self._choices(arguments),
                *arguments["extra_arguments"],
            ]
            roles = self._templar.template(task_vars.get("golden_definition_dir")) if task_vars.get("golden_definition_dir") else None
            settings = {**child_environment([os.path.join(roles, "roles")] if roles else []), "ANSIBLE_LOCAL_TEMP": str(folder / "local")}
            with self._temporary_folder(build) as own:
                environment = {**os.environ, **own, **self.task_environment(), **settings, **vault_environment(vault)}
                done = run_child(argv, env=environment, cwd=os.getcwd(), on_line=lambda line: _show(host, line), gently=True)
        return _result(done, playbook, host)

    @contextlib.contextmanager
    def _temporary_folder(self, build: dict[str, t.Any]) -> t.Iterator[dict[str, str]]:
        """Settings for a folder of temporary files that goes with the child: a killed ansible-playbook leaves its own.

        Not in the private folder: sockets are put there, whose paths must be short.
        """
        if not build:
            yield {}
            return
        path = os.path.join(tempfile.gettempdir(), f"golden-{build['run_id']}-{secrets.token_hex(4)}")
        note_temporary(StateFolder(pathlib.Path(build["state_dir"])), build["run_id"], path)
        os.mkdir(path, 0o700)
        try:
            yield {"TMPDIR": path}
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def _guest_inventory(self, folder: pathlib.Path, host: str, build: dict[str, t.Any], task_vars: dict[str, t.Any]) -> str:
        """An inventory that says how the guest is reached; as ``host_vars`` it wins over the run's own inventory."""
        inventory = folder / "inventory"
        guest = task_vars.get("golden_guest") or {}
        guest = (self._templar.template(guest) if guest else {}).get("guest") or {}
        facts = {**guest.get("vars", {}), "ansible_connection": guest["connection"]} if guest else {}
        if guest.get("password_file"):
            # As the lookup of the role reads it: without the line's end.
            facts["ansible_password"] = self._loader.get_text_file_contents(guest["password_file"]).rstrip()
        if build:
            facts["golden_build"] = build
        write_private(inventory / "hosts.yml", plain_yaml({"all": {"hosts": {host: None}}}))
        write_private(inventory / "host_vars" / f"{host}.yml", plain_yaml(facts))
        return str(inventory)

    def _variables(self, folder: pathlib.Path, extra_vars: dict[str, t.Any]) -> list[str]:
        """Extra variables of the run, as they were given, then those of the provisioner, which are rendered already."""
        given = dict(load_extra_vars(self._loader))
        files = []
        if given:
            files.append(write_private(folder / "run-vars.yml", template_yaml(given)))
        if extra_vars:
            files.append(write_private(folder / "extra-vars.yml", plain_yaml(extra_vars)))
        return [part for path in files for part in ("--extra-vars", f"@{path}")]

    def _choices(self, arguments: dict[str, t.Any]) -> list[str]:
        chosen = [*(("--tags", ",".join(arguments["tags"])) if arguments["tags"] else ())]
        chosen += ["--skip-tags", ",".join(arguments["skip_tags"])] if arguments["skip_tags"] else []
        if self._task.become:
            chosen += ["--become", *(["--become-user", str(self._task.become_user)] if self._task.become_user else [])]
        for option in ("become_password_file", "connection_password_file"):
            if context.CLIARGS.get(option):
                chosen += [f"--{option.replace('_', '-')}", str(context.CLIARGS[option])]
        return chosen


def _show(host: str, line: str) -> None:
    if line.strip():
        display.display(f"{host} | {line}")


def _result(done: Finished, playbook: str, host: str) -> Result:
    result: Result = {"changed": True, "rc": done.returncode, "stdout_lines": done.stdout.splitlines(), "stderr_lines": done.stderr.splitlines()}
    if done.returncode:
        reason = failure_of(done.stdout) or tail(done.stderr) or tail(done.stdout) or "it wrote nothing"
        result.update(failed=True, msg=f"the playbook {playbook} ended with status {done.returncode}: {reason}")
    elif not reached(done.stdout, host):
        result.update(failed=True, msg=f"no play of {playbook} was for {host}. Add the group that its plays name under hosts to the image's groups.")
    return result
