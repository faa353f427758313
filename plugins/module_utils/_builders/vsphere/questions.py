# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions with which a virtual machine stands still until somebody answers: answered as the definition says, or told."""

from __future__ import annotations

import re
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from .errors import VsphereError, doing, is_fault
from .properties import properties
from .sdk import Managed
from .session import VCenter

Options = t.Mapping[str, t.Any]


def check_answers(answers: t.Sequence[Options]) -> None:
    """:raises BuilderError: for a pattern that is none."""
    for answer in answers:
        try:
            re.compile(answer["question"])
        except re.error as error:
            raise BuilderError(f"answers: {answer['question']!r} is no regular expression: {error}") from error


def look(vcenter: VCenter, vm: Managed, name: str, answers: t.Sequence[Options], context: Context) -> None:
    """Answer the question that a virtual machine asks now, if any.

    :raises BuilderError: for one that the definition has no answer to.
    """
    with doing(f"read the questions of {name}"):
        question = properties(vcenter, vm, "runtime.question")["runtime.question"]
    if question is None:
        return
    choices = {str(choice.key): choice.label for choice in question.choice.choiceInfo}
    text = " ".join(str(question.text).split())
    wanted = answer_to(question, text, answers)
    if wanted is None:
        listed = ", ".join(f"{key} ({label})" for key, label in choices.items())
        identifiers = ", ".join(message.id for message in question.message or () if message.id)
        raise BuilderError(
            f"the virtual machine {name} asks and waits: {text}" + (f" ({identifiers})" if identifiers else ""),
            hint=f"Give the option answers an entry for it; the choices are {listed}.",
            resource=f"virtual machine {name}",
        )
    key = key_of(wanted, choices)
    if key is None:
        raise BuilderError(f"{wanted} is no answer to the question of {name}: {text}", hint=f"The choices are {', '.join(choices.values())}.")
    context.say(f"answers {choices[key]} to: {text}")
    try:
        with doing(f"answer the question of {name}"):
            vm.AnswerVM(question.id, key)
    except VsphereError as error:
        # Somebody was quicker.
        if not is_fault(error, "InvalidArgument", "ConcurrentAccess"):
            raise


def answer_to(question: t.Any, text: str, answers: t.Sequence[Options]) -> str | None:
    """The answer of the first entry whose pattern is found in the text or in the id of one of its messages."""
    identifiers = [str(message.id) for message in question.message or () if message.id]
    for answer in answers:
        if any(re.search(answer["question"], candidate) for candidate in (text, *identifiers)):
            return str(answer["answer"])
    return None


def key_of(wanted: str, choices: t.Mapping[str, str]) -> str | None:
    """The key of a choice that is given by its key or its label."""
    if wanted in choices:
        return wanted
    return next((key for key, label in choices.items() if wanted.lower() in (label.lower(), label.rpartition(".")[2].lower())), None)
