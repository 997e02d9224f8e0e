"""Every word the page says, in one place. HTML is allowed in the texts named *_HTML and nowhere else."""

from __future__ import annotations

TITLE = "Speech to noise and back"
IDEA = (
    "One network turns a recording into Gaussian noise; run backwards, the same network turns noise into speech. "
    "Hear both, beside the classical method that guesses phases."
)
LISTEN, INSIDE = "Listen", "Look inside"

# Choosing a sound
EXAMPLES = "Choose a sound"
OWN = "Or drop your own recording"
OWN_MEL = "Or a mel"
LIMITS = (
    "WAV, FLAC, OGG or MP3 up to {seconds:g} s; mel-spectrograms as .npy or .safetensors, natural logarithm, 80 bands."
)

# The systems
COMPARE = "The recording and the systems' copies"
ORIGINAL, ORIGINAL_LINE = "Original", "The recording, at 22 050 Hz. The others get only its mel-spectrogram."
MEL_ONLY = "You gave a mel-spectrogram, so there is no recording to compare with; the picture is the mel itself."
SYSTEMS = {  # name for people, and what it does
    "flow": ("Flow", "Gaussian noise, run backwards through the invertible network."),
    "flow-griffin-lim": (
        "Flow, then Griffin-Lim",
        "Griffin-Lim, begun at the flow\u2019s phases.",
    ),
    "griffin-lim": ("Griffin-Lim", "No learning: phases are guessed until the magnitudes agree."),
    "fast-griffin-lim": ("Fast Griffin-Lim", "The same guessing with momentum: fewer rounds for the same agreement."),
    "rtisi-la": ("RTISI-LA", "Guesses frame by frame as sound arrives, looking three frames ahead."),
    "spsi": ("SPSI", "No rounds at all: each spectral peak goes on as a steady tone."),
    "pghi": ("PGHI", "Reads the phase's slopes off the magnitudes and adds them up from the loudest point."),
    "rtpghi": ("RTPGHI", "The same slopes, added up frame by frame without looking ahead."),
    "gradient-analytic": ("Gradient theorem", "The slopes in time and frequency, fitted together by least squares."),
    "gradient-network": ("Gradient network", "The same, with slopes that a small network predicts."),
    "wavenet": ("WaveNet", "One sample after the other, each from all before it."),
    "melgan": ("MelGAN", "A network that learned to deceive a judge; one pass, no noise."),
    "hifi-gan": ("HiFi-GAN", "The same with judges that listen to periods and scales."),
    "bigvgan": ("BigVGAN", "The same, larger, with periodic activations."),
}
BUNDLED = tuple(SYSTEMS)[:10]  # those that need nobody's weights but ours; whether they are here is seen later
COMPARED, COMPARED_INFO = "Compare", "Up to {most} at once; what has been made is kept."
NOT_HERE, MISSING = "Not here", "{title}: {reason}."
TOO_MANY_SYSTEMS = "Choose one to {most} systems to compare."
FLOW_NOT_CHOSEN = "The flow is not among the systems being compared; choose it first."
DOWNLOAD = "Download"
TEMPERATURE = "Temperature"
TEMPERATURE_INFO = "How far the noise strays: 0 is none at all, 1 what the network was trained for."
SEED = "Seed"
CHECKPOINT = "Checkpoint"
NEW_SEED = "New seed"
LOOK_LISTEN_HTML = (
    "<b>Look at</b> the fine horizontal stripes, the harmonics of the voice: where they blur, the voice sounds rough "
    "or metallic. Above the dashed line at 8 kHz the mel-spectrogram says nothing, and each system has to guess."
)
SPECTROGRAM_ALT = "Spectrogram, {name}: level over time, from 0 Hz at the bottom to 11 kHz at the top."
MEL_ALT = "The mel-spectrogram that was uploaded: 80 bands over time."

# The table under them
MEASURED = "Measures"
MEASURES = (  # head, what it means
    ("System", ""),
    (
        "Speed (\N{MULTIPLICATION SIGN} real time)",
        "Real-time factor: seconds of sound made in one second of computing, on this machine, this time.",
    ),
    (
        "Spectral distance",
        "M-STFT: how far the short-time spectra are from the recording's (spectral convergence plus mean difference of "
        "log magnitudes, averaged over windows of 512, 1024 and 2048 samples). 0 is the same sound; good vocoders are "
        "near 1. What is above 8 kHz counts too, though no mel tells it.",
    ),
    (
        "Log-mel error",
        "Mean absolute difference of the natural-log mels of output and recording, in nepers: 0.1 is 0.87 dB. "
        "It says how well a system did what the mel asked for.",
    ),
)
TIMES = "\N{MULTIPLICATION SIGN}"

