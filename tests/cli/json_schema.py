"""Checks documents against a JSON Schema, as far as docs/schema uses the language. What it does not know it refuses."""
from __future__ import annotations

import re

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float), "null": type(None)}
KNOWN = {"$ref", "type", "description", "properties", "required", "items", "enum", "pattern", "minimum", "anyOf"}


def faults(value: object, schema: dict, definitions: dict, place: str = "") -> list[str]:
    """One line for each disagreement. A member that the schema does not name is one too: a schema that lacks something documents nothing."""
    unknown = schema.keys() - KNOWN
    if unknown:
        return [f"{place}: the schema says {', '.join(sorted(unknown))}, which this checker does not know"]
    if "$ref" in schema:
        return faults(value, definitions[schema["$ref"].removeprefix("#/$defs/")], definitions, place)
    if "anyOf" in schema:
        found = [faults(value, one, definitions, place) for one in schema["anyOf"]]
        return [] if [] in found else [f"{place}: none of those that it may be: {'; '.join(sum(found, []))}"]
    kind = schema["type"]
    is_of_type = isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
    if not is_of_type:
        return [f"{place}: {value!r} is no {kind}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{place}: {value!r} is none of {schema['enum']}"]
    if "pattern" in schema and re.search(schema["pattern"], value) is None:
        return [f"{place}: {value!r} is not like {schema['pattern']}"]
    if "minimum" in schema and value < schema["minimum"]:
        return [f"{place}: {value} is less than {schema['minimum']}"]
    if kind == "array":
        return [fault for i, one in enumerate(value) for fault in faults(one, schema["items"], definitions, f"{place}[{i}]")]
    if kind == "object":
        return faults_of_members(value, schema, definitions, place)
    return []


def faults_of_members(value: dict, schema: dict, definitions: dict, place: str) -> list[str]:
    members = schema["properties"]
    found = [f"{place}.{name} is missing" for name in schema.get("required", []) if name not in value]
    for name, one in value.items():
        found += faults(one, members[name], definitions, f"{place}.{name}") if name in members else [f"{place}.{name} is not in the schema"]
    return found
