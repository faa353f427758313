# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The REST API in both its dialects, content libraries, tags."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.library import Library, LibraryItem, ovf_errors
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.rest import Rest, RestError, is_missing, refusal
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.tags import as_tags, check_tags, tag_actions
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError


class Answer:
    reason = ""

    def __init__(self, status: int, body: t.Any = None) -> None:
        self.status_code = status
        self.text = "" if body is None else json.dumps(body)

    def json(self) -> t.Any:
        return json.loads(self.text)


class Web:
    """Answers by method and path; remembers what it was asked."""

    def __init__(self, answers: dict[str, list[Answer | OSError]]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, t.Any, str]] = []

    def request(self, method: str, url: str, **options: t.Any) -> Answer:
        path = url.removeprefix("https://vc:443")
        key = f"{method} {path}"
        self.asked.append((key, options.get("json"), (options.get("headers") or {}).get("vmware-api-session-id", "")))
        given = self.answers.get(key) or [Answer(404)]
        answer = given.pop(0) if len(given) > 1 else given[0]
        if isinstance(answer, OSError):
            raise answer
        return answer

    def delete(self, url: str, **options: t.Any) -> Answer:
        return self.request("DELETE", url, **options)


class VCenter:
    base_url = "https://vc:443"
    hostname = "vc"

    def __init__(self, answers: dict[str, list[t.Any]]) -> None:
        self.auth = {"username": "me@vsphere.local", "password": "s3cret", "api_timeout": 5}
        self._web = Web(answers)

    def web(self) -> Web:
        return self._web


API_SESSION, REST_SESSION = "POST /api/session", "POST /rest/com/vmware/cis/session"


def rest(answers: dict[str, list[t.Any]]) -> tuple[Rest, Web]:
    vcenter = VCenter(answers)
    return Rest(t.cast(t.Any, vcenter)), vcenter.web()


def test_the_newer_dialect_is_spoken_where_it_is_understood() -> None:
    made, web = rest(
        {
            API_SESSION: [Answer(201, "token")],
            "POST /api/content/library?action=find": [Answer(200, ["lib-1"])],
            "PATCH /api/content/library/item/it%2F1": [Answer(204)],
        }
    )
    assert Library(made).find("images") == "lib-1"
    Library(made).change("it/1", name="web")
    assert web.asked[1:] == [
        ("POST /api/content/library?action=find", {"name": "images"}, "token"),
        ("PATCH /api/content/library/item/it%2F1", {"name": "web"}, "token"),
    ]
    assert made.mapping({"a": "b"}) == {"a": "b"}


def test_the_older_dialect_has_envelopes() -> None:
    made, web = rest(
        {REST_SESSION: [Answer(200, {"value": "token"})], "POST /rest/com/vmware/content/library?~action=find": [Answer(200, {"value": ["lib-1"]})]}
    )
    assert Library(made).find("images") == "lib-1"
    assert web.asked[-1] == ("POST /rest/com/vmware/content/library?~action=find", {"spec": {"name": "images"}}, "token")
    assert made.mapping({"a": "b"}) == [{"key": "a", "value": "b"}]


def test_a_session_that_ended_is_opened_again_and_the_call_made_again() -> None:
    made, web = rest(
        {API_SESSION: [Answer(201, "one"), Answer(201, "two")], "POST /api/content/library/item": [Answer(401), Answer(201, "item-1")]},
    )
    assert made.call("create_item", {"name": "web"}, what="make it") == "item-1"
    assert [token for key, _body, token in web.asked if key.endswith("/item")] == ["one", "two"]


def test_what_only_asks_is_asked_again_when_the_connection_breaks_and_what_makes_is_not() -> None:
    made, web = rest(
        {
            API_SESSION: [Answer(201, "token")],
            "GET /api/content/library": [OSError("gone"), Answer(200, [])],
            "POST /api/content/library/item": [OSError("gone")],
        }
    )
    assert made.call("libraries", what="list them") == []
    with pytest.raises(RestError, match="could not make it: the connection failed"):
        made.call("create_item", {}, what="make it")
    assert len([key for key, _body, _token in web.asked if key == "POST /api/content/library/item"]) == 1


