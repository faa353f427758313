# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option with which registries are logged in to."""

from __future__ import annotations


class ModuleDocFragment:
    """Found by ansible-doc."""

    DOCUMENTATION = r"""
options:
  login:
    description:
      - Login for the registry, sent to the daemon with the call and kept nowhere.
      - Without it E(GOLDEN_REGISTRY_USERNAME) and E(GOLDEN_REGISTRY_PASSWORD) are used for the registry E(GOLDEN_REGISTRY_SERVER) and for no other,
        and else what C(docker login) stored.
    type: dict
    suboptions:
      username:
        description: User.
        type: str
      password:
        description: Password or token.
        type: str
      server:
        description: Address of the registry.
        type: str
      ecr:
        description:
          - Get a user and a password from Amazon ECR, with the AWS credentials that the controller has.
          - Needs the Python package boto3, and O(login.server), such as V(123456789012.dkr.ecr.eu-west-1.amazonaws.com) or V(public.ecr.aws).
        type: bool
        default: false
      ecr_profile:
        description: Profile of the AWS configuration to use for O(login.ecr).
        type: str
"""
