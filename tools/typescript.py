"""Writes the types of the API for TypeScript: `make types`."""

import os

import django

from tools import ROOT

TYPES = ROOT / "static" / "js" / "leadbell.d.ts"


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    os.environ.setdefault("DEBUG", "true")
    django.setup()
    from crm.rest import typescript  # noqa: PLC0415 (Django must be set up before)

    TYPES.write_text(typescript.text())


if __name__ == "__main__":
    main()
