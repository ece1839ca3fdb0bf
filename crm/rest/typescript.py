"""The types of REST and of the socket, for TypeScript, made of the documents that describe them.
``make types`` writes them to static/js/leadbell.d.ts."""

import json
import re

from drf_spectacular.generators import SchemaGenerator

from crm.rest.asyncapi import SENT, TAKEN, payload_of

HEAD = """\
// Made by `make types` of the OpenAPI and AsyncAPI documents. Change those, not this.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
"""
NAME = re.compile(r"[A-Za-z_$][\w$]*$")
SIMPLE = {
    "integer": "number",
    "number": "number",
    "string": "string",
    "boolean": "boolean",
    "null": "null",
}


def text() -> str:
    document = SchemaGenerator().get_schema(public=True)
    schemas = document["components"]["schemas"]
    return "\n".join(
        [
            HEAD,
            "// What REST takes and gives\n",
            *(_declared(name, schema) for name, schema in sorted(schemas.items())),
            "// What can be asked for: by method and path\n",
            _operations(document),
            "// The socket\n",
            _frames("ServerFrame", SENT),
            _frames("ClientFrame", TAKEN),
        ]
    )


def type_of(schema: dict, depth: int = 0) -> str:
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[-1]
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    for choice, sign in (("oneOf", " | "), ("anyOf", " | "), ("allOf", " & ")):
        if choice in schema:
            kinds = dict.fromkeys(type_of(each, depth) for each in schema[choice])
            return sign.join(kinds)
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return " | ".join(_of_type(kind, schema, depth) for kind in kinds) or "Json"


def _of_type(kind, schema, depth):
    if kind == "array":
        inner = type_of(schema.get("items", {}), depth)
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    if kind != "object":
        return SIMPLE[kind]
    if "properties" in schema:
        return _object(schema, depth)
    others = schema.get("additionalProperties", {})
    return f"{{ [name: string]: {type_of(others if isinstance(others, dict) else {}, depth)} }}"


def _object(schema, depth):
    required, indent = set(schema.get("required", ())), "  " * (depth + 1)
    lines = [
        f"{indent}{_key(name)}{'' if name in required else '?'}: {type_of(inner, depth + 1)};"
        for name, inner in schema["properties"].items()
    ]
    return "\n".join(["{", *lines, "  " * depth + "}"])


def _key(name):
    return name if NAME.match(name) else json.dumps(name)


def _declared(name, schema):
    said = schema.get("description", "").partition("\n\n")[0].replace("\n", " ")
    comment = f"/** {said} */\n" if said and not said.startswith("*") else ""
    return f"{comment}export type {name} = {type_of(schema)};\n"


def _operations(document):
    lines = ["export interface Operations {"]
    for path, ways in document["paths"].items():
        for method, operation in ways.items():
            lines.append(f"  {json.dumps(f'{method.upper()} {path}')}: {{")
            lines += [f"    {line};" for line in _parts(operation)]
            lines.append("  };")
    return "\n".join([*lines, "}", ""])


def _parts(operation):
    for place in ("path", "query", "header"):
        asked = [each for each in operation.get("parameters", ()) if each["in"] == place]
        if asked:
            properties = {each["name"]: each["schema"] for each in asked}
            required = [each["name"] for each in asked if each.get("required")]
            missing = "" if required else "?"
            parameters = {"properties": properties, "required": required}
            yield f"{place}{missing}: {_object(parameters, 2)}"
    if "requestBody" in operation:
        yield f"body: {_body(operation['requestBody'])}"
    for status, answer in operation["responses"].items():
        yield f"{status}: {_body(answer)}"


def _body(part):
    media = part.get("content", {}).get("application/json")
    return type_of(media["schema"], 2) if media else "undefined"


def _frames(name, frames):
    kinds = [type_of(payload_of(kind, fields)) for kind, (_, fields) in frames.items()]
    return f"export type {name} =\n" + "\n".join(f"  | {kind}" for kind in kinds) + ";\n"
