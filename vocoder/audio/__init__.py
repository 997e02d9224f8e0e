"""Sound files, both ways: decoding within limits (nothing is believed before it is checked), and writing 16-bit WAV."""

from vocoder.audio.limits import COMMAND_LINE_LIMITS, PAGE_LIMITS, AudioLimits
from vocoder.audio.reading import Recording, read_recording, stream_recording
from vocoder.audio.writing import to_int16, write_wav

__all__ = [
    "COMMAND_LINE_LIMITS",
    "PAGE_LIMITS",
    "AudioLimits",
    "Recording",
    "read_recording",
    "stream_recording",
    "to_int16",
    "write_wav",
]
