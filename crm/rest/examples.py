"""An example of a body, made of its JSON Schema and what such a field would say."""

MOMENT = "2026-03-02T09:30:00Z"
DEPTH = 6

# By the name of a field; a thing's own words win over those of all.
WORDS = {
    "firstName": "John",
    "lastName": "Doe",
    "email": "john.doe@example.org",
    "password": "correct horse battery",
    "phone": "+44 20 7946 0018",
    "company": "ABC Company",
    "jobTitle": "Buyer",
    "website": "https://abc.example",
    "message": "We need forty licences.",
    "city": "London",
    "region": "England",
    "postalCode": "SW1A 1AA",
    "country": "United Kingdom",
    "source": "Website",
    "stage": "new",
    "role": "rep",
    "title": "Send the offer",
    "body": "They want an offer.",
    "detail": "Not found.",
    "url": "/leads/17/",
    "kind": "call",
    "direction": "out",
    "zone": "Europe/Berlin",
    "reason": "owner",
    "field": "stage",
    "from": "new",
    "to": "contacted",
    "access": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIn0.c2lnbmF0dXJl",
    "refresh": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.c2lnbmF0dXJl",
}
MOMENTS = {"endsAt": "2026-03-02T10:00:00Z"}
INSTEAD = {"remindAt": {"remindMinutesBefore", "minutesBefore"}}  # one of the two is given
SELDOM = {"otp"}  # what most do not send
NOTHING_YET = {"next", "previous", "readAt", "completedAt", "mutedUntil", "withdrawnAt"}
FORMATS = {
    "date-time": MOMENT,
    "date": "2026-03-02",
    "uuid": "01957f3e-6b1c-7c4e-9d3a-2f8f0c1b7a55",
    "email": "john.doe@example.org",
    "uri": "https://abc.example",
}


def of(schema: dict, schemas: dict, name: str = "", depth: int = 0):
    """A value that ``schema`` takes. ``schemas`` are the components that it may refer to."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[-1]]
    if "examples" in schema:
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    for choice in ("oneOf", "anyOf", "allOf"):
        if choice in schema:
            return of(schema[choice][0], schemas, name, depth)
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kinds, list):
        if name in NOTHING_YET and "null" in kinds:
            return None
        kinds = next(kind for kind in kinds if kind != "null")
    return _OF_TYPE[kinds](schema, schemas, name, depth)


def _object(schema, schemas, name, depth):
    properties = dict(schema.get("properties", {})) if depth < DEPTH else {}
    for one, others in INSTEAD.items():
        if others & properties.keys() and one not in schema.get("required", ()):
            properties.pop(one, None)
    said = {key: inner for key, inner in properties.items() if key not in SELDOM}
    return {key: of(inner, schemas, key, depth + 1) for key, inner in said.items()}


def _array(schema, schemas, name, depth):
    return [of(schema.get("items", {}), schemas, name, depth + 1)]


def _string(schema, schemas, name, depth):
    word = WORDS.get(name)
    if schema.get("enum"):
        choices = [choice for choice in schema["enum"] if choice]
        return word if word in choices else choices[0]
    form = schema.get("format")
    if form == "date-time":
        return MOMENTS.get(name, MOMENT)
    return FORMATS.get(form) or word or "Example"


def _integer(schema, schemas, name, depth):
    return schema.get("default", max(17, schema.get("minimum", 17)))


_OF_TYPE = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": _integer,
    "boolean": lambda *_: True,
    "null": lambda *_: None,
}
