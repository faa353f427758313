# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disk files on their way to and from S3."""

from __future__ import annotations

import contextlib
import os
import pathlib
import threading
import typing as t

from ..._lifecycle.artifact import ArtifactFile
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.files import fsync_directory, sha256_file
from .errors import AwsError, doing, missing
from .image_waiting import Progress, Say
from .session import Account

try:
    from boto3.exceptions import Boto3Error
except ImportError:
    Boto3Error = ()

Json = dict[str, t.Any]


@contextlib.contextmanager
def _moving(what: str) -> t.Iterator[None]:
    """What moving files raises beside botocore's errors.

    :param what: completes "AWS could not …".
    """
    with doing(what):
        try:
            yield
        except (Boto3Error, OSError) as error:
            raise BuilderError(f"AWS could not {what}: {error}") from error


class _Meter:
    """Adds up what several threads have moved, and tells of it."""

    def __init__(self, what: str, total: int, say: Say) -> None:
        self._what = what
        self._total = max(total, 1)
        self._progress = Progress(say)
        self._moved = 0
        self._lock = threading.Lock()

    def __call__(self, count: int) -> None:
        with self._lock:
            self._moved += count
            self._progress.tell(self._what, self._moved * 100 // self._total)


def check_bucket(account: Account, bucket: str) -> None:
    """:raises BuilderError: for a bucket that is not there, or in another region: EC2 uses none of those."""
    with doing(f"look at the bucket {bucket}", f"bucket {bucket}", "Create it first, in the region of the image"):
        answer = account.client("s3").head_bucket(Bucket=bucket)
    region = answer.get("BucketRegion") or answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("x-amz-bucket-region")
    if region and region != account.region:
        raise BuilderError(f"the bucket {bucket} is in {region}, and the image in {account.region}", hint="Use a bucket in the region of the image")


def object_facts(account: Account, bucket: str, key: str) -> Json | None:
    """Size and entity tag of an object; ``None`` when there is none."""
    try:
        with doing(f"look at s3://{bucket}/{key}"):
            answer = account.client("s3").head_object(Bucket=bucket, Key=key)
    except AwsError as error:
        if missing(error):
            return None
        raise
    return {"size": int(answer["ContentLength"]), "etag": str(answer.get("ETag", "")).strip('"')}


def upload(account: Account, path: pathlib.Path, bucket: str, key: str, encryption: t.Mapping[str, str], say: Say) -> None:
    """A file to an object, in several parts at a time."""
    say(f"uploading {path.name} to s3://{bucket}/{key}")
    meter = _Meter(f"uploading {path.name}", path.stat().st_size, say)
    with _moving(f"upload {path} to s3://{bucket}/{key}"):
        account.client("s3").upload_file(str(path), bucket, key, ExtraArgs=dict(encryption) or None, Callback=meter)


def download(account: Account, bucket: str, key: str, path: pathlib.Path, kind: str, say: Say) -> ArtifactFile:
    """An object to a file, which gets its name when it is complete."""
    facts = object_facts(account, bucket, key)
    if facts is None:
        raise BuilderError(f"there is no object s3://{bucket}/{key}")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    say(f"downloading s3://{bucket}/{key}")
    meter = _Meter(f"downloading {path.name}", facts["size"], say)
    try:
        with _moving(f"download s3://{bucket}/{key} to {path}"):
            account.client("s3").download_file(bucket, key, str(partial), Callback=meter)
        size = partial.stat().st_size
        if size != facts["size"]:
            raise BuilderError(f"s3://{bucket}/{key} has {facts['size']} bytes, and {size} were downloaded")
        digest = sha256_file(partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    fsync_directory(path.parent)
    return ArtifactFile(str(path), kind, size, digest)
