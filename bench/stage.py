"""What every row measures on: one PostgreSQL (fsync on), one Redis, a database for each server."""

import json
import subprocess
import sys
import time
from functools import cached_property

import jwt
import psycopg

from bench import servers
from bench.houses import FEW, House
from tools import ROOT, services

USERS = 1000
PEER_DATABASE = "peer"
PATIENCE = 600  # seconds that one job may take


class Broken(Exception):
    """A measurement could not be made; the message says why."""


class Stage:
    """``with Stage(folder, options) as stage``. Servers start when a row first asks for them."""

    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.postgres = services.Postgres(durable=True, settings=("shared_buffers=512MB",))
        self.redis = services.Redis()
        self.started = []

    def __enter__(self):
        try:
            self.postgres.start()
            self.redis.start()
            self.sql(f"CREATE DATABASE {PEER_DATABASE}")
            extra = self.options.server_env
            self.environment = servers.leadbell_environment(
                self.postgres.url, self.redis.url, extra
            )
            self.inside("migrate", "--verbosity", "0", module="manage")
            self.cards = json.loads(self.inside(str(USERS), module="bench.inside.mint"))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *failure):
        for server in self.started:
            server.stop()
        self.redis.discard()
        self.postgres.discard()

    # The servers

    @cached_property
    def leadbell(self):
        return self._started(servers.Leadbell(self.environment, self.folder))

    @cached_property
    def peer(self):
        url = self.redis.url
        environment = servers.peer_environment(self.peer_url, url)
        peer = self._started(servers.Peer(environment, self.folder))
        users = "INSERT INTO users (id) SELECT unnest(%s::bigint[])"
        self.sql(users, [[user_id for user_id, _ in self.cards]], url=self.peer_url)
        return peer

    @cached_property
    def bare(self):
        bare = servers.Bare(servers.surroundings(), self.folder, self.options.bare_uvloop)
        bare.answers = lambda: bare.process.poll() is None and time.sleep(1) is None
        return self._started(bare)

    @cached_property
    def houses(self):
        """The databases that pages are measured on: with few rows, and with many."""
        self.collect()
        many = (self.options.leads, self.options.rows_of_user)
        return House(self, "few", *FEW).fill(), House(self, "many", *many).fill()

    def collect(self):
        """What pages take beside themselves, as it is served."""
        self.inside("collectstatic", "--noinput", "--verbosity", "0", module="manage")

    def renewed(self, name):
        """The server of that name in a new process."""
        server = getattr(self, name)
        server.stop()
        server.start()
        return server

    def _started(self, server):
        self.started.append(server)
        server.start()
        return server

    @property
    def peer_url(self):
        return self.postgres.url.rpartition("/")[0] + f"/{PEER_DATABASE}"

    # What they are used with

    @cached_property
    def tokens(self):
        """By kind of server: a token for each user."""
        cards = self.cards
        signed = [jwt.encode({"sub": str(n)}, servers.SECRET, "HS256") for n, _ in cards]
        return {"leadbell": [token for _, token in cards], "peer": signed, "bare": signed}

    def load(self, server, name, users, each=1, posters=0, **details):
        """Has the load client do a job against the server; returns what it measured."""
        if server.process.poll() is not None:
            server.start()
        tokens = self.tokens[server.kind][:users]
        job = server.job(name, tokens * each, tokens[:posters]) | details
        return json.loads(self._run("-m", "bench.load", input=json.dumps(job)))

    def inside(self, *arguments, module, environment=None):
        """What a program within Leadbell's own code prints."""
        program = ["manage.py"] if module == "manage" else ["-m", module]
        return self._run(*program, *arguments, env=environment or self.environment)

    def _run(self, *arguments, **circumstances):
        done = subprocess.run(  # noqa: S603 (ours)
            [sys.executable, *arguments],
            cwd=ROOT,
            timeout=PATIENCE,
            capture_output=True,
            text=True,
            check=False,
            **circumstances,
        )
        if done.returncode:
            raise Broken(f"{' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
        return done.stdout

    # The databases

    def sql(self, query, values=None, url=None):
        with psycopg.connect(url or self.postgres.url, autocommit=True) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else None

    def afresh(self, users):
        """The first ``users`` are active, and nothing has happened yet, in either database."""
        ids = [user_id for user_id, _ in self.cards[:users]]
        self.sql("UPDATE crm_user SET is_active = id = ANY(%s)", [ids])
        self.sql("TRUNCATE leads_lead, notifications_event, notifications_notification CASCADE")
        self.sql("UPDATE notifications_inbox SET unread_count = 0")
        self.sql("VACUUM (FULL, ANALYZE) notifications_inbox")
        if "peer" in self.__dict__:
            self.sql("UPDATE users SET active = id = ANY(%s)", [ids], url=self.peer_url)
            self.sql("TRUNCATE leads, notifications", url=self.peer_url)
            self.sql("VACUUM (FULL, ANALYZE) users", url=self.peer_url)
        self.sql("CHECKPOINT")
