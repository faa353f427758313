# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words for what is wrong with a definition."""

from __future__ import annotations

import difflib
import typing as t

from .._lifecycle.errors import DefinitionError, GoldenError


class InvalidError(Exception):
    """A key of the definition is wrong; the reader of the file adds file and line.

    :param key: dotted path, ``images.web.provisioners[1].scrpt``; empty for the file as a whole.
    :param message: what is wrong and what is allowed.
    :param hint: what to do about it.
    """

    def __init__(self, key: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(f"{key}: {message}" if key else message)
        self.key = key
        self.message = message
        self.hint = hint

    @classmethod
    def of(cls, error: GoldenError, key: str) -> InvalidError:
        """What another part of the collection says of the value under ``key``."""
        exact = (error.key if isinstance(error, DefinitionError) else None) or key
        return cls(exact, error.message.removeprefix(f"{exact}: "), hint=error.hint)


def listed(words: t.Iterable[object]) -> str:
    """``a, b, c`` in alphabetical order; ``nothing`` when there is none."""
    return ", ".join(sorted(str(word) for word in words)) or "nothing"


def unknown(kind: str, word: object, known: t.Collection[str]) -> str:
    """``unknown <kind> 'wrod'``, the nearest known word, and all that are known."""
    near = difflib.get_close_matches(str(word), list(known), n=1)
    guess = f" Did you mean {near[0]!r}?" if near else ""
    return f"unknown {kind} {str(word)!r}.{guess} Known: {listed(known)}."


def join(key: str, name: object) -> str:
    """The dotted path one step further."""
    return f"{key}.{name}" if key else str(name)
