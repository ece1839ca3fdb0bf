"""Programs that run within Leadbell's own code: `python -m bench.inside.<name>`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
django.setup()
