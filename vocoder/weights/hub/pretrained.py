"""Our checkpoints in the Hub's own manner: `from_pretrained`, `save_pretrained`, `push_to_hub`."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCardData, ModelHubMixin, get_token
from torch import nn

from vocoder.errors import SettingsError, WeightsError
from vocoder.weights import find_checkpoint
from vocoder.weights.card import TAGS, Card
from vocoder.weights.folder import CONFIG, README, TENSORS, Storage
from vocoder.weights.format import Config, load_checkpoint, read_config, save_checkpoint
from vocoder.weights.hub.cache import Cache
from vocoder.weights.hub.obtain import folder_of, obtain, wanted
from vocoder.weights.hub.request import HubError

LIBRARY = "vocoder"
_LICENCES = {  # what the Hub knows by name, of what weights are given under
    "apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc-by-4.0", "cc-by-nc-4.0", "cc-by-sa-4.0", "cc0-1.0", "gpl-3.0",
    "mit", "openrail", "unknown",
}  # fmt: skip
_USE = """## Use

```py
import vocoder

system = vocoder.from_pretrained("{name}")
mel = vocoder.log_mel(samples, system.info.mel)  # of samples (1, N)
audio = system.synthesise(mel, seed=0)
```
"""


class Pretrained(ModelHubMixin, library_name=LIBRARY):
    """A network of any family with its card, as a repository of the Hub holds it.

    >>> kept = Pretrained.from_pretrained("checkpoints/flow-small")
    >>> kept.push_to_hub("org/name")
    >>> Pretrained.from_pretrained("org/name", revision="v1").model
    """

    def __init__(self, model: nn.Module, card: Card, storage: Storage = "float32") -> None:
        self.model, self.card, self.storage = model, card, storage

    @classmethod
    def from_pretrained(  # what a network is made with is in its config.json alone
        cls,
        pretrained_model_name_or_path: str | Path,
        *,
        force_download: bool = False,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
        local_files_only: bool = False,
        revision: str | None = None,
        **unknown: Any,
    ) -> Pretrained:
        """The network of a folder, of a bundled checkpoint, of `org/name`, or of a catalogue id.

        Loading is strict: see `load_checkpoint`. The arguments mean what they mean to `huggingface_hub`.

        Raises:
            WeightsError: it cannot be had, or tensors are missing, unknown, of another shape, or not finite.
            SettingsError: an argument is none of these.
        """
        if unknown:
            raise SettingsError(f"from_pretrained knows no {', '.join(sorted(unknown))}; config.json says it all.")
        name = str(pretrained_model_name_or_path)
        cache = Cache(Path(cache_dir)) if cache_dir is not None else Cache()
        folder = local_folder(name)
        if folder is None and local_files_only:
            folder = folder_of(name, cache)
            if folder is None:
                raise HubError(f"{name} is not in the cache, and nothing may be downloaded.")
        if folder is None:
            thing = wanted(name, revision)
            if force_download and thing is not None:
                cache.drop(thing.key)
            shown = get_token() if token in (None, True) else token or None
            folder = obtain(name, revision, cache=cache, token=str(shown) if shown else None)
        return cls(*load_checkpoint(folder), read_config(folder).storage)

    def save_pretrained(self, save_directory: str | Path, **how: Any) -> str | None:
        """Writes the checkpoint folder; see `ModelHubMixin.save_pretrained`.

        Raises:
            WeightsError: the folder holds other things, or the weights are not finite; nothing has changed then.
        """
        folder = Path(save_directory)
        if folder.is_dir() and not {path.name for path in folder.iterdir()} <= {TENSORS, CONFIG, README}:
            raise WeightsError(f"{folder} holds other things than a checkpoint; name a new or empty folder.")
        return super().save_pretrained(folder, **how)

    def _save_pretrained(self, save_directory: Path) -> None:
        name = self.card.name if save_directory.name in ("", ".") else save_directory.name
        save_checkpoint(self.model, save_directory, replace(self.card, name=name), storage=self.storage)
        (save_directory / README).write_text(model_card(read_config(save_directory)), "utf-8")


def local_folder(name: str) -> Path | None:
    """A folder, or a bundled checkpoint's, of this name."""
    try:
        return find_checkpoint(name)
    except WeightsError:
        return None


def model_card(config: Config) -> str:
    """The card as the Hub reads it: what it files the repository under, the mel settings, and the text for people."""
    card, family, mel = config.card, config.family, asdict(config.mel)
    licence = card.licence.lower()
    named = licence in _LICENCES
    data = ModelCardData(
        library_name=LIBRARY,
        tags=["vocoder", "speech", TAGS[family], "model_hub_mixin"],
        pipeline_tag="audio-to-audio",
        license=licence if named else "other",
        license_name=None if named else card.licence,
        mel=mel,
    )
    text = card.readme(family).split("---\n", 2)[2]
    rows = "".join(f"| {name} | {value:g} |\n" for name, value in mel.items())
    heard = f"## Mel-spectrogram\n\nNatural logarithm of Slaney's bands.\n\n| setting | value |\n|---|---|\n{rows}"
    return f"---\n{data.to_yaml()}\n---\n{text}\n{heard}\n{_USE.format(name=card.name)}"
