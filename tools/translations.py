"""The catalogs of translations: what pages say in English, and in each other language.

`python3 -m tools.environment -m tools.translations` (`make translations`) reads every marked string
of the code and the templates into `locale/*/LC_MESSAGES/django.po`, keeps what is translated there,
and compiles it into the `.mo` beside it, which is what Django reads. Both are committed, so that an
installation needs no compiler.
"""

import io
import re
import sys

import django
from babel.messages import Catalog, extract, mofile, pofile
from django.conf import settings
from django.utils.translation.template import templatize

from tools import ROOT

ROOMS = ("crm", "leads", "chat", "notifications", "templates")
KEYWORDS = {
    **extract.DEFAULT_KEYWORDS,
    **{f"{name}_lazy": spec for name, spec in extract.DEFAULT_KEYWORDS.items()},
    "gettext_noop": None,
}
CATALOGS = sorted(ROOT.glob("locale/*/LC_MESSAGES/django.po"))


def marked() -> Catalog:
    """Every string that is marked, and in which files."""
    catalog = Catalog(project="Leadbell", charset="utf-8")
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*")):
        if path.suffix not in (".py", ".html") or "migrations" in path.parts:
            continue
        name = str(path.relative_to(ROOT))
        for _line, message, comments, context in extract.extract("python", source(path), KEYWORDS):
            flags = ("python-brace-format",) if re.search(r"\{\w+\}", str(message)) else ()
            catalog.add(
                message,
                locations=[(name, None)],
                flags=flags,
                auto_comments=comments,
                context=context,
            )
    return catalog


def source(path):
    """A template is read as Django reads it, a call of gettext for each of its strings."""
    text = path.read_text()
    if path.suffix == ".html":
        lines = templatize(text, origin=str(path)).splitlines()
        text = "\n".join(line.lstrip() for line in lines)
    return io.BytesIO(text.encode())


def renewed(path, strings: Catalog) -> Catalog:
    """The catalog at ``path`` with these strings and no others; what is new has no translation."""
    with path.open("rb") as file:
        catalog = pofile.read_po(file, locale=path.parts[-3])
    catalog.update(strings, no_fuzzy_matching=True, update_creation_date=False)
    return catalog


def written(catalog) -> bytes:
    file = io.BytesIO()
    pofile.write_po(file, catalog, width=100, ignore_obsolete=True, sort_output=True)
    return file.getvalue()


def compiled(catalog) -> bytes:
    file = io.BytesIO()
    mofile.write_mo(file, catalog)
    return file.getvalue()


def main():
    settings.configure(USE_I18N=True)
    django.setup()
    strings, missing = marked(), 0
    for path in CATALOGS:
        catalog = renewed(path, strings)
        path.write_bytes(written(catalog))
        path.with_suffix(".mo").write_bytes(compiled(catalog))
        missing += len(untranslated := [m for m in catalog if m.id and not translated(m)])
        for message in untranslated:
            sys.stdout.write(f"{path.parts[-3]}: {message.id!r}\n")
    return 1 if missing else 0


def translated(message) -> bool:
    words = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(words) and not message.fuzzy


if __name__ == "__main__":
    sys.exit(main())
