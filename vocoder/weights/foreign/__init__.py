"""Reading checkpoints that others pickled, without running a byte of them."""

from vocoder.weights.foreign.source import Source, locate
from vocoder.weights.foreign.waveglow import ForeignFlow, read_flow

__all__ = ["ForeignFlow", "Source", "locate", "read_flow"]
