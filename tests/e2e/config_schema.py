"""Holds the JSON Schema of configuration files against files that `ferrotunnel check` takes and refuses.

Usage: config_schema.py SCHEMA CASES GOOD SOURCES. CASES/*.yml each have a mistake, GOOD/*.yml have none, and SOURCES/docs
has examples. Each line that is printed is something that is wrong, but the last one, which counts.
"""

import json
import pathlib
import re
import sys

import jsonschema
import yaml

# The mistakes that no schema can tell, with the reason. One that is told all the same does not belong here.
BEYOND_A_SCHEMA = {
    "binds_same": "two addresses overlap",
    "connect_same": "two addresses overlap",
    "shared_port": "what is said of a port depends on what else is said of it",
    "shared_not": "whether two addresses are the same",
    "shared_token": "which tokens there are",
    "both_sides": "what one side says is held against the other side",
    "both_sides_no_http": "what one side says is held against the other side",
    "endpoint_file_same": "two values must differ",
    "endpoint_files": "what is in the file system",
    "group_plugins": "what one key says is held against another",
    "include_missing": "what is in the file system",
    "include_twice": "what the other file says",
    "key_twice": "the reader of YAML has dropped the first one",
    "path_regex": "regular expressions have a grammar that no regular expression tells",
    "plugins_clients": "only who knows all plugins can tell which are for clients",
    "plugins_same_id": "two items of a list must differ",
    "plugins_settings": "the settings of a plugin are described by its own schema",
    "plugins_two_names": "only who knows all plugins can tell one from a key",
    "ports": "the two ends of a range are compared",
    "access_log": "the fields of a template are looked up",
    "audit_log": "two values are compared",
    "reconnect_order": "two values are compared",
    "services_same_host": "two items of a list must differ",
    "services_twice": "two items of a list must differ",
    "state_dir": "what is in the file system",
    "tls_no_certificate": "what is in a file",
    "token_also": "what is in files",
    "token_damaged": "what is in a file",
    "token_no_file": "what is in the file system",
    "token_no_variable": "what is in the environment",
    "token_twice": "what is in files",
    "token_weak": "what is in a file",
    "variable_unset": "what is in the environment",
    "yaml_tag": "the reader of YAML has followed the tag",
}


class Yaml12(yaml.SafeLoader):
    """Reads plain words as YAML 1.2 does, and so as editors do: `on` is a text, and a date too."""

    yaml_implicit_resolvers = {}


for tag, pattern, first in [
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
]:
    Yaml12.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(f"^(?:{pattern})$"), list(first))


def as_json(text, loader):
    """The value of a file as JSON has it: keys are texts. ValueError: this is not valid YAML."""
    try:
        return json.loads(json.dumps(yaml.load(text, loader), default=str))
    except (yaml.YAMLError, TypeError) as error:
        raise ValueError(str(error).splitlines()[0]) from error


def first_error(validator, value):
    error = jsonschema.exceptions.best_match(validator.iter_errors(value))
    return error and f"at {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def documented_parts(folder):
    """Every configuration in the documentation, whole or a part: blocks in fences, and blocks that are indented."""
    for path in sorted([*folder.glob("docs/**/*.md"), *folder.glob("*.md"), *folder.glob("plugins/*/*.md")]):
        text = path.read_text(encoding="utf-8")
        blocks = re.findall(r"^```(?:yaml|yml)\n(.*?)^```$", text, re.M | re.S)
        blocks += [re.sub("^    ", "", each, flags=re.M) for each in re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", text, re.M)]
        for block in blocks:
            try:
                value = as_json(block, Yaml12)
            except ValueError:
                continue  # commands, or text
            if isinstance(value, dict) and value and value.keys() <= {"server", "client", "log", "include"}:
                yield path.relative_to(folder), value


def check_cases(validator, folder, wrong):
    names = sorted(path.stem for path in folder.glob("*.yml"))
    wrong += [f"{name}: there is no such case any more" for name in BEYOND_A_SCHEMA.keys() - names]
    for name in names:
        try:
            error = first_error(validator, as_json((folder / f"{name}.yml").read_text(encoding="utf-8"), Yaml12))
        except ValueError as refusal:
            error = f"no YAML: {refusal}"
        if name in BEYOND_A_SCHEMA and error:
            wrong.append(f"{name}: is refused ({error}), and so it is not beyond a schema")
        elif name not in BEYOND_A_SCHEMA and not error:
            wrong.append(f"{name}: is taken, and check refuses it")
    return len(names)


def check_good(validator, folder, wrong):
    paths = sorted(folder.glob("*.yml"))
    for path in paths:
        for loader in (Yaml12, yaml.SafeLoader):  # the second one reads YAML 1.1, where `off` is not text
            if error := first_error(validator, as_json(path.read_text(encoding="utf-8"), loader)):
                wrong.append(f"{path.name}, by {loader.__name__}: {error}")
    return len(paths)


def check_documentation(validator, folder, wrong):
    count = 0
    for path, value in documented_parts(folder):
        count += 1
        value.setdefault("include", "others.yml")  # which have what a part leaves out
        if error := first_error(validator, value):
            wrong.append(f"{path}: {error}")
    return count


def main():
    schema_path, cases, good, sources = map(pathlib.Path, sys.argv[1:])
    schema = json.loads(schema_path.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    wrong = []
    mistakes = check_cases(validator, cases, wrong)
    good_ones = check_good(validator, good, wrong)
    examples = check_documentation(validator, sources, wrong)
    for each in wrong:
        print(each)
    print(f"{mistakes} mistakes, {len(BEYOND_A_SCHEMA)} of them beyond a schema; {good_ones} good files; {examples} examples")
    if examples < 15:
        print("there are more examples in the documentation")
    return 1 if wrong or examples < 15 else 0


sys.exit(main())
