"""Checkpoints of the Hub: named, downloaded, checked, converted, kept."""

from vocoder.weights.hub.address import Parcel, parse_reference
from vocoder.weights.hub.cache import Cache
from vocoder.weights.hub.deliver import deliver
from vocoder.weights.hub.obtain import Wanted, checkpoint_in, commit_of, folder_of, obtain, wanted
from vocoder.weights.hub.request import HubError, why_unreachable
from vocoder.weights.hub.run import Limits

__all__ = [
    "Cache",
    "HubError",
    "Limits",
    "Parcel",
    "Wanted",
    "checkpoint_in",
    "commit_of",
    "deliver",
    "folder_of",
    "obtain",
    "parse_reference",
    "wanted",
    "why_unreachable",
]
