# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that the tests order, and the log of calls, in front of moto; and the tests' own calls below ``/rig/``."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import socket
import threading
import time
import traceback
import typing as t
import urllib.parse

Environ = dict[str, t.Any]
StartResponse = t.Callable[..., t.Any]
Application = t.Callable[[Environ, StartResponse], t.Iterable[bytes]]

CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")
THROTTLED = {"ec2": "RequestLimitExceeded", "iam": "Throttling", "sts": "Throttling", "s3": "SlowDown"}


@dataclasses.dataclass
class Call:
    """One call, as the log has it."""

    action: str
    service: str = ""
    region: str = ""
    access_key: str = ""
    parameters: dict[str, str] = dataclasses.field(default_factory=dict)
    code: str = ""


@dataclasses.dataclass
class Rule:
    """A fault.

    :ivar action: of the calls that it hits, but not of dry runs; ``*`` for all.
    :ivar parameters: what such calls say, as EC2's query has it; a value may be the beginning of what they say.
    :ivar code: the error; ``throttled`` is what the service in question says to too many calls; empty for no error.
    :ivar since: an action; calls pass until there was one of this action after the fault was ordered.
    :ivar skip: how many calls pass first.
    :ivar times: how many are hit then.
    :ivar each: whether ``times`` is counted for each action on its own.
    :ivar answer: ``lost`` does what was asked and cuts the connection.
    :ivar delay: seconds between what was asked and the answer.
    """

    action: str = "*"
    code: str = ""
    status: int = 400
    message: str = "the rig was told to fail"
    region: str = ""
    access_key: str = ""
    parameters: dict[str, str] = dataclasses.field(default_factory=dict)
    since: str = ""
    skip: int = 0
    times: int = 1
    each: bool = False
    answer: str = ""
    delay: float = 0
    hits: dict[str, int] = dataclasses.field(default_factory=dict)

    def concerns(self, call: Call, known: t.Collection[str]) -> bool:
        """Whether this call is hit; counts it.

        :param known: the actions that were called since the fault was ordered.
        """
        if self.since and self.since not in known:
            return False
        if self.action != "*" and call.parameters.get("DryRun") == "true":
            return False
        same = self.action in ("*", call.action) and self.region in ("", call.region) and self.access_key in ("", call.access_key)
        if not same or not all(call.parameters.get(name, "").startswith(value) for name, value in self.parameters.items()):
            return False
        key = call.action if self.each else ""
        self.hits[key] = self.hits.get(key, 0) + 1
        return self.skip < self.hits[key] <= self.skip + self.times


def read_call(environ: Environ) -> Call:
    """What is asked; the body can be read again afterwards."""
    signed = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    access_key, region, service = signed.groups() if signed else ("", "", "")
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return Call(target.rpartition(".")[2], service, region, access_key)
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        parameters = dict(urllib.parse.parse_qsl(body.decode()))
        return Call(parameters.get("Action", ""), service, region, access_key, parameters)
    return Call(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}", service, region, access_key)


def error_body(call: Call, code: str, message: str) -> tuple[str, str]:
    """Content type and body of an error as the service in question writes it."""
    if call.service in ("ssm", "kms", "servicequotas", "ec2-instance-connect"):
        return "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message})
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    if call.service == "ec2":
        return "text/xml", f"<Response><Errors>{error}</Errors><RequestID>rig</RequestID></Response>"
    if call.service == "s3":
        return "text/xml", error
    return "text/xml", f"<ErrorResponse>{error}<RequestId>rig</RequestId></ErrorResponse>"


class Faults:
    """The application in front of moto's.

    :param orders: what is done for a request to ``/rig/<name>``, given and answered in JSON, or answered in text.
    """

    def __init__(self, application: Application, orders: dict[str, t.Callable[[t.Any], t.Any]]) -> None:
        self._application = application
        self._orders = {"faults": self._add, "log": lambda _nothing: [dataclasses.asdict(call) for call in self._log], **orders}
        self._rules: list[Rule] = []
        self._log: list[Call] = []
        self._ordered = 0
        self._lock = threading.Lock()

    def forget(self) -> None:
        """No faults, an empty log."""
        with self._lock:
            self._rules, self._log, self._ordered = [], [], 0

    def _add(self, given: t.Any) -> None:
        with self._lock:
            self._rules, self._ordered = [Rule(**one) for one in given], len(self._log)

    def __call__(self, environ: Environ, start_response: StartResponse) -> t.Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith("/rig/"):
            given = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            answer = self._orders[path.removeprefix("/rig/")](json.loads(given or b"null"))
            if isinstance(answer, str):
                return self._reply(start_response, 200, "text/plain", answer)
            return self._reply(start_response, 200, "application/json", json.dumps(answer))
        call = read_call(environ)
        with self._lock:
            known = {earlier.action for earlier in self._log[self._ordered :] if earlier.parameters.get("DryRun") != "true"}
            self._log.append(call)
            rule = next((rule for rule in self._rules if rule.concerns(call, known)), None)
        if rule is None:
            return self._asked(call, environ, start_response)
        if rule.code:
            call.code = THROTTLED.get(call.service, "ThrottlingException") if rule.code == "throttled" else rule.code
            return self._reply(start_response, rule.status, *error_body(call, call.code, rule.message))
        answer = self._asked(call, environ, start_response)
        time.sleep(rule.delay)
        if rule.answer == "lost":
            b"".join(answer)
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return answer

    def _asked(self, call: Call, environ: Environ, start_response: StartResponse) -> t.Iterable[bytes]:
        try:
            return self._application(environ, start_response)
        except NotImplementedError as error:
            call.code = "InvalidAction"
            return self._reply(start_response, 400, *error_body(call, call.code, f"the rig does not do this: {error}"))
        except Exception as error:
            traceback.print_exc()
            call.code = "UnhandledByTheRig"
            return self._reply(start_response, 400, *error_body(call, call.code, f"{call.action}: {type(error).__name__}"))

    @staticmethod
    def _reply(start_response: StartResponse, status: int, kind: str, body: str) -> list[bytes]:
        start_response(f"{status} rig", [("Content-Type", kind)])
        return [body.encode()]
