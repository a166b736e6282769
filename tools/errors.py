"""Every error this project raises on purpose.

The tree:

    PageloomError
    ├── DocumentError            one file cannot be taken; the other files of the same call can
    │   ├── MissingFileError     code: not_found
    │   ├── NotAPdfError         code: not_a_pdf
    │   ├── EmptyFileError       code: empty_file
    │   ├── DamagedPdfError      code: damaged
    │   ├── NoPagesError         code: no_pages
    │   ├── PasswordNeededError  code: password_needed
    │   ├── WrongPasswordError   code: wrong_password
    │   ├── TooLargeError        code: too_large
    │   └── NoPdfsFoundError     code: no_pdfs
    ├── WorkerError              a child process died, hung or broke its limits
    │   └── WorkerTimeoutError   it hung
    ├── ModelCallError           a chat model or embeddings could not be reached, or refused
    ├── SettingError             a setting has a value that is not accepted
    └── UnknownNameError         a document, collection or thread of that name does not exist
"""

from typing import ClassVar


class PageloomError(Exception):
    """Raised when something goes wrong that the caller can read about and act on."""

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False


class DocumentError(PageloomError):
    """Raised when one file cannot be taken.

    `name` is the file as the caller named it. The message names it, the reason and the remedy, in one line.
    """

    code: ClassVar[str] = "document"
    problem: ClassVar[str] = "cannot be used; check the file"

    def __init__(self, name: str, detail: str = "") -> None:
        self.name = name
        self.detail = detail
        super().__init__(f"{name!r} {self.problem}" + (f" ({detail})" if detail else ""))


class MissingFileError(DocumentError):
    """Raised when a path leads nowhere."""

    code: ClassVar[str] = "not_found"
    problem: ClassVar[str] = "does not exist; check the path"


class NotAPdfError(DocumentError):
    """Raised when the bytes are not a PDF, whatever the name says."""

    code: ClassVar[str] = "not_a_pdf"
    problem: ClassVar[str] = "is not a PDF; give a PDF file"


class EmptyFileError(DocumentError):
    """Raised when a file holds no bytes at all."""

    code: ClassVar[str] = "empty_file"
    problem: ClassVar[str] = "is empty (0 bytes); get a complete copy of the file"


class DamagedPdfError(DocumentError):
    """Raised when a PDF is cut short or broken beyond what either reader can repair."""

    code: ClassVar[str] = "damaged"
    problem: ClassVar[str] = "is damaged or cut short; get a complete copy of the file"


class NoPagesError(DocumentError):
    """Raised when a PDF opens but has no page."""

    code: ClassVar[str] = "no_pages"
    problem: ClassVar[str] = "has no pages; there is nothing to read"


class PasswordNeededError(DocumentError):
    """Raised when a PDF is encrypted and no password was given."""

    code: ClassVar[str] = "password_needed"
    problem: ClassVar[str] = "is encrypted; give its password"


class WrongPasswordError(DocumentError):
    """Raised when the given password does not open the PDF."""

    code: ClassVar[str] = "wrong_password"
    problem: ClassVar[str] = "does not open with the password given; check the password"


class TooLargeError(DocumentError):
    """Raised when a file breaks a limit on bytes or pages."""

    code: ClassVar[str] = "too_large"
    problem: ClassVar[str] = "is larger than this installation takes; split it or raise the limit"


class NoPdfsFoundError(DocumentError):
    """Raised when a directory holds no PDF."""

    code: ClassVar[str] = "no_pdfs"
    problem: ClassVar[str] = "is a directory without PDF files; name a directory that has some"


class WorkerError(PageloomError):
    """Raised when a child process died, hung or broke its limits; the work it had may be tried again."""

    code: ClassVar[str] = "worker"
    retryable: ClassVar[bool] = True


class WorkerTimeoutError(WorkerError):
    """Raised when a child process gave no answer in time and was killed."""


class ModelCallError(PageloomError):
    """Raised when a chat model or embeddings could not be reached, or refused; the call may be tried again."""

    code: ClassVar[str] = "model"
    retryable: ClassVar[bool] = True

    def __init__(self, what: str, cause: Exception) -> None:
        self.what = what
        said = (str(cause).splitlines() or [""])[0]
        super().__init__(f"{what} failed: {type(cause).__name__}: {said}"[:500])


class SettingError(PageloomError):
    """Raised when a setting has a value that is not accepted; the message lists what is."""

    code: ClassVar[str] = "setting"


class UnknownNameError(PageloomError):
    """Raised when a document, collection or thread is asked for that does not exist."""

    code: ClassVar[str] = "unknown"

    def __init__(self, kind: str, name: str, remedy: str) -> None:
        self.kind = kind
        self.name = name
        super().__init__(f"no {kind} {name!r}; {remedy}")
