"""From a name to a checkpoint of ours: repositories in our format, foreign files, the catalogue, and pins."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch

from tests.localhub import COMMIT, Fault, LocalHub
from tests.small import small_checkpoint, small_flow
from vocoder.errors import WeightsError
from vocoder.weights import catalogue as catalogue_module
from vocoder.weights import load_flow
from vocoder.weights.catalogue import catalogue
from vocoder.weights.hub import Cache, HubError, Limits, commit_of, folder_of, obtain, wanted

QUICK = Limits(seconds=20, timeout=5, tries=2, pause=0.01)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", 100_000_000)


@pytest.fixture(scope="module")
def foreign() -> bytes:
    """The state dict of one narrow flow of WaveGlow's kind, with the common mel, as a file."""
    import io

    torch.manual_seed(0)
    shapes = {
        "upsample.weight": (80, 80, 1024), "upsample.bias": (80,), "convinv.0.conv.weight": (8, 8, 1),
        "WN.0.start.weight": (2, 4, 1), "WN.0.start.bias": (2,), "WN.0.end.weight": (8, 2, 1), "WN.0.end.bias": (8,),
        "WN.0.cond_layer.weight": (4, 640, 1), "WN.0.cond_layer.bias": (4,), "WN.0.in_layers.0.weight": (4, 2, 3),
        "WN.0.in_layers.0.bias": (4,), "WN.0.res_skip_layers.0.weight": (2, 2, 1), "WN.0.res_skip_layers.0.bias": (2,),
    }  # fmt: skip
    file = io.BytesIO()
    torch.save({"state_dict": {name: 0.01 * torch.randn(shape) for name, shape in shapes.items()}}, file)
    return file.getvalue()


def test_a_repository_in_our_format(hub: LocalHub, cache: Cache, tmp_path: Path) -> None:
    hub.add_folder("org/small", small_checkpoint(tmp_path / "small"))
    assert folder_of("org/small", cache) is None
    folder = obtain("org/small", cache=cache, limits=QUICK)
    flow, card = load_flow(folder)
    for (name, found), expected in zip(flow.state_dict().items(), small_flow().state_dict().values(), strict=True):
        assert torch.equal(found, expected), name
    assert card.name == "small" and folder_of("org/small", cache) == folder
    assert commit_of("org/small", cache) == COMMIT and commit_of("org/another", cache) == ""
    assert [path for _, path, _ in hub.asked] == [
        "/org/small/resolve/main/config.json", f"/org/small/resolve/{COMMIT}/model.safetensors",
    ]  # fmt: skip


def test_both_files_are_of_one_commit_whatever_happens_meanwhile(hub: LocalHub, cache: Cache, tmp_path: Path) -> None:
    hub.add_folder("org/small", small_checkpoint(tmp_path / "small"))
    hub.faults = [Fault(), Fault(status=503)]  # between the two files
    obtain("org/small", "main", cache=cache, limits=QUICK)
    assert {path.split("/")[4] for _, path, _ in hub.asked if "safetensors" in path} == {COMMIT}


def test_a_repository_without_our_format_says_what_to_name(hub: LocalHub, cache: Cache) -> None:
    hub.files["nvidia/other/config.json"] = b"{}"
    with pytest.raises(HubError, match=r"nvidia/other holds no checkpoint in this project's format \(.*safetensors'"):
        obtain("nvidia/other", cache=cache, limits=QUICK)


def test_a_foreign_file_is_converted_once_with_its_provenance(hub: LocalHub, cache: Cache, foreign: bytes) -> None:
    hub.files["org/waveglow/deep/flow.pt"] = foreign
    folder = obtain("org/waveglow:deep/flow.pt", cache=cache, limits=QUICK)
    _, card = load_flow(folder)
    digest = hashlib.sha256(foreign).hexdigest()
    assert card.source == f"https://huggingface.co/org/waveglow/blob/{COMMIT}/deep/flow.pt (SHA-256 {digest})"
    assert card.name == "org/waveglow:deep/flow.pt"
    assert commit_of(card.name, cache) == commit_of(f"org/never-asked-for@{COMMIT}", cache) == COMMIT
    asked = len(hub.asked)
    assert obtain("org/waveglow:deep/flow.pt", cache=cache, limits=QUICK) == folder
    assert folder_of("org/waveglow:deep/flow.pt", cache) == folder and len(hub.asked) == asked
    assert len(list((cache.folder / "items").iterdir())) == 1, "the foreign file itself is not kept"


