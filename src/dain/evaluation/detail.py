"""How much fine detail a frame has: what softness takes away, and PSNR hardly sees."""

from __future__ import annotations

from dain.evaluation.measures import Picture


def detail_power(picture: Picture) -> float:
    """Power of the finest octave of a picture's brightness, at least 0.

    Args:
        picture: ``(H, W, 3)`` uint8 RGB.
    """
    import torch

    from dain.engine.octaves import luma_of, octaves_of

    frame = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    return float(octaves_of(luma_of(frame))[0].square().mean())
