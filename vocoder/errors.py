"""What can be wrong with what a person gave us.

The text of every error here is one sentence that says what is wrong and what would be right: the page, the API and the
command line show it as it stands. Anything that is not an `InputError` is a fault of ours and keeps its traceback.
"""


class InputError(ValueError):
    """Something a person gave cannot be used; its text is written for that person."""


class AudioError(InputError):
    """A sound file that cannot be read, or holds nothing that can be used."""


class MelError(InputError):
    """A mel-spectrogram of the wrong kind, shape or range."""


class SettingsError(InputError):
    """A setting that is unknown or out of range."""


class WeightsError(InputError):
    """A checkpoint that is missing, damaged, or made for another model."""
