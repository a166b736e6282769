"""The child process that touches PDFs: opens, reads, locates and draws for `tools.pdf.reader`."""

import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import asdict
from types import ModuleType
from typing import Any

from pypdfium2 import raw

from tools.errors import DamagedPdfError
from tools.pdf.columns import in_reading_order
from tools.pdf.document import RefusedError, UnreadablePageError, open_document, open_page
from tools.pdf.pages import Inspection, PageRead
from tools.pdf.quotes import locate
from tools.pdf.routing import Route, decide, figures_of, has_figure_size, is_plain, measure_text
from tools.pdf.signs import image_boxes, survey_page
from tools.pdf.textlayer import layer_text, visible_lines
from tools.pdf.view import view_of
from tools.worker import Message, run_child

_NOT_ENCRYPTED = -1
_NO_PAGE_LOADS = "none of its pages can be loaded"
_TRIED = 20
"""A file is refused when its first pages, this many, cannot be loaded."""


def handle(request: Message) -> Iterator[Message]:
    """Answer one request; a file that does not open is an answer too."""
    try:
        yield from _TASKS[request["task"]](request)
    except RefusedError as refused:
        yield {"refused": refused.code, "detail": refused.detail}


def _inspect(request: Message) -> Iterator[Message]:
    with open_document(request["path"], request["password"]) as document:
        if not any(_loads(document, number) for number in range(1, min(len(document), _TRIED) + 1)):
            raise RefusedError(DamagedPdfError.code, _NO_PAGE_LOADS)
        title = document.get_metadata_value("Title").strip()
        encrypted = raw.FPDF_GetSecurityHandlerRevision(document.raw) != _NOT_ENCRYPTED
        yield asdict(Inspection(len(document), title, encrypted=encrypted, engine="pdfium"))


def _loads(document: Any, number: int) -> bool:
    try:
        with open_page(document, number):
            return True
    except UnreadablePageError:
        return False


def _inspect_again(request: Message) -> Iterator[Message]:
    yield asdict(_fallback().inspect(request["path"], request["password"]))


def _read(request: Message) -> Iterator[Message]:
    with open_document(request["path"], request["password"]) as document:
        yield {"opened": True}
        for number in request["pages"]:
            try:
                yield asdict(read_page(document, number))
            except UnreadablePageError as error:
                yield {"page": number, "failed": str(error)}


def read_page(document: Any, number: int) -> PageRead:
    """Read the text layer of a page and decide what to do about the page; look closer only when there is a doubt."""
    started = time.perf_counter()
    with open_page(document, number) as page:
        view = view_of(page)
        text_page = page.get_textpage()
        lines = in_reading_order(text_page, view, list(visible_lines(text_page, view)))
        text = measure_text("\n".join(line.text for line in lines))
        images = image_boxes(page, view)
        settled = is_plain(text) and not has_figure_size(images, view.width, view.height)
        survey = None if settled else survey_page(page, text_page, view, images)
        text_page.close()
    route = decide(text, survey.signs) if survey else Route("text", "text-layer")
    return PageRead(
        page=number,
        decision=route.decision,
        reason=route.reason,
        text=layer_text(lines),
        width=round(view.width, 2),
        height=round(view.height, 2),
        merge=route.merge,
        regions=survey.figures if survey and route.figures_only else (),
        figures=figures_of(text, survey.signs if survey else None),
        seconds=round(time.perf_counter() - started, 4),
    )


def _load(request: Message) -> Iterator[Message]:
    yield {"opened": True}
    yield from map(asdict, _fallback().load_pages(request["path"], request["password"], request["pages"]))


def _read_again(request: Message) -> Iterator[Message]:
    yield {"opened": True}
    yield from map(asdict, _fallback().read_pages(request["path"], request["password"], request["pages"]))


def _fallback() -> ModuleType:
    import tools.pdf.fallback  # noqa: PLC0415 - pypdf takes half a second to import and is rarely needed

    return tools.pdf.fallback


def _locate(request: Message) -> Iterator[Message]:
    with open_document(request["path"], request["password"]) as document, open_page(document, request["page"]) as page:
        yield {"boxes": locate(page, request["quote"], request["start"])}


def _draw(request: Message) -> Iterator[Message]:
    from tools.pdf.picture import draw_page  # noqa: PLC0415 - reading needs no image library

    with open_document(request["path"], request["password"]) as document, open_page(document, request["page"]) as page:
        document.init_forms()
        yield {"png": b64encode(draw_page(page, request["boxes"], request["dpi"])).decode()}


_TASKS: dict[str, Callable[[Message], Iterator[Message]]] = {
    "inspect": _inspect,
    "inspect-again": _inspect_again,
    "read": _read,
    "load": _load,
    "read-again": _read_again,
    "locate": _locate,
    "draw": _draw,
}

if __name__ == "__main__":
    run_child(handle)
