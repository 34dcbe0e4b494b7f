"""The server lives, is ready, and goes on answering while statements run."""

from concurrent.futures import ThreadPoolExecutor

from benchmarks.healthz import measure
from tests.server import Served, data, say


def test_server_is_ready(house: Served) -> None:
    assert data(house.nobody.get("/readyz")) == data(house.nobody.get("/healthz"))


def test_document_of_the_api_is_served(house: Served) -> None:
    document = house.nobody.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "/api/runs" in document["paths"]


def test_health_is_answered_as_fast_while_a_query_runs(house: Served) -> None:
    """Others' work on the machine can spoil a measurement, but not three in a row."""
    for _ in range(3):
        figures = measure(house, rounds=3)
        say(str(figures))
        if figures.ratio <= 2:
            return
    raise AssertionError(str(figures))


def test_judging_a_long_statement_does_not_stop_the_server(house: Served) -> None:
    """The guard works for seconds on what is longest; others are answered meanwhile."""
    sql = "select " + ", ".join(f"id + {i}" for i in range(12_000)) + " from items"
    body = {"connection_id": house.connection_id, "sql": sql}
    with ThreadPoolExecutor() as pool:
        judging = pool.submit(house.analyst.post, "/api/runs", body)
        slowest, answered = 0.0, 0
        while not judging.done():
            slowest = max(slowest, house.nobody.get("/healthz").elapsed.total_seconds())
            answered += 1
    took = judging.result().elapsed.total_seconds()
    say(f"judged in {took:.2f} s; /healthz answered {answered} times, slowest {slowest:.3f} s")
    assert answered > 3
    assert slowest < max(0.5, took / 2)
