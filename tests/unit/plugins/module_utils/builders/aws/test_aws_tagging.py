# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags and filters as AWS takes them."""

from __future__ import annotations

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws.tagging import as_dict, check_tags, filters, specifications, text_tags
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError


def test_everything_is_tagged_from_its_creation_on() -> None:
    made = specifications({"golden.run": "abc"}, "instance", "volume")
    assert [entry["ResourceType"] for entry in made] == ["instance", "volume"]
    assert all(as_dict(entry["Tags"]) == {"golden.run": "abc"} for entry in made)
    assert specifications({}, "instance") == []


def test_values_are_text() -> None:
    assert text_tags({"a": True, "b": None, "c": 7}) == {"a": "true", "b": "", "c": "7"}


def test_a_filter_takes_one_value_or_several() -> None:
    assert filters({"state": "available", "architecture": ["x86_64", "arm64"], "is-default": True}) == [
        {"Name": "state", "Values": ["available"]},
        {"Name": "architecture", "Values": ["x86_64", "arm64"]},
        {"Name": "is-default", "Values": ["true"]},
    ]


@pytest.mark.parametrize("tags", [{"aws:x": "y"}, {"": "y"}, {"k" * 129: "y"}, {"k": "v" * 257}, {str(number): "" for number in range(51)}])
def test_what_aws_would_refuse_is_refused(tags: dict[str, str]) -> None:
    with pytest.raises(BuilderError, match="guest_tags"):
        check_tags(tags, "guest_tags")


def test_what_aws_takes_is_taken() -> None:
    check_tags({"k" * 128: "v" * 256}, "guest_tags")
