"""What a keeper does for the consoles beside it: it says that it lives, and hands them its registry of identities."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Self

from remit.adapters.store.store import Store
from remit.app.packaged import REGISTRY_FILE
from remit.app.registry_file import SHARED, RegistryFile

BEAT_SECONDS: Final = 2.0


class SharedKeeping:
    """One thread of a server; none where the state is not shared. What goes wrong is said once for each reason."""

    def __init__(self, store: Store, notice: Callable[[str], None], seconds: float = BEAT_SECONDS) -> None:
        self._store = store
        self._notice = notice
        self._seconds = seconds
        self._registry = RegistryFile(store.folder / REGISTRY_FILE)
        self._handed = ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shared keeping", daemon=True)

    def __enter__(self) -> Self:
        if self._store.shared is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def once(self) -> None:
        """Say it now. Raises what ``SharedLease.check`` raises."""
        if self._store.shared is None:
            return
        self._store.shared.beat()
        text, version = self._registry.read()
        if version != self._handed:
            self._store.state.put_setting(SHARED, {"text": text, "version": version})
            self._handed = version

    def _run(self) -> None:
        said = ""
        while not self._stopped.is_set():
            try:
                self.once()
                said = ""
            except Exception as error:  # whatever it is, it is tried again, and writes are refused by themselves
                if said != (said := str(error)):
                    self._notice(f"Nothing can be stored at the moment. {error}")
            self._stopped.wait(self._seconds)
