# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of vCenter's REST API as data, in both its dialects.

vCenter 7.0 U2 and newer answer below ``/api``: paths with plain identifiers, bodies and answers as they are. Older ones have ``/rest`` only:
identifiers as ``id:…``, actions as ``~action``, bodies in an envelope of their own for each call, answers as ``{"value": …}``.
"""

from __future__ import annotations

import dataclasses

_LIBRARY = "/com/vmware/content/library"
_ITEM = f"{_LIBRARY}/item"
_TAGGING = "/com/vmware/cis/tagging"


@dataclasses.dataclass(frozen=True)
class Call:
    """One call.

    :ivar api: path below ``/api``, with placeholders for its arguments.
    :ivar rest: path below ``/rest``.
    :ivar envelope: key in which ``/rest`` wants the body, ``None`` for a body that is the same in both.
    :ivar safe: whether it can be made again when nobody knows whether the first one arrived.
    """

    method: str
    api: str
    rest: str
    envelope: str | None = None
    safe: bool = False


CALLS = {
    "libraries": Call("GET", "/content/library", _LIBRARY, safe=True),
    "library": Call("GET", "/content/library/{id}", f"{_LIBRARY}/id:{{id}}", safe=True),
    "find_libraries": Call("POST", "/content/library?action=find", f"{_LIBRARY}?~action=find", "spec", safe=True),
    "items": Call("GET", "/content/library/item?library_id={library}", f"{_ITEM}?library_id={{library}}", safe=True),
    "find_items": Call("POST", "/content/library/item?action=find", f"{_ITEM}?~action=find", "spec", safe=True),
    "item": Call("GET", "/content/library/item/{id}", f"{_ITEM}/id:{{id}}", safe=True),
    "create_item": Call("POST", "/content/library/item", _ITEM, "create_spec"),
    "change_item": Call("PATCH", "/content/library/item/{id}", f"{_ITEM}/id:{{id}}", "update_spec", safe=True),
    "delete_item": Call("DELETE", "/content/library/item/{id}", f"{_ITEM}/id:{{id}}", safe=True),
    "item_files": Call("GET", "/content/library/item/{id}/file", f"{_ITEM}/file?library_item_id={{id}}", safe=True),
    "item_storage": Call("GET", "/content/library/item/{id}/storage", f"{_ITEM}/storage?library_item_id={{id}}", safe=True),
    "open_update": Call("POST", "/content/library/item/update-session", f"{_ITEM}/update-session", "create_spec"),
    "update": Call("GET", "/content/library/item/update-session/{id}", f"{_ITEM}/update-session/id:{{id}}", safe=True),
    "keep_update": Call(
        "POST", "/content/library/item/update-session/{id}?action=keep-alive", f"{_ITEM}/update-session/id:{{id}}?~action=keep-alive", safe=True
    ),
    "complete_update": Call("POST", "/content/library/item/update-session/{id}?action=complete", f"{_ITEM}/update-session/id:{{id}}?~action=complete"),
    "cancel_update": Call("POST", "/content/library/item/update-session/{id}?action=cancel", f"{_ITEM}/update-session/id:{{id}}?~action=cancel"),
    "delete_update": Call("DELETE", "/content/library/item/update-session/{id}", f"{_ITEM}/update-session/id:{{id}}", safe=True),
    "updates": Call("GET", "/content/library/item/update-session?library_item_id={item}", f"{_ITEM}/update-session?library_item_id={{item}}", safe=True),
    "add_file": Call("POST", "/content/library/item/update-session/{id}/file", f"{_ITEM}/updatesession/file/id:{{id}}?~action=add", "file_spec"),
    "capture_ovf": Call("POST", "/vcenter/ovf/library-item", "/com/vmware/vcenter/ovf/library-item"),
    "deploy_ovf": Call("POST", "/vcenter/ovf/library-item/{id}?action=deploy", "/com/vmware/vcenter/ovf/library-item/id:{id}?~action=deploy"),
    "filter_ovf": Call("POST", "/vcenter/ovf/library-item/{id}?action=filter", "/com/vmware/vcenter/ovf/library-item/id:{id}?~action=filter", safe=True),
    "capture_template": Call("POST", "/vcenter/vm-template/library-items", "/vcenter/vm-template/library-items", "spec"),
    "template": Call("GET", "/vcenter/vm-template/library-items/{id}", "/vcenter/vm-template/library-items/{id}", safe=True),
    "deploy_template": Call("POST", "/vcenter/vm-template/library-items/{id}?action=deploy", "/vcenter/vm-template/library-items/{id}?action=deploy", "spec"),
    "categories": Call("GET", "/cis/tagging/category", f"{_TAGGING}/category", safe=True),
    "category": Call("GET", "/cis/tagging/category/{id}", f"{_TAGGING}/category/id:{{id}}", safe=True),
    "create_category": Call("POST", "/cis/tagging/category", f"{_TAGGING}/category", "create_spec"),
    "tags_of_category": Call("POST", "/cis/tagging/tag?action=list-tags-for-category", f"{_TAGGING}/tag/id:{{id}}?~action=list-tags-for-category", safe=True),
    "tag": Call("GET", "/cis/tagging/tag/{id}", f"{_TAGGING}/tag/id:{{id}}", safe=True),
    "create_tag": Call("POST", "/cis/tagging/tag", f"{_TAGGING}/tag", "create_spec"),
    "attached_tags": Call(
        "POST", "/cis/tagging/tag-association?action=list-attached-tags", f"{_TAGGING}/tag-association?~action=list-attached-tags", safe=True
    ),
    "attach": Call("POST", "/cis/tagging/tag-association/{id}?action=attach", f"{_TAGGING}/tag-association/id:{{id}}?~action=attach", safe=True),
    "detach": Call("POST", "/cis/tagging/tag-association/{id}?action=detach", f"{_TAGGING}/tag-association/id:{{id}}?~action=detach", safe=True),
}

#: Where a session begins and ends, by dialect.
SESSIONS = {"api": "/session", "rest": "/com/vmware/cis/session"}
