# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks AWS, before anything is created, for what it would refuse after an hour of work."""

from __future__ import annotations

import contextlib
import typing as t

from ..._lifecycle.builder import Source
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from ..._lifecycle.run import iso, utc_now
from .capture import check_holder
from .errors import FORBIDDEN, AwsError, doing
from .image_lookup import describe, named, search
from .image_names import image_name
from .image_settings import check_fast_launch, deprecation_of
from .placements import Target, check_unprotected, targets
from .session import Account
from .ssm_parameters import check_parameter_name, parameter_of, parameter_value

Options = t.Mapping[str, t.Any]
Build = t.Mapping[str, t.Any]
Json = dict[str, t.Any]

#: Ids of nothing: a dry run is refused for a missing permission before anybody looks for them.
_NO_INSTANCE, _NO_IMAGE, _NO_SNAPSHOT = "i-00000000000000000", "ami-00000000000000000", "snap-00000000000000000"
_KEY_USABLE = ("Enabled",)
#: Codes of the quotas "AMIs" and "Public AMIs" of EC2.
_IMAGES_QUOTA, _PUBLIC_QUOTA = "L-B665C33B", "L-0E3CBAB9"
_NEARLY = 0.9
_FREE_IN_REGION = ("opt-in-not-required", "opted-in")


def check_images(source: Source, build: Build, options: Options, account: Account, context: Context) -> None:
    """Names, regions, keys, permissions and quotas for what is to be captured, copied and published; creates nothing.

    :param account: in the region of the build.
    :raises BuilderError: for the first thing that cannot work.
    """
    if options["capture"] == "discard":
        return
    now = utc_now()
    name = image_name(options["image_name"], build, now)
    deprecation_of(options, iso(now))
    wanted = targets(options, account)
    _check_regions(account, [target.account.region for target in wanted])
    for target in wanted:
        _check_name(target, name, options, build)
        _check_key(target, context)
        _check_quota(target.account, _IMAGES_QUOTA, "images", {}, context)
        if options["launch_permissions"]["groups"]:
            _check_public(target.account, context)
    _check_source(source, options, account)
    _check_parameter(options, build, wanted)
    for probe in _probes(source, options, account, name, wanted):
        probe()


def _check_regions(account: Account, regions: t.Sequence[str]) -> None:
    others = [region for region in regions if region != account.region]
    if not others:
        return
    with doing("list the regions"):
        known = {region["RegionName"]: region.get("OptInStatus", _FREE_IN_REGION[0]) for region in _regions(account)}
    for region in others:
        if region not in known:
            raise BuilderError(f"copy_regions: there is no region {region}", hint=f"There are {', '.join(sorted(known))}")
        if known[region] not in _FREE_IN_REGION:
            raise BuilderError(f"copy_regions: the region {region} is not enabled in this account", hint="Enable it in the console of the account")


def _regions(account: Account) -> list[Json]:
    answer: list[Json] = account.client("ec2").describe_regions(AllRegions=True)["Regions"]
    return answer


def _check_name(target: Target, name: str, options: Options, build: Build) -> None:
    holder = named(target.account, name)
    check_holder(holder, options["replace"], build, target.account)
    if holder is not None:
        check_unprotected(holder, target.account)


def _check_key(target: Target, context: Context) -> None:
    if not target.kms_key:
        return
    region = target.account.region
    try:
        with doing(f"look at the KMS key {target.kms_key} in {region}", hint="Check kms_key_id and region_kms_keys"):
            key = target.account.client("kms").describe_key(KeyId=target.kms_key)["KeyMetadata"]
    except AwsError as error:
        if error.code not in FORBIDDEN:
            raise
        # Who may use a key need not be allowed to describe it.
        context.warn(f"the KMS key {target.kms_key} in {region} could not be checked: {error}")
        return
    if key.get("KeyState") not in _KEY_USABLE:
        raise BuilderError(f"the KMS key {target.kms_key} in {region} cannot be used: its state is {key.get('KeyState')}", hint="Enable it")


