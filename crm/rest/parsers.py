"""Request bodies: JSON and nothing else."""

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from notifications import wire


class StrictJSONParser(JSONParser):
    """Takes UTF-8 JSON. Whatever else comes, too deep or too large a number included, is a 400."""

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            return wire.decode(stream.read())
        except ValueError as problem:
            raise ParseError(f"The body is not valid JSON: {problem}.") from problem
