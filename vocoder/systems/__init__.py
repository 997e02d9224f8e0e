"""The vocoders there are, behind one protocol."""

from vocoder.systems.flow import FlowSystem, flow_info
from vocoder.systems.given import Given, check_given, streamed, synthesised, view
from vocoder.systems.protocol import (
    InvertibleVocoder,
    MagnitudeVocoder,
    Progress,
    SystemInfo,
    Vocoder,
    check_temperature,
    part,
)
from vocoder.systems.registry import load_system, pick_device, systems

__all__ = [
    "FlowSystem",
    "Given",
    "InvertibleVocoder",
    "MagnitudeVocoder",
    "Progress",
    "SystemInfo",
    "Vocoder",
    "check_given",
    "check_temperature",
    "flow_info",
    "load_system",
    "part",
    "pick_device",
    "streamed",
    "synthesised",
    "systems",
    "view",
]
