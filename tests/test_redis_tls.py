"""Redis over TLS, as hosting companies offer it: encrypted, and checked unless told not to."""

import asyncio
import ssl

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from crm import env
from notifications.layer import RedisLayer
from tests.certificates import self_signed
from tools import services

pytestmark = pytest.mark.redis


class EncryptedRedis(services.Redis):
    """Takes TLS only, with a certificate that it signed itself."""

    @property
    def url(self):
        return f"rediss://127.0.0.1:{self.port}/0"

    def create(self):
        for name, content in zip(("certificate", "key"), self_signed(), strict=True):
            (self.folder / name).write_bytes(content)
            services.give(self.folder / name)

    def command(self):
        plain = super().command()
        plain[plain.index("--port")] = "--tls-port"
        files = (f"--tls-{what}-file" for what in ("cert", "key"))
        named = zip(files, (self.folder / "certificate", self.folder / "key"), strict=True)
        return [
            *plain,
            *("--port", "0", "--tls-auth-clients", "no"),
            *(str(part) for pair in named for part in pair),
        ]

    def answers(self):
        try:
            ssl.get_server_certificate(("127.0.0.1", self.port), timeout=1)
        except OSError:
            return False
        return True


@pytest.fixture(scope="module")
def redis():
    with EncryptedRedis() as server:
        yield server


async def arrives(url) -> bool:
    """Whether what a layer at that address sends comes back to it."""
    layer, came = RedisLayer(hosts=env.redis_hosts(url), prefix="tls"), asyncio.Queue()
    try:
        await layer.listen(["ring"], came.put_nowait)
        await layer.group_send_many([("ring", {"type": "bell"})])
        return await asyncio.wait_for(came.get(), 10) == {"type": "bell"}
    finally:
        await layer.flush()


async def test_a_certificate_that_nobody_vouches_for_is_refused(redis):
    with pytest.raises(RedisConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
        await arrives(redis.url)


async def test_it_passes_where_that_is_said(redis, monkeypatch):
    monkeypatch.setenv("REDIS_TLS_VERIFY", "false")
    assert await arrives(redis.url)


async def test_an_authority_of_ones_own_is_named_in_the_address(redis):
    assert await arrives(f"{redis.url}?ssl_ca_certs={redis.folder / 'certificate'}")
