"""Notifications in the language of their reader."""

from django import template

from notifications import sentences

register = template.Library()
register.filter(sentences.title_of)
register.filter(sentences.message_of)
register.filter(sentences.why_of)
register.simple_tag(sentences.in_two_languages)
register.simple_tag(sentences.storms_in_words)
