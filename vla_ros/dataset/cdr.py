"""The little of CDR (XCDR1, little-endian) that the recorder needs to rewrite an image message.

Alignment counts from behind the four bytes of encapsulation header.
"""

import struct


HEADER = b'\x00\x01\x00\x00'  # CDR, little-endian


class CdrError(ValueError):
    """The bytes are not the message that was expected."""


class Reader:
    """Reads fields in order."""

    def __init__(self, data: bytes) -> None:
        if len(data) < 4 or data[0] != 0 or data[1] not in (0, 1):
            raise CdrError('not plain CDR')
        self._order = '<' if data[1] else '>'
        self._data = memoryview(data)[4:]
        self._at = 0

    def number(self, kind: str) -> int:
        """Return an integer of a struct format letter: i, I, B."""
        size = struct.calcsize(kind)
        self._at += -self._at % size
        try:
            value = struct.unpack_from(self._order + kind, self._data, self._at)[0]
        except struct.error as error:
            raise CdrError(f'message ends early: {error}') from error
        self._at += size
        return int(value)

    def blob(self) -> memoryview:
        """Return a sequence of octets."""
        length = self.number('I')
        if self._at + length > len(self._data):
            raise CdrError(f'message ends early: {length} bytes announced')
        view = self._data[self._at : self._at + length]
        self._at += length
        return view

    def text(self) -> str:
        """Return a string, without its final NUL."""
        return bytes(self.blob()).rstrip(b'\0').decode('utf-8', 'replace')


class Writer:
    """Writes fields in order."""

    def __init__(self) -> None:
        self._data = bytearray()

    def number(self, kind: str, value: int) -> None:
        """Append an integer."""
        self._data += b'\0' * (-len(self._data) % struct.calcsize(kind))
        self._data += struct.pack('<' + kind, value)

    def blob(self, value: bytes) -> None:
        """Append a sequence of octets."""
        self.number('I', len(value))
        self._data += value

    def text(self, value: str) -> None:
        """Append a string."""
        self.blob(value.encode() + b'\0')

    def message(self) -> bytes:
        """Return the message with its encapsulation header."""
        return HEADER + bytes(self._data)


def header_stamp(data: bytes) -> int:
    """Return the stamp (ns) of a message whose first field is a std_msgs/Header.

    Raises:
        CdrError: the message is too short.
    """
    reader = Reader(data)
    return reader.number('i') * 1_000_000_000 + reader.number('I')
