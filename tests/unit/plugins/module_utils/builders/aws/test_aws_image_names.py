# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of images: what templates know, what EC2 takes, and what nobody else looks for."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.aws.image_names import (
    LONGEST,
    image_name,
    is_temporary,
    temporary_name,
    temporary_stem,
)
from ansible_collections.golden.images.plugins.module_utils._builders.aws.image_options import DEFAULT_NAME
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.name_templates import check_template, render

from .image_samples import BUILD, RUN

NOON = datetime.datetime(2026, 1, 31, 12, 0, tzinfo=datetime.UTC)


def test_the_default_name_differs_for_each_build() -> None:
    assert image_name(DEFAULT_NAME, BUILD, NOON) == "web-1.4.0-aws-20260131T120000Z"


def test_all_placeholders() -> None:
    text = render("{image} {builder} {version} {fingerprint} {date} {time} {run} {source}", "image_name", BUILD, NOON)
    assert text == f"web aws 1.4.0 ffffffffffff 20260131 20260131T120000Z {RUN} ami-0123456789abcdef0"


def test_moments_are_given_in_utc() -> None:
    east = NOON.astimezone(datetime.timezone(datetime.timedelta(hours=14)))
    assert image_name("web-{time}", {}, east) == "web-20260131T120000Z"


def test_characters_that_ec2_does_not_take_become_dashes() -> None:
    assert image_name("web:1+2 (a)[b]./-'@_", {}, NOON) == "web-1-2 (a)[b]./-'@_"
    assert image_name("wäb§§1", {}, NOON) == "w-b-1"


@pytest.mark.parametrize("name", ["ab", "x" * (LONGEST + 1)])
def test_names_of_a_length_that_ec2_refuses_are_not_cut(name: str) -> None:
    with pytest.raises(BuilderError, match=f"{len(name)} characters"):
        image_name(name, {}, NOON)


def test_an_unknown_placeholder_is_refused_with_those_there_are() -> None:
    with pytest.raises(BuilderError, match=r"unknown placeholder .nmae.*builder, date"):
        check_template("web-{nmae}", "image_name")


def test_outside_a_build_only_the_moment_is_known() -> None:
    with pytest.raises(BuilderError, match="within a build only"):
        image_name("{image}-1", {}, NOON)


def test_temporary_names_match_no_pattern_for_the_final_one_and_are_the_same_for_a_guest() -> None:
    name = temporary_name(temporary_stem(BUILD, "x"), "captured")
    assert is_temporary(name) and not is_temporary("web-1")
    assert name == temporary_name(temporary_stem(BUILD, "y"), "captured") == f"golden-temporary/golden-web-aws-{RUN}-captured"
    assert len(temporary_name("x" * 300, "copied")) == LONGEST
    assert temporary_name(temporary_stem({}, "i-1"), "captured") == "golden-temporary/i-1-captured"
