"""The one table."""

from storm.client import Client
from storm.world import COUNTS, DISORDER, LOST, OTHER, TWICE


def table(storm):
    misses, lines = storm.world.misses, []
    for name, value in (*_what(storm), *_misses(misses), *_weather(storm), *_memory(storm)):
        lines.append(f"{name:<28}{value:>12}")
    if misses:
        lines += ["", f"{sum(misses.number.values())} misses:", *misses.lines()]
    return "\n".join(lines)


def _what(storm):
    settings, check = storm.settings, storm.check
    yield "seed", settings.seed
    yield "users", settings.users
    yield "clients", len(storm.clients)
    yield "seconds", f"{settings.seconds:g}"
    yield "leads committed", check.leads
    yield "leads rolled back", storm.cast.inside.output.count("undone ")
    yield "notifications due", check.due
    yield "delivered", check.delivered


def _misses(misses):
    for kind in (LOST, TWICE, DISORDER, COUNTS, OTHER):
        yield kind, misses.number[kind]


def _weather(storm):
    gaps = [client.copy.longest_gap for client in storm.clients]
    yield "healed after the storm", f"{storm.check.healing:.1f} s"
    yield "longest healing time", f"{max(*gaps, storm.check.healing):.1f} s"
    silence = max(client.longest_silence for client in storm.clients)
    yield "longest without heartbeat", f"{silence:.1f} s"
    yield "faults", sum(storm.hand.done.values())
    for kind, times in storm.hand.done.items():
        yield f"  {kind}", times
    yield "sockets closed", sum(Client.closes.values())
    for code, times in sorted(Client.closes.items()):
        yield f"  with {code}", times


def _memory(storm):
    """Of the processes that lived through it all, in MiB: when it was warm, and at the end."""
    for name, before, after in storm.cast.grown():
        yield f"memory of {name}", f"{before:.0f} -> {after:.0f}"
