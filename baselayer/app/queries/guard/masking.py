"""Writes a statement anew for the parser: same length, same places, no way to misread it.

Comments become spaces; texts and quoted names lose their content, numbers their value, and
operators that only one database knows become a minus. So whatever the parser of another project
thinks about backslashes, dollars or nested comments, it cuts this text as the lexer did, and no
constant of a statement can end in one of its messages.
"""

import re
from collections.abc import Sequence

from baselayer.app.queries.guard.lexer import Kind, Token

# What has a meaning of its own to the parser; any other operator is just something between two
# operands. No masked text can hold "--" or "/*": the lexer's operators are maximal.
KEPT_OPERATORS = frozenset(
    {"*", "+", "-", "/", "%", "=", "<", ">", "<=", ">=", "<>", "!=", "||", "=>", ":="}
)
NOT_NEWLINE = re.compile(r"[^\n]")


def mask(
    sql: str, tokens: Sequence[Token], *, quote: str = '"', keeps_operators: bool = False
) -> str:
    """Rewrite `tokens` of `sql` in plain ASCII and blank everything else.

    Names go in `quote`. `keeps_operators` says that the parser knows all of them, and that no two
    that touch could be read as a comment.
    """
    pieces: list[str] = []
    at = 0
    for token in tokens:
        pieces += (_blank(sql[at : token.start]), _masked(token, quote, keeps_operators))
        at = token.end
    return "".join(pieces)


def _blank(text: str) -> str:
    return NOT_NEWLINE.sub(" ", text)


def _masked(token: Token, quote: str, keeps_operators: bool) -> str:
    text, inside = token.text, len(token.text) - 2
    match token.kind:
        case Kind.STRING:
            return f"'{'x' * inside}'"
        case Kind.QUOTED:
            return f"{quote}{'x' * inside}{quote}"
        case Kind.NUMBER:
            return "1" * len(text)
        case Kind.WORD if not text.isascii() or "$" in text:
            return "w" + "_" * (len(text) - 1)  # no key word, whatever it was
        case Kind.OPERATOR if text not in KEPT_OPERATORS and not keeps_operators:
            return "-".ljust(len(text))
        case _:
            return text
