"""Cells for spreadsheets, which take some text for formulas, and cells that come from them."""

import re

# What a spreadsheet would take for a formula: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = re.compile(r"[\t\r\n]|[\s\ufeff\u200b]*[=+@＝＋－＠-]")
BOM = "\ufeff"  # tells Excel that it is UTF-8


def cell(value):
    """Text that a spreadsheet takes for text; a number stays one."""
    if not isinstance(value, int):
        value = str(value).replace("\0", "")
        if FORMULA.match(value):
            return f"'{value}"
    return value


def as_written(text: str) -> str:
    """The text of a cell without what ``cell`` put before it."""
    return text[1:] if text[:1] == "'" and FORMULA.match(text, 1) else text


class Echo:
    """A file that gives back what is written, for csv."""

    write = staticmethod(lambda text: text)
