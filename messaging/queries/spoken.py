"""The words of a message that a search looks at, as SQL and as they are shown."""

from typing import Final

# Of the message `e` with its file `f` and its record `r`; folded as `signatures.fold` does it.
JOINED: Final = """LEFT JOIN messaging_file f ON f.id = e.file_id
  LEFT JOIN messaging_messagerecord r
    ON e.kind = 'record' AND r.conversation_id = e.conversation_id AND r.seq = e.seq"""
WORDS: Final = """CASE WHEN e.kind = 'text' THEN e.body ELSE concat_ws(E'\\n',
    nullif(e.body, ''), f.name, e.card->>'title', (
        SELECT string_agg(line, E'\\n') FROM jsonb_array_elements_text(e.card->'lines') line), (
        SELECT string_agg(item->>'body', E'\\n') FROM jsonb_array_elements(r.items) item)) END"""
IS_SEARCHED: Final = "e.kind <> 'event' AND e.recalled_at IS NULL"


def has(term_key: str, words: str = "e.words") -> str:
    """A condition: the folded words contain the parameter, letter by letter."""
    return f'strpos(lower({words} COLLATE "C"), %({term_key})s) > 0'
