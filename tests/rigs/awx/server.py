# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of AWX's API, on loopback, as the modules of awx.awx use: it stores objects, finds them, and associates them."""

from __future__ import annotations

import hashlib
import http.server
import itertools
import json
import re
import threading
import typing as t
import urllib.parse

Json = dict[str, t.Any]
TOKEN = "rig-token-5f1c"
# What a request may create, and the type that AWX calls it by.
KINDS = {
    "organizations": "organization",
    "credential_types": "credential_type",
    "credentials": "credential",
    "execution_environments": "execution_environment",
    "projects": "project",
    "inventories": "inventory",
    "instance_groups": "instance_group",
    "inventory_sources": "inventory_source",
    "notification_templates": "notification_template",
    "job_templates": "job_template",
    "workflow_job_templates": "workflow_job_template",
    "workflow_job_template_nodes": "workflow_job_template_node",
    "workflow_approval_templates": "workflow_approval_template",
    "schedules": "schedule",
}
UNIFIED = ("projects", "inventory_sources", "job_templates", "workflow_job_templates", "workflow_approval_templates")
# Types of credentials that every AWX has: their kinds, and those of their fields that are secrets.
BUILT_IN = {
    "Amazon Web Services": ("cloud", "password", "security_token"),
    "VMware vCenter": ("cloud", "password"),
    "Vault": ("vault", "vault_password"),
    "Machine": ("ssh", "ssh_key_data"),
    "Container Registry": ("registry", "password"),
    "Source Control": ("scm", "password", "ssh_key_data"),
}
# Kinds that a job template may have.
_OF_JOBS = ("ssh", "vault", "cloud", "net", "kubernetes")
_PATH = re.compile(r"/api/v2/([a-z_]+)/(?:(\d+)/(?:([a-z_]+)/)?)?\Z")


