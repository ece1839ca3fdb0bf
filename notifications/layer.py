"""The channel layers: those of channels_redis and Channels, which any consumer can use, and two
things more. ``group_send_many`` sends a batch in one trip and ``listen`` hands what comes for a
group straight to a function, without a channel, a queue and a task of its own. The Redis layer also
counts who is connected, over all processes.

A batch to many groups is one message to all processes of the layer, each of which gives every group
that it holds what is that group's. So with many users online a lead costs one message a process and
not one a user.
"""

import asyncio
import logging
from itertools import islice
from uuid import uuid4

from channels.layers import InMemoryChannelLayer
from channels_redis.pubsub import (
    RedisPubSubChannelLayer,
    RedisPubSubLoopLayer,
    RedisSingleShardConnection,
)
from channels_redis.utils import _wrap_close, decode_hosts

from notifications.together import Together

logger = logging.getLogger(__name__)

ASK_SECONDS = 5
FIRST_SECONDS, AGAIN_SECONDS = 0.01, 1
FEW = 4  # groups, up to which each gets a message of its own

# Takes or keeps seats: members of sorted sets by the time, Redis's own, at which they lapse.
SEATS = """
local now, count, taken = tonumber(redis.call('TIME')[1]), #KEYS, {}
local limit, seconds = tonumber(ARGV[count + 1]), tonumber(ARGV[count + 2])
for i, key in ipairs(KEYS) do
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    if redis.call('ZCARD', key) < limit or redis.call('ZSCORE', key, ARGV[i]) then
        redis.call('ZADD', key, now + seconds, ARGV[i])
        redis.call('EXPIRE', key, seconds)
        taken[i] = 1
    else
        taken[i] = 0
    end
end
return taken
"""
SEATS_AT_ONCE = 100  # Redis does nothing else meanwhile


class RedisLayer(RedisPubSubChannelLayer):
    def _get_layer(self):
        loop = asyncio.get_running_loop()
        if loop not in self._layers:
            self._layers[loop] = LoopLayer(*self._args, **self._kwargs, channel_layer=self)
            _wrap_close(self, loop)
        return self._layers[loop]

    async def listen(self, groups, listener) -> None:
        """Calls ``listener(message)`` on this loop for each message to one of ``groups``."""
        await self._get_layer().listen(groups, listener)

    async def forget(self, groups, listener) -> None:
        await self._get_layer().forget(groups, listener)

    async def group_send_many(self, messages: list[tuple[str, dict]]) -> None:
        """Sends each (group, message), all of a Redis host in one round trip and in this order."""
        layer, by_shard = self._get_layer(), {}
        for group, message in messages:
            channel = layer._get_group_channel_name(group)
            by_shard.setdefault(layer._get_shard(channel), []).append((channel, message))
        await _all(shard.publish_many(batch) for shard, batch in by_shard.items())

    async def take_seats(self, takers: list[tuple[str, str]], limit: int, seconds: int) -> bool:
        """Whether each (group, name) has one of the ``limit`` seats of its group, which it holds
        for ``seconds``, whatever becomes of this process. Asked again it keeps it for longer."""
        by_shard = {}
        for group, name in takers:
            shard, key = self._seats(group)
            by_shard.setdefault(shard, []).append((key, name))
        answers = await _all(
            shard.execute([_take(part, limit, seconds) for part in _parts(seats)])
            for shard, seats in by_shard.items()
        )
        return all(taken for answer in answers for part in answer for taken in part)

    async def leave_seat(self, group: str, name: str) -> None:
        shard, key = self._seats(group)
        await shard.execute([("ZREM", key, name)])

    def names(self, prefix) -> list[str]:
        """Of new channels, one on each host."""
        layer, names = self._get_layer(), {}
        while len(names) < len(layer._shards):
            name = f"{layer.prefix}{prefix}{uuid4().hex}"
            names.setdefault(layer._get_shard(name), name)
        return list(names.values())

    async def open(self, channel) -> None:
        """From now on, what is sent to it is kept for who receives."""
        await self._get_layer()._subscribe_to_channel(channel)

    def _seats(self, group):
        layer = self._get_layer()
        key = f"{layer.prefix}__seats__{group}"
        return layer._get_shard(key), key


class LoopLayer(RedisPubSubLoopLayer):
    """The layer on one event loop."""

    def __init__(self, hosts=None, **options):
        super().__init__(hosts=hosts, **options)
        self._shards = [Shard(host, self) for host in decode_hosts(hosts)]
        self.listeners = {}  # Redis channel of a group -> functions

    async def listen(self, groups, listener):
        channels = [self._get_group_channel_name(group) for group in groups]
        for channel in channels:
            self.listeners.setdefault(channel, set()).add(listener)
        for shard in {self._get_shard(channel) for channel in channels}:
            await shard.subscribe(*(each for each in channels if self._get_shard(each) is shard))

    async def forget(self, groups, listener):
        channels = [self._get_group_channel_name(group) for group in groups]
        for channel in channels:
            listeners = self.listeners.get(channel, set())
            listeners.discard(listener)
            if not listeners:
                self.listeners.pop(channel, None)
        for shard in {self._get_shard(channel) for channel in channels}:
            await shard.unsubscribe(*(each for each in channels if self._get_shard(each) is shard))

    async def flush(self):
        self.listeners = {}
        await super().flush()

    def wants(self, channel) -> bool:
        return channel in self.channels or channel in self.groups or channel in self.listeners


