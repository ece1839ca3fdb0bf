"""One check, carried out: at most ``LOOK_SECONDS`` for it, and ``UNDO_SECONDS`` for taking back
what it made; one that hangs is left behind."""

import time

from crm.doctor.bounded import bounded
from crm.doctor.check import Check, Result, Trouble, Visit, said

LOOK_SECONDS = 3.5
SPARE_SECONDS = 0.5  # by which a check should notice by itself, and say what it waited for
UNDO_SECONDS = 1.5


def examined(check: Check, visit: Visit) -> Result:
    """Raises nothing that comes of the check."""
    began = time.monotonic()
    visit.until = began + LOOK_SECONDS - SPARE_SECONDS
    try:
        result = _looked(check, visit)
    finally:
        left = _undone(visit)
    if left and result.ok:
        result = Result(check.name, False, f"{result.detail}, but {left}", check.hint)
    result.milliseconds = round((time.monotonic() - began) * 1000, 1)
    return result


def _looked(check, visit) -> Result:
    try:
        detail = bounded(lambda: check.look(visit), LOOK_SECONDS)
    except Trouble as trouble:
        return Result(check.name, False, trouble.detail, trouble.hint or check.hint)
    except Exception as problem:
        return Result(check.name, False, said(problem), check.hint)
    return Result(check.name, True, detail, visit.hint)


def _undone(visit) -> str:
    """Takes back what the check made; returns what came of it if that failed."""
    try:
        bounded(visit.undo.close, UNDO_SECONDS)
    except Exception as problem:
        return f"its traces could not be removed: {said(problem)}"
    return ""
