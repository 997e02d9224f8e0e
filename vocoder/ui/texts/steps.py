"""The words of *Step by step*. HTML is allowed in the texts named *_HTML and nowhere else."""

from __future__ import annotations

TAB = "Step by step"
IDEA = (
    "The network does not jump from speech to noise. It goes there in small steps, each of which can be undone "
    "exactly. Press Play and move the slider: see, measure and hear how far the sound has come."
)
WAYS = {"there": "Recording \N{RIGHTWARDS ARROW} noise", "back": "Noise \N{RIGHTWARDS ARROW} speech"}
WAYS_LABEL = "Which way"
DIAGRAM_LABEL = "The network, one box a step"
SLIDER = "Step of the network"
PLAY, PAUSE, WATCH, STOP = "Play", "Pause", "Watch it go", "Stop"
CUT = "Long sounds are watched for their first {heard:g} s; this one lasts {given:.1f} s."
FAR = "distance from Gaussian"
FAR_BARS = "Bars: distance from Gaussian"

NAMES = {"squeeze": "Sound", "fill": "Bass", "scale": "Level", "flow": "Flow {number}"}
BOXES_HTML = {  # in the diagram
    "squeeze": "sound", "fill": "bass", "scale": "level", "flow": "<small>flow </small>{number}",
}  # fmt: skip
HEADINGS = {
    "squeeze": "The sound, cut into columns",
    "fill": "The bass, as far as it could be foretold, taken out",
    "scale": "The level taken out",
    "flow": "Flow {number} of {flows}",
    "last": "Flow {number} of {flows}: this is z",
}
THERE = {  # what a step does on the way to noise
    "squeeze": (
        "The recording in columns of {group} numbers. Nothing is learned here and nothing is lost: laid back onto the "
        "time axis, the columns are the recording."
    ),
    "fill": (
        "Below {kilohertz:.1f} kHz the mel is fine enough to tell nearly all of the sound. From a few columns that are "
        "left alone, Griffin-Lim foretells those between, and what it foretold is taken away: only the surprise stays."
    ),
    "scale": (
        "The mel says how loud each channel should be at each moment, and every number is scaled by that. Pauses and "
        "vowels, low and high come to similar levels: listen how the words lose their loudness."
    ),
    "flow": (
        "All channels are mixed, then one half is left alone and tells how the other half is stretched and shifted. "
        "Listen for what is left of the voice."
    ),
    "last": (
        "The last flow leaves z: as many numbers as there were samples. If the network were perfect, this would be "
        "noise and nothing else. What can still be heard is what it has not explained."
    ),
}
BACK = {  # and on the way back
    "squeeze": "The columns laid back onto the time axis: speech that nobody spoke, made from the mel and from noise.",
    "fill": (
        "Below {kilohertz:.1f} kHz only one column in many was drawn; those between are 0. The next step back asks "
        "Griffin-Lim to go on from the drawn ones as the mel says, and so fills in the columns between."
    ),
    "scale": (
        "All channels are about equally loud here. The next step back gives each of them the level that the mel says."
    ),
    "flow": (
        "The same question is asked of the half that stayed, and the answer is undone: what was stretched is shrunk, "
        "what was shifted is shifted back. Then the channels are unmixed."
    ),
    "last": (
        "Fresh Gaussian noise at temperature {temperature:g}. It knows nothing of speech; the way back asks the mel."
    ),
}
PICTURE = "The numbers as a picture"
PICTURE_LOOK = "Blue is positive, orange negative, full colour at \N{PLUS-MINUS SIGN}{limit}."
PICTURE_LOOKS = {
    "squeeze": "Channels run from low to high frequencies here.",
    "squeeze_groups": "A column is a few neighbouring samples.",
    "fill": "The lowest channels hold what was not foretold; the others are as they were.",
    "scale": "Channels still run from low to high frequencies.",
    "flow": "Channels are mixtures now. Where you still see words, it is not noise.",
}
PICTURE_ALT = "{name}: channels from bottom to top, time from left to right; blue is positive, orange negative."
HISTOGRAM = "How often each value occurs"
HISTOGRAM_LOOK = "Bars are the numbers at this step, the line is the Gaussian bell they should end on."
HISTOGRAM_ALT = "Histogram of the numbers at {name}, with the density of N(0, 1)."
HISTOGRAM_AXES = ("value", "density")

