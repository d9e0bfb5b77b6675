"""``python -m engine`` is the ``dashboard`` command.

The engine process is spawned and imports this module again, so nothing is imported before ``main`` is
called.
"""


def main() -> None:
    """Run the command line and exit."""
    from engine.cli.main import main as run_command_line

    run_command_line()


if __name__ == "__main__":
    main()