def test_what_was_used_first_is_pinned(hub: LocalHub, cache: Cache, foreign: bytes) -> None:
    """The branch moves on, the copy was dropped: the first commit is asked for, and another file is refused."""
    hub.files["org/waveglow:flow.pt".replace(":", "/")] = foreign
    thing = wanted("org/waveglow:flow.pt")
    assert thing is not None
    obtain(thing.name, cache=cache, limits=QUICK)
    cache.drop(thing.key)
    hub.asked.clear()
    obtain(thing.name, cache=cache, limits=QUICK)
    assert [path for _, path, _ in hub.asked] == [f"/org/waveglow/resolve/{COMMIT}/flow.pt"]
    cache.drop(thing.key)
    hub.files["org/waveglow/flow.pt"] = foreign + b"\0"
    with pytest.raises(WeightsError, match="is not the file that it should be"):
        obtain(thing.name, cache=cache, limits=QUICK)


def test_an_entry_with_a_known_hash_takes_nothing_else(
    hub: LocalHub, cache: Cache, foreign: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = catalogue()["waveglow-universal-v5"]
    hub.files[f"{entry.repo}/{entry.file}"] = foreign
    with pytest.raises(WeightsError, match=f"its SHA-256 begins .*, not {entry.sha256[:12]}"):
        obtain(entry.id, cache=cache, limits=QUICK)
    known = catalogue_module.read_catalogue(
        [{**entry.to_dict(), "mel": {}, "sha256": hashlib.sha256(foreign).hexdigest(), "licence": "BSD-3-Clause"}]
    )
    monkeypatch.setattr(catalogue_module, "catalogue", lambda: known)
    _, card = load_flow(obtain(entry.id, cache=cache, limits=QUICK))
    assert (card.name, card.licence) == (entry.id, "BSD-3-Clause")
    hub.asked.clear()
    _, card = load_flow(obtain(f"{entry.id}@{COMMIT}", cache=cache, limits=QUICK))
    assert (card.name, card.licence) == (f"{entry.id}@{COMMIT}", "BSD-3-Clause")
    assert [path for _, path, _ in hub.asked] == [f"/{entry.repo}/resolve/{COMMIT}/{entry.file}"]


def test_a_foreign_file_that_cannot_be_read_leaves_nothing(hub: LocalHub, cache: Cache) -> None:
    hub.files["org/waveglow/flow.pt"] = b"This is no checkpoint." * 10
    with pytest.raises(WeightsError, match=r"blob/.*/flow.pt cannot be converted: "):
        obtain("org/waveglow:flow.pt", cache=cache, limits=QUICK)
    assert folder_of("org/waveglow:flow.pt", cache) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing-of-the-kind", "names no checkpoint; say an id of the catalogue, org/name on the Hub"),
        ("melgan-linda-johnson", "not on the Hub: get models/linda_johnson.pt from GitHub, descriptinc/melgan-neurips"),
        ("org/na--me", "'org/na--me' is not the name of a repository"),
        ("../etc", "is not the name of a repository"),
        ("org/name:../flow.pt", "'../flow.pt' is not the name of a file in a repository"),
        ("org/name:/etc/passwd", "is not the name of a file"),
        ("org/name@../../x", "'../../x' is no revision"),
        ("waveglow-universal-v5@../x", "'../x' is no revision"),
        ("melgan-linda-johnson@main", "not on the Hub"),
    ],
)
def test_names_that_cannot_be(name: str, words: str, cache: Cache) -> None:
    with pytest.raises(WeightsError) as refused:
        obtain(name, cache=cache, limits=QUICK)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("text", "repo", "files", "revision"),
    [
        ("org/name", "org/name", ("config.json", "model.safetensors"), "main"),
        (" org/name@v1.0 ", "org/name", ("config.json", "model.safetensors"), "v1.0"),
        ("org/na.me:deep/flow.pt", "org/na.me", ("deep/flow.pt",), "main"),
        (f"org/name:flow.pt@{COMMIT}", "org/name", ("flow.pt",), COMMIT),
    ],
)
def test_names_of_the_hub(text: str, repo: str, files: tuple[str, ...], revision: str) -> None:
    thing = wanted(text)
    assert thing is not None
    assert (thing.parcel.repo, thing.parcel.files, thing.parcel.revision) == (repo, files, revision)
    assert wanted(thing.name) == thing, "its name says it all"
