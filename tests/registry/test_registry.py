"""Registries of classes by name."""

import pytest

import mxnet as mx


class Animal:
    def __init__(self, legs=4):
        self.legs = legs


register = mx.registry.get_register_func(Animal, "animal")
alias = mx.registry.get_alias_func(Animal, "animal")
create = mx.registry.get_create_func(Animal, "animal")


@register
@alias("puppy", "hound")
class Dog(Animal):
    pass


@pytest.mark.parametrize(
    "config",
    ["dog", "DOG", "hound", '["puppy", {}]', '{"animal": "dog"}', {"animal": "dog"}],
)
def test_a_name_in_any_form_makes_the_class(config):
    assert type(create(config)) is Dog


def test_parameters_come_from_the_call_or_the_json():
    assert create("dog", legs=3).legs == 3
    assert create("dog", 2).legs == 2
    assert create('["dog", {"legs": 1}]').legs == 1
    assert create('{"animal": "dog", "legs": 5}').legs == 5


def test_an_object_that_is_ready_is_returned_as_it_is():
    dog = Dog()
    assert create(dog) is dog


def test_an_unknown_name_suggests_another():
    with pytest.raises(ValueError, match=r"'hond' is not a registered animal\. .* Did you mean 'hound'\?"):
        create("hond")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("[broken", "is not valid JSON"),
        ('["dog"]', "expected JSON of the form"),
        ('{"plant": "tree"}', "expected JSON of the form"),
        (7, "expected a name or a Animal, got 7"),
        (None, "expected a name"),
    ],
)
def test_what_is_no_configuration_is_refused(config, message):
    with pytest.raises(mx.MXNetError, match=message):
        create(config)


def test_an_object_that_is_ready_takes_no_parameters():
    with pytest.raises(mx.MXNetError, match="takes no further arguments"):
        create(Dog(), legs=2)


def test_only_subclasses_can_be_registered():
    with pytest.raises(TypeError, match="Only subclasses of Animal"):
        register(int)


def test_registering_a_name_again_warns_and_replaces():
    class Cat(Animal):
        pass

    class OtherCat(Animal):
        pass

    register(Cat, "cat")
    with pytest.warns(UserWarning, match=r"registered as 'cat', replaces .*Cat"):
        register(OtherCat, "cat")
    assert type(create("cat")) is OtherCat


def test_the_registry_is_a_copy():
    mx.registry.get_registry(Animal).clear()
    assert "dog" in mx.registry.get_registry(Animal)


def test_what_cannot_be_made_fails_an_assertion_as_in_mxnet():
    for name in ("nonsense", 3, "{"):
        with pytest.raises(AssertionError) as caught:
            mx.metric.create(name)
        assert isinstance(caught.value, mx.MXNetError)
