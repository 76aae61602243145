"""A bundle is accepted whole or refused, and refusing costs nothing but a message."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import bundle, layout
from models.bundle import Bundle
from models.layout import BundleError
from models.manifest import FeatureHash, encode
from tests.models import fitted, sealed

Damage = Callable[[Path], None]
INNER = "upstream/fake_followers/upstream/fake_accounts"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a conversion bundle."""
    bundle.write(sealed.conversion(), tmp_path / "bundle")
    return tmp_path / "bundle"


def test_bundle_reads_back_what_was_sealed(folder: Path) -> None:
    """Reading gives the sealed bundle, models carried along included."""
    found = bundle.read(folder, sealed.conversion().digest)

    assert found == sealed.conversion()


def test_model_scores_alike_after_a_round_trip(folder: Path) -> None:
    """The model of a bundle gives the scores of the model that was sealed, bit for bit."""
    X, share, aim = fitted.matrix(50, 3), np.linspace(0, 1, 50), fitted.aims(np.arange(1.0, 51.0))

    model = bundle.to_model(bundle.read(folder))

    assert isinstance(model, type(fitted.conversion()))
    again, before = model.score(X, share, aim), fitted.conversion().score(X, share, aim)
    assert again.probability.tobytes() == before.probability.tobytes()


def test_equal_models_give_equal_bytes(tmp_path: Path) -> None:
    """Sealing a model twice gives the same files."""
    model = fitted.fake_accounts()
    again = bundle.seal(
        manifest=sealed.manifest("fake_accounts", model.served.columns),
        parts=model.parts(),
        answers=sealed.fake_accounts().answers,
    )

    assert again.files() == sealed.fake_accounts().files()


def test_bundle_names_no_place(folder: Path) -> None:
    """No file of a bundle holds the folder it is written to or the one it is made in."""
    text = b"".join(sealed.conversion().files().values()).decode()

    assert str(folder.parent) not in text
    assert str(Path.cwd()) not in text


def test_writing_replaces_a_bundle(folder: Path) -> None:
    """A bundle takes the place of another one, of which nothing stays."""
    bundle.write(sealed.fake_accounts(), folder)

    assert bundle.read(folder) == sealed.fake_accounts()
    assert [path.name for path in folder.parent.iterdir()] == ["bundle"]


def _truncate(folder: Path) -> None:
    path = folder / "booster.txt"
    path.write_bytes(path.read_bytes()[:-40])


def _crlf(folder: Path) -> None:
    path = folder / "booster.txt"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def _swap(folder: Path) -> None:
    (folder / "numbers.json").write_bytes((folder / INNER / "numbers.json").read_bytes())


def _link(folder: Path) -> None:
    (folder / "numbers.json").rename(folder.parent / "numbers.json")
    (folder / "numbers.json").symlink_to(folder.parent / "numbers.json")


def _link_upstream(folder: Path) -> None:
    (folder / "upstream/fake_followers").rename(folder.parent / "elsewhere")
    (folder / "upstream/fake_followers").symlink_to(folder.parent / "elsewhere")


def _pipe(folder: Path) -> None:
    (folder / "numbers.json").unlink()
    os.mkfifo(folder / "numbers.json")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (_truncate, "altered"),
        (_crlf, "altered"),
        (_swap, "altered"),
        (_link, "symbolic link"),
        (_link_upstream, "symbolic link"),
        (_pipe, "no regular file"),
        (lambda folder: (folder / "references.json").unlink(), "expected a file"),
        (lambda folder: (folder / "manifest.json").unlink(), "expected a file"),
        (lambda folder: (folder / INNER / "booster.txt").write_bytes(b""), "altered"),
        (lambda folder: (folder / "extra.py").write_text(""), "does not list"),
        (lambda folder: (folder / "upstream/other").mkdir(), "does not list"),
        (lambda folder: (folder / INNER / "code").mkdir(), "does not list"),
        (lambda folder: (folder / "manifest.json").write_text("[" * 99_999), "no manifest"),
        (lambda folder: (folder / "manifest.json").write_bytes(b"\xff"), "no manifest"),
        (lambda folder: (folder / "manifest.json").write_text('{"schema": 2}'), "layout 2"),
    ],
)
def test_damaged_folder_is_refused(folder: Path, damage: Damage, says: str) -> None:
    """A file that is missing, extra, altered or no file refuses the bundle."""
    damage(folder)

    with pytest.raises(BundleError, match=says):
        bundle.read(folder)


@given(data=st.data())
def test_no_altered_byte_passes(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any one byte altered in any file refuses the bundle before LightGBM sees it."""
    folder = tmp_path_factory.mktemp("altered") / "bundle"
    bundle.write(sealed.conversion(), folder)
    path = folder / data.draw(st.sampled_from(sorted(sealed.conversion().files())))
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)

    with pytest.raises(BundleError):
        bundle.read(folder, sealed.conversion().digest)


def test_other_digest_than_the_registrys_is_refused(folder: Path) -> None:
    """A bundle that is whole but not the registered one is refused."""
    with pytest.raises(BundleError, match="the registry's tag says"):
        bundle.read(folder, "f" * 64)


def test_too_large_a_file_is_refused_unread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over the bound is refused by its size."""
    monkeypatch.setattr(bundle, "MAX_BYTES", 100)

    with pytest.raises(BundleError, match="at most 100 are read"):
        bundle.read(folder)


def _resealed(found: Bundle, **changes: object) -> Bundle:
    """Return a bundle whose manifest says otherwise but hashes rightly."""
    manifest = msgspec.structs.replace(found.manifest, **changes)
    return bundle.seal(
        manifest=manifest, parts=found.parts, answers=found.answers, upstream=found.upstream
    )


def test_feature_defined_otherwise_refuses_a_model_that_uses_it() -> None:
    """A model is refused when a feature it uses has another hash by now."""
    old = (FeatureHash("log_followers", "0" * 64),)

    with pytest.raises(BundleError, match=r"log_followers.*defined otherwise"):
        bundle.to_model(_resealed(sealed.fake_followers(), features=old))


def test_feature_that_is_not_used_may_change() -> None:
    """A model is accepted when the catalogue as a whole has another hash by now."""
    changed = _resealed(sealed.fake_followers(), catalogue_hash="0" * 64)

    assert bundle.to_model(changed, "4").version == "4"


@pytest.mark.parametrize("name", ["other", "fake_accounts"])
def test_model_must_carry_the_models_it_needs(name: str) -> None:
    """A manifest of an unknown model, or with other upstream models, is refused."""
    with pytest.raises(BundleError, match=r"unknown model|must carry"):
        _resealed(sealed.conversion(), model=name)


def test_manifest_cannot_name_a_file_outside(tmp_path: Path) -> None:
    """A path that leads out of the folder is refused when it is read."""
    files = {**sealed.fake_accounts().manifest.files, "../secret": "0" * 64}
    raw = encode(msgspec.structs.replace(sealed.fake_accounts().manifest, files=files))

    with pytest.raises(BundleError, match="its parts are"):
        layout.parse_manifest(raw, tmp_path)
