# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs an operation as an ordinary Ansible module."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule

from .errors import GoldenError
from .operation import Context, Operation


def run_module(operation: Operation) -> None:
    """The whole ``main()`` of a module: validate, run, turn exceptions into a failure."""
    # no_log keeps the arguments from the target's syslog.
    module = AnsibleModule(argument_spec=operation.argument_spec, supports_check_mode=True, no_log=bool(operation.hidden), **operation.constraints)
    params = dict(module.params)
    module.params.update({name: "not shown" for name in operation.hidden if params[name] is not None})
    context = Context(check_mode=module.check_mode, diff=module._diff, warn=module.warn)
    try:
        result = operation.run(params, context)
    except GoldenError as error:
        module.fail_json(msg=str(error), hint=error.hint, resource=error.resource)
    module.exit_json(**result)
