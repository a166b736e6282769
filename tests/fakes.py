"""Stand-ins for models: deterministic, instant, offline, and able to misbehave."""

import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field
from typing_extensions import override

from tools.words import content_terms


class WordEmbeddings(Embeddings):
    """Embeddings that know words only: the more of them two texts share, the nearer their unit vectors are.

    As with the real ones, texts that have nothing in common have a cosine of about 0.75.
    """

    def __init__(self, dimensions: int = 256) -> None:
        self.dimensions = dimensions
        self.embedded: list[str] = []
        """Every passage that was ever embedded, in order."""

    @override
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += texts
        return [self._vector(text) for text in texts]

    @override
    def embed_query(self, text: str) -> list[float]:
        return self._vector(text)

    def _vector(self, text: str) -> list[float]:
        vector = np.zeros(self.dimensions)
        for term in content_terms(text):
            vector[1 + zlib.crc32(term.encode()) % (self.dimensions - 1)] += 1.0
        vector *= 0.5 / max(float(np.linalg.norm(vector)), 1e-12)
        vector[0] = np.sqrt(1 - vector @ vector)
        unit: list[float] = vector.tolist()
        return unit


class ScriptedChatModel(BaseChatModel):
    """Replies what it was told to, one reply a call and the last one from then on; an exception is raised."""

    replies: list[str | Exception]
    piece: int = 3
    """How many characters a streamed piece has."""
    prompts: list[str] = Field(default_factory=list)
    """What it was asked, in order."""

    @property
    @override
    def _llm_type(self) -> str:
        return "scripted"

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        message = AIMessage(self._reply(messages), usage_metadata=_USAGE, response_metadata={"model_name": "scripted"})
        return ChatResult(generations=[ChatGeneration(message=message)])

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        reply = self._reply(messages)
        for start in range(0, len(reply), self.piece):
            yield ChatGenerationChunk(message=AIMessageChunk(content=reply[start : start + self.piece]))
        last = AIMessageChunk(content="", usage_metadata=_USAGE, response_metadata={"model_name": "scripted"})
        yield ChatGenerationChunk(message=last)

    def _reply(self, messages: list[BaseMessage]) -> str:
        reply = self.replies[min(len(self.prompts), len(self.replies) - 1)]
        self.prompts.append("\n".join(message.text for message in messages))
        if isinstance(reply, Exception):
            raise reply
        return reply


_USAGE = UsageMetadata(input_tokens=11, output_tokens=7, total_tokens=18)


class OpenAiServer(ThreadingHTTPServer):
    """A server on loopback that speaks enough of OpenAI's HTTP interface: chat, streamed or not, and embeddings."""

    daemon_threads = True

    def __init__(self, reply: str, status: int) -> None:
        super().__init__(("127.0.0.1", 0), _OpenAiHandler)
        self.reply = reply
        self.status = status
        """Any other than 200 refuses every request."""
        self.requests: list[dict[str, Any]] = []
        """`path`, `authorization` and `body` of every request, in order."""

    @property
    def base_url(self) -> str:
        """Where clients find it."""
        return f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def openai_server(reply: str = "", *, status: int = 200) -> Iterator[OpenAiServer]:
    """Run an `OpenAiServer` for as long as the block lasts."""
    with OpenAiServer(reply, status) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _OpenAiHandler(BaseHTTPRequestHandler):
    server: OpenAiServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(
            {"path": self.path, "authorization": self.headers.get("Authorization", ""), "body": body}
        )
        if self.server.status != 200:
            self._send({"error": {"message": "refused", "type": "test", "code": "refused"}}, self.server.status)
        elif self.path.endswith("/embeddings"):
            self._send(_embeddings(body["input"]))
        elif body.get("stream"):
            self._stream()
        else:
            self._send(_completion(message={"role": "assistant", "content": self.server.reply}, kind=""))

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _send(self, answer: dict[str, Any], status: int = 200) -> None:
        self._begin(status, "application/json")
        self.wfile.write(json.dumps(answer).encode())

    def _stream(self) -> None:
        self._begin(200, "text/event-stream")
        for word in re.findall(r"\s*\S+", self.server.reply):
            piece = _completion(delta={"role": "assistant", "content": word}, kind=".chunk")
            self.wfile.write(f"data: {json.dumps(piece)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def _begin(self, status: int, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.end_headers()


def _completion(kind: str, **choice: Any) -> dict[str, Any]:
    choices = [{"index": 0, "finish_reason": None if kind else "stop", **choice}]
    return {"id": "1", "object": f"chat.completion{kind}", "created": 0, "model": "tiny", "choices": choices}


def _embeddings(texts: list[str]) -> dict[str, Any]:
    vectors = WordEmbeddings().embed_documents(texts)
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    return {"object": "list", "model": "tiny", "data": data, "usage": {"prompt_tokens": 0, "total_tokens": 0}}
