"""The vocoders there are, behind one protocol."""

from vocoder.systems.flow import FlowSystem, flow_info
from vocoder.systems.griffin_lim import GriffinLimSystem
from vocoder.systems.protocol import InvertibleVocoder, Progress, SystemInfo, Vocoder, check_temperature, part
from vocoder.systems.registry import load_system, pick_device, systems

__all__ = [
    "FlowSystem",
    "GriffinLimSystem",
    "InvertibleVocoder",
    "Progress",
    "SystemInfo",
    "Vocoder",
    "check_temperature",
    "flow_info",
    "load_system",
    "part",
    "pick_device",
    "systems",
]
