import pytest

from chains.prompts import load_prompt, prompt_versions
from tools.errors import SettingError


@pytest.mark.parametrize("version", prompt_versions("answer"))
def test_every_answer_prompt_takes_the_same_variables(version: int) -> None:
    """Whatever its version, it is filled with passages, history and question."""
    assert set(load_prompt("answer", version).input_variables) == {"passages", "history", "question"}


@pytest.mark.parametrize("version", prompt_versions("condense"))
def test_every_condense_prompt_takes_the_same_variables(version: int) -> None:
    """Whatever its version, it is filled with history and question."""
    assert set(load_prompt("condense", version).input_variables) == {"history", "question"}


@pytest.mark.parametrize("version", prompt_versions("answer"))
def test_every_answer_prompt_names_the_reply_for_nothing_found(version: int) -> None:
    """The model learns how to say that there is no answer, and that passages are data."""
    system, human = (
        load_prompt("answer", version).invoke({"passages": "P {x}", "history": "", "question": "Q"}).to_messages()
    )

    assert (system.type, human.type) == ("system", "human")
    assert "NOT_FOUND" in system.text
    assert "P {x}" in human.text


def test_there_is_a_first_version_of_each_prompt() -> None:
    """Version 1 is what the code asks for unless told otherwise."""
    assert prompt_versions("answer")[0] == prompt_versions("condense")[0] == 1
    assert prompt_versions("unknown") == []


def test_an_unknown_version_lists_those_there_are() -> None:
    """The message says which versions can be chosen."""
    with pytest.raises(SettingError, match=r"no version 99 of the 'answer' prompt; accepted: \[1"):
        load_prompt("answer", 99)
