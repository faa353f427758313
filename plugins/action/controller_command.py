# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs commands on the controller."""

from __future__ import annotations

import os
import shlex
import tempfile
import typing as t

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Result
from ansible_collections.golden.images.plugins.plugin_utils._child import run_child
from ansible_collections.golden.images.plugins.plugin_utils._provisioning import ProvisionerAction, golden_environment, interpreter_of, judged, script_text

_SHELL = "/bin/sh -e"


class ActionModule(ProvisionerAction):
    """``golden.images.controller_command``."""

    argument_spec = {
        "inline": {"type": "raw", "required": True},
        "interpreter": {"type": "str"},
        "args": {"type": "list", "elements": "str", "default": []},
        "valid_exit_codes": {"type": "list", "elements": "int", "default": [0]},
        "chdir": {"type": "path"},
        "creates": {"type": "path"},
    }

    def operate(self, task_vars: dict[str, t.Any]) -> Result:
        """Run it, unless what it creates is there."""
        arguments = self.arguments()
        folder = arguments["chdir"] or os.getcwd()
        creates = arguments["creates"]
        if creates and os.path.exists(os.path.join(folder, creates)):
            return {"changed": False, "msg": f"{creates} exists"}
        if self._task.check_mode:
            return {"changed": True, "msg": "would run"}
        if not os.path.isdir(folder):
            raise GoldenError(f"there is no folder {folder} to run the command in", hint="Correct chdir.")
        context = self.context(task_vars)
        text = script_text(arguments["inline"]).encode()
        interpreter = shlex.split(arguments["interpreter"] or interpreter_of(text, _SHELL))
        environment = {**os.environ, **golden_environment(context.build), **self.task_environment()}
        # In a file, for what was rendered into the lines may be secret and arguments are public.
        with tempfile.NamedTemporaryFile(prefix="command-", dir=self.private_folder(context.build)) as script:
            script.write(text)
            script.flush()
            done = run_child([*interpreter, script.name, *arguments["args"]], env=environment, cwd=folder)
        return judged(done.returncode, done.stdout, done.stderr, arguments["valid_exit_codes"])
