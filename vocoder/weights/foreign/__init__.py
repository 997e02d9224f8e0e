"""Reading checkpoints that others pickled, without running a byte of them."""

from vocoder.weights.foreign.read import Foreign, read_foreign
from vocoder.weights.foreign.source import Source, locate
from vocoder.weights.foreign.waveglow import ForeignFlow, read_flow

__all__ = ["Foreign", "ForeignFlow", "Source", "locate", "read_flow", "read_foreign"]
