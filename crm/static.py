from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedModules(CompressedManifestStaticFilesStorage):
    """Hashed names also inside the import statements of ES modules."""

    support_js_module_import_aggregation = True
