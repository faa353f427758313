# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks AWS: options, environment, assumed roles; and what of that may be written down."""

from __future__ import annotations

import datetime
import json
import pathlib
import typing as t

import pytest
from botocore.stub import Stubber

from ansible_collections.golden.images.plugins.module_utils._builders.aws.role_credentials import RoleCredentials, request_of
from ansible_collections.golden.images.plugins.module_utils._builders.aws.session import Account, check_account, load_service_models
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, MissingDependencyError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import utc_now

KEYS = {"access_key": "AKIDEXAMPLE", "secret_key": "top-secret", "session_token": "secret-token"}
ROLE = {"role_arn": "arn:aws:iam::123456789012:role/builder", "external_id": "build-7", "mfa_serial": "arn:aws:iam::123456789012:mfa/me", "mfa_token": "998877"}


def test_the_region_of_the_options_beats_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-2")
    assert Account.of(KEYS).region == "us-east-2"
    monkeypatch.setenv("AWS_REGION", "us-west-1")
    assert Account({**KEYS}, None).region == "us-west-1"
    assert Account.of({**KEYS, "region": "eu-west-3"}).region == "eu-west-3"


def test_without_a_region_it_says_where_to_set_one() -> None:
    with pytest.raises(BuilderError, match=r"no AWS region is given.*AWS_REGION"):
        Account.of(KEYS)


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(BuilderError, match=r"profile \(nope\).*Check the option profile"):
        Account.of({"region": "eu-west-1", "profile": "nope"}).client("ec2")


def test_missing_boto3_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.golden.images.plugins.module_utils._builders.aws.session.boto3", None)
    with pytest.raises(MissingDependencyError, match=r"boto3 is not installed.*pip install boto3"):
        Account.of({**KEYS, "region": "eu-west-1"})


def test_what_is_known_of_services_is_there_once() -> None:
    load_service_models()
    one, other = (Account({**KEYS, "region": region}, None) for region in ("eu-west-1", "eu-west-2"))
    models = [account._session._session.get_component("data_loader") for account in (one, other)]
    assert models[0] is models[1]
    assert models[0].load_service_model("ec2", "service-2") is models[1].load_service_model("ec2", "service-2")
    assert one.client("ec2").meta.service_model.api_version == other.client("ec2").meta.service_model.api_version


def test_a_journal_line_holds_the_place_and_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setattr(RoleCredentials, "_assume", lambda self: credentials(1))
    options = {**KEYS, "region": "eu-west-1", "endpoint_url": "http://127.0.0.1:1", "assume_role": ROLE}
    account = Account.in_context(options, Context(build={"run_dir": str(tmp_path)}))
    details = account.resource("instance", "golden-web", id="i-1").details
    assert details["connection"]["region"] == "eu-west-1"
    assert details["connection"]["assume_role"]["external_id"] == "build-7"
    assert details["credentials_cache"] == str(tmp_path)
    for secret in (*KEYS.values(), ROLE["mfa_token"], "SECRET1", "TOKEN1"):
        assert secret not in json.dumps(details)


def test_a_resource_is_found_where_it_was_made_with_the_secrets_of_today() -> None:
    where = Account({**KEYS, "region": "eu-west-1"}, None).resource("instance", "golden-web")
    account = Account.of_resource(where, {**KEYS, "region": "us-east-1"})
    assert account.region == "eu-west-1"
    assert account.client("ec2")._request_signer._credentials.secret_key == "top-secret"


def test_another_process_discards_with_the_credentials_of_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    answers = [credentials(1)]
    monkeypatch.setattr(RoleCredentials, "_assume", lambda self: answers.pop(0))
    options = {**KEYS, "region": "eu-west-1", "assume_role": ROLE}
    folder = tmp_path / "run" / "web.aws"
    line = Account.in_context(options, Context(build={"run_dir": str(folder)})).resource("instance", "golden-web")
    monkeypatch.setattr(Account, "_known", {})
    watcher = Account.of_resource(line, options)
    assert watcher.client("ec2")._request_signer._credentials.access_key == "KEY1"


