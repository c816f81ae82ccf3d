"""Text files edited by users: UTF-8 with or without a byte order mark, or UTF-16 with one."""

from __future__ import annotations

import codecs

__all__ = ["decode_text"]


def decode_text(content: str | bytes) -> str:
    """Return a file's content as text, without a byte order mark.

    Args:
        content: UTF-8, or UTF-16 with a byte order mark. A text is returned as it is, except for a mark.

    Raises:
        UnicodeError: The encoding is another one; the message says what to do.
    """
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnicodeError(f"its text is not UTF-8 (byte {error.start}): save it as UTF-8 in your editor") from None
    if encoding == "utf-8-sig" and "\0" in text[:4]:
        raise UnicodeError("its text is not UTF-8 but UTF-16 without a mark: save it as UTF-8 in your editor")
    return text
