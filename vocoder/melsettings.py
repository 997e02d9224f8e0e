"""How sound becomes a mel-spectrogram: the numbers alone, for those who need not wait for PyTorch."""

from __future__ import annotations

from dataclasses import dataclass, fields

from vocoder.errors import SettingsError


@dataclass(frozen=True)
class MelSettings:
    """How sound becomes a mel-spectrogram; the defaults are Tacotron 2's, which the field's checkpoints expect."""

    sample_rate: int = 22_050  # Hz; LJSpeech's, and so every vocoder's trained on it
    n_fft: int = 1024  # samples; 46 ms, a few pitch periods of a low voice
    hop: int = 256  # samples from frame to frame; a quarter window, so neighbours share 75 %
    window: int = 1024  # samples of the periodic Hann window
    bands: int = 80  # mel bands, about three a critical band of the ear
    fmin: float = 0.0  # Hz, lower edge of the first band
    fmax: float = 8000.0  # Hz, upper edge of the last band; the vocoder must guess what is above
    floor: float = 1e-5  # magnitudes below are raised to it before the logarithm: ln 1e-5 = -11.5

    def __post_init__(self) -> None:
        if min(self.sample_rate, self.n_fft, self.hop, self.window, self.bands) < 1:
            raise SettingsError("Mel settings: sample_rate, n_fft, hop, window and bands must be at least 1.")
        if self.window > self.n_fft:
            raise SettingsError(f"Mel settings: window ({self.window}) must not be longer than n_fft ({self.n_fft}).")
        if not 0 <= self.fmin < self.fmax <= self.sample_rate / 2:
            raise SettingsError("Mel settings: 0 <= fmin < fmax <= sample_rate / 2 must hold.")
        if not self.floor > 0:
            raise SettingsError("Mel settings: floor must be above 0.")

    @classmethod
    def from_dict(cls, values: dict) -> MelSettings:
        """The settings named in `values`; raises `SettingsError` for a name that does not exist."""
        unknown = sorted(set(values) - {f.name for f in fields(cls)})
        if unknown:
            raise SettingsError(f"Unknown mel setting {unknown[0]!r}; known are {[f.name for f in fields(cls)]}.")
        return cls(**values)

    def frames(self, samples: int) -> int:
        """Frames of the mel of so many samples: one centred on every hop, the first on sample 0."""
        return 1 + samples // self.hop
