"""What many ask for at the same moment is asked for in one go, and no answer is older than its
question."""

import asyncio

import pytest

from notifications.together import Together


class Oracle:
    """Doubles numbers, when it is let; it knows nothing of odd ones."""

    def __init__(self):
        self.calls, self.free = [], asyncio.Event()

    async def __call__(self, questions):
        self.calls.append(questions)
        await self.free.wait()
        return [KeyError(n) if n % 2 else 2 * n for n in questions]


async def begun(*coroutines):
    tasks = [asyncio.ensure_future(each) for each in coroutines]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_who_asks_at_once_is_answered_by_one_call_and_who_comes_later_by_the_next():
    oracle = Oracle()
    asked = Together(oracle)
    first = await begun(asked.ask(2), asked.ask(4))
    later = await begun(asked.ask(6), asked.ask(8))
    assert oracle.calls == [[2, 4]]
    oracle.free.set()
    assert await asyncio.gather(*first, *later) == [4, 8, 12, 16]
    assert oracle.calls == [[2, 4], [6, 8]]


async def test_what_cannot_be_answered_fails_alone():
    oracle = Oracle()
    oracle.free.set()
    asked = Together(oracle)
    bad, good = await asyncio.gather(asked.ask(1), asked.ask(2), return_exceptions=True)
    assert isinstance(bad, KeyError)
    assert good == 4


async def test_when_nothing_can_be_answered_all_who_asked_are_told_and_the_next_are_not():
    async def fails_once(questions):
        asked._answer = Oracle()
        asked._answer.free.set()
        raise ConnectionError

    asked = Together(fails_once)
    failed = await asyncio.gather(asked.ask(2), asked.ask(4), return_exceptions=True)
    assert [type(each) for each in failed] == [ConnectionError] * 2
    assert await asked.ask(2) == 4


async def test_who_gives_up_waiting_keeps_nothing_from_the_others():
    oracle = Oracle()
    asked = Together(oracle)
    gone, stays = await begun(asked.ask(2), asked.ask(4))
    gone.cancel()
    oracle.free.set()
    assert await stays == 8
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_no_call_has_more_than_a_bound():
    oracle = Oracle()
    oracle.free.set()
    asked = Together(oracle, at_most=3)
    assert await asyncio.gather(*map(asked.ask, range(0, 14, 2))) == list(range(0, 28, 4))
    assert [len(call) for call in oracle.calls] == [3, 3, 1]


def test_a_loop_that_ended_leaves_nothing_behind_for_the_next():
    oracle = Oracle()
    asked = Together(oracle)
    loop = asyncio.new_event_loop()
    pending = loop.create_task(asked.ask(2))
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()
    assert not pending.done()

    async def ask():
        oracle.free = asyncio.Event()
        oracle.free.set()
        return await asked.ask(4)

    assert asyncio.run(ask()) == 8
