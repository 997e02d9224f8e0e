"""The house: which part may know which, and that what the project says of itself is so."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "vocoder").rglob("*.py"))

# Sound and mel come in at the top and flow down; no line names one that is below it.
BASE = {"errors", "features", "files", "melsettings", "project"}
NETWORKS = {"flow", "inversion", "neural"}
MAY_IMPORT = {
    "errors": set(),
    "files": {"errors"},
    "melsettings": {"errors"},
    "project": set(),
    "features": {"errors", "melsettings"},
    "audio": {"errors", "files"},
    "melrange": {"errors", "melsettings"},
    "melfile": BASE | {"melrange"},
    "flow": {"errors", "features"} | NETWORKS,
    "inversion": {"errors", "features"} | NETWORKS,
    "neural": {"errors", "features"} | NETWORKS,
    "weights": BASE | NETWORKS,
    "systems": BASE | NETWORKS | {"weights"},
    "evaluation": BASE | {"inversion", "audio", "melfile", "systems"},
    "training": BASE | NETWORKS | {"audio", "weights", "evaluation"},
    "explorer": BASE | NETWORKS | {"audio", "melfile", "weights", "systems", "evaluation"},
    "ui": BASE | {"audio", "melfile", "weights", "systems", "explorer"},
    "cli": BASE | {"commands"},
    "commands": BASE | {"audio", "melfile", "weights", "systems", "evaluation", "training", "explorer"},
    "__init__": BASE | {"audio", "melfile", "systems", "explorer"},
    "__main__": {"cli"},
}
NAMES_OF_PACKAGES = {"PIL": "pillow", "huggingface_hub": "huggingface-hub"}
OPTIONAL = {"spaces", "tqdm"}  # a Space's own, and a progress bar that a log line can replace


def part(path: Path) -> str:
    """The part of the house that a source file belongs to: a module or package right under `vocoder`."""
    return path.relative_to(ROOT / "vocoder").parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Every module that a source imports, and whether at its top level."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = set(map(id, tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where a name comes from"
            yield node.module or "", id(node) in top
            if node.module == "vocoder":
                yield from ((f"vocoder.{alias.name}", id(node) in top) for alias in node.names)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_arrows(path):
    own = part(path)
    for module, at_top in imports(path):
        root, *rest = module.split(".")
        assert root != "gradio" or own == "ui", "only the page knows Gradio"
        if root != "vocoder" or not rest or rest[0] == own:
            continue
        assert rest[0] in MAY_IMPORT[own], f"{own} must not know {rest[0]}"
        if own in NETWORKS and rest[0] in NETWORKS:
            assert len(rest) == 1, f"{own} may use the public names of {rest[0]} and not {module}"
        assert rest[0] != "training" or not at_top, "training is loaded when something is to be trained"


def test_serving_does_not_load_training():
    code = (
        "import sys, app, vocoder.ui, vocoder.cli; print([m for m in sys.modules if m.startswith('vocoder.training')])"
    )
    environment = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_app_is_a_page():
    assert len((ROOT / "app.py").read_text(encoding="utf-8").splitlines()) <= 40


def requirements(name: str) -> dict[str, Requirement]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and line[0] not in "#-"]
    return {requirement.name: requirement for requirement in found}


def constraints(python: str) -> dict[str, str]:
    """The version of every package that is pinned for a Python."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {}
    for pin in (Requirement(line) for line in lines if line and line[0] != "#"):
        if pin.marker is None or pin.marker.evaluate({"python_version": python, "python_full_version": f"{python}.0"}):
            assert pin.name not in pinned, f"{pin.name} is pinned twice for Python {python}"
            pinned[pin.name] = str(pin.specifier).removeprefix("==")
    return pinned


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12"])
def test_what_is_installed_is_what_was_tested(python):
    pinned = constraints(python)
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-judges.txt"):
        for package, requirement in requirements(name).items():
            assert requirement.specifier.contains(pinned[package]), (
                f"{name}: {requirement} is tested at {pinned[package]}"
            )


def test_requirements_are_what_the_code_imports():
    paths = [*SOURCES, ROOT / "app.py"]
    imported = {module.split(".")[0] for path in paths for module, _ in imports(path)}
    named = set(re.findall(r"optional\.load\(\"(\w+)\"", "\n".join(path.read_text(encoding="utf-8") for path in paths)))
    foreign = {name for name in imported if name not in sys.stdlib_module_names and name not in {"vocoder", *OPTIONAL}}
    listed = set(requirements("requirements.txt"))
    assert {NAMES_OF_PACKAGES.get(name, name) for name in foreign} <= listed
    assert listed <= {NAMES_OF_PACKAGES.get(name, name) for name in foreign | named}


