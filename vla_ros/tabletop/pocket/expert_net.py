"""The expert: pictures, state and an old latent into the condition that a head makes chunks of.

Every arm is moved by the same weights, each told what it needs in its own frame: where it would
take hold, what the text wants of it, what the other arm does.
"""

import torch
from torch import Tensor, nn

from vla_ros.tabletop.pocket.embodiment import MAX_ARMS, Moment
from vla_ros.tabletop.pocket.features import (
    LINE,
    SCALES,
    SENSED,
    clock,
    line,
    proprioception,
    scales,
)
from vla_ros.tabletop.pocket.heads import Condition
from vla_ros.tabletop.pocket.layers import mlp
from vla_ros.tabletop.pocket.locator import Locator
from vla_ros.tabletop.pocket.train_config import NetSettings


_GLANCE = 16 * 16  # numbers of a picture at a glance
_OTHER = SENSED + 2 * SCALES + 1  # what an arm is told about the other


class Expert(nn.Module):
    """Images, state and an old latent -> a condition.

    Attributes:
        told: numbers of `Condition.rest`.
    """

    sides: Tensor  # (MAX_ARMS, MAX_ARMS), one-hot

    def __init__(self, net: NetSettings, rest: int) -> None:
        """Build it; `rest` is the greatest number of channels besides the arms'."""
        super().__init__()
        self.channels = rest
        self.query_far = nn.Linear(net.latent_width, net.width)
        self.query_near = nn.Linear(net.latent_width, net.width)
        self.side_far = nn.Parameter(torch.zeros(MAX_ARMS, net.width))
        self.side_near = nn.Parameter(torch.zeros(MAX_ARMS, net.width))
        self.far, self.near = Locator(net), Locator(net)
        self.trust = mlp(2 * net.width + 3, 48, 1)
        self.needed = nn.Linear(net.latent_width, 1)
        self.role = nn.Linear(net.latent_width, MAX_ARMS)
        self.squeeze = nn.Conv2d(net.width, 16, 1)
        self.pool = nn.AvgPool2d(net.image_size // 16)
        self.glance = nn.Linear(_GLANCE, 64)
        self.recall = nn.Linear(4 * net.latent_width, 64)
        slots = 3 * SCALES + 2 * (2 * net.width + 3) + 3
        common = 64 + 3 + net.body_width + 2 * rest
        arm = slots + 64 + SENSED + LINE + _OTHER + MAX_ARMS + 1
        self.inner = nn.Linear(arm + common, net.hidden)
        self.middle = nn.ModuleList(nn.Linear(net.hidden, net.hidden) for _ in range(2))
        self.feature = nn.Linear(net.hidden, net.feature_width)
        self.told = common + 2 * net.width + 3 + SCALES + net.feature_width
        self.register_buffer('sides', torch.eye(MAX_ARMS), persistent=False)

    def locate(self, at: Moment, token: Tensor, far: Tensor, near: Tensor) -> dict[str, Tensor]:
        """Return where each arm would take hold of what tokens stand for, and how sure that is.

        Args:
            at: whose cameras they are, and when.
            token: (n, k, D).
            far: (n, width, S, S) features.
            near: (n, arms, width, S, S) features.

        Returns `position` (n, arms, k, 3) m, `far` and `near` likewise of the camera that no arm
        carries and of the arm's own, `attended` and the heat `far_logits`, `near_logits`.
        """
        body, (n, k, _) = at.body, token.shape
        arms = body.arms
        query = self.query_far(token)[:, None] + self.side_far[:arms, None]
        seen = self.far(at, query.flatten(1, 2), far, body.eye(body.far, at.state))
        wide = {key: value.reshape(n, arms, k, -1) for key, value in seen.items()}
        query = self.query_near(token)[:, None] + self.side_near[:arms, None]
        heights = body.heights(at.state)
        every = [
            self.near(at, query[:, i], near[:, i], body.eye(camera, at.state), heights[:, i])
            for i, camera in enumerate(body.near)
        ]
        close = {key: torch.stack([one[key] for one in every], 1) for key in every[0]}
        return self._fused(wide, close, heights[:, :, None, None].expand(-1, -1, k, -1))

    def _fused(
        self, wide: dict[str, Tensor], close: dict[str, Tensor], height: Tensor
    ) -> dict[str, Tensor]:
        """Return what both cameras of each arm say together; see `locate`."""
        sure = torch.stack(
            [torch.tanh(wide['seen'][..., 0] / 4), torch.tanh(close['seen'] / 4)], -1
        )
        inputs = torch.cat([wide['attended'], close['attended'], sure, height], -1)
        trust = torch.sigmoid(self.trust(inputs))
        position = trust * close['position'] + (1 - trust) * wide['position']
        attended = torch.cat([wide['attended'], close['attended'], sure, trust], -1)
        return {
            'position': position,
            'far': wide['position'],
            'near': close['position'],
            'attended': attended,
            'far_logits': wide['logits'],
            'near_logits': close['logits'],
        }

    def squeezed(self, near: Tensor) -> Tensor:
        """Return feature maps (n, arms, width, S, S) at a glance, (n, arms, 256)."""
        glance: Tensor = self.pool(torch.relu(self.squeeze(near.flatten(0, 1)))).flatten(1)
        return glance.reshape(*near.shape[:2], -1)

    def deciding(self) -> list[nn.Parameter]:
        """Return the parameters that `condition` uses."""
        parts = (self.needed, self.role, self.glance, self.recall, self.inner, self.middle)
        every = (*parts, self.feature)
        return [parameter for part in every for parameter in part.parameters()]

    def condition(
        self,
        at: Moment,
        found: dict[str, Tensor],
        glance: Tensor,
        latent: Tensor,
        age: Tensor,
    ) -> Condition:
        """Return what a head makes chunks of; the first two of `found` are object and target."""
        body, arms, n = at.body, at.body.arms, len(at.state)
        slot, own = body.points(found['position'][:, :, :2]), body.states(at.state)
        needed = torch.sigmoid(self.needed(latent[:, 1]))[:, None]
        here = own[..., 8:11]
        offsets = [slot[:, :, 0] - here, slot[:, :, 1] - here, slot[:, :, 1] - slot[:, :, 0]]
        inputs = [scales(offset) for offset in offsets]
        inputs[1:] = [part * needed for part in inputs[1:]]
        inputs += [found['attended'][:, :, :2].flatten(2), slot[:, :, 0]]
        inputs += [torch.tanh(self.glance(glance)), proprioception(own, body.gripper_open)]
        inputs += [line(slot, own) * needed, self._other(at, slot, own)]
        inputs += [self.sides[:arms].expand(n, -1, -1), self.role(latent[:, 2])[:, :arms, None]]
        common = [torch.tanh(self.recall(latent.flatten(1))), clock(age)]
        common += [at.mark.expand(n, -1), self._rests(at)]
        inputs += [part[:, None].expand(-1, arms, -1) for part in common]
        x = nn.functional.silu(self.inner(torch.cat(inputs, -1)))
        for layer in self.middle:
            x = x + nn.functional.silu(layer(x))
        summary = self.summary(x)
        if not body.rest:
            return Condition(body, x, summary)
        seen = found['attended'][:, :, 0].mean(1)
        place = scales(found['position'][:, :, 0].mean(1) - body.centre)
        told = torch.cat([*common, seen, place, summary.mean(1)], -1)
        return Condition(body, x, summary, told)

    def summary(self, arms: Tensor) -> Tensor:
        """Return in few numbers (n, arms, F) what `Condition.arms` is."""
        return nn.functional.silu(self.feature(arms))

    def _rests(self, at: Moment) -> Tensor:
        """Return what is measured and commanded of what moves besides arms; zeros where none."""
        rests = at.body.rests(at.state)
        return nn.functional.pad(rests, (0, 2 * self.channels - rests.shape[1]))

    def _other(self, at: Moment, slot: Tensor, own: Tensor) -> Tensor:
        """Return what each arm is told about the other one (n, arms, OTHER); zeros if none."""
        if at.body.arms == 1:
            return own.new_zeros(*own.shape[:2], _OTHER)
        other = at.body.states(at.state, others=True)
        there = other[..., 8:11]
        parts = [
            proprioception(other, at.body.gripper_open),
            scales(slot[:, :, 0] - there),
            scales(there - own[..., 8:11]),
            torch.ones_like(there[..., :1]),
        ]
        return torch.cat(parts, -1)
