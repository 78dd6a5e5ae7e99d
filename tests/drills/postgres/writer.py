"""A client that writes without pause, and says what was acknowledged and when.

Run by the Python of the system, whose Patroni brings psycopg2: ``writer.py DSN TABLE``. One line for each event, with
the seconds of the clock that all processes share: ``ack ID SECONDS`` or ``error SECONDS MESSAGE``.
"""

import sys
import time

import psycopg2  # type: ignore[import-untyped,import-not-found,unused-ignore]


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(dsn: str, table: str) -> None:
    number, connection = 0, None
    while True:
        number += 1
        try:
            if connection is None:
                connection = psycopg2.connect(dsn, connect_timeout=2, tcp_user_timeout=3000)
                connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"INSERT INTO {table} VALUES (%s)", (number,))
            say(f"ack {number} {time.monotonic():.3f}")
            time.sleep(0.005)
        except psycopg2.Error as error:
            words = " ".join(str(error).split())
            say(f"error {time.monotonic():.3f} {words}")
            if connection is not None:
                connection.close()
                connection = None
            time.sleep(0.1)


if __name__ == "__main__":
    main(*sys.argv[1:])
