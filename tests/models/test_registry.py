"""The registry keeps bundles, aliases and their history, on a real MLflow."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models import champions, registry, succession
from models.bundle import Bundle, read
from models.champions import NoChampionError, load_champions, pins
from models.fetch import fetch, local
from models.layout import BundleError
from models.records import ConflictError, RegistryError, UnknownVersionError
from tests import registries
from tests.models import sealed


def _crown(name: str, number: int) -> None:
    """Promote a version over whatever stands."""
    succession.promote(
        registry.version(name, number), over=registry.champion(name), evidence={"gates": []}
    )


def test_registered_bundle_is_the_challenger(state: Path) -> None:
    """A registered version carries its digest, what the manifest says, and the alias."""
    number = registries.register(sealed.fake_followers())

    version = registry.version("fake_followers", number)
    assert (version.number, version.aliases) == (1, ("challenger",))
    assert version.digest == sealed.fake_followers().digest
    assert version.tags["upstream_fake_accounts"] == sealed.fake_accounts().digest
    assert version.tags["data_end"] == "2025-06-01T00:00:00+00:00"


def test_run_keeps_what_was_logged(state: Path) -> None:
    """Parameters, metrics with intervals, and files come back; unknown bounds stay unknown."""
    version = registry.version("fake_accounts", registries.register(sealed.fake_accounts()))

    logged = registry.logged(version)

    assert logged.params == {"tables": "", "seed": "7"}
    metric = logged.metric("log_loss")
    assert metric is not None
    assert (metric.value, metric.low, metric.high, metric.n) == (0.41, 0.4, None, 900)
    assert registry.artifact(version, "note.txt", 100) == b"seen"
    assert registry.artifact(version, "absent.txt", 100) is None
    catalogue = registry.artifact(version, "catalogue.json", 10**6)
    assert catalogue is not None
    assert b"log_followers" in catalogue


def test_too_large_an_artifact_is_refused(state: Path) -> None:
    """A file over the caller's bound is not downloaded."""
    version = registry.version("fake_accounts", registries.register(sealed.fake_accounts()))

    with pytest.raises(RegistryError, match="at most 3"):
        registry.artifact(version, "note.txt", 3)


