"""Announcements (notifications/models/announcement.py): where administrators write them."""