def test_a_wrong_password_and_a_host_without_the_api_are_told() -> None:
    made, _web = rest({API_SESSION: [Answer(401, {"error_type": "UNAUTHENTICATED", "messages": [{"default_message": "Authentication required."}]})]})
    with pytest.raises(RestError, match=r"as me@vsphere\.local: Authentication required") as caught:
        made.call("libraries", what="list them")
    assert "s3cret" not in str(caught.value)
    made, _web = rest({})
    with pytest.raises(RestError, match="has no REST API"):
        made.call("libraries", what="list them")


def test_the_session_is_ended() -> None:
    made, web = rest({API_SESSION: [Answer(201, "token")], "GET /api/content/library": [Answer(200, [])], "DELETE /api/session": [Answer(204)]})
    made.call("libraries", what="list them")
    made.close()
    assert web.asked[-1] == ("DELETE /api/session", None, "token")


@pytest.mark.parametrize(
    ("status", "body", "code", "text"),
    [
        (400, {"error_type": "ALREADY_EXISTS", "messages": [{"default_message": "It is there."}]}, "ALREADY_EXISTS", "It is there"),
        (400, {"type": "com.vmware.vapi.std.errors.already_exists", "value": {"messages": [{"default_message": "There."}]}}, "ALREADY_EXISTS", "There"),
        (404, None, "HTTP 404", "could not do it"),
        (507, "full", "HTTP 507", "full"),
    ],
)
def test_refusals_are_read_in_both_dialects(status: int, body: t.Any, code: str, text: str) -> None:
    error = refusal(status, body, "do it")
    assert error.code == code and text in str(error) and is_missing(error) is (status == 404)


def test_a_library_that_is_not_there_is_refused_with_similar_ones() -> None:
    made, _web = rest(
        {
            API_SESSION: [Answer(201, "token")],
            "POST /api/content/library?action=find": [Answer(200, [])],
            "GET /api/content/library": [Answer(200, ["1"])],
            "GET /api/content/library/1": [Answer(200, {"id": "1", "name": "images"})],
        }
    )
    with pytest.raises(BuilderError, match=r"no content library imagse.*images"):
        Library(made).find("imagse")


def test_items_are_found_by_their_exact_name() -> None:
    made, _web = rest(
        {
            API_SESSION: [Answer(201, "token")],
            "POST /api/content/library/item?action=find": [Answer(200, ["1", "2"])],
            "GET /api/content/library/item/1": [Answer(200, {"id": "1", "name": "WEB", "type": "ovf"})],
            "GET /api/content/library/item/2": [Answer(200, {"id": "2", "name": "web", "type": "ovf", "content_version": "3"})],
        }
    )
    assert Library(made).item("lib", "web") == LibraryItem("2", "", "web", "ovf", "3", "", "", "", 0)


def test_reasons_of_a_failed_deployment_are_told() -> None:
    answer = {"succeeded": False, "error": {"errors": [{"category": "SERVER", "error": {"messages": [{"default_message": "No room."}]}}]}}
    assert ovf_errors(answer) == "No room"
    assert ovf_errors({}) == "it gave no reason"


def test_tags_that_are_missing_are_attached_and_others_stay_unless_a_category_allows_one_only() -> None:
    present = {"os": ["debian"], "team": ["a"], "stage": ["test"]}
    wanted = as_tags({"os": ["debian", "linux"], "team": "b", "new": "x"})
    assert tag_actions(present, wanted, single=["team"]) == [
        ("attach", "os", "linux"),
        ("detach", "team", "a"),
        ("attach", "team", "b"),
        ("attach", "new", "x"),
    ]


@pytest.mark.parametrize("tags", [{"os": []}, {"": "x"}, {"os": {"a": "b"}}, {"os": [""]}])
def test_tags_without_a_name_are_refused(tags: dict[str, t.Any]) -> None:
    with pytest.raises(BuilderError, match="image_tags"):
        check_tags(tags, "image_tags")
