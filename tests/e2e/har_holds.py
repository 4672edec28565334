"""Holds an HTTP archive against HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec): har_holds.py FILE. Members
that the format does not know must begin with an underscore."""

import json
import sys

import jsonschema


def record(required, **members):
    return {"type": "object", "required": required.split(), "properties": {**members, "comment": {"type": "string"}},
            "patternProperties": {"^_": {}}, "additionalProperties": False}


text, size, time = {"type": "string"}, {"type": "integer", "minimum": -1}, {"type": "number", "minimum": 0}
pairs = {"type": "array", "items": record("name value", name=text, value=text)}
cookies = {"type": "array", "items": record("name value", name=text, value=text, path=text, domain=text)}
date = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
request = record("method url httpVersion cookies headers queryString headersSize bodySize", method=text, url=text,
                 httpVersion=text, cookies=cookies, headers=pairs, queryString=pairs, headersSize=size, bodySize=size,
                 postData=record("mimeType params text", mimeType=text, params=pairs, text=text))
response = record("status statusText httpVersion cookies headers content redirectURL headersSize bodySize",
                  status={"type": "integer"}, statusText=text, httpVersion=text, cookies=cookies, headers=pairs,
                  content=record("size mimeType", size={"type": "integer"}, mimeType=text, text=text, encoding=text),
                  redirectURL=text, headersSize=size, bodySize=size)
entry = record("startedDateTime time request response cache timings", startedDateTime=date, time=time, request=request,
               response=response, cache=record(""), timings=record("send wait receive", send=time, wait=time, receive=time))
archive = record("log", log=record("version creator entries", version={"const": "1.2"},
                                   creator=record("name version", name=text, version=text),
                                   entries={"type": "array", "items": entry}))
with open(sys.argv[1], encoding="utf-8") as file:
    har = json.load(file)
jsonschema.Draft202012Validator(archive).validate(har)
starts = [one["startedDateTime"] for one in har["log"]["entries"]]
assert starts == sorted(starts), "entries are not in the order of time"
print(len(starts))
