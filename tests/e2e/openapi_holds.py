"""Holds answers against an OpenAPI file: openapi_holds.py FILE "METHOD PATH STATUS ANSWER-FILE"..."""

import json
import sys

import jsonschema
import yaml


def schema_of(api, method, path, status):
    answer = api["paths"][path][method]["responses"][status]
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
