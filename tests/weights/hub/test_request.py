"""Which hosts are asked: the Hub, and the stores that it sends us on to."""

from __future__ import annotations

import hashlib

import pytest

from tests.localhub import Fault, LocalHub
from vocoder.errors import WeightsError
from vocoder.weights.hub import Cache, HubError, Limits, Parcel, deliver
from vocoder.weights.hub.request import is_allowed

QUICK = Limits(seconds=20, timeout=5, tries=2, pause=0.01)
CONTENT = bytes(range(256)) * 100
DIGEST = hashlib.sha256(CONTENT).hexdigest()
PARCEL = Parcel("org/flows", ("deep/flow.pt",))


@pytest.fixture(autouse=True)
def _one_file(hub: LocalHub) -> None:
    hub.files["org/flows/deep/flow.pt"] = CONTENT


@pytest.mark.parametrize(
    "store",
    ["https://cdn-lfs.huggingface.co/repos/x?a=b", "https://cas-bridge.xethub.hf.co/x", "https://huggingface.co/x",
     "HTTPS://CDN-LFS-US-1.HF.CO/x"],
)  # fmt: skip
def test_the_hubs_own_stores_are_no_strangers(store: str) -> None:
    assert is_allowed(store)


def test_looking_a_branch_up_ends_at_the_hub(hub: LocalHub, cache: Cache) -> None:
    """Of a large file it says the hash, and where it lies: addresses that are signed for GET and not for HEAD."""
    folder = deliver(PARCEL, cache, limits=QUICK)
    hub.always = Fault(sends_to="https://cdn-lfs.huggingface.co/nowhere", headers={"X-Linked-Etag": f'"{DIGEST}"'})
    hub.asked.clear()
    assert deliver(PARCEL, cache, limits=QUICK) == folder
    assert [method for method, *_ in hub.asked] == ["HEAD"]


@pytest.mark.parametrize(
    "elsewhere",
    ["https://example.org/flow.pt", "http://huggingface.co/x", "https://hf.co.example.org/x", "https://a@hf.co:444/x",
     "http://127.0.0.1:9/flow.pt", "file:///etc/passwd"],
)  # fmt: skip
def test_a_redirect_to_strangers_is_not_followed(hub: LocalHub, cache: Cache, elsewhere: str) -> None:
    hub.faults = [Fault(sends_to=elsewhere)]
    with pytest.raises(WeightsError, match="none of its hosts"):
        deliver(PARCEL, cache, limits=QUICK)


def test_a_redirect_on_the_hub_is_followed_but_not_in_circles(hub: LocalHub, cache: Cache) -> None:
    hub.files["org/renamed/deep/flow.pt"] = CONTENT
    hub.faults = [Fault(sends_to="/org/renamed/resolve/main/deep/flow.pt")]
    assert (deliver(PARCEL, cache, limits=QUICK) / "flow.pt").read_bytes() == CONTENT
    hub.always = Fault(sends_to="/org/flows/resolve/main/deep/flow.pt")
    with pytest.raises(HubError, match="circles"):
        deliver(Parcel("org/flows", ("another.pt",)), cache, limits=QUICK)
