"""Writes a world as a tables folder, the truth in a folder of its own."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from training.world.simulate import World, simulate


def write(world: World, folder: str | Path) -> None:
    """Write every table as `NAME.parquet` into `folder` and the truth into `folder/truth`."""
    for place, tables in ((Path(folder), world.tables), (Path(folder) / "truth", world.truth)):
        place.mkdir(parents=True, exist_ok=True)
        for name, content in tables.items():
            _write(content, place / f"{name}.parquet")


def build(folder: str | Path, creators: int = 2_000, seed: int = 7) -> World:
    """Simulate a world and write it to `folder`."""
    world = simulate(creators=creators, seed=seed)
    write(world, folder)
    return world


def _write(content: pa.Table, path: Path) -> None:
    pq.write_table(content, path, compression="zstd", compression_level=1, write_statistics=False)
