"""What every open page is told by itself, over its socket."""
