"""Several Redis hosts, which groups are spread over, and one that sentinels replace."""

import asyncio
import signal

import pytest
from redis.exceptions import RedisError

from crm import env
from notifications import realtime
from notifications.layer import RedisLayer
from tools import services

pytestmark = pytest.mark.redis

GROUPS = [f"group-{number}" for number in range(20)]


class Master(services.Redis):
    def command(self):
        return [*super().command(), "--repl-diskless-sync-delay", "0"]


class Replica(services.Redis):
    def __init__(self, master):
        super().__init__()
        self.master = master

    def command(self):
        return [*super().command(), "--replicaof", "127.0.0.1", str(self.master.port)]


class Sentinel(services.Redis):
    """One that decides by itself, and soon."""

    def __init__(self, master):
        super().__init__()
        self.master = master

    @property
    def url(self):
        return f"redis+sentinel://127.0.0.1:{self.port}/leadbell/0"

    def create(self):
        (self.folder / "sentinel.conf").write_text(
            f"bind 127.0.0.1\nport {self.port}\ndir {self.folder}\n"
            f"sentinel monitor leadbell 127.0.0.1 {self.master.port} 1\n"
            "sentinel down-after-milliseconds leadbell 500\n"
        )
        services.give(self.folder / "sentinel.conf")

    def command(self):
        return [str(self.path), str(self.folder / "sentinel.conf"), "--sentinel"]


@pytest.fixture
def layer(monkeypatch):
    """``layer(url)``: the one of an installation with that REDIS_URL."""

    def at(url):
        made = RedisLayer(hosts=env.redis_hosts(url), prefix="hosts")
        monkeypatch.setattr(realtime, "get_channel_layer", lambda: made)
        return made

    return at


async def rings(layer) -> int:
    """How many groups hear what is sent to all of them at once."""
    came = asyncio.Queue()
    await layer.listen(GROUPS, came.put_nowait)
    await layer.group_send_many([(group, {"type": "bell", "of": group}) for group in GROUPS])
    heard = {(await asyncio.wait_for(came.get(), 5))["of"] for _ in GROUPS}
    await layer.forget(GROUPS, came.put_nowait)
    return len(heard)


async def test_groups_are_spread_over_the_hosts_and_all_of_them_hear(layer):
    with services.Redis() as one, services.Redis() as two:
        both = layer(f"{one.url}, {two.url}")
        try:
            assert await rings(both) == len(GROUPS)
            inner = both._get_layer()
            held = [len(shard._subscribed_to) for shard in inner._shards]
            assert min(held) >= 1
            assert len({inner._get_shard(f"hosts__group__{group}") for group in GROUPS}) == 2
            for group in GROUPS:
                assert await both.take_seats([(group, "a")], 1, 5)
                assert not await both.take_seats([(group, "b")], 1, 5)
        finally:
            await both.flush()


async def test_one_host_of_several_that_is_away_is_noticed_each_time_and_leaves_nothing(layer):
    with services.Redis() as one, services.Redis() as two:
        both = layer(f"{one.url},{two.url}")
        try:
            await realtime.echo(5)
            two.stop(signal.SIGKILL)
            for _ in range(5):
                with pytest.raises((RedisError, OSError)):
                    await realtime.echo(1)
            two.start()
            async with asyncio.timeout(20):
                while not await echoes():
                    await asyncio.sleep(0.1)
            assert both._get_layer().channels == {}
        finally:
            await both.flush()


async def test_when_the_master_dies_what_is_sent_arrives_through_the_next(layer):
    with Master() as master, Replica(master) as replica, Sentinel(master) as sentinel:
        guarded = layer(sentinel.url)
        try:
            assert await rings(guarded) == len(GROUPS)
            await known(sentinel, replica)
            master.stop(signal.SIGKILL)
            async with asyncio.timeout(60):
                while not await echoes():
                    await asyncio.sleep(0.2)
            assert await rings(guarded) == len(GROUPS)
        finally:
            await guarded.flush()


async def echoes() -> bool:
    try:
        await realtime.echo(1)
    except Exception:
        return False
    return True


async def known(sentinel, replica):
    """Until the sentinel knows that the replica has what the master had: it asks every 10 s."""
    async with asyncio.timeout(40):
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", sentinel.port)
            writer.write(b"SENTINEL REPLICAS leadbell\r\n")
            said = await reader.read(8192)
            writer.close()
            if str(replica.port).encode() in said and b"master-link-status\r\n$2\r\nok" in said:
                return
            await asyncio.sleep(0.2)
