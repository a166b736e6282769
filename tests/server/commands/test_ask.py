import json
import logging

import pytest
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler

from graphs.state import SecretContext
from server.bootstrap import open_service
from server.settings import Settings
from tests.pdfs import encrypted_pdf, slow_pdf, text_pdf
from tests.server.shell import Shell

_QUESTION = "When was the bridge at Arnside opened?"
_ANSWER = "The bridge at Arnside was opened in 1857. [1]\n\n"
_CITATION = '[1] bridge.pdf p. 2 "The bridge at Arnside was opened in 1857."\n'


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell over a collection that knows about a bridge and, in another document, about a lighthouse."""
    shell = Shell(tmp_path_factory.mktemp("ask"))
    text_pdf(shell.directory / "bridge.pdf", ["Contents and foreword.", "The bridge at Arnside was opened in 1857."])
    text_pdf(shell.directory / "light.pdf", ["The lighthouse of Walney was opened in 1790. " + "It is white. " * 20])
    encrypted_pdf(shell.directory / "secret.pdf", ["The treasure of Kendal is under the old oak."], "s3same")
    (shell.directory / "empty.pdf").touch()
    assert shell.run("ingest", "bridge.pdf", "light.pdf").status == 0
    return shell


def test_answers_from_the_collection(shell: Shell) -> None:
    """Without paths the whole collection is searched; the answer and its citations are printed."""
    result = shell.run("ask", _QUESTION)

    assert (result.status, result.out, result.err) == (0, _ANSWER + _CITATION, "")


def test_streams_on_a_terminal(shell: Shell) -> None:
    """On a terminal the words come as they are found and add up to the same text."""
    result = shell.run("ask", _QUESTION, terminal=True)

    assert (result.status, result.out) == (0, _ANSWER + _CITATION)


def test_prints_one_json_document(shell: Shell) -> None:
    """With --json the answer object is printed, in the thread that was named."""
    result = shell.run("ask", _QUESTION, "--json", "--thread", "bridges")

    answer = json.loads(result.out)
    assert list(answer)[:3] == ["question", "answer", "found"]
    assert (answer["found"], answer["citations"][0]["page"], answer["thread_id"]) == (True, 2, "bridges")
    assert "ingested" not in answer
    assert (result.status, result.err) == (0, "")


def test_looks_in_the_files_only(shell: Shell) -> None:
    """With paths the answer is looked for in those documents, not in the rest of the collection."""
    result = shell.run("ask", _QUESTION, "light.pdf", "--json")

    answer = json.loads(result.out)
    assert (result.status, answer["found"]) == (3, False)
    assert [(file["name"], file["state"]) for file in answer["ingested"]] == [("light.pdf", "unchanged")]


def test_takes_the_good_files(shell: Shell) -> None:
    """Of good and bad files the good ones are asked, the bad ones are named, and the status says partly."""
    result = shell.run("ask", _QUESTION, "missing.pdf", "bridge.pdf", "empty.pdf")

    assert (result.status, result.out) == (4, _ANSWER + _CITATION)
    assert result.err.splitlines() == [
        "pageloom: 'missing.pdf' does not exist; check the path",
        "pageloom: 'empty.pdf' is empty (0 bytes); get a complete copy of the file",
    ]


def test_says_not_found_before_it_says_partly(shell: Shell) -> None:
    """A question without an answer is "not found", whatever became of some files."""
    result = shell.run("ask", _QUESTION, "light.pdf", "missing.pdf", terminal=True)

    assert result.status == 3
    assert result.out.startswith("I found n")


@pytest.mark.parametrize(
    ("paths", "terminal"), [(["missing.pdf"], False), (["empty.pdf", "missing.pdf"], True)], ids=["piped", "terminal"]
)
def test_fails_when_no_file_is_left(shell: Shell, paths: list[str], *, terminal: bool) -> None:
    """When all files fail there is no answer, least of all from the rest of the collection."""
    result = shell.run("ask", _QUESTION, *paths, terminal=terminal)

    assert (result.status, result.out) == (1, "")
    last = "pageloom: error: none of the files can be used, so there is nothing to answer from"
    assert result.err.splitlines()[-1] == last
    assert len(result.err.splitlines()) == len(paths) + 1


def test_fails_in_json_when_no_file_is_left(shell: Shell) -> None:
    """Also then --json prints an answer object, with why each file failed in the order they were given."""
    result = shell.run("ask", _QUESTION, "--json", "empty.pdf", "missing.pdf")

    answer = json.loads(result.out)
    assert (result.status, result.err, answer["found"]) == (1, "", False)
    assert [file["code"] for file in answer["ingested"]] == ["empty_file", "not_found"]


def test_remembers_a_thread(shell: Shell) -> None:
    """The same follow-up gets in each thread the answer of that conversation."""
    shell.run("ask", _QUESTION, "--thread", "walk")
    shell.run("ask", "When was the lighthouse of Walney opened?", "--thread", "sail")

    walk, sail = (shell.run("ask", "And when was it opened?", "--thread", name) for name in ("walk", "sail"))

    assert "1857" in walk.out
    assert "1790" in sail.out


def test_shortens_long_quotes(shell: Shell) -> None:
    """Of a long quote the beginning is shown."""
    words = "The lighthouse of Hodbarrow was lit " + "by the keepers of the iron mine " * 5 + "in 1905."
    text_pdf(shell.directory / "long.pdf", [words])

    result = shell.run("ask", "When was the lighthouse of Hodbarrow lit?", "long.pdf")

    citation = result.out.splitlines()[-1]
    assert citation.startswith('[1] long.pdf p. 1 "The lighthouse of Hodbarrow was lit by')
    assert citation.endswith('…"')
    assert len(citation) < 130


def test_names_unread_pages(shell: Shell) -> None:
    """Pages that could not be read are named behind the citations."""
    slow_pdf(shell.directory / "slow.pdf", ["The viaduct of Eskmeals was rebuilt in 1868."])

    result = shell.run("ask", "When was the viaduct of Eskmeals rebuilt?", "slow.pdf", PAGELOOM_PAGE_TIMEOUT_S="1")

    assert result.out.splitlines()[-1] == "could not be read: slow.pdf p. 2"


def test_opens_an_encrypted_file(shell: Shell) -> None:
    """A password from stdin opens the file that the question is about."""
    question = "Where is the treasure of Kendal?"

    result = shell.run("ask", question, "secret.pdf", "--password-file", "-", stdin="s3same\n")

    assert result.status == 0
    assert "under the old oak" in result.out


async def test_keeps_the_password_out_of_traces(shell: Shell, caplog: pytest.LogCaptureFixture) -> None:
    """Neither what a tracer sees, nor a log, nor anything stored holds the password."""
    tracer = RunCollectorCallbackHandler()
    caplog.set_level(logging.DEBUG)
    path = str(shell.directory / "secret.pdf")
    async with open_service(Settings(data_dir=shell.directory / "traced")) as service:
        answer = await service.assistant.ainvoke(
            {"question": "Where is the treasure of Kendal?", "files": [{"path": path, "name": "secret.pdf"}]},
            {"callbacks": [tracer]},
            context=SecretContext("s3same"),
        )

    assert answer["found"]
    assert tracer.traced_runs
    assert "s3same" not in "".join(run.model_dump_json() for run in tracer.traced_runs)
    assert "s3same" not in caplog.text
    stored = [path.read_bytes() for path in (shell.directory / "traced").rglob("*") if path.is_file()]
    assert not any(b"s3same" in content for content in stored)


def test_tells_of_a_model_that_cannot_be_reached(shell: Shell) -> None:
    """A chat model that fails is one line, not a traceback."""
    result = shell.run(
        "ask",
        _QUESTION,
        PAGELOOM_CHAT_MODEL="openai:some-model",
        PAGELOOM_CHAT_BASE_URL="http://127.0.0.1:9/v1",
        PAGELOOM_CHAT_API_KEY="none",
    )

    assert (result.status, result.out) == (1, "")
    assert result.err == "pageloom: error: the chat model failed: OpenAIConnectionError: Connection error.\n"