class Refused(Exception):
    """:ivar status: of the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Store:
    """The objects.

    :ivar writes: method and path of every request that changed something.
    :ivar repository: the playbooks that the next update of a project finds.
    """

    def __init__(self) -> None:
        self.objects: dict[str, dict[int, Json]] = {kind: {} for kind in KINDS}
        self.associated: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[int, Json] = {}
        self.writes: list[str] = []
        self.repository = ["build_images.yml", "validate.yml", "verify.yml", "discard.yml", "prune.yml"]
        self._updates: dict[int, Json] = {}
        self._found: dict[int, list[str]] = {}
        self._ids = itertools.count(1)
        self._add("organizations", {"name": "Default"})
        self._add("instance_groups", {"name": "builders"})
        for name, (kind, *_secret) in BUILT_IN.items():
            self._add("credential_types", {"name": name, "kind": kind})

    def named(self, kind: str, name: str) -> Json:
        """An object that the test knows by name."""
        (found,) = [item for item in self.objects[kind].values() if item["name"] == name]
        return found

    def names(self, kind: str) -> list[str]:
        """All objects of a kind."""
        return sorted(item["name"] for item in self.objects[kind].values())

    def related(self, kind: str, name: str, association: str) -> list[str]:
        """Names of what is associated with an object."""
        ids = self.associated.get((kind, self.named(kind, name)["id"], association), [])
        everything = {number: item for items in self.objects.values() for number, item in items.items()}
        return sorted(everything[number].get("name") or everything[number]["identifier"] for number in ids)

    def nodes(self) -> dict[str, list[str]]:
        """Nodes of workflows, each with those that follow its success."""
        kind = "workflow_job_template_nodes"
        found = self.objects[kind]
        followers = {item["id"]: self.associated.get((kind, item["id"], "success_nodes"), []) for item in found.values()}
        return {item["identifier"]: [found[number]["identifier"] for number in followers[item["id"]]] for item in found.values()}

    # -- requests

    def get(self, kind: str, number: int | None, part: str | None, query: Json) -> Json:
        """Answer to a GET."""
        if number is None:
            kinds = UNIFIED if kind == "unified_job_templates" else (kind,)
            items = [item for one in kinds for item in self._all(one)]
            return _page([_shown(item) for item in items if _fits(item, query)])
        if kind == "project_updates":
            return self._updates[number]
        if part is None:
            return _shown(self._one(kind, number))
        if part == "survey_spec":
            return self.surveys.get(number, {})
        ids = self.associated.get((kind, number, part), [])
        return _page([{"id": one} for one in ids])

    def post(self, kind: str, number: int | None, part: str | None, data: Json) -> tuple[int, Json]:
        """Status and answer of a POST."""
        if number is None:
            self._check(kind, data)
            item = self._add(kind, data)
            if kind == "projects":
                return 201, {**item, "summary_fields": {"current_update": {"id": self._update(item)["id"]}}}
            return 201, _shown(item)
        if part == "update":
            return 202, self._update(self._one(kind, number))
        if part == "survey_spec":
            self._check_survey(data)
            self.surveys[number] = data
            return 200, {}
        if part == "create_approval_template":
            approval = self._add("workflow_approval_templates", {"timeout": 0, **data})
            node = self._one(kind, number)
            node["unified_job_template"] = approval["id"]
            node["related"]["unified_job_template"] = approval["url"]
            return 201, _shown(approval)
        ids = self.associated.setdefault((kind, number, str(part)), [])
        if data.get("disassociate"):
            ids.remove(data["id"])
        else:
            if (kind, part) == ("job_templates", "credentials"):
                self._check_credential(self._one("credentials", data["id"]), [self._one("credentials", one) for one in ids])
            ids.append(data["id"])
        return 204, {}

    def patch(self, kind: str, number: int, data: Json) -> Json:
        """Answer to a PATCH."""
        item = self._one(kind, number)
        self._check(kind, {**item, **data})
        item.update(data)
        return _shown(item)

    def delete(self, kind: str, number: int) -> tuple[int, Json]:
        """Status and answer of a DELETE: what another object says of this one goes too."""
        self._one(kind, number)
        del self.objects[kind][number]
        for ids in self.associated.values():
            if number in ids:
                ids.remove(number)
        for schedule in [item for item in self.objects["schedules"].values() if item["unified_job_template"] == number]:
            del self.objects["schedules"][schedule["id"]]
        for node in self.objects["workflow_job_template_nodes"].values():
            if node.get("unified_job_template") == number:
                node["unified_job_template"] = None
        return 204, {}

    def _all(self, kind: str) -> t.Iterable[Json]:
        if kind not in self.objects:
            raise Refused(404, f"no kind {kind}")
        return self.objects[kind].values()

    def _one(self, kind: str, number: int) -> Json:
        if number not in self.objects.get(kind, {}):
            raise Refused(404, f"no {kind} {number}")
        return self.objects[kind][number]

    def _add(self, kind: str, data: Json) -> Json:
        if kind not in KINDS:
            raise Refused(405, f"{kind} cannot be created")
        number = next(self._ids)
        url = f"/api/v2/{kind}/{number}/"
        item = {**data, "id": number, "url": url, "type": KINDS[kind], "related": {}, "summary_fields": {}, "scm_revision": ""}
        if kind == "projects":
            item["related"]["update"] = f"{url}update/"
        if kind in ("job_templates", "workflow_job_templates"):
            item["related"]["survey_spec"] = f"{url}survey_spec/"
        self.objects[kind][number] = item
        return item

    def _update(self, project: Json) -> Json:
        """Read the repository, at once."""
        number = next(self._ids)
        revision = hashlib.sha1("\n".join(self.repository).encode(), usedforsecurity=False).hexdigest()
        project["scm_revision"] = revision
        self._found[project["id"]] = list(self.repository)
        ended = {"status": "successful", "failed": False, "finished": "2026-01-01T00:00:00Z", "event_processing_finished": True}
        self._updates[number] = {"id": number, "url": f"/api/v2/project_updates/{number}/", "scm_revision": revision, **ended}
        return self._updates[number]

    def _check(self, kind: str, data: Json) -> None:
        """AWX's own check of a job template."""
        if kind == "job_templates" and data["playbook"] not in self._found[data["project"]]:
            raise Refused(400, "Playbook not found for project.")

    def _check_credential(self, added: Json, others: list[Json]) -> None:
        """AWX's own checks of the credentials of a job template."""
        kind = self._one("credential_types", added["credential_type"])
        if kind["kind"] not in _OF_JOBS:
            raise Refused(400, f"Cannot assign a Credential of kind `{kind['kind']}`.")
        same = [item for item in others if item["credential_type"] == kind["id"]]
        if any(item["inputs"].get("vault_id") == added["inputs"].get("vault_id") for item in same):
            raise Refused(400, f"Cannot assign multiple {kind['name']} credentials.")

    def _check_survey(self, survey: Json) -> None:
        """AWX's own checks of a survey."""
        for question in survey["spec"]:
            if question["type"] in ("multiplechoice", "multiselect") and not question["choices"]:
                raise Refused(400, f"choices are missing in {question['variable']}")
            if question["type"] == "multiplechoice" and question["default"] not in question["choices"].split("\n"):
                raise Refused(400, f"the default of {question['variable']} is none of its choices")


