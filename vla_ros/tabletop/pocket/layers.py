"""Parts of the nets: image trunk, text encoder, attention that returns image coordinates."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class Backbone(nn.Module):
    """uint8 image (n, S, S, 3) -> feature map (n, width, S/4, S/4)."""

    def __init__(self, size: int, stem: int, width: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, stem, 5, stride=2, padding=2)
        self.down = nn.Conv2d(stem, width, 3, stride=2, padding=1)
        self.place = nn.Parameter(torch.zeros(1, width, size // 4, size // 4))
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """Take raw uint8 images, or floats in the same range (augmented ones)."""
        x = image.permute(0, 3, 1, 2).float() / 128.0 - 1.0
        x = functional.relu_(self.stem(x))
        x = functional.relu_(self.down(x) + self.place)
        y: Tensor = functional.relu_(x + self.second(functional.relu_(self.first(x))))
        return y


class Attention(nn.Module):
    """Queries look at a feature map; each finds where its thing is, or that it is nowhere."""

    grid: Tensor  # (1, cells^2, 2) image coordinates of the cells

    def __init__(self, cells: int, width: int) -> None:
        super().__init__()
        self.scale = 4.0 / math.sqrt(width)
        self.nowhere = nn.Parameter(torch.zeros(1))
        centres = (torch.arange(cells) + 0.5) / cells * 2 - 1
        y, x = torch.meshgrid(centres, centres, indexing='ij')
        self.register_buffer('grid', torch.stack([x, y], -1).reshape(1, -1, 2), persistent=False)

    def forward(self, query: Tensor, features: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return image coordinates, attended features, visibility logit and heat logits.

        Args:
            query: (n, k, width).
            features: (n, width, cells, cells).
        """
        # Channels last, as the trunk computes them: no copy.
        flat = features.permute(0, 2, 3, 1).flatten(1, 2)
        logits = torch.matmul(query * self.scale, flat.transpose(1, 2))
        weights = torch.softmax(logits, -1)
        place = torch.matmul(weights, self.grid)
        attended = torch.matmul(weights, flat)
        seen = torch.logsumexp(logits, -1) - math.log(logits.shape[-1]) - self.nowhere
        return place, attended, seen, logits

    def spot(self, pixels: Tensor, sigma: float = 0.8) -> Tensor:
        """Return the wanted attention (n, k, cells^2) on a spot, `sigma` in cells, sum 1."""
        cells = int(self.grid.shape[1] ** 0.5)
        centres = self.grid[0, :cells, 0]
        # A Gaussian is the product of one per axis, each much cheaper than the whole.
        axis = torch.exp(-(((pixels[..., None] - centres) * cells / 2 / sigma) ** 2) / 2)
        axis = axis / axis.sum(-1, keepdim=True).clamp(min=1e-6)
        return (axis[:, :, 1, :, None] * axis[:, :, 0, None, :]).flatten(2)

    def heat(self, logits: Tensor) -> Tensor:
        """Return log-probabilities (n, k, cells^2 + 1); the last one is 'nowhere'."""
        nowhere = self.nowhere + math.log(logits.shape[-1])
        nowhere = nowhere.expand(*logits.shape[:-1], 1)
        return torch.log_softmax(torch.cat([logits, nowhere], -1), -1)


class Block(nn.Module):
    """A transformer layer, written out so that it exports to plain ONNX operators."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.inner = nn.Linear(width, 2 * width)
        self.outer = nn.Linear(2 * width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x: (n, length, width); mask: (n, 1, 1, length), 0 or a large negative number."""
        n, length, width = x.shape
        qkv = self.qkv(self.norm1(x)).reshape(n, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        scores = torch.matmul(q, k.transpose(2, 3)) / math.sqrt(width / self.heads) + mask
        mixed = torch.matmul(torch.softmax(scores, -1), v).transpose(1, 2)
        x = x + self.out(mixed.reshape(n, length, width))
        y: Tensor = x + self.outer(functional.gelu(self.inner(self.norm2(x))))
        return y


class TextEncoder(nn.Module):
    """Token ids (n, length) -> one vector for each thing that is to be understood."""

    def __init__(self, vocabulary: int, length: int, width: int, queries: int, told: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocabulary, width)
        self.told = nn.Linear(told, width)
        self.place = nn.Parameter(torch.randn(1, length, width) * 0.1)
        # A phrase is its neighbouring words, wherever it stands: convolutions first.
        self.phrases = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2) for _ in range(2))
        self.blocks = nn.ModuleList(Block(width) for _ in range(2))
        self.query = nn.Parameter(torch.randn(queries, width) * 0.1)
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens: Tensor, mark: Tensor) -> Tensor:
        """Return (n, queries, width); mark (told,) tells whom the text is for."""
        mask = (tokens == 0).float()[:, None, None, :] * -1e4
        x = self.embed(tokens) + self.told(mark)
        for phrase in self.phrases:
            x = x + functional.gelu(phrase(x.transpose(1, 2)).transpose(1, 2))
        x = x + self.place[:, : tokens.shape[1]]
        for block in self.blocks:
            x = block(x, mask)
        x = self.norm(x)
        scores = torch.matmul(self.query, x.transpose(1, 2)) + mask[:, 0]
        return torch.matmul(torch.softmax(scores, -1), x)


def mlp(*widths: int) -> nn.Sequential:
    """Return linear layers with SiLU between them."""
    parts: list[nn.Module] = []
    for i, (a, b) in enumerate(zip(widths, widths[1:], strict=False)):
        parts += [nn.SiLU()] if i else []
        parts.append(nn.Linear(a, b))
    return nn.Sequential(*parts)


def rotation(quaternion: Tensor) -> Tensor:
    """Return rotation matrices (n, 3, 3) of xyzw quaternions (n, 4) of any length."""
    q = quaternion / quaternion.norm(dim=-1, keepdim=True).clamp(min=1e-6)
    x, y, z, w = q.unbind(-1)
    rows = [
        *(1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        *(2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        *(2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    ]
    return torch.stack(rows, -1).reshape(-1, 3, 3)
