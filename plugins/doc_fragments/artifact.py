# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The artifact that a post-processor gets."""

from __future__ import annotations


class ModuleDocFragment:
    """Found by ansible-doc."""

    DOCUMENTATION = r"""
options:
  artifact:
    description: The record of the artifact, as a build or a post-processor returns it.
    type: dict
    required: true
"""
