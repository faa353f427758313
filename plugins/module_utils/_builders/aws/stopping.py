# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings a guest to rest before it is captured."""

from __future__ import annotations

import typing as t

from ..._access.waits import waiter_of
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context, Params
from .errors import doing
from .image_waiting import await_instance
from .session import Account

Json = dict[str, t.Any]


def stop(instance: Json, params: Params, context: Context, account: Account) -> None:
    """Stop the guest as ``stop_mode`` says; then set what can only be set on a stopped one."""
    settings = {"EnaSupport": params.get("ena_support"), "SriovNetSupport": "simple" if params.get("sriov_net_support") else None}
    is_registered = bool(params.get("surrogate")) and params["surrogate"]["method"] == "register"
    # An image that is registered is told so itself.
    wanted = {} if is_registered else {name: value for name, value in settings.items() if value is not None}
    if params["stop_mode"] == "none" or is_spot(instance):
        if wanted:
            raise BuilderError("ena_support and sriov_net_support can only be set on a guest that stops", hint="Use neither spot nor stop_mode: none with them")
        if is_spot(instance):
            context.say("a spot instance cannot be stopped: it is restarted while the image is created")
        return
    identifier = instance["InstanceId"]
    if params["stop_mode"] == "stop":
        context.say("stopping the instance")
        with doing(f"stop the instance {identifier}", f"instance {identifier}"):
            account.client("ec2").stop_instances(InstanceIds=[identifier])
    else:
        context.say("waiting until the guest shuts itself down")
    waiter = waiter_of(params, "stop_wait", f"the instance {identifier} to stop")
    await_instance(account, identifier, "stopped", waiter, "stop_wait")
    for name, value in wanted.items():
        with doing(f"set {name} of the instance {identifier}", f"instance {identifier}"):
            account.client("ec2").modify_instance_attribute(InstanceId=identifier, **{name: {"Value": value}})


def is_spot(instance: Json) -> bool:
    """Whether it is an instance that AWS may take back, and does not stop on request."""
    return instance.get("InstanceLifecycle") == "spot"
