"""Keeps a console Board up to date from the topics of a running stack."""

from typing import Any

from vla_ros.bench.table import Board
from vla_ros.robots.body import Robot
from vla_ros.ros import qos
from vla_ros.ros.client import StackClient
from vla_ros.ros.convert import failure_from_msg, latent_from_msg, status_from_msg


class Watch:
    """Subscribes to what the live table shows."""

    def __init__(self, client: StackClient, spec: Robot, board: Board) -> None:
        """Begin to watch; `board` is updated on the client's thread."""
        self._board = board
        self._client = client
        client.subscribe(qos.STATUS, self._status)
        client.subscribe(qos.FAILURE, self._failure)
        client.subscribe(qos.LATENT, self._latent)
        client.subscribe(qos.ACTION_CHUNK, self._count('chunk'))
        camera = spec.cameras[0]
        # Raw: the table wants the rate, not the pictures.
        client.subscribe(qos.image_topic(camera.topic), self._count('camera'), raw=True)

    def _count(self, name: str) -> Any:
        rate = self._board.rates[name]
        return lambda _: rate.add(self._client.now)

    def _status(self, message: Any) -> None:
        self._board.status = status_from_msg(message)
        self._board.rates['status'].add(self._client.now)

    def _failure(self, message: Any) -> None:
        self._board.failure = failure_from_msg(message)

    def _latent(self, message: Any) -> None:
        latent = latent_from_msg(message)
        self._board.subgoal = latent.refusal or latent.subgoal
        self._board.rates['latent'].add(self._client.now)
