"""``python -m benchmarks.soak`` soaks the product; ``--help`` says what there is to choose."""

from benchmarks.soak.command import main

if __name__ == "__main__":
    main()
