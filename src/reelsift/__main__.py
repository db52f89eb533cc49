"""`python -m reelsift`."""

from reelsift.cli.main import run

if __name__ == "__main__":
    run()
