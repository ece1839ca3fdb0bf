"""The users: their tokens, renewed as the contract says, and requests asked until answered."""

import asyncio
from itertools import count

import httpx

from storm.world import OTHER, PASSWORD

PAGE = 200


class Person:
    """Without tokens the first request signs in with the password."""

    def __init__(self, world, id, email, access=None, refresh=None):
        self.world, self.id, self.email = world, id, email
        self.access, self.refresh = access, refresh
        self.renewing = asyncio.Lock()

    async def ask(self, method, path, headers=(), **options):
        """The answer that is no failure of a server's: retried with either, signed in as needed."""
        for tries in count():
            token = self.access
            bearer = {"Authorization": f"Bearer {token}", **dict(headers)}
            response = await self._once(method, path, headers=bearer, **options)
            if response is not None and response.status_code != 401:
                return response
            if response is not None:
                await self.renew(token)
            await self.world.back_off(tries)

    async def expect(self, statuses, method, path, **options):
        """As ``ask``; None, and a miss, where the answer has none of these statuses."""
        response = await self.ask(method, path, **options)
        if response.status_code in statuses:
            return response
        said = f"{response.status_code} {response.text[:200]}"
        self.world.misses.add(OTHER, f"{method} {path} answered {said}")
        return None

    async def notifications(self):
        """All of them by paging: rows by id, and the position and the count they stand at."""
        path, rows, first = f"/api/notifications/?pageSize={PAGE}", {}, None
        while path:
            page = (await self.ask("GET", path)).json()
            first = first or page
            rows |= {row["id"]: row for row in page["results"]}
            path = page["next"] and str(httpx.URL(page["next"]).raw_path, "ascii")
        return rows, first["seq"], first["unreadCount"]

    async def renew(self, token):
        """A new access token in place of ``token``, unless somebody got one already."""
        async with self.renewing:
            for tries in count():
                if self.access != token:
                    return
                await self._renew()
                if self.access == token:
                    await self.world.back_off(tries)

    async def _renew(self):
        if self.refresh:
            path, body = "/api/auth/token/refresh/", {"refresh": self.refresh}
        else:
            path, body = "/api/auth/token/", {"email": self.email, "password": PASSWORD}
        response = await self._once("POST", path, json=body)
        if response is None:
            return
        if response.status_code == 200:
            self.access, self.refresh = response.json()["access"], response.json()["refresh"]
        elif self.refresh and response.status_code == 401:
            # A renewal may have been done and its answer lost: the old token is dead then.
            self.refresh = None
        else:
            self.world.misses.add(OTHER, f"{path} answered {response.status_code}")

    async def _once(self, method, path, **options):
        """The answer, or None where a server failed or was not there."""
        try:
            response = await self.world.http.request(method, self.world.base() + path, **options)
        except httpx.TransportError:
            return None
        if response.status_code < 500:
            return response
        if response.headers.get("Content-Type") != "application/json":
            said = f"{response.status_code} {response.text[:200]!r}"
            self.world.misses.add(OTHER, f"{method} {path} failed, and not in JSON: {said}")
        return None