def test_files_stay_under_the_home(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Artifacts lie in the home wherever the command was started."""
    monkeypatch.chdir(state.parent)

    registries.register(sealed.fake_accounts())

    assert list((state / "artifacts").rglob("booster.txt"))
    assert {path.name for path in state.parent.iterdir()} == {"home"}


def test_fetched_bundle_is_the_registered_one(state: Path) -> None:
    """Fetching by number gives the sealed bundle, in the home."""
    number = registries.register(sealed.conversion())

    folder = fetch("conversion", number)

    assert folder == state / "bundles" / "conversion" / "1"
    assert read(folder) == sealed.conversion()


def test_deleted_local_copy_is_fetched_anew(state: Path) -> None:
    """A bundle that was deleted here comes from the registry again."""
    folder = fetch("fake_accounts", registries.register(sealed.fake_accounts()))
    shutil.rmtree(folder)

    assert read(fetch("fake_accounts", 1)) == sealed.fake_accounts()


@pytest.mark.parametrize("name", ["manifest.json", "booster.txt"])
def test_damaged_artifact_store_is_refused(state: Path, name: str) -> None:
    """What the store has altered since registration is refused, naming both hashes."""
    number = registries.register(sealed.fake_accounts())
    next((state / "artifacts").rglob(name)).write_bytes(b"{}")

    with pytest.raises(BundleError, match="registered was"):
        fetch("fake_accounts", number)


def test_missing_artifact_is_refused(state: Path) -> None:
    """A file that the store has lost is named."""
    number = registries.register(sealed.fake_accounts())
    next((state / "artifacts").rglob("answers.json")).unlink()

    with pytest.raises(BundleError, match=r"answers\.json in the artifact store .* is missing"):
        fetch("fake_accounts", number)


def test_unknown_version_is_named(state: Path) -> None:
    """A number that was never registered is an error with a remedy."""
    with pytest.raises(UnknownVersionError, match="no version 9; `credence models`"):
        registry.version("conversion", 9)


def test_rollback_walks_back_through_all_champions(state: Path) -> None:
    """Each rollback gives back the champion before, until there is none."""
    for bundle in (sealed.fake_accounts(),) * 3:
        _crown("fake_accounts", registries.register(bundle))

    assert succession.rollback("fake_accounts") == (3, 2)
    assert succession.rollback("fake_accounts") == (2, 1)
    with pytest.raises(RegistryError, match="no champion before version 1"):
        succession.rollback("fake_accounts")


def test_promotion_after_a_rollback_can_be_rolled_back(state: Path) -> None:
    """The version that a rollback left is forgotten, the one promoted over is remembered."""
    for _ in range(3):
        registries.register(sealed.fake_accounts())
    _crown("fake_accounts", 1)
    _crown("fake_accounts", 2)
    succession.rollback("fake_accounts")
    _crown("fake_accounts", 3)

    assert succession.rollback("fake_accounts") == (3, 1)


def test_promotion_against_a_moved_champion_is_refused(state: Path) -> None:
    """A decision taken against one champion does not replace another."""
    for _ in range(2):
        registries.register(sealed.fake_accounts())
    _crown("fake_accounts", 1)

    with pytest.raises(ConflictError, match="version 1 became champion in between"):
        succession.promote(registry.version("fake_accounts", 2), over=None, evidence={})


def test_one_of_two_promotions_at_once_wins(state: Path) -> None:
    """Of two promotions over the same champion one is done, the other told why not."""
    for _ in range(2):
        registries.register(sealed.fake_accounts())
    versions = registry.versions("fake_accounts")

    def attempt(place: int) -> str:
        try:
            succession.promote(versions[place], over=None, evidence={})
        except ConflictError:
            return "refused"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, range(2))) == ["done", "refused"]


def test_evidence_is_kept_with_version_and_run(state: Path) -> None:
    """What a promotion rested on can be read again."""
    registries.register(sealed.fake_accounts())
    _crown("fake_accounts", 1)

    version = registry.version("fake_accounts", 1)
    assert '"over": null' in version.tags["promotion"]
    assert registry.artifact(version, "promotion.json", 10**6) == version.tags["promotion"].encode()


def test_champions_are_loaded_by_number_and_digest(state: Path) -> None:
    """The loaded champions carry the registry's version numbers; a missing one is None."""
    registries.register(sealed.fake_accounts())
    for bundle in (sealed.fake_accounts(), sealed.fake_followers()):
        _crown(bundle.name, registries.register(bundle))

    found = load_champions()

    assert found.versions() == {"fake_accounts": "2", "fake_followers": "1"}
    assert found.conversion is None


def test_missing_champion_names_the_remedy(state: Path) -> None:
    """A required model without a champion says which command makes one."""
    registries.register(sealed.fake_accounts())

    with pytest.raises(NoChampionError, match="run `credence train fake-accounts`"):
        load_champions(required=["fake_accounts"])


def test_empty_home_has_no_champions(empty_home: Path) -> None:
    """Without a registry there are no champions, and none is made by asking."""
    assert load_champions().versions() == {}
    assert not (empty_home / "mlflow.db").exists()


def test_new_champion_is_seen_at_once(state: Path) -> None:
    """The snapshot of the champions is not used once the registry has changed."""
    for _ in range(2):
        registries.register(sealed.fake_accounts())
    _crown("fake_accounts", 1)
    assert pins()["fake_accounts"].version == 1

    _crown("fake_accounts", 2)

    assert pins()["fake_accounts"].version == 2


def test_loading_known_champions_imports_no_mlflow(state: Path) -> None:
    """A second command resolves and loads the champions without MLflow."""
    _crown("fake_accounts", registries.register(sealed.fake_accounts()))
    load_champions()
    code = "import sys, models; models.load_champions(); sys.exit('mlflow' in sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_damaged_snapshot_is_ignored(state: Path) -> None:
    """A snapshot that makes no sense is replaced by what the registry says."""
    _crown("fake_accounts", registries.register(sealed.fake_accounts()))
    pins()
    (state / "bundles" / "aliases.json").write_text('{"stamp": 3}')

    assert pins()["fake_accounts"].version == 1


@pytest.mark.parametrize("damage", [b"", b"{}", b"tree\r\n"])
def test_damaged_local_copy_is_refused(state: Path, damage: bytes) -> None:
    """A champion whose local files were altered is refused, saying how to get it back."""
    _crown("fake_accounts", registries.register(sealed.fake_accounts()))
    load_champions()
    (local("fake_accounts", 1) / "numbers.json").write_bytes(damage)

    with pytest.raises(BundleError, match="delete the folder"):
        load_champions()


@pytest.mark.parametrize("version", ["2", "newest", "-1", "1.0", "9" * 30])
def test_unknown_version_is_bad_input(state: Path, version: str) -> None:
    """A version that is none is bad input, not a failure."""
    registries.register(sealed.fake_accounts())

    with pytest.raises(ValueError, match="`credence models` lists"):
        champions.find("fake_accounts", version)


def test_unknown_model_is_bad_input(state: Path) -> None:
    """A model that is none is bad input."""
    with pytest.raises(ValueError, match="unknown model 'other'"):
        champions.find("other", "1")


@pytest.mark.parametrize("version", ["1", 1, "challenger"])
def test_versions_are_loaded_by_number_and_alias(state: Path, version: str | int) -> None:
    """A notebook loads any version, promoted or not."""
    registries.register(sealed.fake_accounts())

    model = champions.load("fake_accounts", version)

    assert (model.name, model.version) == ("fake_accounts", 1)
    assert model.manifest == sealed.fake_accounts().manifest


def test_dead_server_fails_soon_with_its_address(
    empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tracking server that is not there is named, after seconds and not minutes."""
    monkeypatch.setenv("CREDENCE_TRACKING_URI", "http://127.0.0.1:9")

    with pytest.raises(RegistryError, match=r"http://127\.0\.0\.1:9"):
        load_champions()


def test_bundle_of_an_unfetched_version_is_fetched(state: Path) -> None:
    """A bundle is asked for by version, and comes with those it carries."""
    registries.register(sealed.fake_followers())

    found: Bundle = champions.bundle("fake_followers", 1)

    assert found.upstream == {"fake_accounts": sealed.fake_accounts()}
