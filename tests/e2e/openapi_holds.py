"""Holds answers against an OpenAPI file: openapi_holds.py FILE "METHOD PATH STATUS ANSWER-FILE"..."""

import json
import re
import sys

import jsonschema
import yaml


def resource_at(api, path):
    """What the file has for a path, whose parameters are any text without a slash."""
    templates = [template for template in api["paths"]
                 if re.fullmatch("[^/]+".join(map(re.escape, re.split(r"\{[^}]*\}", template))), path)]
    return api["paths"][path if path in templates else templates[0]]


def schema_of(api, method, path, status):
    answer = resource_at(api, path)[method]["responses"][status]
    if "$ref" in answer:
        answer = api["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": api["components"],
            **answer["content"]["application/json"]["schema"]}


with open(sys.argv[1], encoding="utf-8") as file:
    api = yaml.safe_load(file)
for words in sys.argv[2:]:
    method, path, status, answer = words.split()
    schema = schema_of(api, method, path, status)
    jsonschema.Draft202012Validator.check_schema(schema)
    with open(answer, encoding="utf-8") as file:
        jsonschema.Draft202012Validator(schema).validate(json.load(file))
