"""What may be asked of the control process between two cycles, and how it is asked."""

from collections.abc import Callable
import threading
import time

from vla_ros.runtime.mailbox import EVENTS, Mailbox
from vla_ros.runtime.section import TEXT


# Requests that are no events of the supervisor share its ring.
SCENE, LAW, TARE, ANCHOR = 100, 101, 102, 103


class Requests:
    """Posts events and requests, and waits for each answer. For any thread."""

    def __init__(self, mailbox: Mailbox, alive: Callable[[], bool]) -> None:
        """Ask through `mailbox` while the control process is `alive`."""
        self._mailbox, self._alive = mailbox, alive
        self._posting = threading.Lock()

    def post(self, kind: int, text: str, timeout: float) -> str:
        """Ask; return '' or the cause of the refusal, or that none answered within `timeout` s."""
        size = len(text.encode('utf-8'))
        if size > TEXT:
            return f'text: expected at most {TEXT} bytes of UTF-8, got {size}'
        mailbox = self._mailbox
        with self._posting:
            count = mailbox.posted.integer()
            if count - mailbox.answered.integer() >= EVENTS:
                return 'the control process does not answer: its ring of events is full'
            mailbox.events[count % EVENTS].write((kind,), texts=(text,))
            mailbox.posted.write((count + 1,))
            end = time.monotonic() + timeout
            while mailbox.answered.integer() <= count:
                if time.monotonic() > end or not self._alive():
                    return f'the control process did not answer within {timeout} s'
                time.sleep(0.0005)
            return mailbox.answers[count % EVENTS].read()[2][0]
