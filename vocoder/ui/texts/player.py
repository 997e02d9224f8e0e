"""The words of the player that switches between recordings."""

from __future__ import annotations

REGION = "Compare recordings"
PLAY, PAUSE = "Play", "Pause"
POSITION = "Position"
HEARD = "Which recording is heard"
LOOP = "Loop"
FROM_HERE, TO_HERE, CLEAR = "From here", "To here", "Clear region"
ZOOM_IN, ZOOM_OUT, ZOOM_REGION, WHOLE = "Zoom in", "Zoom out", "Zoom to region", "Whole"
PART, VIEW = "Part to loop", "Zoom"
MATCH = "Match loudness"
MATCH_HINT = (
    "Turns the louder ones down to the quietest, by loudness as ITU-R BS.1770 defines it. Off: levels as they are."
)
DIFFERENCE = "Difference"
DIFFERENCE_TITLE = "Difference of levels"
DIFFERENCE_LOOK = "Blue: {a} is louder there. Orange: {b} is."
MINUS = "minus"
WAVEFORM_ALT = "Waveform of {name}"
SPECTROGRAM_ALT = "Spectrogram of {name}: level over time, from 0 Hz at the bottom to {khz} kHz at the top"
LATENTS_ALT = "Latents of {name}: channels over time, blue positive, orange negative"
DIFFERENCE_ALT = "Spectrogram of {a} minus spectrogram of {b}, in decibels"
LATENTS = "latents z"
DOWNLOAD = "Download"
DOWNLOAD_NAME = "Download {name} as a WAV file"
NO_SOUND = "No sound could be read for this page; please load it again."
OLD_PAGE = "This page is older than its server; please load it again."
KEYS = "Keys"
KEYS_HELP = (
    ("1 \N{EN DASH} 6", "hear that recording"),
    ("Space", "play, pause"),
    ("\N{LEFTWARDS ARROW} \N{RIGHTWARDS ARROW}", "back or on by half a second; with Shift, five times finer"),
    ("Home", "to the start"),
    ("L", "loop"),
    ("+ \N{MINUS SIGN} 0", "zoom in, out, whole"),
)
HINT = "Hover to read values, drag to choose a part to loop."
SECONDS, HERTZ, KILOHERTZ, DECIBELS = "s", "Hz", "kHz", "dB"
CHANNEL = "channel"
