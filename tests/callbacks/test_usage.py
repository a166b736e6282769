from concurrent.futures import ThreadPoolExecutor

from langchain_core.language_models import FakeListLLM, GenericFakeChatModel
from langchain_core.messages import AIMessage

from callbacks.usage import UsageCallback
from tests.fakes import ScriptedChatModel


def test_tokens_of_all_calls_are_added_up() -> None:
    """Whole and streamed replies count alike, from any thread."""
    usage = UsageCallback()
    model = ScriptedChatModel(replies=["yes"], callbacks=[usage])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(model.invoke, ["?"] * 8))
    list(model.stream("?"))

    assert usage.totals() == {"calls": 9, "input_tokens": 99, "output_tokens": 63}


def test_calls_of_models_that_do_not_count_are_counted() -> None:
    """Without a report there are calls, but no tokens."""
    usage = UsageCallback()

    GenericFakeChatModel(messages=iter([AIMessage("yes")])).invoke("?", {"callbacks": [usage]})
    FakeListLLM(responses=["yes"]).invoke("?", {"callbacks": [usage]})

    assert usage.totals() == {"calls": 2, "input_tokens": 0, "output_tokens": 0}


def test_totals_are_a_copy() -> None:
    """Whoever reads the totals cannot change them."""
    usage = UsageCallback()

    usage.totals()["calls"] = 7

    assert usage.totals()["calls"] == 0
