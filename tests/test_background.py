"""Work beside the answering of requests: woken, taken together, finished at the end."""

import asyncio
import threading

import pytest

from notifications import process
from notifications.background import Background
from notifications.models import Event, event
from tests.factories import LeadFactory


async def begun(background):
    task = asyncio.create_task(background.run())
    await asyncio.sleep(0.01)
    return task


async def ended(task):
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
def due():
    return []


@pytest.fixture
def batches():
    return []


def work_on(due, batches, size=100):
    def work():
        batch = [due.pop(0) for _ in range(min(len(due), size))]
        if batch:
            batches.append(batch)
        return bool(due)

    return work


async def test_what_came_while_it_worked_is_one_batch(due, batches):
    busy, finish = threading.Event(), threading.Event()
    taken = work_on(due, batches)

    def work():
        more = taken()
        if batches and not finish.is_set():
            busy.set()
            finish.wait()
        return more

    background = Background("test", work)
    task = await begun(background)
    for number in range(5):
        due.append(number)
        background.wake()
        await until(busy.is_set)
    finish.set()
    await until(lambda: len(batches) == 2)
    await ended(task)

    assert batches == [[0], [1, 2, 3, 4]]


async def test_a_batch_that_says_so_is_followed_by_another_without_a_wake(due, batches):
    due += range(5)
    task = await begun(Background("test", work_on(due, batches, 2)))
    await until(lambda: len(batches) == 3)
    await ended(task)

    assert batches == [[0, 1], [2, 3], [4]]


async def test_what_pauses_takes_together_what_comes_meanwhile_and_the_rest_at_its_end(
    due, batches
):
    background = Background("test", work_on(due, batches), pause=0.1)
    task = await begun(background)
    for number in range(3):
        due.append(number)
        background.wake()
        await asyncio.sleep(0.01)
    await until(lambda: batches)
    assert batches == [[0, 1, 2]]

    background.pause = 60
    due.append(3)
    background.wake()
    await asyncio.sleep(0.01)
    await ended(task)
    assert batches == [[0, 1, 2], [3]]


async def test_what_comes_while_the_last_is_at_work_is_done_at_the_end(due, batches):
    busy, finish = threading.Event(), threading.Event()
    taken = work_on(due, batches, 1)

    def work():
        busy.set()
        finish.wait()
        return taken()

    background = Background("test", work, pause=0.001)
    due += [1, 2]
    task = await begun(background)
    await until(busy.is_set)
    task.cancel()
    await asyncio.sleep(0.01)
    finish.set()
    await asyncio.gather(task, return_exceptions=True)
    assert batches == [[1], [2]]


@pytest.mark.django_db
def test_marks_that_could_not_be_written_are_kept(owner, monkeypatch):
    monkeypatch.setattr(event.pushed_marks, "wake", lambda: None)
    LeadFactory.create_batch(2)
    for each in Event.objects.order_by("pk"):
        event._note_pushed([each])
    with monkeypatch.context() as broken:
        broken.setattr(event.EventQuerySet, "update", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            event._write_pushed()
    event._write_pushed()
    first, second = Event.objects.order_by("pk").values_list("pushed_at", flat=True)
    assert first < second


@pytest.mark.django_db
def test_what_went_out_is_written_in_one_statement_each_with_its_time(
    owner, django_assert_num_queries, monkeypatch
):
    LeadFactory.create_batch(3)
    events = list(Event.objects.order_by("pk"))
    monkeypatch.setattr(event.pushed_marks, "wake", lambda: None)
    event._note_pushed(events[:2])
    event._note_pushed(events[1:])

    with django_assert_num_queries(1):
        assert event._write_pushed() is False
    first, second, third = Event.objects.order_by("pk").values_list("pushed_at", flat=True)
    assert first == second < third
    with django_assert_num_queries(0):
        assert event._write_pushed() is False


async def test_a_process_ends_though_a_cancellation_was_swallowed(monkeypatch):
    monkeypatch.setattr(process, "SECONDS_TO_END", 0.01)
    cancelled = []

    async def stubborn():
        while len(cancelled) < 2:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.append(True)

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await asyncio.wait_for(process._ended([task]), 5)
    assert task.done()
    assert len(cancelled) == 2
