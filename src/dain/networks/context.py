"""Context features: what a place looks like, to be warped along with the picture.

Bao et al., CVPR 2019, section 3.3: a 7x7 convolution and two residual blocks; the output of
every stage is kept. As published, the blocks open with dilations 4 and 8.
"""

from __future__ import annotations

from torch import Tensor, nn

from dain.networks.layers import ResidualBlock, side_by_side


class ContextNetwork(nn.Module):
    """Features of one frame at its own size.

    Attributes:
        channels: of the result: the picture, three stages of 64, and log depth.
        reach: how many pixels away a result can depend on its input.
    """

    channels = 3 + 3 * 64 + 1
    reach = 3 + (4 + 1) + (8 + 1)

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Sequential(
            nn.Conv2d(3, 64, 7, padding=3, bias=False), nn.ReLU(inplace=True)
        )
        self.near = ResidualBlock(64, dilation=4)
        self.far = ResidualBlock(64, dilation=8)

    def forward(self, frame: Tensor, log_depth: Tensor) -> Tensor:
        """All that is warped along with a frame.

        Args:
            frame: ``(B, 3, H, W)`` in [0, 1].
            log_depth: ``(B, 1, H, W)`` of it, any float type.

        Returns:
            ``(B, 196, H, W)``: the frame itself, each stage, and log depth.
        """
        entered = self.enter(frame)
        near = self.near(entered)
        return side_by_side([frame, entered, near, self.far(near), log_depth], like=near)