def _check_quota(account: Account, code: str, what: str, wanted: Json, context: Context) -> None:
    try:
        with doing(f"read the quota of {what} in {account.region}"):
            quota = account.client("service-quotas", attempts=1).get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"]["Value"]
    except AwsError:
        # Not everybody may ask, and not every endpoint answers.
        return
    used = len(search(account, wanted))
    text = f"the account has {used} {what} in {account.region}, and may have {quota:g}"
    if used >= quota:
        raise BuilderError(text, hint="Remove old ones (playbook golden.images.prune), or ask for a higher quota in the Service Quotas console")
    if used >= _NEARLY * quota:
        context.warn(text)


def _check_public(account: Account, context: Context) -> None:
    """:raises BuilderError: when the account forbids public images, or has as many as it may."""
    with contextlib.suppress(AwsError), doing(f"read whether images may be public in {account.region}"):
        state = account.client("ec2").get_image_block_public_access_state()["ImageBlockPublicAccessState"]
        if state == "block-new-sharing":
            raise BuilderError(
                f"the account forbids public images in {account.region}",
                hint=f"Remove the group all, or allow it: aws ec2 disable-image-block-public-access --region {account.region}",
            )
    _check_quota(account, _PUBLIC_QUOTA, "public images", {"is-public": True}, context)


def _check_source(source: Source, options: Options, account: Account) -> None:
    if not options.get("fast_launch"):
        return
    image = describe(account, source.id)
    if image is not None:
        check_fast_launch(options["fast_launch"], image)


def _check_parameter(options: Options, build: Build, wanted: t.Sequence[Target]) -> None:
    name = parameter_of(options, build)
    if name is None:
        return
    check_parameter_name(name)
    for target in wanted:
        with contextlib.suppress(AwsError):
            parameter_value(target.account, name)


def _probes(source: Source, options: Options, account: Account, name: str, wanted: t.Sequence[Target]) -> list[t.Callable[[], None]]:
    """Dry runs of what capture and publish are going to call."""

    def probe(where: Account, call: str, **arguments: t.Any) -> t.Callable[[], None]:
        return lambda: _dry_run(where, call, arguments)

    surrogate = options.get("surrogate")
    probes = []
    if surrogate and surrogate["method"] == "register":
        probes.append(probe(account, "create_snapshot", VolumeId="vol-00000000000000000"))
    else:
        probes.append(probe(account, "create_image", InstanceId=_NO_INSTANCE, Name=name))
    if options["stop_mode"] == "stop" and not options.get("spot"):
        probes.append(probe(account, "stop_instances", InstanceIds=[_NO_INSTANCE]))
    probes.append(probe(account, "deregister_image", ImageId=_NO_IMAGE))
    probes.append(probe(account, "delete_snapshot", SnapshotId=_NO_SNAPSHOT))
    arguments = {"RootDeviceName": "/dev/xvda", "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": _NO_SNAPSHOT}}]}
    probes.append(probe(account, "register_image", Name=name, **arguments))
    for target in wanted:
        there = target.account
        if there.region != account.region or target.encrypt:
            probes.append(probe(there, "copy_image", Name=name, SourceImageId=source.id, SourceRegion=account.region))
        if any((options["launch_permissions"] or {}).values()):
            permission = {"Add": [{"UserId": "000000000000"}]}
            probes.append(probe(there, "modify_image_attribute", ImageId=_NO_IMAGE, LaunchPermission=permission))
        if options.get("deprecate_at") or options.get("deprecate_after"):
            probes.append(probe(there, "enable_image_deprecation", ImageId=_NO_IMAGE, DeprecateAt=utc_now()))
        if options["deregistration_protection"] != "disabled":
            probes.append(probe(there, "enable_image_deregistration_protection", ImageId=_NO_IMAGE))
    return probes


def _dry_run(account: Account, call: str, arguments: Json) -> None:
    """:raises BuilderError: when the permission is missing; whatever else a dry run about nothing says does not matter."""
    try:
        with doing(f"be asked to {call.replace('_', ' ')} in {account.region}"):
            getattr(account.client("ec2"), call)(DryRun=True, **arguments)
    except AwsError as error:
        if error.code in FORBIDDEN:
            raise
