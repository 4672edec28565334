"""What did not work, in words for a cell of the table."""


class Failure(Exception):
    pass
