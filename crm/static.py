"""Static files as they are served: hashed, compressed, a stylesheet with what it imports."""

import posixpath
import re

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = re.compile(r'^@import "([^"]+)";\n', re.MULTILINE)


class HashedModules(CompressedManifestStaticFilesStorage):
    """Hashed names also inside ES modules, where they import others and where they fetch one when
    it is needed. Stylesheets, which hold up a page until the last has come, are served with what
    they import in its place."""

    support_js_module_import_aggregation = True

    def post_process(self, paths, *args, **options):
        whole = Whole(paths)
        sheets = {name: (whole, name) for name in paths if name.endswith(".css")}
        yield from super().post_process({**paths, **sheets}, *args, **options)


class Whole:
    """Opens stylesheets by their names in ``paths``, each with its imports in their place."""

    def __init__(self, paths):
        self.paths = paths

    def open(self, name):
        return ContentFile(self._text(name).encode(), name)

    def _text(self, name):
        storage, path = self.paths[name]
        with storage.open(path) as file:
            text = file.read().decode()
        return IMPORT.sub(lambda found: self._text(beside(name, found[1])), text)


def beside(name, relative):
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), relative))
