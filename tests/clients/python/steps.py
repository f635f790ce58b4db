"""What the Python tests share: the job, and steps that are run one after the other, however each ends."""

import hashlib
import json
import sys
import traceback

job = json.load(sys.stdin)
failed = 0


def step(run):
    """Runs a function at once and prints how it went; its name is the step's."""
    global failed
    name = run.__name__.replace("_", " ").strip()
    try:
        run()
        print("ok", name, flush=True)
    except Exception as error:  # whatever it is, the next step is run
        failed += 1
        place = traceback.extract_tb(error.__traceback__)
        line = next(frame.lineno for frame in reversed(place) if frame.filename == run.__code__.co_filename)
        print(f"FAILED {name}: line {line}: {type(error).__name__}: {error}".replace("\n", " "), flush=True)


def end():
    sys.exit(1 if failed else 0)


def same(what, got, expected):
    if got != expected:
        raise AssertionError(f"{what}: {str(got)[:300]}, not {str(expected)[:300]}")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def same_bytes(what, got, expected):
    same(f"{what}: length", len(got), len(expected))
    same(f"{what}: digest", sha256(got), sha256(expected))


def content(length, seed):
    """Bytes that repeat nowhere near, so that parts in the wrong order show."""
    return hashlib.shake_128(str(seed).encode()).digest(length)
