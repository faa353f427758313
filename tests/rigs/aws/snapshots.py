# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots with a content, and with an owner."""

from __future__ import annotations

import typing as t

from moto.ec2.models.elastic_block_store import EBSBackend
from moto.ec2.responses import EC2Response

from .patching import PLATFORM, replaces


@replaces(EBSBackend)
class SnapshotContents:
    """A snapshot of a root volume has the content of the instance."""

    def create_snapshot(self: t.Any, volume_id: str, *arguments: t.Any, **options: t.Any) -> t.Any:
        snapshot = SnapshotContents.was.create_snapshot(self, volume_id, *arguments, **options)
        volume = self.get_volume(volume_id)
        attachment = volume.attachment
        if attachment and attachment.device == attachment.instance.root_device_name:
            PLATFORM.containers.capture(attachment.instance.id, snapshot.id)
        elif volume.snapshot_id:
            PLATFORM.containers.copy(volume.snapshot_id, snapshot.id)
        return snapshot

    def copy_snapshot(self: t.Any, source_snapshot_id: str, *arguments: t.Any, **options: t.Any) -> t.Any:
        snapshot = SnapshotContents.was.copy_snapshot(self, source_snapshot_id, *arguments, **options)
        PLATFORM.containers.copy(source_snapshot_id, snapshot.id)
        return snapshot

    def delete_snapshot(self: t.Any, snapshot_id: str) -> t.Any:
        snapshot = SnapshotContents.was.delete_snapshot(self, snapshot_id)
        PLATFORM.containers.forget(snapshot_id)
        return snapshot


@replaces(EC2Response)
class SnapshotCalls:
    """moto shows everybody's snapshots to those who ask for their own."""

    def describe_snapshots(self: t.Any) -> t.Any:
        result = SnapshotCalls.was.describe_snapshots(self)
        owners = [self.current_account if owner == "self" else owner for owner in self._get_param("OwnerIds", [])]
        shown = result.result["Snapshots"]
        result.result["Snapshots"] = [one for one in shown if not owners or one.owner_id in owners]
        return result
