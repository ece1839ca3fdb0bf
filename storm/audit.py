"""A record that PostgreSQL itself keeps during the storm, of every number that was taken and of
what held at every commit. It depends on the tables alone, not on the code that is on trial."""

import psycopg

TRIGGERS = """
CREATE TABLE storm_numbers (user_id bigint, seq bigint, transaction bigint);
CREATE TABLE storm_commits (user_id bigint, seq bigint, unread int, counted int, newest bigint);

CREATE FUNCTION storm_number() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO storm_numbers VALUES (NEW.recipient_id, NEW.seq, txid_current());
    RETURN NULL;
END $$;
CREATE TRIGGER storm_number AFTER INSERT OR UPDATE OF seq ON notifications_notification
    FOR EACH ROW EXECUTE FUNCTION storm_number();

CREATE FUNCTION storm_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO storm_commits SELECT user_id, seq, unread_count,
        (SELECT count(*) FROM notifications_notification
         WHERE recipient_id = user_id AND read_at IS NULL AND deleted_at IS NULL),
        (SELECT coalesce(max(n.seq), 0) FROM notifications_notification n
         WHERE recipient_id = user_id)
    FROM notifications_inbox WHERE user_id = NEW.user_id;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER storm_commit AFTER UPDATE OF seq, unread_count ON notifications_inbox
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION storm_commit();
"""

# Every event with everybody: what they chose of its kind, and whether it names them.
EVERY_PAIR = """
    FROM notifications_event e CROSS JOIN crm_user u
    LEFT JOIN notifications_notification n ON n.event_id = e.id AND n.recipient_id = u.id
    LEFT JOIN notifications_addressee a ON a.event_id = e.id AND a.user_id = u.id
    LEFT JOIN notifications_preference p ON p.user_id = u.id AND p.kind = e.kind
    WHERE u.is_active"""
UNWANTED = """coalesce(NOT a.mentioned, true)
    AND (p.wants = 'nothing' OR (e.reach = 'addressees' AND a.id IS NULL))"""
# Who hears what they follow, or muted a lead, may get it or not: whether they follow it is not the
# tables' to say.
DUE = f"""{EVERY_PAIR} AND (a.mentioned
    OR (e.reach = 'addressees' AND a.id IS NOT NULL AND coalesce(p.wants, '') <> 'nothing')
    OR (e.reach <> 'addressees' AND p.wants IS NULL AND NOT EXISTS (
        SELECT FROM leads_following f
        WHERE f.lead_id = e.related_lead_id AND f.user_id = u.id AND f.muted_until IS NOT NULL)))"""


def install(url):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TRIGGERS)


class Audit:
    """Questions to the database, each answered by rows."""

    def __init__(self, url):
        self.url = url

    def rows(self, query, *parameters):
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query, parameters or None).fetchall()

    def positions(self):
        """Each active user's number, and the position that their clients confirmed."""
        return {
            user: (seq, delivered)
            for user, seq, delivered in self.rows(
                """SELECT u.id, coalesce(i.seq, 0), coalesce(i.delivered_seq, 0)
                   FROM crm_user u LEFT JOIN notifications_inbox i ON i.user_id = u.id
                   WHERE u.is_active"""
            )
        }

    def signs_of_life(self, seconds):
        """The process ids of the workers that gave one in the last ``seconds``."""
        names = self.rows(
            """SELECT name FROM notifications_workerprocess
               WHERE beat_at > now() - make_interval(secs => %s)""",
            seconds,
        )
        return {int(name.rpartition(":")[2]) for (name,) in names}

    def unfinished(self):
        """Numbers of events that are pending and parked."""
        return self.rows(
            """SELECT count(*) FILTER (WHERE fanned_out_at IS NULL AND parked_at IS NULL),
                      count(*) FILTER (WHERE parked_at IS NOT NULL)
               FROM notifications_event"""
        )[0]

    def events(self):
        """(id, kind, first word of the message)"""
        return self.rows(
            "SELECT id, kind, split_part(message, ' ', 1) FROM notifications_event ORDER BY id"
        )

    def leads(self):
        return self.rows("SELECT id, first_name FROM leads_lead ORDER BY id")

    def due(self):
        """How many notifications there have to be."""
        return self.rows(f"SELECT count(*) {DUE}")[0][0]

    def lost(self):
        """(event, user) without a notification that is due."""
        return self.rows(f"SELECT e.id, u.id {DUE} AND n.id IS NULL")

    def unwanted(self):
        """(event, user) of a notification of what they want nothing of, or of what is for others
        alone."""
        return self.rows(f"SELECT e.id, u.id {EVERY_PAIR} AND n.id IS NOT NULL AND {UNWANTED}")

    def twice(self):
        """(user, message, how many) of leads announced more than once, whatever the event."""
        return self.rows(
            """SELECT recipient_id, message, count(*) FROM notifications_notification
               WHERE type = 'lead_created' GROUP BY 1, 2 HAVING count(*) > 1"""
        )

    def strays(self):
        """(user, message) of notifications of nothing that happened."""
        return self.rows(
            """SELECT recipient_id, message FROM notifications_notification
               WHERE event_id IS NULL OR message LIKE 'undone%'"""
        )

    def broken_sequences(self):
        """(user, seq, numbers taken, transactions that took a number)"""
        return self.rows(
            """SELECT i.user_id, i.seq, count(DISTINCT s.seq),
                      count(DISTINCT (s.seq, s.transaction))
               FROM notifications_inbox i JOIN storm_numbers s ON s.user_id = i.user_id
               GROUP BY i.user_id, i.seq
               HAVING i.seq <> count(DISTINCT s.seq) OR i.seq <> max(s.seq) OR min(s.seq) <> 1
                   OR count(DISTINCT s.seq) <> count(DISTINCT (s.seq, s.transaction))"""
        )

    def broken_commits(self):
        """(user, seq, unread, counted, newest) where a commit left one of them wrong."""
        return self.rows(
            "SELECT * FROM storm_commits WHERE unread <> counted OR seq <> newest ORDER BY user_id"
        )

    def stated(self):
        """{user: {seq: unread count}} at every commit."""
        found = {}
        for user, seq, unread in self.rows("SELECT user_id, seq, unread FROM storm_commits"):
            found.setdefault(user, {})[seq] = unread
        return found

    def notifications(self):
        """{user: ids}, deleted ones included."""
        found = {}
        for user, pk in self.rows("SELECT recipient_id, id::text FROM notifications_notification"):
            found.setdefault(user, set()).add(pk)
        return found

    def wrong_counts(self):
        """(user, unread count, counted)"""
        return self.rows(
            """SELECT i.user_id, i.unread_count, count(n.id) FROM notifications_inbox i
               LEFT JOIN notifications_notification n ON n.recipient_id = i.user_id
                    AND n.read_at IS NULL AND n.deleted_at IS NULL
               GROUP BY i.user_id, i.unread_count HAVING i.unread_count <> count(n.id)"""
        )
