"""The reasoner and the expert, with the image trunks that they share in training.

Both see the same cameras, so one trunk each learns from the images of both; each exported file
holds its own copy. Language reaches vision through concepts (six colours, bowl, zone): the text
chooses a mixture of concepts, and a concept's embedding is what looks at the images. So every
image trains every concept that is in it, whatever its instruction was.
"""

import torch
from torch import Tensor, nn

from vla_ros.language.corpus import CONCEPTS, N_OBJECT, N_TARGET
from vla_ros.learn.cameras import Pinhole
from vla_ros.learn.layers import Attention, Ray, TextEncoder, mlp, rotation
from vla_ros.learn.settings import NetSettings


N = len(CONCEPTS)
CENTRE = (0.5, 0.0, 0.1)  # m, about the middle of the workspace
LINE = 5 + 2 * 6 + 6  # numbers that `_line` returns


def ray_of(camera: Pinhole) -> Ray:
    """Return the line-of-sight layer of a camera."""
    turn = torch.tensor(camera.rotation, dtype=torch.float32)
    return Ray(turn, torch.tensor(camera.position, dtype=torch.float32), camera.tangent)


class Locator(nn.Module):
    """Queries -> positions seen by one camera."""

    def __init__(self, net: NetSettings, camera: Pinhole) -> None:
        super().__init__()
        self.moves = camera.moves
        self.attention = Attention(net.image_size // 4, net.width)
        self.ray = ray_of(camera)
        self.height = mlp(net.width + 3, 48, 1)
        self.correction = mlp(net.width + 6, 64, 3)

    def forward(self, query: Tensor, features: Tensor, ee: Tensor | None) -> dict[str, Tensor]:
        """Return `position` (n, k, 3) m, `attended`, `seen` (logit) and `logits` (heat)."""
        place, attended, seen, logits = self.attention(query, features)
        reach = torch.zeros_like(place[..., :1]) if ee is None else ee[:, None, 2:3]
        reach = reach.expand(place.shape[0], place.shape[1], 1)
        height = 0.05 + 0.1 * self.height(torch.cat([attended, place, reach], -1))
        point = self.ray(place, height, ee if self.moves else None).clamp(-1.0, 2.0)
        centred = point - point.new_tensor(CENTRE)
        inputs = torch.cat([attended, place, reach, centred], -1)
        position = point + 0.05 * self.correction(inputs)
        return {'position': position, 'attended': attended, 'seen': seen, 'logits': logits}


class Reasoner(nn.Module):
    """Images and instruction -> latent tokens, p_grounded, positions, family."""

    def __init__(
        self, net: NetSettings, vocabulary: int, cameras: tuple[Pinhole, ...], families: int
    ) -> None:
        super().__init__()
        self.text = TextEncoder(vocabulary, net.tokens, net.text_width)
        self.object = nn.Linear(net.text_width, N_OBJECT)
        self.target = nn.Linear(net.text_width, N_TARGET)
        self.family = nn.Linear(net.text_width, families)
        self.query_front = nn.Parameter(torch.randn(N, net.width) * 0.5)
        self.query_wrist = nn.Parameter(torch.randn(N, net.width) * 0.5)
        self.front = Locator(net, cameras[0])
        self.wrist = Attention(net.image_size // 4, net.width)
        self.concepts = nn.Parameter(torch.randn(N_TARGET, net.latent_width) * 0.5)
        self.context = mlp(net.text_width + families, 64, net.latent_width)
        self.scene = mlp(2 * 3 + 2, 64, net.latent_width)

    def see(self, front: Tensor, wrist: Tensor) -> dict[str, Tensor]:
        """Return what the reasoner believes about each of the N concepts in an image pair."""
        n = front.shape[0]
        seen = self.front(self.query_front.expand(n, -1, -1), front, None)
        _, _, near, near_logits = self.wrist(self.query_wrist.expand(n, -1, -1), wrist)
        present = torch.logsumexp(torch.stack([seen['seen'], near], -1), -1)
        return {**seen, 'near_logits': near_logits, 'present': present}

    def read(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return logits of object, target and family, and the vector of the whole."""
        text = self.text(tokens)
        family: Tensor = self.family(text[:, 2])
        return self.object(text[:, 0]), self.target(text[:, 1]), family, text[:, 2]

    def embed(self, weights: Tensor) -> Tensor:
        """Return the token of a mixture of target classes (..., N_TARGET)."""
        return torch.tanh(torch.matmul(weights, self.concepts))

    def think(
        self, seen: dict[str, Tensor], words: tuple[Tensor, Tensor, Tensor, Tensor]
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return latent (n, 4, D), p_grounded (n,), positions (n, 2, 3), family (n, F)."""
        p_object = torch.softmax(words[0], -1)
        p_target = torch.softmax(words[1], -1)
        family = torch.softmax(words[2], -1)
        present = torch.sigmoid(seen['present'])
        colours = N_OBJECT - 1
        there = (p_object[:, :colours] * present[:, :colours]).sum(-1)
        goal = (p_target[:, :N] * present).sum(-1) + p_target[:, N]
        same = (p_object[:, :colours] * p_target[:, :colours]).sum(-1)
        p_grounded = (there * goal * (1.0 - same)).clamp(0.0, 1.0)
        shares = torch.stack([_padded(p_object[:, :colours], N), p_target[:, :N]], 1)
        positions = torch.matmul(shares, seen['position'])
        scene = torch.cat([(positions - positions.new_tensor(CENTRE)).flatten(1) * 4], -1)
        scene = self.scene(torch.cat([scene, there[:, None], goal[:, None]], -1))
        context = self.context(torch.cat([words[3], family], -1))
        tokens = [
            self.embed(_padded(p_object[:, :colours], N_TARGET)),
            self.embed(p_target),
            torch.tanh(context),
            torch.tanh(scene),
        ]
        return torch.stack(tokens, 1), p_grounded, positions, family


class Expert(nn.Module):
    """Images, state and an old latent -> a chunk of actions."""

    def __init__(self, net: NetSettings, cameras: tuple[Pinhole, ...]) -> None:
        super().__init__()
        self.horizon = net.horizon
        self.query_front = nn.Linear(net.latent_width, net.width)
        self.query_wrist = nn.Linear(net.latent_width, net.width)
        self.front = Locator(net, cameras[0])
        self.wrist = Locator(net, cameras[1])
        self.trust = mlp(2 * net.width + 3, 48, 1)
        self.needed = nn.Linear(net.latent_width, 1)
        self.squeeze = nn.Conv2d(net.width, 16, 1)
        self.pool = nn.AvgPool2d(net.image_size // 16)
        self.glance = nn.Linear(16 * 16, 64)
        self.recall = nn.Linear(4 * net.latent_width, 64)
        slots = 2 * (3 * 3 + 2 * net.width + 3) + 9 + 3
        self.inner = nn.Linear(slots + 64 + 64 + 24 + 3 + LINE, net.hidden)
        self.middle = nn.ModuleList(nn.Linear(net.hidden, net.hidden) for _ in range(2))
        self.feature = nn.Linear(net.hidden, net.feature_width)
        self.out = nn.Linear(net.feature_width, net.horizon * 7)

    def locate(
        self, token: Tensor, front: Tensor, wrist: Tensor, state: Tensor
    ) -> dict[str, Tensor]:
        """Return positions (n, k, 3) of what the tokens (n, k, D) stand for, and how sure."""
        far = self.front(self.query_front(token), front, None)
        near = self.wrist(self.query_wrist(token), wrist, state[:, :7])
        sure = torch.stack([torch.tanh(far['seen'] / 4), torch.tanh(near['seen'] / 4)], -1)
        height = state[:, None, 2:3].expand(-1, token.shape[1], -1)
        inputs = torch.cat([far['attended'], near['attended'], sure, height], -1)
        trust = torch.sigmoid(self.trust(inputs))
        position = trust * near['position'] + (1 - trust) * far['position']
        attended = torch.cat([far['attended'], near['attended'], sure, trust], -1)
        return {
            'position': position,
            'far': far['position'],
            'near': near['position'],
            'attended': attended,
            'far_logits': far['logits'],
            'near_logits': near['logits'],
        }

    def forward(
        self, front: Tensor, wrist: Tensor, state: Tensor, latent: Tensor, age: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return actions (n, H, 7), feature (n, F), positions (n, 2, 3) from feature maps."""
        found = self.locate(latent[:, :2], front, wrist, state)
        actions, feature = self.decide(found, self.squeezed(wrist), state, latent, age)
        return actions, feature, found['position']

    def squeezed(self, wrist: Tensor) -> Tensor:
        """Return the wrist feature map (n, width, S, S) at a glance, (n, 256)."""
        glance: Tensor = self.pool(torch.relu(self.squeeze(wrist))).flatten(1)
        return glance

    def head(self) -> list[nn.Parameter]:
        """Return the parameters that `decide` uses."""
        parts = (self.needed, self.glance, self.recall, self.inner, self.middle)
        every = [*parts, self.feature, self.out]
        return [parameter for part in every for parameter in part.parameters()]

    def decide(
        self,
        found: dict[str, Tensor],
        glance: Tensor,
        state: Tensor,
        latent: Tensor,
        age: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Return actions and feature; the first two of `found` are object and target."""
        found = {k: found[k][:, :2] for k in ('position', 'attended')}
        needed = torch.sigmoid(self.needed(latent[:, 1]))
        slot = found['position']
        offsets = [slot[:, 0] - state[:, 8:11], slot[:, 1] - state[:, 8:11]]
        inputs = [_scales(offset) for offset in [*offsets, slot[:, 1] - slot[:, 0]]]
        inputs[1:] = [part * needed for part in inputs[1:]]
        inputs += [found['attended'].flatten(1), slot[:, 0] - slot.new_tensor(CENTRE)]
        inputs += [torch.tanh(self.glance(glance)), torch.tanh(self.recall(latent.flatten(1)))]
        inputs += [proprioception(state), _clock(age), _line(slot, state) * needed]
        x = nn.functional.silu(self.inner(torch.cat(inputs, -1)))
        for layer in self.middle:
            x = x + nn.functional.silu(layer(x))
        feature = nn.functional.silu(self.feature(x))
        raw = self.out(feature).reshape(-1, self.horizon, 7)
        scale = raw.new_tensor([0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 1.0])
        shift = raw.new_tensor([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5])
        return raw * scale + shift, feature


def proprioception(state: Tensor) -> Tensor:
    """Return the state (n, 16) in comfortable units, (n, 24)."""
    lag = state[:, :3] - state[:, 8:11]
    parts = [
        (state[:, :3] - state.new_tensor(CENTRE)) * 4,
        torch.tanh(state[:, 2:3] / 0.02 - 2.0),
        torch.tanh(state[:, 2:3] / 0.05 - 2.0),
        rotation(state[:, 3:7])[:, :2].flatten(1),
        rotation(state[:, 11:15])[:, :2].flatten(1),
        lag * 20,
        state[:, 7:8] / 0.08,
        state[:, 15:16] / 0.08,
        torch.tanh((state[:, 7:8] - state[:, 15:16]) / 0.01),
        torch.ones_like(lag[:, :1]),
    ]
    return torch.cat(parts, -1)


def _scales(offset: Tensor) -> Tensor:
    """Return a distance (..., 3) m at three resolutions: millimetres matter at the end only."""
    parts = [torch.tanh(offset / 0.02), torch.tanh(offset / 0.1), offset / 0.3]
    return torch.cat(parts, -1)


def _line(slot: Tensor, state: Tensor) -> Tensor:
    """Return where the hand is along and beside the line from object to target, (n, LINE).

    A push is a matter of direction, and dividing by a length is hard to learn.
    """
    way = slot[:, 1, :2] - slot[:, 0, :2]
    length = way.square().sum(-1, keepdim=True).add(1e-6).sqrt()
    ahead = way / length
    side = torch.stack([-ahead[:, 1], ahead[:, 0]], -1)
    parts = [ahead, torch.tanh(length / 0.03), torch.tanh(length / 0.1), length / 0.3]
    for place in (state[:, :2], state[:, 8:10]):
        here = place - slot[:, 0, :2]
        along = (here * ahead).sum(-1, keepdim=True)
        off = (here * side).sum(-1, keepdim=True)
        parts += [torch.tanh(along / 0.02), torch.tanh(along / 0.1)]
        parts += [torch.tanh((along + 0.05) / 0.02)]
        parts += [torch.tanh(off / 0.01), torch.tanh(off / 0.03), torch.tanh(off / 0.1)]
    # The same across the line, in the base frame, in which the actions are.
    start = slot[:, 0, :2] - 0.065 * ahead - state[:, 8:10]
    parts += [torch.tanh(start / 0.02), torch.tanh(start / 0.1), side * off / 0.1]
    return torch.cat(parts, -1)


def _clock(age: Tensor) -> Tensor:
    return torch.stack([age, torch.tanh(age), torch.exp(-age / 0.3)], -1)


def _padded(x: Tensor, width: int) -> Tensor:
    return nn.functional.pad(x, (0, width - x.shape[-1]))
