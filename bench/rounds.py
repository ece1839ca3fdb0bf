"""Interleaved runs: each round measures everything once, so that what slows the machine for a
while slows all alike."""

from tools.command import say


def interleaved(rounds, **measures):
    """What each measure returned, a list by its name; they take turns, ``rounds`` times."""
    results = {name: [] for name in measures}
    for number in range(1, rounds + 1):
        for name, measure in measures.items():
            results[name].append(measure())
            say(f"  round {number}, {name}: {brief(results[name][-1])}")
    return results


def brief(result):
    if not isinstance(result, dict):
        return f"{result:.4g}"
    shown = {name: value for name, value in result.items() if not isinstance(value, list)}
    return " ".join(f"{name}={_text(value)}" for name, value in shown.items())


def _text(value):
    if isinstance(value, dict):
        return ",".join(str(each) for each in value.values())
    return f"{value:.4g}"


def column(runs, name, factor=1):
    return [run[name] * factor for run in runs]
