"""Four writers: leads and reads and deletions, each asked again until it is answered."""

import asyncio
import json

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from storm.client import opening
from storm.world import OTHER, TWICE

PAUSE = (0.1, 0.5)  # seconds between two things that one writer does
ANSWER_SECONDS = 10


class Ledger:
    """What the writers were told, to compare with what the database says."""

    def __init__(self):
        self.kept = {}  # marker -> id of the lead
        self.tried = set()  # markers of leads that may or may not have been stored
        self.deleted = set()  # ids of leads

    def record(self, marker, lead_id, misses):
        if self.kept.setdefault(marker, lead_id) != lead_id:
            misses.add(TWICE, f"{marker} is lead {self.kept[marker]} and lead {lead_id}")


class Writer:
    """``people`` are all users; ``self.person`` is the manager as whom it writes leads."""

    def __init__(self, world, ledger, number, people):
        self.world, self.ledger, self.people = world, ledger, people
        self.person, self.name, self.made = people[number % len(people)], f"w{number}n", 0
        self.deeds = {
            self.create: 32,
            self.create_by_socket: 7,
            self.read: 22,
            self.unread: 9,
            self.delete: 10,
            self.read_all: 4,
            self.change_lead: 9,
            self.delete_lead: 7,
        }

    async def work(self, ended):
        """Until ``ended`` is set; what is begun is finished."""
        dice = self.world.random
        while not ended.is_set():
            (deed,) = dice.choices(list(self.deeds), self.deeds.values())
            await deed()
            await asyncio.sleep(dice.uniform(*PAUSE))

    # Leads

    def _body(self):
        self.made += 1
        marker = f"{self.name}{self.made}"
        company = {"company": "Weather & Sons"} if self.made % 3 == 0 else {}
        self.ledger.tried.add(marker)
        names = {"firstName": marker, "lastName": "Storm", "email": f"{marker}@example.com"}
        return marker, names | company | {"source": "storm"}

    async def create(self):
        """The same key with each try, so that it is made once however often it is asked."""
        marker, body = self._body()
        key = {"Idempotency-Key": f"storm-{marker}"}
        answer = await self.person.expect({201}, "POST", "/api/leads/", headers=key, json=body)
        if answer is not None:
            self.ledger.record(marker, answer.json()["id"], self.world.misses)

    async def create_by_socket(self):
        """Without a key: where no answer comes, nobody knows, and it is not asked again."""
        marker, body = self._body()
        token = self.person.access
        try:
            async with asyncio.timeout(ANSWER_SECONDS), opening(self.world.base(), token) as socket:
                frame = {"type": "lead:create", "requestId": marker, "lead": body}
                await socket.send(json.dumps(frame))
                while True:
                    answer = json.loads(await socket.recv())
                    if answer.get("requestId") == marker:
                        return self._answered(marker, answer)
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
            return None

    def _answered(self, marker, answer):
        if answer["type"] == "ack":
            self.ledger.record(marker, answer["lead"]["id"], self.world.misses)
        else:
            self.world.misses.add(OTHER, f"lead:create was answered {answer}")

    async def change_lead(self):
        lead = self._any_lead()
        if lead:
            dice = self.world.random
            change = dice.choice([{"stage": "contacted"}, {"city": f"Town {dice.random()}"}])
            await self.person.expect({200, 404}, "PATCH", f"/api/leads/{lead}/", json=change)

    async def delete_lead(self):
        lead = self._any_lead()
        if lead:
            self.ledger.deleted.add(lead)
            await self.person.expect({204, 404}, "DELETE", f"/api/leads/{lead}/")

    def _any_lead(self):
        there = [pk for pk in self.ledger.kept.values() if pk not in self.ledger.deleted]
        return self.world.random.choice(there) if there else None

    # Notifications, of anybody

    async def read(self):
        await self._one("false", "PATCH", json={"isRead": True})

    async def unread(self):
        await self._one("true", "PATCH", json={"isRead": False})

    async def delete(self):
        await self._one("", "DELETE")

    async def _one(self, is_read, method, **options):
        """Does it to one of the latest of a random user, which may be gone by then."""
        person = self.world.random.choice(self.people)
        wanted = f"&isRead={is_read}" if is_read else ""
        page = await person.expect({200}, "GET", f"/api/notifications/?pageSize=20{wanted}")
        rows = page.json()["results"] if page is not None else []
        if rows:
            path = f"/api/notifications/{self.world.random.choice(rows)['id']}/"
            await person.expect({200, 204, 404}, method, path, **options)

    async def read_all(self):
        person = self.world.random.choice(self.people)
        await person.expect({200}, "POST", "/api/notifications/mark-all-read/")
