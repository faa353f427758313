# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest may do at AWS: a given instance profile, or a temporary role with one."""

from __future__ import annotations

import functools
import hashlib
import json
import typing as t

from ..._access.waits import waiter_of
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from .errors import AwsError, code_of, doing, missing, once_visible
from .session import Account
from .tagging import GUEST_TAG, Tags, as_list

Json = dict[str, t.Any]
Options = t.Mapping[str, t.Any]

ROLE_KIND = "role"
PROFILE_KIND = "instance_profile"
#: Path of what is made here, by which it is found again without asking for every role of the account.
IAM_PATH = "/golden-images/"

_LONGEST_ROLE = 64
_EXISTS = "EntityAlreadyExists"


def check_instance_profile(options: Options) -> None:
    """:raises BuilderError: for two profiles at once, or a policy that is none."""
    if options.get("instance_profile") and options.get("temporary_instance_profile"):
        raise BuilderError("instance_profile and temporary_instance_profile exclude each other", hint="Give one of them")
    temporary = options.get("temporary_instance_profile") or {}
    if temporary.get("policy") and "Statement" not in temporary["policy"]:
        raise BuilderError("temporary_instance_profile: policy has no Statement", hint="Write it as AWS has it: Version and Statement")


def role_name(guest: str) -> str:
    """Name of a guest's temporary role and profile, shortened to what IAM takes."""
    if len(guest) <= _LONGEST_ROLE:
        return guest
    digest = hashlib.sha256(guest.encode()).hexdigest()[:8]
    return f"{guest[: _LONGEST_ROLE - 9]}-{digest}"


def given_profile(options: Options) -> Json | None:
    """``IamInstanceProfile`` for a profile that exists."""
    profile = options.get("instance_profile")
    if not profile:
        return None
    return {"Arn": profile} if str(profile).startswith("arn:") else {"Name": profile}


def provide_profile(options: Options, guest: str, tags: Tags, account: Account, context: Context) -> Json | None:
    """``IamInstanceProfile`` of the guest, ``None`` for none; a temporary one is journalled part by part."""
    temporary = options.get("temporary_instance_profile")
    if not temporary:
        return given_profile(options)
    name = role_name(guest)
    marked = {**tags, GUEST_TAG: guest}
    _create_role(name, temporary, marked, account, context)
    resource = account.resource(PROFILE_KIND, name)
    context.journal.creating(resource)
    create = functools.partial(account.client("iam").create_instance_profile, InstanceProfileName=name, Path=IAM_PATH, Tags=as_list(marked))
    _create_unless_there(f"create the instance profile {name}", str(resource), create)
    context.journal.created(resource)
    once_visible(functools.partial(_join, name, account), f"the role {name} to be known", options["instance_profile_wait"]["timeout"])
    wait = waiter_of(options, "instance_profile_wait", f"the instance profile {name} to be known")
    wait.until(lambda: _has_role(name, account), hint="If it only needs longer, raise instance_profile_wait.timeout")
    return {"Name": name}


def _create_role(name: str, temporary: Options, tags: Tags, account: Account, context: Context) -> None:
    iam = account.client("iam")
    service = "ec2.amazonaws.com.cn" if account.region.startswith("cn-") else "ec2.amazonaws.com"
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]}
    request = {"RoleName": name, "Path": IAM_PATH, "AssumeRolePolicyDocument": json.dumps(trust), "Tags": as_list(tags)}
    if temporary.get("permissions_boundary"):
        request["PermissionsBoundary"] = temporary["permissions_boundary"]
    resource = account.resource(ROLE_KIND, name)
    context.journal.creating(resource)
    _create_unless_there(f"create the role {name}", str(resource), functools.partial(iam.create_role, **request))
    context.journal.created(resource)
    if temporary.get("policy"):
        put = functools.partial(iam.put_role_policy, RoleName=name, PolicyName="golden-images", PolicyDocument=json.dumps(temporary["policy"]))
        _of_new_role(f"give the role {name} its policy", put)
    for arn in temporary.get("policy_arns") or ():
        _of_new_role(f"attach the policy {arn} to the role {name}", functools.partial(iam.attach_role_policy, RoleName=name, PolicyArn=arn))


def _of_new_role(what: str, call: t.Callable[[], t.Any]) -> None:
    def do_it() -> None:
        with doing(what):
            call()

    once_visible(do_it, "the role to be known", timeout=15)


def _create_unless_there(what: str, resource: str, create: t.Callable[[], t.Any]) -> None:
    """What is there already is of an earlier attempt whose answer was lost: only this build has such names."""
    try:
        with doing(what, resource):
            create()
    except AwsError as error:
        if code_of(error) != _EXISTS:
            raise


def _join(name: str, account: Account) -> None:
    if not _has_role(name, account):
        with doing(f"put the role {name} into its instance profile"):
            account.client("iam").add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)


def _has_role(name: str, account: Account) -> bool:
    with doing(f"look at the instance profile {name}"):
        return bool(account.client("iam").get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"])


def not_yet_known(error: BaseException) -> bool:
    """Whether EC2 refused a launch because it does not know of a new instance profile yet."""
    return code_of(error) in ("InvalidParameterValue", "InvalidParameter") and "iam instance profile" in str(error).lower()


def remove_profile(name: str, account: Account) -> bool:
    """Delete a temporary instance profile, but not its role.

    :returns: whether there was one.
    """
    iam = account.client("iam")
    try:
        with doing(f"look at the instance profile {name}"):
            profile = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        for role in profile["Roles"]:
            with doing(f"take the role out of the instance profile {name}"):
                iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role["RoleName"])
        with doing(f"delete the instance profile {name}"):
            iam.delete_instance_profile(InstanceProfileName=name)
    except AwsError as error:
        if not missing(error):
            raise
        return False
    return True


def remove_role(name: str, account: Account) -> bool:
    """Delete a temporary role with its policies.

    :returns: whether there was one.
    """
    iam = account.client("iam")
    try:
        with doing(f"look at the role {name}"):
            attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
            inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
        for policy in attached:
            with doing(f"detach {policy['PolicyName']} from the role {name}"):
                iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        for policy_name in inline:
            with doing(f"delete the policy of the role {name}"):
                iam.delete_role_policy(RoleName=name, PolicyName=policy_name)
        with doing(f"delete the role {name}"):
            iam.delete_role(RoleName=name)
    except AwsError as error:
        if not missing(error):
            raise
        return False
    return True
