# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses options of images that contradict each other or that EC2 would refuse after an hour of work; asks nobody."""

from __future__ import annotations

import re
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.name_templates import check_template
from ..._lifecycle.run import iso, utc_now
from .block_devices import check_device, check_devices
from .image_settings import deprecation_of
from .image_tags import check_image_tags
from .permissions import check_permissions, is_shared
from .placements import target_regions
from .prune import Retention
from .ssm_parameters import check_parameter_name

Options = t.Mapping[str, t.Any]

_KMS_KEY = re.compile(
    r"(arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:(key|alias)/.+|alias/[A-Za-z0-9/_-]+|mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\Z"
)
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+\Z")
_DEFAULT_KEY = "alias/aws/ebs"
_COPY_MINUTES = (15, 2880)
_LEAST_PARALLEL_LAUNCHES = 6


def check_image_options(options: Options) -> None:
    """:raises BuilderError: for the first thing that is wrong."""
    check_template(options["image_name"], "image_name")
    if options["stop_mode"] == "await" and options.get("spot"):
        raise BuilderError("a spot instance that shuts itself down (stop_mode: await) is gone", hint="Remove spot")
    _check_regions(options)
    _check_keys(options)
    for option in ("image_tags", "snapshot_tags"):
        check_image_tags(options[option], option)
    for option in ("launch_permissions", "snapshot_permissions"):
        check_permissions(options[option], option)
    _check_sharing(options)
    check_devices(options["image_block_devices"], "image_block_devices")
    _check_firmware(options)
    _check_surrogate(options)
    _check_publishing(options)


def _check_regions(options: Options) -> None:
    for region in [*options["copy_regions"], *options["region_kms_keys"]]:
        if not _REGION.match(region):
            raise BuilderError(f"{region!r} is not the name of a region", hint="For instance eu-west-1")
    if not target_regions(options, options.get("region") or ""):
        raise BuilderError("the image would be nowhere", hint="Set keep_in_build_region to true, or name other regions in copy_regions")


def _check_keys(options: Options) -> None:
    keys = [key for key in (options.get("kms_key_id"), *options["region_kms_keys"].values()) if key]
    if keys and not options["encrypt"]:
        raise BuilderError("kms_key_id and region_kms_keys encrypt nothing without encrypt", hint="Set encrypt to true")
    for key in keys:
        if not _KMS_KEY.match(str(key)):
            raise BuilderError(f"{key!r} is not a KMS key", hint="Give its id, its ARN, or alias/its-name")
    known = {*options["copy_regions"], options.get("region")}
    surplus = [region for region in options["region_kms_keys"] if options.get("region") and region not in known]
    if surplus:
        raise BuilderError(f"region_kms_keys names {surplus[0]}, where the image does not go", hint="Add it to copy_regions, or remove the key")
    if keys:
        without = [region for region in options["copy_regions"] if region not in options["region_kms_keys"] and region != options.get("region")]
        if without:
            # Silently falling back to another key than the one that was asked for would be no encryption that anybody chose.
            raise BuilderError(f"no KMS key is given for {without[0]}", hint=f"Add it to region_kms_keys; {_DEFAULT_KEY} is the account's default key")


def _check_sharing(options: Options) -> None:
    shared = is_shared(options["launch_permissions"]) or is_shared(options["snapshot_permissions"])
    if not shared or not options["encrypt"]:
        return
    if any((options[option] or {}).get("groups") for option in ("launch_permissions", "snapshot_permissions")):
        raise BuilderError("what is encrypted cannot be public", hint="Remove the group all, or encrypt")
    keys = [options["region_kms_keys"].get(region) or options.get("kms_key_id") for region in target_regions(options, options.get("region") or "")]
    if any(key in (None, _DEFAULT_KEY) for key in keys):
        raise BuilderError("an image encrypted with the account's default key cannot be shared", hint="Give keys of your own in kms_key_id and region_kms_keys")


def _check_firmware(options: Options) -> None:
    if options["tpm_support"] and options.get("boot_mode") not in ("uefi", "uefi-preferred"):
        raise BuilderError("tpm_support needs UEFI", hint="Set boot_mode to uefi or uefi-preferred")
    if options.get("uefi_data") and options.get("boot_mode") not in ("uefi", "uefi-preferred"):
        raise BuilderError("uefi_data needs UEFI", hint="Set boot_mode to uefi or uefi-preferred")


def _check_surrogate(options: Options) -> None:
    surrogate = options.get("surrogate")
    if not surrogate:
        return
    check_device(surrogate, "surrogate")
    if not surrogate.get("volume_size") and not surrogate.get("snapshot_id"):
        raise BuilderError("surrogate has neither volume_size nor snapshot_id")
    if surrogate["method"] == "swap":
        registered = [name for name in ("boot_mode", "uefi_data") if options.get(name)] + (["tpm_support"] if options["tpm_support"] else [])
        if registered:
            raise BuilderError(f"{registered[0]} is only possible with surrogate.method: register")
    if options["stop_mode"] == "none":
        raise BuilderError("surrogate volumes are captured of a stopped guest", hint="Remove stop_mode: none")


def _check_publishing(options: Options) -> None:
    if options.get("deprecate_at") and options.get("deprecate_after"):
        raise BuilderError("deprecate_at and deprecate_after exclude each other", hint="Give one of them")
    if options.get("retention"):
        Retention.of(options["retention"])
    deprecation = deprecation_of(options, iso(utc_now()))
    if deprecation is not None and options.get("deprecate_at") and deprecation <= utc_now():
        raise BuilderError(f"deprecate_at: {options['deprecate_at']} is in the past")
    if options.get("ssm_parameter"):
        check_template(options["ssm_parameter"], "ssm_parameter")
        check_parameter_name(re.sub(r"\{[a-z]+\}", "x", options["ssm_parameter"]))
    minutes = options.get("copy_duration_minutes")
    if minutes is not None and (minutes % _COPY_MINUTES[0] or not _COPY_MINUTES[0] <= minutes <= _COPY_MINUTES[1]):
        raise BuilderError(f"copy_duration_minutes is {minutes}", hint=f"EC2 takes multiples of {_COPY_MINUTES[0]} up to {_COPY_MINUTES[1]}")
    fast = options.get("fast_launch")
    if fast and (fast["max_parallel_launches"] < _LEAST_PARALLEL_LAUNCHES or fast["target_resource_count"] < 1):
        raise BuilderError("fast_launch is too small", hint=f"max_parallel_launches is at least {_LEAST_PARALLEL_LAUNCHES}, target_resource_count at least 1")
