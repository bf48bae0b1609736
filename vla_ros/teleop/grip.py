"""What opening of the gripper a person wants, from buttons or from a trigger."""

_NEAR = 0.1  # of the opening: a trigger this near has reached it


class Grip:
    """Remembers what opening was last asked for, 0 closed to 1 open; None until one is."""

    def __init__(self) -> None:
        """Begin with no wish."""
        self._wish: float | None = None
        self._opening = 1.0
        self._toggled = False

    def begin(self, opening: float) -> None:
        """Forget the wish: a person takes the arm over with this opening commanded."""
        self._wish = None
        self._opening = opening

    def press(self, opens: bool, closes: bool, toggles: bool, deadman: bool) -> float | None:
        """Take the state of the buttons; return the wish, without the dead-man switch none.

        Toggling acts once a press.
        """
        if toggles and not self._toggled:
            opens = self._opening < 0.5
            closes = not opens
        self._toggled = toggles
        if opens != closes and deadman:
            self._wish = self._opening = float(opens)
        return self._wish if deadman else None


class Pickup:
    """Lets a trigger command the gripper only from the opening that it was found with on.

    Otherwise a leader with its trigger elsewhere would drop what the policy holds.
    """

    def __init__(self, opening: float) -> None:
        """Begin with this opening (0..1) commanded."""
        self._opening = opening
        self._side = 0.0
        self._held = False

    def follow(self, trigger: float | None) -> float | None:
        """Return the wanted opening for where the trigger is, or None to leave it as it is."""
        if trigger is None:
            return None
        side = trigger - self._opening
        self._held = self._held or abs(side) < _NEAR or side * self._side < 0
        self._side = side
        return trigger if self._held else None
