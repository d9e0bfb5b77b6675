"""``python -m benchmarks`` measures the product; ``--help`` says what there is to choose."""

from benchmarks.command import main

if __name__ == "__main__":
    main()
