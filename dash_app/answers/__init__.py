"""Answers: what a card's chart or table says, in one sentence; pure functions from a dataset's columns."""