MEASURES = {  # title, what it means
    "distance": (
        "Distance from Gaussian",
        "1-D Wasserstein distance to N(0, 1): how far a number lies, on average, from where a Gaussian\u2019s would. "
        "0 is Gaussian; zeros alone have 0.80.",
    ),
    "std": ("Spread", "Standard deviation of all numbers at this step; a Gaussian\u2019s is 1."),
    "log_det": (
        "Log-determinant so far",
        "ln |det| of all steps from the sound to here, in nats: how much space has been stretched.",
    ),
    "bits": (
        "Bits per sample",
        "An ideal code for 16-bit samples, were these numbers taken for Gaussian noise. Less is better; not every "
        "step has to pay, only all of them together.",
    ),
    "decibels": (
        "Played at",
        "Every step is played as loud as the sound itself, or quieter where it would clip: this is what that changed.",
    ),
}
AS_IT_IS = "its own level"

INSIDE = "Inside this step"
CUTTING = (
    "A column sees {samples} samples and overlaps its neighbours by half. It is an orthonormal cosine transform, so "
    "nothing is stretched and the log-determinant is 0."
)
CUTTING_GROUPS = "{group} neighbouring samples become one column; nothing is stretched, the log-determinant is 0."
FILLING = (
    "A coupling over columns in place of channels: those that stay are asked, the others are moved. What is asked need "
    "not be a network, since nobody has to undo it: here it is Griffin-Lim on the lowest {channels} channels, with the "
    "magnitudes that a small network reads off the mel. When speech is made from noise, what it says is taken as it is."
)
SCALING = (
    "The mel goes through a few small convolutions, which say one factor for every channel and column. The sound "
    "itself is not asked, so the factors are known on the way back, too."
)
INTO = {"there": "Mix and split", "back": "Split"}
INTO_LINES = {
    "there": "{channels} channels, mixed by one learned matrix. The lower half stays.",
    "back": "{channels} channels. The lower half stays, as it did on the way there.",
}
LEFT_EARLY = "{count} channels have left for z already."
LOOK = "Look"
LOOK_LINE = (
    "{layers} layers of dilated convolutions read the half that stays, and the mel. A column of the answer has seen "
    "{columns} columns to either side."
)
SEEN_LINES = {
    "there": "Dark: {own:.2f} s, what one column of this flow has seen. Light: {all:.2f} s, all flows up to this one.",
    "back": "Dark: {own:.2f} s, what one column of this flow looks at; the same question as on the way there.",
}
STRETCH, STRETCH_LINE = "Stretch s", "mostly \N{MULTIPLICATION SIGN}{low:.2f} to \N{MULTIPLICATION SIGN}{high:.2f}"
SHIFT, SHIFT_LINE = "Shift t", "added afterwards"
OUT_OF = {"there": "Move", "back": "Move back, unmix"}
OUT_OF_LINES_HTML = {
    "there": "upper half &times; e<sup>s</sup> + t; the lower half stays",
    "back": "(upper half &minus; t) &times; e<sup>&minus;s</sup>; then the matrix is undone",
}
TREE_ALT = "One output column reaches {columns} columns to either side through {layers} layers of convolutions."
FIELD_ALT = (
    "The waveform. A dark band marks what one column of this flow has seen, a light band what all flows so far have."
)
TABLE = "All steps in numbers"
NO_RECORDING = "You gave a mel-spectrogram, so there is no recording to turn into noise; watch noise become speech."
WATCHING = "Taking the network apart"
BACK_FROM = "Noise for the way back"
HONEST = (
    "The bundled network is small and was trained for a short time on a processor: its last step still leaves traces "
    "of speech, and what it says from noise is a little rough."
)
