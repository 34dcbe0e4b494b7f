"""The same questions in SQL written by hand: the JOIN form, and the best that we know."""

SHARED = """SELECT l.item_id FROM {links} l JOIN team_people m ON m.team_id = l.team_id
    WHERE m.person_id = %(u)s"""
OWN = "SELECT o.id FROM {table} o WHERE o.owner_id = %(u)s"
ALL = f"{OWN} UNION {SHARED}"

# What upstream's controls generate, written from its description: outer joins of subqueries.
JOINED = """{table} i
    LEFT JOIN (SELECT a.id FROM {table} a JOIN persons p ON p.id = a.owner_id
        WHERE p.id = %(u)s) own ON own.id = i.id
    LEFT JOIN (SELECT b.id FROM {table} b JOIN {links} l ON l.item_id = b.id
        JOIN teams t ON t.id = l.team_id JOIN team_people m ON m.team_id = t.id
        JOIN persons p ON p.id = m.person_id WHERE p.id = %(u)s) shared ON shared.id = i.id
    WHERE (own.id IS NOT NULL OR shared.id IS NOT NULL)"""

SEARCHED = """{table} i WHERE (i.owner_id = %(u)s OR EXISTS (SELECT 1 FROM {links} l
    WHERE l.item_id = i.id
        AND l.team_id = ANY (ARRAY(SELECT team_id FROM team_people WHERE person_id = %(u)s))
    OFFSET 0))"""

TOP = """(SELECT o.id FROM {{table}} o WHERE o.owner_id = %(u)s {0} ORDER BY o.id DESC LIMIT 51)
    UNION SELECT t.id FROM team_people m, LATERAL (SELECT l.item_id AS id FROM {{links}} l
        WHERE l.team_id = m.team_id {1} ORDER BY l.item_id DESC LIMIT 51) t
    WHERE m.person_id = %(u)s ORDER BY id DESC LIMIT 51"""
MERGED = "SELECT i.* FROM {{table}} i WHERE i.id IN ({0}) ORDER BY i.id DESC"

PAGE_END = " ORDER BY i.id DESC LIMIT 51"
BEFORE, FILTER, AMONG = " AND i.id < %(after)s", " AND i.tenth = 3", " AND i.id = ANY (%(ids)s)"

JOIN = {
    "first page": f"SELECT i.* FROM {JOINED}{PAGE_END}",
    "deep page": f"SELECT i.* FROM {JOINED}{BEFORE}{PAGE_END}",
    "page with a filter": f"SELECT i.* FROM {JOINED}{FILTER}{PAGE_END}",
    "count": f"SELECT count(*) FROM {JOINED}",
    "get": f"SELECT i.* FROM {JOINED} AND i.id = %(id)s",
    "bulk": f"SELECT i.id FROM {JOINED}{AMONG}",
}

# Several where none is the best for everybody: the fastest of them counts.
BY_HAND = {
    "first page": [
        MERGED.format(TOP.format("", "")),
        f"SELECT i.* FROM {SEARCHED}{PAGE_END}",
    ],
    "deep page": [
        MERGED.format(TOP.format("AND o.id < %(after)s", "AND l.item_id < %(after)s")),
        f"SELECT i.* FROM {SEARCHED}{BEFORE}{PAGE_END}",
    ],
    "page with a filter": [
        f"SELECT i.* FROM {{table}} i WHERE i.id IN ({ALL}){FILTER}{PAGE_END}",
        f"SELECT i.* FROM {SEARCHED}{FILTER}{PAGE_END}",
    ],
    "count": [f"SELECT count(*) FROM ({ALL}) x"],
    "get": [f"SELECT i.* FROM {SEARCHED} AND i.id = %(id)s"],
    "bulk": [
        """SELECT count(*) FROM (SELECT unnest(%(ids)s) EXCEPT (
            SELECT o.id FROM {table} o WHERE o.owner_id = %(u)s AND o.id = ANY (%(ids)s)
            UNION ALL SELECT l.item_id FROM {links} l WHERE l.item_id = ANY (%(ids)s)
                AND l.team_id = ANY (
                    ARRAY(SELECT team_id FROM team_people WHERE person_id = %(u)s)))) x""",
        f"SELECT count(*) FROM {SEARCHED}{AMONG}",
    ],
}
