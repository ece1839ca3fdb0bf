"""How frames leave: ready bytes on our own server, one message at a time on any other."""

import asyncio

import pytest
from websockets.frames import Frame, Opcode

from notifications import outlet
from notifications.outlet import WRITE, AsgiOutlet, ready


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_ready_frame_is_a_websocket_frame(size):
    text = "é" * (size // 2) + "x" * (size % 2)
    assert ready(text) == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


def test_several_frames_leave_in_one_write():
    written = []
    way_out = outlet.outlet({"extensions": {WRITE: written.append}}, None)
    way_out.write("one")
    way_out.write("two", "three")
    assert written == [ready("one"), ready("two") + ready("three")]


async def test_on_other_servers_frames_leave_one_by_one_in_order():
    sent = []

    async def send(message):
        await asyncio.sleep(0)
        sent.append(message["text"])

    way_out = outlet.outlet({}, send)
    way_out.write("one")
    way_out.write("two", "three")
    await way_out.flushed()
    way_out.write("four")
    await way_out.flushed()
    assert sent == ["one", "two", "three", "four"]


async def test_on_other_servers_a_client_that_does_not_read_is_cut_off():
    sent, blocked = [], asyncio.Event()

    async def send(message):
        if message["type"] == "websocket.send":
            await blocked.wait()
        sent.append(message)

    way_out = AsgiOutlet(send)
    way_out.write("x" * (outlet.MAX_WAITING + 1))  # so much at once is no fault of the client
    await asyncio.sleep(0)
    assert sent == []
    way_out.write("more")
    await way_out.flushed()
    way_out.write("later")
    await way_out.flushed()
    assert sent == [{"type": "websocket.close", "code": 1008}]


async def test_on_other_servers_much_at_once_reaches_who_reads():
    sent = []

    async def send(message):
        sent.append(message["text"])

    way_out = AsgiOutlet(send)
    way_out.write("x" * (outlet.MAX_WAITING + 1))
    await way_out.flushed()
    way_out.write("more")
    await way_out.flushed()
    assert [len(text) for text in sent] == [outlet.MAX_WAITING + 1, 4]
