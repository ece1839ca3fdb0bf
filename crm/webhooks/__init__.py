"""Webhooks: what happens here, told to other systems as Standard Webhooks says."""
