"""Sets of words, written as people read them."""


def word_list(*lines: str) -> frozenset[str]:
    """The words of ``lines``, parted by white space."""
    return frozenset(word for line in lines for word in line.split())