class Shard(RedisSingleShardConnection):
    """The connections to one Redis host."""

    def __init__(self, host, layer):
        super().__init__(host, layer)
        self.batches = f"{layer.prefix}__batch"
        self._asked = Together(self._answer)
        self._joining, self._leaving = Together(self._join), Together(self._part)

    async def subscribe(self, *channels):
        await self._joining.ask(channels)

    async def unsubscribe(self, *channels):
        await self._leaving.ask(channels)

    async def _join(self, asked):
        async with self._lock:
            new = {self.batches}.union(*asked) - self._subscribed_to
            if new:
                self._ensure_redis()
                self._ensure_receiver()
                await self._pubsub.subscribe(*new)
                self._subscribed_to |= new
        return [None] * len(asked)

    async def _part(self, asked):
        async with self._lock:  # whoever came meanwhile subscribes after this, or is seen here
            old = {each for each in set().union(*asked) if not self.channel_layer.wants(each)}
            old &= self._subscribed_to
            if old:
                self._ensure_receiver()
                await self._pubsub.unsubscribe(*old)
                self._subscribed_to -= old
        return [None] * len(asked)

    async def publish_many(self, batch: list[tuple[str, dict]]):
        if len({channel for channel, _ in batch}) > FEW:
            batch = [(self.batches, {"batch": batch})]
        serialize = self.channel_layer.channel_layer.serialize
        await self._round_trip([("PUBLISH", name, serialize(message)) for name, message in batch])

    async def execute(self, commands) -> list:
        """What the host answers to each. What is asked while it is answering goes in one round
        trip, so that a thousand who ask at once need one connection."""
        return await self._asked.ask(commands)

    async def _answer(self, asked):
        async with asyncio.timeout(ASK_SECONDS):
            answers = iter(await self._round_trip([each for them in asked for each in them]))
        return [list(islice(answers, len(commands))) for commands in asked]

    async def _round_trip(self, commands) -> list:
        async with self._lock:
            self._ensure_redis()
            redis = self._redis
        async with redis.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            return await pipeline.execute()

    async def _do_receiving(self):
        """Waits for messages, where the one it replaces looks for them ten times a second."""
        while True:
            try:
                if self._pubsub.connection is None:  # nothing was subscribed to yet
                    await asyncio.sleep(FIRST_SECONDS)
                else:
                    self._receive_message(await self._pubsub.get_message(True, timeout=None))
            except Exception:
                logger.exception("The channel layer's connection failed: it is tried again")
                await asyncio.sleep(AGAIN_SECONDS)

    def _receive_message(self, message):
        if message is None:
            return
        name, data = message["channel"].decode(), message["data"]
        layer = self.channel_layer
        if name == self.batches:
            for channel, each in layer.channel_layer.deserialize(data)["batch"]:
                if channel in layer.groups:
                    self._queue(channel, layer.channel_layer.serialize(each))
                _tell(layer.listeners.get(channel, ()), each)
        else:
            self._queue(name, data)
            if name in layer.listeners:
                _tell(layer.listeners[name], layer.channel_layer.deserialize(data))

    def _queue(self, name, data):
        """For consumers, which receive from a channel."""
        super()._receive_message({"channel": name, "data": data})


class MemoryLayer(InMemoryChannelLayer):
    """For one process, without Redis."""

    def __init__(self, **options):
        super().__init__(**options)
        self.listeners = {}  # group -> {function: its loop}

    async def listen(self, groups, listener):
        loop = asyncio.get_running_loop()
        for group in groups:
            self.listeners.setdefault(group, {})[listener] = loop

    async def forget(self, groups, listener):
        for group in groups:
            self.listeners.get(group, {}).pop(listener, None)
            if not self.listeners.get(group):
                self.listeners.pop(group, None)

    async def flush(self):
        self.listeners = {}
        await super().flush()

    def names(self, prefix):
        return [f"{prefix}{uuid4().hex}"]

    async def open(self, channel):
        """It keeps what is sent to any."""

    async def group_send(self, group, message):
        if group in self.groups:
            await super().group_send(group, message)
        here = asyncio.get_running_loop()
        for listener, loop in tuple(self.listeners.get(group, {}).items()):
            if loop is here:
                _tell([listener], message)
            else:
                loop.call_soon_threadsafe(_tell, [listener], message)

    async def group_send_many(self, messages):
        for group, message in messages:
            await self.group_send(group, message)


def _take(seats, limit, seconds):
    keys, names = zip(*seats, strict=True)
    return "EVAL", SEATS, len(seats), *keys, *names, limit, seconds


def _parts(seats):
    return (seats[n : n + SEATS_AT_ONCE] for n in range(0, len(seats), SEATS_AT_ONCE))


async def _all(asked) -> list:
    """As ``gather``, which makes a task of each: here there is one, mostly."""
    asked = list(asked)
    return [await asked[0]] if len(asked) == 1 else await asyncio.gather(*asked)


def _tell(listeners, message):
    """One that fails keeps nothing from the others."""
    for listener in tuple(listeners):
        try:
            listener(message)
        except Exception:
            logger.exception("A listener failed at a message of type %s", message.get("type"))
