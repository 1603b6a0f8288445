"""Docstrings of everything public: what is there is described, and nothing else."""

import builtins
import importlib.util
import inspect
from dataclasses import fields, is_dataclass

import pytest

import smalti
from smalti import exceptions
from tests import docstrings

NAMESPACES = [smalti, smalti.metrics]
if importlib.util.find_spec("sklearn"):
    NAMESPACES.append(smalti.sklearn)
if importlib.util.find_spec("dask"):
    NAMESPACES.append(smalti.dask)


# When an estimator is fitted, by a function of scikit-learn's.
SET_BY_SCIKIT_LEARN = {"feature_names_in_", "n_features_in_"}


def public_values():
    found = {}
    for namespace in NAMESPACES:
        for name in namespace.__all__:
            found[f"{namespace.__name__}.{name}"] = getattr(namespace, name)
    return found


CLASSES = {name: value for name, value in public_values().items() if inspect.isclass(value)}
FUNCTIONS = {name: value for name, value in public_values().items() if inspect.isfunction(value)}


def ours(cls):
    """A class and those that it inherits from, as far as they are smalti's."""
    return [each for each in cls.__mro__ if each.__module__.split(".")[0] == "smalti"]


def attributes_of(cls):
    """Public attributes as classes store them, inherited ones too; what others define is theirs."""
    found = {}
    for each in reversed(ours(cls)):
        found |= {name: value for name, value in vars(each).items() if not name.startswith("_")}
    # Other libraries put descriptors of their own into our classes, and fields have defaults.
    return {name: value for name, value in found.items() if docstrings.function_of(value)}


ATTRIBUTES = {
    f"{name}.{attribute}": value
    for name, cls in CLASSES.items()
    for attribute, value in attributes_of(cls).items()
}
METHODS = {
    name: docstrings.function_of(value)
    for name, value in ATTRIBUTES.items()
    if inspect.isfunction(value) or isinstance(value, classmethod | staticmethod)
}
CALLABLES = {**FUNCTIONS, **METHODS}


def instance_attributes(cls):
    """Public attributes that instances of a class have of their own."""
    found = {field.name for field in fields(cls)} if is_dataclass(cls) else set()
    for each in ours(cls):
        found |= docstrings.assigned_to_self(each)
    return {name for name in found if not name.startswith("_")}


def each(values):
    return pytest.mark.parametrize(
        "value", [pytest.param(value, id=name) for name, value in values.items()]
    )


def test_kinds_of_attributes_are_all_found():
    expected = {
        "smalti.CompressedImage.reconstruct",  # a method
        "smalti.CompressedImage.save",  # inherited from a class that is not public
        "smalti.Codebook.fit",  # a class method
        "smalti.Codebook.bits",  # a property
        "smalti.Segmentation.areas",  # a cached property
    }
    assert expected <= set(ATTRIBUTES)
    assert {"smalti.compress", "smalti.measure.metrics.mse"} <= set(FUNCTIONS)


@each(ATTRIBUTES)
def test_every_public_attribute_is_documented(value):
    function = docstrings.function_of(value)
    assert function.__doc__
    assert function.__doc__.strip()


@each(CALLABLES)
def test_parameters_are_described_in_their_order(value):
    described = docstrings.entries(value.__doc__, "Parameters")
    assert described == docstrings.parameters(value)


@each(CALLABLES)
def test_what_is_returned_is_described(value):
    sections = docstrings.sections(value.__doc__)
    if not docstrings.returns_something(value):
        assert "Returns" not in sections
    elif "Returns" in sections:
        assert sections["Returns"].strip()
    else:
        # One sentence tells it where there is nothing else to tell.
        assert "Parameters" not in sections
        assert sections[""].startswith("Return ")


# Arithmetic on a number, which is not checked.
UNCHECKED = {"smalti.measure.metrics.psnr_of_mse"}


@each({name: value for name, value in FUNCTIONS.items() if name not in UNCHECKED})
def test_functions_say_what_they_raise(value):
    assert docstrings.entries(value.__doc__, "Raises")


@each(CALLABLES)
def test_what_is_raised_is_described(value):
    described = docstrings.entries(value.__doc__, "Raises")
    known = {*exceptions.__all__, *(name for name in vars(builtins) if name.endswith("Error"))}
    assert set(described) <= known
    raised = {name for name in docstrings.raised_in(value) if name.isidentifier()}
    assert raised <= set(described)


@each(CLASSES)
def test_classes_describe_what_they_are_made_of_and_have(value):
    if issubclass(value, BaseException):
        return
    parameters = docstrings.entries(value.__doc__, "Parameters")
    attributes = docstrings.entries(value.__doc__, "Attributes")
    own = instance_attributes(value) | SET_BY_SCIKIT_LEARN
    described = {*parameters, *attributes, *SET_BY_SCIKIT_LEARN}
    assert sorted({*own, *docstrings.parameters(value)} - described) == []
    assert set(parameters) <= set(docstrings.parameters(value))
    assert [name for name in attributes if name not in own and not hasattr(value, name)] == []


def test_each_check_can_fail():
    def undescribed(image, k):
        """Do something.

        Parameters
        ----------
        image : array
            What to do it to.
        colours : int
            Not there.

        Raises
        ------
        OSError
            If it is wet.
        """
        if k:
            raise ValueError(image)

    described = docstrings.entries(undescribed.__doc__, "Parameters")
    assert described == ["image", "colours"]
    assert docstrings.parameters(undescribed) == ["image", "k"]
    assert docstrings.entries(undescribed.__doc__, "Raises") == ["OSError"]
    assert docstrings.raised_in(undescribed) == {"ValueError"}
