"""Coverage-guided fuzzing of one target in a process of its own: ``python -m tests.fuzz.driver TARGET [LIMITS ...]``.

Inputs come half from libFuzzer's own mutations, half from ours, which know JSON. A finding ends the process with
status 77 and leaves the input in the file that libFuzzer names.
"""

from __future__ import annotations

import sys
from random import Random

import atheris


def main() -> None:
    """Fuzz until the limits that were given."""
    with atheris.instrument_imports(include=["remit"]):
        from tests.fuzz.mutations import MOST, mutated
        from tests.fuzz.targets import targets
    target = targets()[sys.argv[1]]
    target.check(target.seeds[0])

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < 0.5:
            return atheris.Mutate(data, most)
        return mutated([data or target.seeds[0], *target.seeds], random)[:most]

    atheris.Setup([sys.argv[0], f"-max_len={MOST}", *sys.argv[2:]], target.check, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
