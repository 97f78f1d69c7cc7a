"""``python -m remit``."""

from remit.app.main import main

if __name__ == "__main__":
    main()
