"""The invertible network: small transforms, proven one by one, and the vocoder they make together."""

from vocoder.flow.chunks import forward_in_chunks, inverse_in_chunks
from vocoder.flow.model import Flow, Step, negative_log_likelihood
from vocoder.flow.settings import SQUEEZEWAVE, WAVEGLOW, FlowSettings

__all__ = [
    "SQUEEZEWAVE",
    "WAVEGLOW",
    "Flow",
    "FlowSettings",
    "Step",
    "forward_in_chunks",
    "inverse_in_chunks",
    "negative_log_likelihood",
]
