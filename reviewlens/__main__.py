"""`python -m reviewlens` is the command too."""

from reviewlens.cli import main

if __name__ == "__main__":
    main()
