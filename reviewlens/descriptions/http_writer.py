"""A writer that asks a language model over HTTP, by the chat protocol that OpenAI made common."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from reviewlens.errors import ConfigError, WriterError

KEY_VARIABLE = "REVIEWLENS_WRITER_KEY"
LARGEST = 1_000_000  # bytes of an answer
_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_LONGEST_PAUSE = 30.0  # seconds, whatever the server asks for


class HttpWriter:
    """A callable from prompt to text for `describe(..., writer=...)`.

    Args:
        url: Base of the service, as in "https://api.example.com/v1"; `/chat/completions` is added.
        model: Name of the model.
        key: Sent as a bearer token; from the environment variable `REVIEWLENS_WRITER_KEY` if None. It is in no message
            and no representation. Without a key no authorization is sent.
        timeout: Seconds that one attempt may take as a whole, however slowly the server sends.
        retries: Further attempts after a time-out, a broken answer, or a status that says try again.
        pause: Seconds before the first retry, doubled for each further one; `Retry-After` up to 30 s is obeyed.

    Redirects are not followed, so that the key goes nowhere else. Raises `ConfigError` for settings that cannot be
    used, and when called `WriterError` when no attempt gave a text.
    """

    def __init__(
        self,
        url: str,
        *,
        model: str,
        key: str | None = None,
        timeout: float = 60.0,
        retries: int = 2,
        pause: float = 1.0,
    ) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            raise ConfigError(
                "the writer's address has no valid port", where="url", hint="write http(s)://host/v1"
            ) from None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise ConfigError(
                "not an address of a writer", where="url", hint="write it like https://host/v1, without key"
            )
        if timeout <= 0 or retries < 0 or pause < 0:
            raise ConfigError(
                "timeout must be positive, retries and pause not negative", where="HttpWriter", hint="see its help"
            )
        secret = os.environ.get(KEY_VARIABLE, "") if key is None else key
        if not secret.isascii() or not secret.isprintable() or " " in secret:
            raise ConfigError(
                "the writer's key holds characters that no key has", where=KEY_VARIABLE, hint="check for line ends"
            )
        self.model, self.timeout, self.retries, self.pause = model, timeout, retries, pause
        self._secret, self._secure = secret, parts.scheme == "https"
        self._host, self._port, self._path = parts.hostname, port, parts.path.rstrip("/") + "/chat/completions"

    def __repr__(self) -> str:
        return f"HttpWriter({self.where!r}, model={self.model!r})"

    @property
    def where(self) -> str:
        """The address that is asked, without the key."""
        port = f":{self._port}" if self._port else ""
        return f"{'https' if self._secure else 'http'}://{self._host}{port}{self._path}"

    def __call__(self, prompt: str) -> str:
        """Return the model's answer to a prompt."""
        question = {"model": self.model, "messages": [{"role": "user", "content": prompt}], "temperature": 0}
        body = json.dumps(question).encode("utf-8")
        failure = ""
        for attempt in range(self.retries + 1):
            try:
                status, wait, answer = self._ask(body)
            except (OSError, http.client.HTTPException, _TooLarge) as error:
                failure, wait = str(error) or type(error).__name__, None
            else:
                if status == 200:
                    text = _text(answer)
                    if text is not None:
                        return text
                    failure = "the answer is not a chat completion"
                else:
                    failure = f"status {status}"
                    if status not in _RETRIED:
                        break
            if attempt < self.retries:
                time.sleep(min(wait if wait is not None else self.pause * 2**attempt, _LONGEST_PAUSE))
        raise WriterError(
            f"the writer gave no text: {self._safe(failure)}", where=self.where, hint="check address, model and key"
        )

    def _ask(self, body: bytes) -> tuple[int, float | None, bytes]:
        connection = self._connection()
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Connection": "close"}
        if self._secret:
            headers["Authorization"] = f"Bearer {self._secret}"
        late = threading.Event()
        connection.connect()
        line = connection.sock  # the connection forgets it while the answer is still being read

        def give_up() -> None:
            late.set()
            line.shutdown(socket.SHUT_RDWR)

        # the socket's own time-out is per read; a server that drips would never meet it
        clock = threading.Timer(self.timeout, _quietly(give_up))
        clock.daemon = True
        clock.start()
        try:
            connection.request("POST", self._path, body, headers)
            response = connection.getresponse()
            answer = response.read(LARGEST + 1)
            if late.is_set():  # a line that is shut down reads as an early end
                raise TimeoutError
            if len(answer) > LARGEST:
                raise _TooLarge(f"the answer is larger than {LARGEST:,} bytes")
            return response.status, _seconds(response.getheader("Retry-After")), answer
        except (OSError, http.client.HTTPException) as error:
            if late.is_set() or isinstance(error, TimeoutError):
                raise TimeoutError(f"no answer within {self.timeout:g} s") from None
            raise
        finally:
            clock.cancel()
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self._secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, self._port, timeout=self.timeout, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=self.timeout)

    def _safe(self, message: str) -> str:
        shown = message.replace(self._secret, "***") if self._secret else message
        return "".join(character if character.isprintable() else " " for character in shown)[:200]


class _TooLarge(Exception):  # noqa: N818 - internal, told as a WriterError
    pass


def _quietly(action: Any) -> Any:
    def run() -> None:
        try:
            action()
        except OSError:
            return  # the connection is closed already

    return run


def _seconds(header: str | None) -> float | None:
    try:
        return max(float(header), 0.0) if header else None
    except ValueError:  # a date: the usual pause will do
        return None


def _text(answer: bytes) -> str | None:
    """Return the text of a chat completion, or None where the answer is none."""
    try:
        content = json.loads(answer.decode("utf-8"))["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None
    return content if isinstance(content, str) else None
