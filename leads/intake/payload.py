"""A payload as people read it."""

import json
from contextlib import suppress

LONGEST = 100_000  # characters that a page shows


def shown(delivery) -> str:
    """JSON with a line for each value, else as it came; empty where it is kept no longer."""
    text = delivery.text
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
