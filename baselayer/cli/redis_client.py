"""open_redis: a connection to a Redis, for those who have the package installed."""

from baselayer.app.errors import PackageMissingError
from baselayer.app.identity.shared_memory import TIMEOUT_SECONDS, RedisClient


def open_redis(url: str) -> RedisClient:
    """Return a client of the Redis at `url`, which connects when it is first asked."""
    try:
        import redis
    except ImportError:
        raise PackageMissingError(
            "lookups.redis_url is set, but the package redis is not installed: run "
            "pip install 'baselayer[redis]', or take the setting out."
        ) from None
    client = redis.Redis.from_url(
        url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )
    return RedisClient(client, (redis.RedisError, OSError))
