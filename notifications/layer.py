"""The Redis channel layer: channels_redis's pub/sub layer that also sends a batch in one trip."""

import asyncio

from channels_redis.pubsub import RedisPubSubChannelLayer


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


async def _publish(shard, batch):
    async with shard._lock:  # creates the connection once, as every other method of the shard
        shard._ensure_redis()
        redis = shard._redis
    async with redis.pipeline(transaction=False) as pipeline:
        for channel, payload in batch:
            pipeline.publish(channel, payload)
        await pipeline.execute()
