"""A condition on a text holds for the same texts whatever characters they have."""

from __future__ import annotations

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.replica.questions.literals import begins, holds, text_literal

# Characters at the ends of what UTF-8 writes in one, two, three and four bytes, and beside the surrogates.
texts = st.text(
    st.sampled_from("\x00a\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff"), max_size=3
)


@given(texts, texts, texts)
@settings(deadline=None, max_examples=150)
def test_the_bounds_of_a_beginning_leave_out_no_text(start: str, rest: str, other: str) -> None:
    for text in (start + rest, other):
        (found,) = duckdb.sql(
            f"select {begins('t', start)} from (select {text_literal(text)} as t)"
        ).fetchall()
        assert found == (text.startswith(start),)


@given(st.text("atxé", max_size=7), st.text("atxé", max_size=14))
@settings(deadline=None, max_examples=150)
def test_a_text_is_found_wherever_it_stands_whatever_its_letters(text: str, other: str) -> None:
    for each in (other, f"{other}{text}t", text[1:]):
        (found,) = duckdb.sql(f"select {holds('t', text)} from (select {text_literal(each)} as t)").fetchall()
        assert found == (text in each,)
