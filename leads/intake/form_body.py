"""What a browser sends of a form: its fields in their order, whatever the encoding. Files are named
and left where they are."""

from io import BytesIO
from urllib.parse import parse_qsl, urlencode

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from leads.intake.door import Arrival, Refused
from leads.intake.mapping import storable

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
MOST_FIELDS = 1_000
NOT_KEPT = "{name} (a file, which is not kept)"


def fields_of(arrival: Arrival) -> list[tuple[str, str]]:
    """Raises Refused for another type, and for what is no form or an empty one."""
    if arrival.media_type == URLENCODED:
        fields = decoded(arrival.body)
    elif arrival.media_type == MULTIPART:
        fields = _parts(arrival)
    else:
        raise Refused(415, f"Send a form: as {URLENCODED} or {MULTIPART}.")
    if not any(value.strip() for _, value in fields):
        raise Refused(400, "There is nothing in the form.")
    return fields


def decoded(body: bytes) -> list[tuple[str, str]]:
    """The fields of an urlencoded body."""
    try:
        pairs = parse_qsl(
            body.decode("latin-1"),
            keep_blank_values=True,
            encoding="latin-1",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as problem:
        raise Refused(400, f"The form has more than {MOST_FIELDS} fields.") from problem
    return [(_text(name), _text(value)) for name, value in pairs]


def encoded(fields) -> bytes:
    """What ``decoded`` gives again."""
    return urlencode(fields).encode()


def _parts(arrival) -> list[tuple[str, str]]:
    meta = {"CONTENT_TYPE": arrival.content_type, "CONTENT_LENGTH": len(arrival.body)}
    names = _Names()
    try:
        parser = _Parser(meta, BytesIO(arrival.body), [names], "latin-1")
        post, _files = parser.parse()
    except (MultiPartParserError, SuspiciousOperation, ValueError) as problem:
        raise Refused(400, f"The form cannot be read: {storable(str(problem))}.") from problem
    told = [(_text(name), _text(value)) for name, values in post.lists() for value in values]
    return told + [(_text(name), NOT_KEPT.format(name=storable(file))) for name, file in names]


class _Parser(MultiPartParser):
    def sanitize_file_name(self, file_name):
        """Read as text first: it takes away what does not look like any."""
        return super().sanitize_file_name(_text(file_name))


class _Names(FileUploadHandler):
    """Takes no file in; knows what they were called."""

    def __init__(self):
        super().__init__()
        self.found = []

    def __iter__(self):
        return iter(self.found)

    def new_file(self, field_name, file_name, *args, **kwargs):
        self.found.append((field_name, file_name))
        raise SkipFile

    def receive_data_chunk(self, raw_data, start):
        return None

    def file_complete(self, file_size):
        return None


def _text(raw: str) -> str:
    """Bytes as characters of Latin-1: UTF-8, else what old pages on Windows send."""
    data = raw.encode("latin-1", "replace")
    try:
        return storable(data.decode())
    except UnicodeDecodeError:
        return storable(data.decode("cp1252", "replace"))