def _fits(item: Json, query: Json) -> bool:
    either = {key.removeprefix("or__"): value for key, value in query.items() if key.startswith("or__")}
    both = {key: value for key, value in query.items() if not key.startswith("or__")}
    return all(str(item.get(key)) == value for key, value in both.items()) and (not either or any(str(item.get(key)) == value for key, value in either.items()))


def _page(items: list[Json]) -> Json:
    return {"count": len(items), "next": None, "results": items}


def _shown(item: Json) -> Json:
    """As AWX shows it: never a secret."""
    if item["type"] != "credential":
        return item
    secret = {name for _kind, *names in BUILT_IN.values() for name in names}
    return {**item, "inputs": {key: "$encrypted$" if key in secret else value for key, value in item["inputs"].items()}}


class _Handler(http.server.BaseHTTPRequestHandler):
    store: Store

    def log_message(self, *_arguments: t.Any) -> None:
        """Silence."""

    def _serve(self, method: str) -> None:
        address = urllib.parse.urlsplit(self.path)
        try:
            status, answer = self._answer(method, address.path, dict(urllib.parse.parse_qsl(address.query)))
        except Refused as refused:
            status, answer = refused.status, {"error": str(refused), "detail": str(refused)}
        body = b"" if status == 204 else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, method: str, path: str, query: Json) -> tuple[int, Json]:
        data = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refused(401, "no token")
        match = _PATH.match(path)
        if match is None:
            raise Refused(404, f"no such address {path}")
        kind, number, part = match[1], int(match[2]) if match[2] else None, match[3]
        if method == "GET":
            return 200, self.store.get(kind, number, part, query)
        self.store.writes.append(f"{method} {path}")
        if method == "DELETE" and number is not None:
            return self.store.delete(kind, number)
        if method == "PATCH" and number is not None:
            return 200, self.store.patch(kind, number, data)
        return self.store.post(kind, number, part, data)

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_PATCH(self) -> None:
        self._serve("PATCH")

    def do_DELETE(self) -> None:
        self._serve("DELETE")


class AwxServer:
    """The running server.

    :ivar store: what it knows.
    """

    def __init__(self) -> None:
        self.store = Store()
        handler = type("Handler", (_Handler,), {"store": self.store})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        """What the modules take their login from."""
        return {"CONTROLLER_HOST": f"http://127.0.0.1:{self._server.server_port}", "CONTROLLER_OAUTH_TOKEN": TOKEN}

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
