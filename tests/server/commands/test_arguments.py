import pytest

from server.commands.arguments import parse


def test_takes_paths_behind_options() -> None:
    """Paths may stand before and behind options."""
    args = parse(["ask", "Why?", "a.pdf", "--json", "b.pdf", "--thread", "t", "c.pdf"])

    assert (args.question, args.paths, args.thread, args.json) == ("Why?", ["a.pdf", "b.pdf", "c.pdf"], "t", True)


def test_takes_a_path_with_a_dash() -> None:
    """Behind `--` everything is a path."""
    assert parse(["ingest", "--json", "--", "-a.pdf"]).paths == ["-a.pdf"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param([], "COMMAND", id="no command"),
        pytest.param(["fly"], "invalid choice: 'fly'", id="unknown command"),
        pytest.param(["ask"], "required: QUESTION\n", id="no question"),
        pytest.param(["ask", " "], "the question is empty", id="empty question"),
        pytest.param(["ask", "w" * 8001], "longer than 8000 characters", id="endless question"),
        pytest.param(["ask", "Why\udcff?"], "not UTF-8 text", id="question no text"),
        pytest.param(["ask", "Why?", "--thread", "\udcff"], "not UTF-8 text", id="thread no text"),
        pytest.param(["ingest", "a.pdf", "--collection", "\udcff"], "not UTF-8 text", id="collection no text"),
        pytest.param(["documents", "pages", "\udcff"], "not UTF-8 text", id="id no text"),
        pytest.param(["ask", "Why?", "--jso"], "unrecognized arguments: --jso", id="shortened option"),
        pytest.param(["ingest"], "PATH", id="no path"),
        pytest.param(["ingest", "a.pdf", "--collection", ""], "1 to 100 characters", id="empty collection"),
        pytest.param(["documents"], "ACTION", id="no action"),
        pytest.param(["documents", "list", "extra"], "unrecognized arguments: extra", id="extra argument"),
        pytest.param(["serve", "--port", "65536"], "0 to 65535", id="port too large"),
        pytest.param(["serve", "--port", "http"], "'http' is not a port", id="port no number"),
    ],
)
def test_refuses_bad_usage(arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Bad usage ends with status 2 and says what is wrong."""
    with pytest.raises(SystemExit) as end:
        parse(arguments)

    assert end.value.code == 2
    assert complaint in capsys.readouterr().err
