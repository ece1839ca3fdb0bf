"""The Redis channel layer: channels_redis's pub/sub layer that also sends a batch in one trip, and
counts who is connected over all processes."""

import asyncio

from channels_redis.pubsub import RedisPubSubChannelLayer

# Takes or keeps a seat: members of a sorted set by the time, Redis's own, at which they lapse.
SEAT = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2])
        and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
    return 0
end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""


class PipelinedPubSubLayer(RedisPubSubChannelLayer):
    """``group_send_many`` is to ``group_send`` what ``executemany`` is to ``execute``."""

    async def group_send_many(self, messages: list[tuple[str, dict]]) -> None:
        """Sends each (group, message), all of a Redis host in one round trip."""
        layer = self._get_layer()
        by_shard = {}
        for group, message in messages:
            channel = layer._get_group_channel_name(group)
            batch = by_shard.setdefault(layer._get_shard(channel), [])
            batch.append((channel, self.serialize(message)))
        await asyncio.gather(*(_publish(shard, batch) for shard, batch in by_shard.items()))

    async def take_seats(self, takers: list[tuple[str, str]], limit: int, seconds: int) -> bool:
        """Whether each (group, channel) has one of the ``limit`` seats of its group, which it holds
        for ``seconds``, whatever becomes of this process. Asked again it keeps it for longer."""
        by_shard = {}
        for group, channel in takers:
            shard, key = self._seats(group)
            by_shard.setdefault(shard, []).append(("EVAL", SEAT, 1, key, channel, limit, seconds))
        taken = await asyncio.gather(*(_execute(*batch) for batch in by_shard.items()))
        return all(all(each) for each in taken)

    async def leave_seat(self, group: str, channel: str) -> None:
        shard, key = self._seats(group)
        await _execute(shard, [("ZREM", key, channel)])

    def _seats(self, group):
        key = f"{self._get_layer().prefix}__seats__{group}"
        return self._get_layer()._get_shard(key), key


async def _publish(shard, batch):
    await _execute(shard, [("PUBLISH", channel, payload) for channel, payload in batch])


async def _execute(shard, commands) -> list:
    """What the Redis host answers to each, all in one round trip."""
    async with shard._lock:  # creates the connection once, as every other method of the shard
        shard._ensure_redis()
        redis = shard._redis
    async with redis.pipeline(transaction=False) as pipeline:
        for command in commands:
            pipeline.execute_command(*command)
        return await pipeline.execute()
