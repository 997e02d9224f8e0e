"""Training of the flow; never imported when the explorer serves."""

from vocoder.training.loop import train

__all__ = ["train"]
