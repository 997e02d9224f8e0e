"""The words of the tab *Models*."""

from __future__ import annotations

TAB = "Models"
IDEA = (
    "The page speaks with the weights that come with it. Bring others: from the list, from the Hugging Face Hub, or "
    "from your own disk. Nothing that you name is ever run: foreign checkpoints are read number by number, and written "
    "anew."
)
LOADED = "Loaded for you"
LOADED_LINE = "Flows can be chosen under Checkpoint on Listen and be looked inside; others join the systems to compare."
ANOTHER = "Load another"
NAME = "Id of the list, or a repository of the Hub"
NAME_INFO = "org/name for this project\u2019s format, org/name:file for a foreign checkpoint, either with @revision."
LOAD = "Load"
OWN = "Or drop your own: model.safetensors and config.json, or a .zip of both"
CATALOGUE = "Known checkpoints"
CATALOGUE_LINE = (
    "Nothing is downloaded before you press a button. Each file is compared with its SHA-256 where that is known; "
    "where it is not, the first download is pinned and every later one compared with it."
)

# What is said of one
MEGABYTES = "{size} MB"
ABOUT_MEGABYTES = "about {size} MB"
SIZE_UNKNOWN = "size not known"
PARAMETERS = "{millions} million parameters"
FEW_PARAMETERS = "{thousands} thousand parameters"
LICENCE = "licence: {licence}"
FROM = "source: {source}"
MEL = "mel: {bands} bands to {fmax} Hz, hop {hop} at {rate} Hz"
COMPUTED_ON = "on {device}"
CHOSEN = "in use"
YOUR_UPLOAD = "your upload, kept for an hour"
HERE = "in the cache"
FAMILIES = {
    "flow": "Flow, invertible",
    "hifigan": "HiFi-GAN, one way",
    "melgan": "MelGAN, one way",
    "bigvgan": "BigVGAN, one way",
    "wavenet": "WaveNet, one way",
}
LOAD_THIS = "Load {title}"
DOWNLOAD = "Download"
UNREACHABLE = "The Hub cannot be reached from here: {reason}"
ELSEWHERE = "Not on the Hub: get {file} from {source} and convert it with the command line."
UNSEEN = "Open this tab with the Hub in reach to see what can be downloaded."

# While it works, and when it does not
DOWNLOADING = "Downloading {name}"
CHECKING = "Reading {name}"
TAKING = "Unpacking"
ASKING = "Asking whether the Hub is there"
DONE = "{name} is loaded and in use."
FAILED = "{reason} {name} stays in use."
NO_NAME = "Name a checkpoint first: an id of the list, org/name, or org/name:file."
NO_FILE = "No file arrived; give model.safetensors and config.json, or a .zip of both."
OTHER_SOUND = "{name} makes sound at {rate} Hz with a mel of its own; this page works at 22050 Hz."
TOO_LARGE = "{name} has more than {most} million parameters, which is more than this page loads."
TOO_MANY = "{count} models are as many as one visitor can keep; reload the page to begin anew."
GONE = "{name} has been removed in the meantime; load it again under Models."
