"""What all options have in common: a schema, a hash that lasts, and JSON there and back."""

import dataclasses
from typing import Any, TypeVar

from smalti.colors import Color, hex_color
from smalti.exceptions import InvalidParameterError

__all__ = ["COLORS_SCHEMA", "Options", "chosen", "is_default", "option"]

Value = TypeVar("Value")

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

COLORS_SCHEMA: dict[str, Any] = {
    "type": "array",
    "items": {"type": "string", "pattern": "^#?[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?$"},
}
"""Colours in JSON: hexadecimal digits."""


def option(default: Value, description: str, schema: dict[str, Any]) -> Value:
    """Return a field with a default value, and what its JSON schema says.

    Parameters
    ----------
    default
        None if the option can be left open.
    description : str
    schema : dict
        Type and range of the values other than None.
    """
    allowed = schema if default is not None else _or_null(schema)
    entry = {"description": description, **allowed, "default": _as_json(default)}
    value: Value = dataclasses.field(default=default, metadata={"schema": entry})
    return value


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    wider = {**schema, "type": [schema["type"], "null"]}
    return {**wider, "enum": [*schema["enum"], None]} if "enum" in schema else wider


@dataclasses.dataclass(frozen=True)
class Options:
    """Options that can be hashed, compared and stored."""

    def to_dict(self) -> dict[str, Any]:
        """Return the options by name, as JSON holds them.

        ``type(options)(**options.to_dict())`` are equal options.
        """
        fields = dataclasses.fields(self)
        return {field.name: _as_json(getattr(self, field.name)) for field in fields}

    def digest(self) -> str:
        """Return 64 hexadecimal digits that equal options share, in every process and version.

        Options at their defaults do not count: one that a later version adds changes nothing.
        """
        import hashlib
        import json

        changed = {
            field.name: _as_json(getattr(self, field.name))
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        }
        text = json.dumps([type(self).__name__, changed], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON schema (draft 2020-12) of `to_dict`.

        What only holds for several options together, it does not say.
        """
        properties = {
            field.name: field.metadata["schema"]
            for field in dataclasses.fields(cls)
            if "schema" in field.metadata
        }
        return {
            "$schema": _DIALECT,
            "title": cls.__name__,
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
        }


OptionsType = TypeVar("OptionsType", bound=Options)


def chosen(kind: type[OptionsType], options: OptionsType | None, **values: Any) -> OptionsType:
    """Return the options of a call that takes them one by one, or all as one value.

    Raises
    ------
    InvalidParameterError
        If both are given, `options` are of another kind, or values are outside their range.
    """
    if options is None:
        return kind(**values)
    if type(options) is not kind:
        raise InvalidParameterError(f"options must be {kind.__name__}, got {options!r}")
    defaults = {field.name: field.default for field in dataclasses.fields(kind)}
    for name, value in values.items():
        if not is_default(value, defaults[name]):
            raise InvalidParameterError(f"{name} is decided by options, got {value!r}")
    return options


def is_default(value: Any, default: Any) -> bool:
    """Whether a value is the default; comparing an array would give an array."""
    is_plain = isinstance(value, str | int | float | tuple)
    return value is default or bool(is_plain and value == default)


def _as_json(value: Any) -> Any:
    """Return a value as JSON holds it: colours as hexadecimal digits, tuples as lists."""
    if isinstance(value, Color):
        return hex_color(value)
    if isinstance(value, tuple):
        return [_as_json(part) for part in value]
    return value.to_dict() if hasattr(value, "to_dict") else value
