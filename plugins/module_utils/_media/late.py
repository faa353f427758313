# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known only when the guest is launched, in texts that are written before.

The variables that definitions use (``golden_http_url`` …) hold marks, which stay the same from run to run and so leave the fingerprint alone.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._lifecycle.errors import BuilderError

_URL, _ADDRESS, _PORT, _KEY = "__golden_http_url__", "__golden_http_address__", "__golden_http_port__", "__golden_public_key__"

#: Variables of every build.
VARIABLES = {"golden_http_url": _URL, "golden_http_address": _ADDRESS, "golden_http_port": _PORT, "golden_public_key": _KEY}
_WHY = {
    _KEY: ("there is a temporary key only with connection: ssh", "Remove password, or give private_key_file with its public part beside it (.pub)."),
    **dict.fromkeys((_URL, _ADDRESS, _PORT), ("no server for the installer is configured", "Give the option http.")),
}


@dataclasses.dataclass(frozen=True)
class LateValues:
    """The values.

    :ivar http_address: as the guest sees the server.
    :ivar public_key: line for ``authorized_keys``.
    """

    http_address: str | None = None
    http_port: int | None = None
    public_key: str | None = None

    def into(self, value: t.Any) -> t.Any:
        """Text, or lists and dictionaries with text, with the values in place of the marks.

        :raises BuilderError: when it needs one that there is not.
        """
        if isinstance(value, str):
            return self._into_text(value)
        if isinstance(value, list):
            return [self.into(item) for item in value]
        if isinstance(value, dict):
            return {key: self.into(item) for key, item in value.items()}
        return value

    def _into_text(self, text: str) -> str:
        for mark, value in self._values().items():
            if mark not in text:
                continue
            if value is None:
                name = next(name for name, known in VARIABLES.items() if known == mark)
                why, hint = _WHY[mark]
                raise BuilderError(f"{name} is used, but {why}", hint=hint)
            text = text.replace(mark, value)
        return text

    def _values(self) -> dict[str, str | None]:
        host = self.http_address and (f"[{self.http_address}]" if ":" in self.http_address else self.http_address)
        port = str(self.http_port) if self.http_port else None
        return {_URL: f"http://{host}:{port}" if host and port else None, _ADDRESS: self.http_address, _PORT: port, _KEY: self.public_key}


def needs_port(value: t.Any) -> bool:
    """Whether a text, or one in lists and dictionaries, tells where the server is."""
    if isinstance(value, str):
        return _URL in value or _PORT in value
    if isinstance(value, dict):
        return any(needs_port(item) for item in value.values())
    return isinstance(value, list) and any(needs_port(item) for item in value)
