"""The channel layer is one for any consumer, and what it does beyond that."""

import asyncio
import importlib.metadata
import os
import subprocess
import sys
import tarfile

import pytest
from channels.layers import get_channel_layer
from django.conf import settings
from redis.asyncio.client import PubSub

from notifications import layer as layers
from tests.servers import ROOT

# In the stead of channels_redis's own layer; PLAIN says how a message to a group goes.
PLUGIN = """
import os
import channels_redis.pubsub
from notifications import layer

class Layer(layer.RedisLayer):
    if os.environ["BATCHES"]:
        async def group_send(self, group, message):
            await self.group_send_many([(group, message)])

layer.FEW = 0
channels_redis.pubsub.RedisPubSubChannelLayer = Layer
"""


def theirs():
    """The environment of others' programs, whose warnings are not ours to mend."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}


@pytest.fixture(scope="session")
def their_tests(tmp_path_factory):
    """channels_redis's tests of its pub/sub layer, from the source distribution of the version
    that is installed; what is fetched is kept."""
    name = f"channels_redis-{importlib.metadata.version('channels-redis')}"
    kept = ROOT / ".cache" / f"{name}.tar.gz"
    if not kept.exists():
        fetch = ["pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        fetch += ["--dest", str(kept.parent), name.replace("_redis-", "-redis==")]
        subprocess.run([sys.executable, "-m", *fetch], check=True, env=theirs())
    folder = tmp_path_factory.mktemp("channels_redis")
    with tarfile.open(kept) as archive:
        text = archive.extractfile(f"{name}/tests/test_pubsub.py").read().decode()
    assert "redis://localhost:6379" in text
    text = text.replace("redis://localhost:6379", settings.REDIS_URL)
    (folder / "test_pubsub.py").write_text(text)
    (folder / "ours.py").write_text(PLUGIN)
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    return folder


@pytest.mark.redis
@pytest.mark.parametrize("batches", ["", "yes"])
def test_it_passes_the_tests_of_the_layer_that_it_extends(their_tests, batches):
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:django", "-p", "ours", "-q", "test_pubsub.py"],
        cwd=their_tests,
        env=theirs() | {"PYTHONPATH": f"{their_tests}:{ROOT}", "BATCHES": batches},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout[-3000:]
    assert " passed" in ended.stdout


@pytest.fixture
async def layer():
    layer = get_channel_layer()
    yield layer
    await layer.flush()


class Ear:
    def __init__(self):
        self.heard, self.came = [], asyncio.Event()

    def __call__(self, message):
        self.heard.append(message["n"])
        self.came.set()

    async def until(self, count):
        async with asyncio.timeout(5):
            while len(self.heard) < count:
                self.came.clear()
                await self.came.wait()


def batch(groups, numbers):
    return [(f"group-{g}", {"type": "x", "n": [g, n]}) for g in range(groups) for n in numbers]


@pytest.mark.parametrize("groups", [1, layers.FEW, 30])
async def test_a_batch_reaches_listeners_and_consumers_of_its_groups_once_and_in_order(
    layer, groups
):
    ears = [Ear() for _ in range(groups)]
    for number, ear in enumerate(ears):
        await layer.listen([f"group-{number}"], ear)
    channel = await layer.new_channel()
    await layer.group_add("group-0", channel)

    await layer.group_send_many(batch(groups, range(3)))
    await layer.group_send("group-0", {"type": "x", "n": [0, 3]})

    for number, ear in enumerate(ears):
        expected = [[number, n] for n in range(4 if number == 0 else 3)]
        await ear.until(len(expected))
        assert ear.heard == expected
    received = [(await asyncio.wait_for(layer.receive(channel), 5))["n"] for _ in range(4)]
    assert received == [[0, 0], [0, 1], [0, 2], [0, 3]]


async def test_who_forgets_a_group_hears_no_more_of_it_and_others_do(layer):
    gone, stays = Ear(), Ear()
    for ear in (gone, stays):
        await layer.listen(["group-0"], ear)
    await layer.forget(["group-0"], gone)
    await layer.group_send("group-0", {"type": "x", "n": 1})
    await stays.until(1)
    assert gone.heard == []


async def test_a_listener_keeps_its_group_when_a_consumer_leaves_it(layer):
    ear, channel = Ear(), await layer.new_channel()
    await layer.group_add("group-0", channel)
    await layer.listen(["group-0"], ear)
    await layer.group_discard("group-0", channel)
    await layer.group_send("group-0", {"type": "x", "n": 1})
    await ear.until(1)


async def test_a_listener_that_fails_keeps_nothing_from_the_others(layer, caplog):
    def fails(message):
        raise RuntimeError

    ear = Ear()
    await layer.listen(["group-0"], fails)
    await layer.listen(["group-0"], ear)
    for number in range(2):
        await layer.group_send("group-0", {"type": "x", "n": number})
    await ear.until(2)
    assert ear.heard == [0, 1]
    assert caplog.text.count("A listener failed") == 2


@pytest.mark.redis
async def test_those_who_listen_and_forget_at_once_do_so_with_one_command(layer, monkeypatch):
    said = []

    def counted(name):
        command = getattr(PubSub, name)

        async def call(self, *channels):
            said.append((name, len(channels)))
            await command(self, *channels)

        return call

    for name in ("subscribe", "unsubscribe"):
        monkeypatch.setattr(PubSub, name, counted(name))
    ears = {f"group-{number}": Ear() for number in range(20)}
    await asyncio.gather(*(layer.listen([group], ear) for group, ear in ears.items()))
    await layer.group_send_many([(group, {"type": "x", "n": group}) for group in ears])
    for group, ear in ears.items():
        await ear.until(1)
        assert ear.heard == [group]
    await asyncio.gather(*(layer.forget([group], ear) for group, ear in ears.items()))
    assert said == [("subscribe", 21), ("unsubscribe", 20)]  # and what goes to many at once


@pytest.mark.parametrize("first", ["forget", "listen"])
async def test_who_comes_while_the_last_one_goes_hears(layer, first):
    gone, comes = Ear(), Ear()
    for number in range(3):
        await layer.listen(["group-0"], gone)
        both = [layer.forget(["group-0"], gone), layer.listen(["group-0"], comes)]
        await asyncio.gather(*(both if first == "forget" else reversed(both)))
        await layer.group_send("group-0", {"type": "x", "n": number})
        await comes.until(number + 1)
        await layer.forget(["group-0"], comes)
    assert (gone.heard, comes.heard) == ([], [0, 1, 2])


@pytest.mark.redis
async def test_a_silent_redis_is_not_asked_for_ever(layer, monkeypatch):
    monkeypatch.setattr(layers, "ASK_SECONDS", 0.2)

    async def silent(*_):
        await asyncio.Event().wait()

    with monkeypatch.context() as away:
        away.setattr(layers.Shard, "_round_trip", silent)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(layer.take_seats([("group", "one")], 1, 5), 5)
    assert await layer.take_seats([("group", "one")], 1, 5)
    await layer.leave_seat("group", "one")
