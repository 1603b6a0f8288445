"""Reading docstrings in NumPy's style."""

import ast
import functools
import inspect
import re
import textwrap

_HEADING = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)
_ENTRY = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: :|$)", re.MULTILINE)


def sections(docstring):
    """The text below each heading; what comes first has none and the name ''."""
    first, *rest = _HEADING.split(inspect.cleandoc(docstring or ""))
    return {"": first, **dict(zip(rest[::2], rest[1::2], strict=True))}


def entries(docstring, heading):
    """The names that a section describes, in order: `a, b : type` names two."""
    text = sections(docstring).get(heading, "")
    return [name.lstrip("*") for names in _ENTRY.findall(text) for name in names.split(", ")]


def function_of(attribute):
    """The function behind an attribute as a class stores it, or None."""
    if isinstance(attribute, classmethod | staticmethod):
        return attribute.__func__
    if isinstance(attribute, property):
        return attribute.fget
    if isinstance(attribute, functools.cached_property):
        return attribute.func
    return attribute if inspect.isfunction(attribute) else None


def parameters(function):
    """The names of a function's parameters, without self and cls."""
    return [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]


def returns_something(function):
    annotation = inspect.signature(function).return_annotation
    return annotation not in (None, "None", inspect.Signature.empty)


def raised_in(function):
    """The names of the exceptions that a function's own body raises."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    raised = {node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise)} - {None}
    return {ast.unparse(error.func if isinstance(error, ast.Call) else error) for error in raised}


def assigned_to_self(cls):
    """The names of the attributes that the methods of a class give its instances."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and ast.unparse(node.value) == "self"
    }
