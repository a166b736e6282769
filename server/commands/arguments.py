"""What the command line understands; imports nothing heavy, so that `--help` is there at once."""

import argparse
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import Any, TypeAlias

from typing_extensions import override

_EPILOG = """\
exit status:
  0    done
  1    failed
  2    bad usage, or a setting with a bad value
  3    answered "not found"
  4    done, but some files failed
  130  interrupted; finished work is kept

Settings are environment variables that begin with PAGELOOM_, or lines of .env;
PAGELOOM_DATA_DIR says where everything is kept.
"""
_PATHS = "PDF file, or directory that is searched to the bottom for *.pdf"
_ASK = """\
Answer a question with the pages that prove it. With paths, take those files in
first and look for the answer in them; without, look in the whole collection.
"""
_INGEST = """\
Take PDF files into a collection. A file that is there already is left alone; one
of the same name with other content replaces it. A file is called by its base
name, one of a directory by its path below the directory.
"""
_EXAMPLES = """\
examples:
  pageloom ask "What is the notice period?" contract.pdf
  pageloom ask "And who may give it?" --thread contract
  pageloom ingest reports/ --json
"""
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - argparse has no public name for it


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse arguments; paths may stand behind options, which argparse alone does not understand.

    Args:
        argv: Arguments behind the program's name; those of the process by default.

    Returns:
        The arguments; `module` names the module whose `run` takes them.

    Raises:
        SystemExit: The arguments were help or version, or not understood.
    """
    args, rest = build_parser().parse_known_args(argv)
    if rest and hasattr(args, "paths") and not any(value.startswith("-") for value in rest):
        args.paths = [*args.paths, *rest]
    elif rest:
        args.parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return args


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of all commands."""
    parser = argparse.ArgumentParser(
        "pageloom",
        description="PDFs in, answers that prove their page out.",
        epilog=f"{_EXAMPLES}\n{_EPILOG}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_ask(commands)
    _add_ingest(commands)
    _add_documents(commands)
    _add_serve(commands)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    @override
    def __call__(self, parser: argparse.ArgumentParser, *args: Any, **kwargs: Any) -> None:
        sys.stdout.write(f"pageloom {metadata.version('pageloom')}\n")
        parser.exit()


def _add_ask(commands: Commands) -> None:
    ask = _add(commands, "ask", "answer a question from PDFs, with the pages that prove it", _ASK)
    ask.set_defaults(module="server.commands.ask")
    ask.add_argument("question", metavar="QUESTION", type=_question, help="in any language, best that of the files")
    ask.add_argument("paths", metavar="PATH", nargs="*", default=[], help=_PATHS)
    ask.add_argument(
        "--thread", type=_text, metavar="NAME", help="conversation that the question goes on with, or starts"
    )
    _add_ingest_options(ask)


def _add_ingest(commands: Commands) -> None:
    ingest = _add(commands, "ingest", "take PDFs into a collection", _INGEST)
    ingest.set_defaults(module="server.commands.ingest")
    ingest.add_argument("paths", metavar="PATH", nargs="+", help=_PATHS)
    _add_ingest_options(ingest)


def _add_documents(commands: Commands) -> None:
    about = "list the documents of a collection, their pages, or take one out"
    documents = _add(commands, "documents", about, about.capitalize() + ".")
    actions = documents.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = _add(actions, "list", "list the documents of a collection", "List documents with id, state and pages.")
    _add_collection(listing)
    pages = _add(actions, "pages", "show what became of each page", "Show a document's page ledger.")
    delete = _add(actions, "delete", "take a document out of its collection", "Take a document out of its collection.")
    for parser in (pages, delete):
        parser.add_argument("id", type=_text, metavar="ID", help="as `pageloom documents list` shows it")
    for parser, action in ((listing, "list"), (pages, "pages"), (delete, "delete")):
        parser.set_defaults(module="server.commands.documents", action=action)
        _add_json(parser)


def _add_serve(commands: Commands) -> None:
    serve = _add(commands, "serve", "serve HTTP: REST and LangServe", "Serve HTTP until interrupted.")
    serve.set_defaults(module="server.commands.serve")
    serve.add_argument("--host", help="address to listen on (PAGELOOM_HOST, 127.0.0.1)")
    serve.add_argument("--port", type=_port, help="port to listen on; 0 takes a free one (PAGELOOM_PORT, 8000)")


def _add(commands: Commands, name: str, about: str, description: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=about,
        description=description,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(parser=parser)
    return parser


def _add_ingest_options(parser: argparse.ArgumentParser) -> None:
    _add_collection(parser)
    _add_json(parser)
    parser.add_argument(
        "--password-file", metavar="FILE", help="file whose first line opens encrypted PDFs; - reads it from stdin"
    )


def _add_collection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--collection", type=_collection, metavar="NAME", help="PAGELOOM_COLLECTION by default")


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout and nothing else")


def _text(value: str) -> str:
    """Refuse bytes that are no text, which Python hands over as half characters and nothing can store."""
    try:
        value.encode()
    except UnicodeEncodeError as exc:
        msg = "it is not UTF-8 text"
        raise argparse.ArgumentTypeError(msg) from exc
    return value


def _question(value: str) -> str:
    if not value.strip():
        msg = "the question is empty"
        raise argparse.ArgumentTypeError(msg)
    if len(value) > 8000:  # noqa: PLR2004 - the same limit stands in the HTTP schemas
        msg = "the question is longer than 8000 characters"
        raise argparse.ArgumentTypeError(msg)
    return _text(value)


def _collection(value: str) -> str:
    """Accept what `PAGELOOM_COLLECTION` accepts."""
    if not 1 <= len(value) <= 100:  # noqa: PLR2004 - the same limit stands in the settings
        msg = "a name of 1 to 100 characters is needed"
        raise argparse.ArgumentTypeError(msg)
    return _text(value)


def _port(value: str) -> int:
    if not (value.isdecimal() and int(value) <= 65535):  # noqa: PLR2004 - the largest port
        msg = f"{value!r} is not a port; give a number from 0 to 65535"
        raise argparse.ArgumentTypeError(msg)
    return int(value)
