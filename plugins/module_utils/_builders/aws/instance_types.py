# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the instance types can run an image at all."""

from __future__ import annotations

import typing as t

from ..._lifecycle.errors import BuilderError
from .errors import doing
from .session import Account

Json = dict[str, t.Any]
Options = t.Mapping[str, t.Any]


def fitting_types(image: Json, options: Options, account: Account) -> dict[str, Json]:
    """Those of ``instance_types`` that fit, in their order, as EC2 describes them.

    :raises BuilderError: with the reasons when none does.
    """
    types = list(dict.fromkeys(options["instance_types"]))
    with doing("look at the instance types", hint="Check the names in instance_types"):
        answer = account.client("ec2").describe_instance_types(InstanceTypes=types)["InstanceTypes"]
    described = {entry["InstanceType"]: entry for entry in answer}
    refused = {kind: misfit(image, options, described.get(kind) or {}) for kind in types}
    fitting = {kind: described.get(kind) or {} for kind in types if refused[kind] is None}
    if not fitting:
        raise BuilderError("; ".join(f"{kind}: {reason}" for kind, reason in refused.items()), hint="Give other instance_types")
    return fitting


def misfit(image: Json, options: Options, described: Json) -> str | None:
    """Why a type cannot run the image as the options say; ``None`` when it can."""
    architecture = image.get("Architecture")
    supported = (described.get("ProcessorInfo") or {}).get("SupportedArchitectures")
    if architecture and supported and architecture not in supported:
        return f"it runs {' and '.join(supported)}, the source image is for {architecture}"
    boot_mode, boot_modes = image.get("BootMode"), described.get("SupportedBootModes")
    if boot_mode and boot_modes and boot_mode != "uefi-preferred" and boot_mode not in boot_modes:
        return f"it boots by {' and '.join(boot_modes)}, the source image by {boot_mode}"
    if options.get("enclave") and described.get("NitroEnclavesSupport") == "unsupported":
        return "it has no Nitro enclaves"
    if options.get("spot") and "spot" not in described.get("SupportedUsageClasses", ["spot"]):
        return "it cannot be had as spot"
    return None
