"""The vocoders there are, behind one protocol."""

from vocoder.systems.flow import FlowSystem, flow_info
from vocoder.systems.given import Given, check_given, check_mel, streamed, synthesised, view
from vocoder.systems.neural import NeuralSystem, WaveNetSystem
from vocoder.systems.protocol import (
    InvertibleVocoder,
    MagnitudeVocoder,
    Progress,
    SystemInfo,
    Vocoder,
    check_temperature,
    part,
)
from vocoder.systems.registry import load_system, pick_device, system_of, systems

__all__ = [
    "FlowSystem",
    "Given",
    "InvertibleVocoder",
    "MagnitudeVocoder",
    "NeuralSystem",
    "Progress",
    "SystemInfo",
    "Vocoder",
    "WaveNetSystem",
    "check_given",
    "check_mel",
    "check_temperature",
    "flow_info",
    "load_system",
    "part",
    "pick_device",
    "streamed",
    "synthesised",
    "system_of",
    "systems",
    "view",
]
