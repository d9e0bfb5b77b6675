"""The version of the product, read from here alone: by the build, the command and the fingerprints."""

VERSION = "0.1.0"
