"""All that scale promises, figure by figure: `make bench-scale`.

    python -m benchmarks.scale_bench [--quick] [--only NAME ...]

Every line is a command of its own, named before its figures. It ends with 1 where a bound is
missed, and so does this. With --quick each takes a small size, to see that it runs: a bound that
needs its size to hold may be missed then.
"""

import argparse
import subprocess
import sys
import time

LINES = {
    "features": (
        ["features_speed"],
        "500,000 rows of 25 features beside polars; one creator alone",
    ),
    "rows": (["scale_rows"], "1,000,000 stored rows through 300 trees of 63 leaves, twice"),
    "time": (["scale_batch", "time"], "raw tables of 50,000 creators to scores, and shares"),
    "memory": (["scale_batch", "memory"], "peak memory of 50,000 and of 200,000 creators"),
    "kills": (["scale_batch", "kills"], "50 kills at random moments"),
    "bad": (["scale_bad"], "a million rows, 5 % of them bad in 20 ways"),
    "store": (["scale_store"], "lookups among 1,000,000 creators, and a worker's memory"),
    "reasons": (["scale_reasons"], "--reasons 3 beside pred_contrib"),
    "contributions": (["reasons_speed"], "our contributions beside pred_contrib, call by call"),
    "parity": (["scale_parity"], "batch = service = Dask for 100,000 creators"),
    "publish": (["scale_publish"], "a publication anew, and after a thousandth has changed"),
    "plan": (["scale_plan"], "what 100 million creators take"),
    "training": (["scale_features"], "credence features for 500,000 rows, and its memory"),
}
ALL_SIZES = ("contributions",)
"""Without a small size."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", choices=tuple(LINES), default=list(LINES))
    asked = parser.parse_args()
    missed = []
    for name in asked.only:
        (module, *more), title = LINES[name]
        if asked.quick and name in ALL_SIZES:
            continue
        words = [f"benchmarks.{module}", *more, *(["--quick"] if asked.quick else [])]
        print(f"\n== {title}\n   python -m {' '.join(words)}", flush=True)
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", *words], check=False)
        print(f"   ({time.perf_counter() - start:.0f} s)", flush=True)
        if done.returncode:
            missed.append(name)
    if missed:
        sys.exit(f"\nmissed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