# Look inside
INSIDE_IDEA_HTML = (
    "The network reads the recording and its mel-spectrogram and returns as many numbers as there were samples: the "
    "latents <i>z</i>. It was trained to make them Gaussian noise. How well does it do on this sound?"
)
INSIDE_PICTURES = {  # title, what to look at
    "recording": ("The recording", "Words, harmonics, pauses: everything is still to be seen."),
    "latents": (
        "Its latents z",
        "The same sound after the network, one number a sample. Look for the outline of speech: "
        "what can still be seen is what the network could not explain.",
    ),
    "histogram": (
        "How often each value occurs",
        "Bars are the latents, the line is the Gaussian bell. Look at the tails: values far out are surprises.",
    ),
    "quantiles": (
        "Quantiles against the Gaussian\u2019s",
        "Dots on the line are exactly Gaussian. Look at the ends: an S-shape is a heavy tail, another slope a wrong "
        "spread.",
    ),
}
LATENTS_ALT = "Latents z: channels from bottom to top, time from left to right; blue is positive, orange negative."
HISTOGRAM_ALT = "Histogram of the latents with the density of N(0, 1)."
QUANTILES_ALT = "Quantile plot: quantiles of the latents over those of N(0, 1), with the diagonal."
HISTOGRAM_AXES, QUANTILE_AXES = ("value of z", "density"), ("Gaussian quantile", "quantile of z")  # across, up
CHANNEL_AXIS = "channel"
NUMBERS = "In numbers"
ROUND_TRIP = "The way back"
ROUND_TRIP_LOOK = (
    "The recording became z, and z became a recording again, through the same weights. Look at what was lost: "
    "hear the result below, under \u201cWith this z\u201d."
)
ROUND_TRIP_DECIBELS = "is the energy of all differences to the recording, relative to the recording\u2019s own."
ROUND_TRIP_STEPS = "of one 16-bit step is the largest difference at any sample."
AGAIN = "Sample again"
AGAIN_LOOK = (
    "The mel carries the words and the voice; z carries everything else. Listen to what changes when z changes, "
    "and watch the distance to the recording."
)
WAYS_BACK, READ_LINE = "The recording and its ways back from z", "What the network has read."
SAME, SAME_LINE = "With this z", "The recording's own latents: the recording returns."
SCALED, SCALED_LINE = "With scaled z", "Same detail, less of it: every latent times the temperature."
FRESH, FRESH_LINE = "With fresh z", "Other noise at temperature 1, same mel: another take of the same words."
SCALED_FIRST, FRESH_FIRST = 0.5, 1  # temperature and seed at the start
DISTANCE = "Spectral distance to the recording: {value}"
NO_RECORDING = "A mel-spectrogram has no samples to turn into noise. Choose an example or a recording to look inside."

THIS_SOUND, GAUSSIAN = "This sound", "Gaussian"
NUMBER_ROWS = {  # title, unit, format, what N(0, 1) has, what it means
    "mean": ("Mean of z", "", ".4f", "0", "Average of all latents."),
    "std": (
        "Standard deviation of z",
        "",
        ".4f",
        "1",
        "Root of the mean squared distance of the latents from their mean.",
    ),
    "kurtosis": ("Kurtosis of z", "", ".3f", "3", "Fourth standardised moment: the weight of the tails."),
    "log_det": (
        "Log-determinant",
        " nats",
        ",.0f",
        "",
        "ln |det dz/dx| over all samples of this sound: how much the network stretches space around it.",
    ),
    "bits_per_sample": (
        "Bits per sample",
        " bits",
        ".2f",
        "",
        "Ideal code length of one 16-bit sample under the network: the negative log-likelihood in bits, plus 15. "
        "16 would be no knowledge at all; less is better.",
    ),
    "latents": ("Latents", "", ",.0f", "", "As many as samples, up to a whole frame of 256."),
    "round_trip_db": (
        "Round-trip error",
        " dB",
        ".1f",
        "",
        "Energy of (the way back minus the recording) over the energy of the recording.",
    ),
    "round_trip_steps": (
        "Largest round-trip error",
        " steps",
        ".2g",
        "",
        "Largest difference at any sample, in steps of a 16-bit file (one step is 2\u207b\u00b9\u2075 of full scale).",
    ),
}
DEFINITIONS = "What these numbers mean"

# Work, errors, small print
CANCEL, WAITING = "Cancel", "Waiting for its turn"
FLOWING, GUESSING = "Running the flow backwards", "Guessing phases"
MEASURING = "Measuring how close it came"
LOOKING, SAMPLING = "Turning speech into noise", "Turning noise into speech"
FOOTER_HTML = (
    "The flow is <code>{checkpoint}</code>, {parameters:.1f} million parameters. "
    "Nothing you upload is recorded; files are deleted within the hour."
)
FAULT = "Something went wrong on our side (fault {number}); the page is still usable, so please try another sound."
OUT_OF_MEMORY = "The graphics card ran out of memory; try a shorter recording, or again in a minute."
NOTHING_GIVEN = "No file arrived; choose a recording or a mel-spectrogram first."
FORGOTTEN = "This sound has been forgotten, since nobody touched it for long; please open it again."
NOT_A_SEED = "The seed must be a whole number from 0 to 4294967295."
NOTHING_TO_SAMPLE = "There are no latents to sample from yet; open a recording first."
UNKNOWN_EXAMPLE = "There is no example {name!r}; known are {known}."
UNKNOWN_CHECKPOINT = "There is no checkpoint {name!r}; known are {known}."
NO_CHECKPOINT = (
    "There are no weights in checkpoints/; clone the project with them, or name a folder in VOCODER_CHECKPOINT."
)
