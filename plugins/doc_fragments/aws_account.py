# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say who asks AWS, and where."""

from __future__ import annotations


class ModuleDocFragment:
    """For everything whose argument spec has ``AUTH_SPEC``."""

    DOCUMENTATION = r"""
options:
  region:
    description: Region. When not given, as E(AWS_REGION), E(AWS_DEFAULT_REGION) or the profile say.
    type: str
  profile:
    description:
      - Profile of the AWS settings of the user that runs Ansible.
      - When neither it nor O(access_key) is given, credentials are found as every program of AWS does, E(AWS_PROFILE), E(AWS_ACCESS_KEY_ID) and so on.
    type: str
  credentials_file:
    description: File with credentials, instead of C(~/.aws/credentials).
    type: path
  access_key:
    description: Access key; needs O(secret_key).
    type: str
  secret_key:
    description: Secret key of O(access_key).
    type: str
  session_token:
    description: Token of temporary credentials, with O(access_key) and O(secret_key).
    type: str
  assume_role:
    description:
      - A role to assume with those credentials.
      - Within a build its temporary credentials are kept in the build's run folder, readable by the user alone, until the run ends.
    type: dict
    suboptions:
      role_arn:
        description: ARN of the role.
        type: str
        required: true
      external_id:
        description: External id that the role's trust policy asks for.
        type: str
      session_name:
        description: Name of the session in AWS' logs.
        type: str
      duration:
        description: Seconds that the credentials are good for. Without MFA they are renewed in time by themselves.
        type: int
      mfa_serial:
        description: ARN or serial number of an MFA device.
        type: str
      mfa_token:
        description: Its code of the moment; needs O(assume_role.mfa_serial).
        type: str
      tags:
        description: Session tags.
        type: dict
        default: {}
      transitive_tag_keys:
        description: Session tags that roles assumed from this one get too.
        type: list
        elements: str
        default: []
      policy:
        description: Policy that the session is narrowed to.
        type: dict
      policy_arns:
        description: ARNs of managed policies that the session is narrowed to.
        type: list
        elements: str
        default: []
  endpoint_url:
    description: Address of a server to ask instead of AWS. When not given, E(AWS_ENDPOINT_URL).
    type: str
  endpoint_urls:
    description: Such addresses of single services, like C(ec2) or C(sts).
    type: dict
    default: {}
  validate_certs:
    description: Check the server's certificate.
    type: bool
    default: true
  ca_bundle:
    description: File with the certificates to check it with.
    type: path
  max_retries:
    description: How often a call is repeated that AWS limits or that gets no answer.
    type: int
    default: 10
  retry_mode:
    description: How; V(adaptive) also slows down before AWS limits the calls.
    type: str
    choices: [standard, adaptive]
    default: standard
  api_timeout:
    description: Seconds that one call may take.
    type: int
    default: 60
requirements:
  - boto3 (Python package)
"""
