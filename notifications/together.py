"""What many ask for at the same moment, asked for in one go."""

import asyncio
import sys
from collections.abc import Awaitable, Callable


class Together:
    """``answer`` is given up to ``at_most`` questions and returns an outcome for each, in their
    order; an exception among them is raised to who asked, and one that it raises to all of them.

    Who asks while it is at work waits for its next call, so nobody is told what was found out
    before they asked. It serves one event loop at a time."""

    def __init__(self, answer: Callable[[list], Awaitable[list]], at_most=sys.maxsize):
        self._answer, self._at_most = answer, at_most
        self._loop, self._waiting, self._work = None, [], None

    async def ask(self, question):
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._waiting, self._work = loop, [], None
        answered = loop.create_future()
        self._waiting.append((question, answered))
        if self._work is None or self._work.done():
            self._work = loop.create_task(self._answer_all())
        return await answered

    async def _answer_all(self):
        while self._waiting:
            asked = self._waiting[: self._at_most]
            self._waiting = self._waiting[self._at_most :]
            try:
                outcomes = await self._answer([question for question, _ in asked])
            except Exception as problem:
                outcomes = [problem] * len(asked)
            for (_, answered), outcome in zip(asked, outcomes, strict=True):
                _settle(answered, outcome)


def _settle(answered, outcome):
    if answered.done():  # nobody waits for it any more
        return
    if isinstance(outcome, Exception):
        answered.set_exception(outcome)
    else:
        answered.set_result(outcome)
