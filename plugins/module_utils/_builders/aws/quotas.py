# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many vCPUs the account may still use, where Service Quotas answers."""

from __future__ import annotations

import re
import typing as t

from .errors import AwsError, doing
from .session import Account
from .tagging import filters

Json = dict[str, t.Any]

_FAMILY = re.compile(r"[a-z]+")
#: Letters that instance types begin with, to the codes of the quotas: on demand, spot.
_CODES = (
    (frozenset("acdhimrtz"), ("L-1216C47A", "L-34B43A08")),
    (frozenset({"g", "gr", "vt"}), ("L-DB2E81BA", "L-3819A6DF")),
    (frozenset("p"), ("L-417A185B", "L-7212CCBC")),
    (frozenset("x"), ("L-7295265B", "L-E3A00192")),
    (frozenset("f"), ("L-74FC7D96", "L-88CF9481")),
    (frozenset({"inf"}), ("L-1945791B", "L-B5D1601B")),
)


def _letters(instance_type: str) -> str:
    match = _FAMILY.match(instance_type)
    return match[0] if match else ""


def family_of(instance_type: str) -> frozenset[str]:
    """Beginnings of the types that share its quota; empty where it is none of the usual ones."""
    letters = _letters(instance_type)
    return next((family for family, _codes in _CODES if letters in family or (letters in ("im", "is") and "i" in family)), frozenset())


def shortage(instance_type: str, vcpus: int, spot: bool, account: Account) -> str | None:
    """Why the account may not launch it; ``None`` when it may, or nobody can tell."""
    family = family_of(instance_type)
    code = next((codes[1 if spot else 0] for known, codes in _CODES if known == family), None)
    if code is None:
        return None
    try:
        with doing("read the quota"):
            quota = float(account.client("service-quotas", attempts=1).get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"]["Value"])
    except AwsError:
        # Not everybody may ask, and not every endpoint answers.
        return None
    used = _used(family, spot, account)
    if used + vcpus <= quota:
        return None
    return f"{instance_type} has {vcpus} vCPUs, {used} of the {quota:g} that the account may use of its family are in use"


def _used(family: frozenset[str], spot: bool, account: Account) -> int:
    with doing("count the vCPUs in use"):
        pages = account.client("ec2").get_paginator("describe_instances").paginate(Filters=filters({"instance-state-name": ["pending", "running"]}))
        found: list[Json] = [instance for page in pages for reservation in page["Reservations"] for instance in reservation["Instances"]]
    counted = [entry for entry in found if family_of(entry["InstanceType"]) == family and (entry.get("InstanceLifecycle") == "spot") == spot]
    return sum(cpu.get("CoreCount", 1) * cpu.get("ThreadsPerCore", 1) for cpu in (entry.get("CpuOptions") or {} for entry in counted))