def test_a_code_of_mfa_serves_every_region_of_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [credentials(1)]
    monkeypatch.setattr(RoleCredentials, "_assume", lambda self: answers.pop(0))
    account = Account.of({**KEYS, "region": "eu-west-1", "assume_role": ROLE})
    there = account.in_region("us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    answers.append(credentials(2))
    elsewhere = Account.of({**KEYS, "region": "eu-west-3", "assume_role": ROLE})
    keys = [one.client("ec2")._request_signer._credentials.access_key for one in (account, there, elsewhere)]
    assert keys == ["KEY1", "KEY1", "KEY2"]


def test_clients_are_made_once_and_in_the_region_asked_for() -> None:
    account = Account.of({**KEYS, "region": "eu-west-1"})
    assert account.client("ec2") is account.client("ec2")
    assert account.client("ec2", "us-east-1").meta.region_name == "us-east-1"
    assert account.in_region("us-east-1").region == "us-east-1"
    assert account.in_region("eu-west-1") is account
    assert Account.of({"region": "eu-west-1", **KEYS}) is account


def test_single_services_may_be_elsewhere() -> None:
    account = Account.of({**KEYS, "region": "eu-west-1", "endpoint_url": "http://127.0.0.1:1", "endpoint_urls": {"sts": "http://127.0.0.1:2"}})
    assert account.client("ec2").meta.endpoint_url == "http://127.0.0.1:1"
    assert account.client("sts").meta.endpoint_url == "http://127.0.0.1:2"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"access_key": "a"}, "belong together"),
        ({"secret_key": "a"}, "belong together"),
        ({"session_token": "a"}, "session_token belongs"),
        ({"access_key": "a", "secret_key": "b", "profile": "c"}, "two ways"),
        ({"ca_bundle": "/ca.pem", "validate_certs": False}, "ca_bundle"),
        ({"max_retries": -1}, "max_retries"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(BuilderError, match=reason):
        check_account(options)


def credentials(number: int, minutes: int = 60) -> dict[str, str]:
    expiry = utc_now() + datetime.timedelta(minutes=minutes)
    return {"access_key": f"KEY{number}", "secret_key": f"SECRET{number}", "token": f"TOKEN{number}", "expiry_time": expiry.isoformat()}


def role_credentials(cache: pathlib.Path | None, monkeypatch: pytest.MonkeyPatch, answers: list[dict[str, str]]) -> RoleCredentials:
    monkeypatch.setattr(RoleCredentials, "_assume", lambda self: answers.pop(0))
    return RoleCredentials(ROLE, lambda: None, cache, ["profile", None])


def test_a_code_of_mfa_serves_every_process_and_build_of_a_run(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [credentials(1)]
    first = role_credentials(tmp_path / "run" / "web.aws", monkeypatch, answers).refresh()
    again = role_credentials(tmp_path / "run" / "web.aws", monkeypatch, answers).refresh()
    sibling = role_credentials(tmp_path / "run" / "db.aws", monkeypatch, answers).refresh()
    assert first == again == sibling
    (kept,) = (tmp_path / "run" / "web.aws").iterdir()
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_credentials_that_end_soon_are_renewed(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [credentials(1, minutes=10), credentials(2)]
    keeper = role_credentials(tmp_path / "run" / "web.aws", monkeypatch, answers)
    assert keeper.refresh()["access_key"] == "KEY1"
    assert keeper.refresh()["access_key"] == "KEY2"


def test_another_role_or_another_user_gets_credentials_of_its_own(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [credentials(1), credentials(2)]
    monkeypatch.setattr(RoleCredentials, "_assume", lambda self: answers.pop(0))
    one = RoleCredentials(ROLE, lambda: None, tmp_path / "run" / "b", ["me"]).refresh()
    other = RoleCredentials(ROLE, lambda: None, tmp_path / "run" / "b", ["you"]).refresh()
    assert one != other


def test_the_role_is_assumed_with_all_that_was_said() -> None:
    role = {
        **ROLE,
        "session_name": "golden",
        "duration": 3600,
        "tags": {"team": "images"},
        "transitive_tag_keys": ["team"],
        "policy": {"Version": "2012-10-17", "Statement": []},
        "policy_arns": ["arn:aws:iam::aws:policy/PowerUserAccess"],
    }
    sts = Account({**KEYS, "region": "eu-west-1"}, None).client("sts")
    expected = {**request_of(role), "TokenCode": "998877"}
    assert set(expected) == {
        *("RoleArn", "RoleSessionName", "DurationSeconds", "ExternalId", "SerialNumber", "TokenCode"),
        *("Policy", "PolicyArns", "Tags", "TransitiveTagKeys"),
    }
    with Stubber(sts) as stubber:
        answer = {"AccessKeyId": "A" * 16, "SecretAccessKey": "s", "SessionToken": "t", "Expiration": utc_now()}
        stubber.add_response("assume_role", {"Credentials": answer}, expected)
        found = RoleCredentials(role, lambda: sts, None, []).refresh()
    assert found["token"] == "t"


def test_a_role_that_may_not_be_assumed_is_explained() -> None:
    sts = Account({**KEYS, "region": "eu-west-1", "max_retries": 0}, None).client("sts")
    with Stubber(sts) as stubber:
        stubber.add_client_error("assume_role", "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.")
        with pytest.raises(BuilderError, match=r"assume the role .*/builder") as caught:
            RoleCredentials(ROLE, lambda: sts, None, []).refresh()
    assert "trust policy" in str(caught.value)
    assert "998877" not in str(caught.value)
