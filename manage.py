#!/usr/bin/env python3
"""Leadbell's command line: ``./manage.py help`` lists the commands."""

import asyncio
import os
import sys
from importlib import import_module

import uvloop
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    if sys.argv[1:2] == ["serve"]:  # before daphne makes the loop that serves
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(f"Leadbell cannot start: {problem}")
    finally:
        if apps.ready:  # what a command counted, such as leads that it made
            import_module("notifications.measuring").measuring.end()


if __name__ == "__main__":
    main()