def readme() -> tuple[dict, str]:
    """The front matter of README.md, and the text for people."""
    _, front, text = (ROOT / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), text


def test_front_matter_is_true():
    from vocoder.ui import texts

    front, text = readme()
    assert front["title"] == texts.TITLE
    assert f"# {texts.TITLE}\n" in text
    assert front["sdk"] == "gradio"
    assert front["sdk_version"] == constraints("3.12")["gradio"]
    assert front["python_version"] in ("3.10", "3.11", "3.12")
    assert (ROOT / front["app_file"]).is_file()
    assert front["license"] == "apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert len(front["short_description"]) <= 60  # or the Hub refuses it
    colours = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
    assert {front["colorFrom"], front["colorTo"]} <= colours


@pytest.mark.parametrize("name", ["README.md", "SECURITY.md", "assets/examples/README.md"])
def test_what_a_text_names_exists(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    places = re.findall(r"`((?:vocoder|tests|assets|checkpoints)/[\w/.-]*|app\.py)`", text)
    for place in [*links, *places]:
        assert ((ROOT / name).parent / place).exists() or (ROOT / place).exists(), f"{name} names {place}"


def test_commands_of_the_readme_exist():
    _, text = readme()
    row = next(line for line in text.splitlines() if "`python -m vocoder`" in line)
    commands = re.findall(r"`(\w+)`", row)
    assert len(commands) >= 5
    done = subprocess.run([sys.executable, "-m", "vocoder", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    for command in commands:
        assert re.search(rf"^ +{command}\b", done.stdout, re.MULTILINE), command
    targets = re.findall(r"^make (\w+)", text, re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert targets == ["run", "test"]
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_the_readmes_python_runs(tmp_path, monkeypatch):
    blocks = re.findall(r"```python\n(.*?)```", readme()[1], re.DOTALL)
    assert len(blocks) == 1
    shutil.copy(ROOT / "assets" / "examples" / "arctic_a0009.flac", tmp_path / "speech.wav")
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(blocks[0], names)
    assert names["analysis"].z.size >= len(names["speech"])
    assert names["analysis"].round_trip_db < -80
    new, rate = soundfile.read(tmp_path / "new.wav")
    assert (len(new), rate) == (len(names["speech"]), 22_050)
    assert np.abs(new).max() > 0.01


def test_examples_are_described_and_licensed():
    folder = ROOT / "assets" / "examples"
    examples = json.loads((folder / "examples.json").read_text(encoding="utf-8"))
    assert {example["file"] for example in examples} == {path.name for path in folder.glob("*.flac")}
    assert len({example["id"] for example in examples}) == len(examples)
    table = (folder / "README.md").read_text(encoding="utf-8")
    for example in examples:
        assert set(example) == {"id", "title", "file", "note", "licence", "source"}
        assert all(example.values())
        assert f"`{example['file']}`" in table
        assert example["licence"] == "CC0-1.0" or (folder / re.search(r"\((.+)\)", example["licence"])[1]).is_file()
        information = soundfile.info(folder / example["file"])
        assert (information.samplerate, information.channels, information.subtype) == (22_050, 1, "PCM_16")
        assert 2 <= information.duration <= 4
    assert sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) < 1_000_000


def test_generated_examples_come_from_their_formulas(tmp_path, monkeypatch):
    shutil.copy(ROOT / "assets" / "examples" / "make.py", tmp_path)
    subprocess.run([sys.executable, tmp_path / "make.py"], check=True)
    for path in tmp_path.glob("*.flac"):
        again, stored = (
            soundfile.read(folder / path.name, dtype="int16")[0].astype(int)
            for folder in (tmp_path, ROOT / "assets/examples")
        )
        assert np.abs(again - stored).max() <= 1
    assert len(list(tmp_path.glob("*.flac"))) == 3


def test_checkpoints_are_licensed():
    folders = [path.parent for path in (ROOT / "checkpoints").glob("*/model.safetensors")]
    assert folders
    for folder in folders:
        card = json.loads((folder / "config.json").read_text(encoding="utf-8"))["card"]
        assert card["licence"]
        assert card["source"]
        assert card["data"]
        assert card["licence"] in (folder / "README.md").read_text(encoding="utf-8")
        assert (folder / "model.safetensors").stat().st_size <= 16_000_000
