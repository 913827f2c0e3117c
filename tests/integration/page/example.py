"""A page as a company might have it: services, history, windows of each state, and who is told. For pictures, and for all who look at a full page."""
import sqlite3

from page_server import at, eventually, now

# For page.yaml: mail and webhooks go nowhere but here, where nobody listens, and wait.
NOBODY_LISTENS = ("url: http://status.example.com\nmail_server: smtp://127.0.0.1:9\nmail_tls: none\nmail_from: status@example.com\n"
                  "webhook_networks: 127.0.0.0/8\nmonitor_networks: 127.0.0.0/8\nnotice_retry: 1h\n")
LONG_HOOK = "http://127.0.0.1:9/hooks/B0GU5/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08?environment=production"

GROUPS = {
    "Product": [("API", "REST and GraphQL, api.example.com"), ("Web application", ""), ("Webhooks", ""), ("Search", "")],
    "Data": [("Primary database", ""), ("Object storage", ""), ("Backups", "")],
    None: [("Website and documentation", "")],
}
# What was where, how many days ago, and for how many minutes: 1 maintenance, 2 degraded, 3 partial, 4 major outage.
TROUBLE = [("API", 61, 25, 3), ("API", 37, 95, 2), ("API", 12, 120, 1), ("Search", 44, 300, 2), ("Search", 43, 60, 4), ("Webhooks", 20, 40, 3),
           ("Primary database", 12, 120, 1), ("Primary database", 40, 180, 1), ("Backups", 68, 90, 1), ("Object storage", 5, 15, 4)]

MIGRATION = """The primary database moves to new hardware.

- **API reads** keep working.
- **Writes return `503`** with a `Retry-After` header; our client libraries repeat them by themselves.

Nothing is lost, and you need not do anything. [How we do this](https://example.com/blog/moving-databases)
"""


def day(days, minutes=0):
    return int((now().timestamp() - days * 86400 + minutes * 60) * 1e6)


def fill(server, running=True, upcoming=True, past=True, trouble=True):
    services = {}
    for group, members in GROUPS.items():
        for order, (name, description) in enumerate(members):
            services[name] = server.service(name, group=group, display_order=order, description=description)["id"]
    with sqlite3.connect(f"{server.dir}/page.sqlite") as db:
        numbers = dict(db.execute("SELECT name, seq FROM service"))
        db.execute("DELETE FROM service_state")
        rows = [(number, day(75 if name == "Search" else 200), 0) for name, number in numbers.items()]
        for name, days, minutes, state in TROUBLE if trouble else []:
            rows += [(numbers[name], day(days), state), (numbers[name], day(days, minutes), 0)]
        db.executemany("INSERT INTO service_state (service, at, state) VALUES (?, ?, ?)", sorted(rows, key=lambda row: row[1]))
    db.close()

    def window(title, names, start, end, **fields):
        return server.create(title=title, service_ids=[services[name] for name in names], scheduled_start=at(**start), scheduled_end=at(**end),
                             auto_transition=False, **fields)

    if past:
        for title, names, days, hours, state in (("Certificates renewed", ["API", "Webhooks"], 9, 1, "completed"),
                                                 ("Storage controllers get new firmware", ["Object storage"], 4, 3, "cancelled"),
                                                 ("Search index rebuilt", ["Search"], 2, 2, "completed")):
            made = window(title, names, {"days": -days}, {"days": -days, "hours": hours})
            if state == "completed":
                server.patch(made, status="in_progress")
            server.patch(made, status=state)
        with sqlite3.connect(f"{server.dir}/page.sqlite") as db:
            db.execute("UPDATE maintenance SET started_at = scheduled_start + 1000000, finished_at = scheduled_end - 1080000000 WHERE state = 2")
            db.execute("UPDATE maintenance SET finished_at = scheduled_start - 86400000000 WHERE state = 3")
            db.execute("DELETE FROM service_state WHERE at > ?", (day(1),))
        db.close()
    made = {}
    if running:
        made["running"] = window("Database migration", ["API", "Primary database"], {"minutes": -75}, {"minutes": 45}, description=MIGRATION)
        server.patch(made["running"], status="in_progress", message="We have begun. Writes are off.")
        with sqlite3.connect(f"{server.dir}/page.sqlite") as db:
            db.execute("UPDATE maintenance SET started_at = scheduled_start + 1000000 WHERE state = 1")
            db.execute("UPDATE maintenance_update SET created_at = ? WHERE message LIKE 'We have%'", (day(0, -74),))
        db.close()
        server.patch(made["running"], message="Half of the data is copied; we are on track to finish by the planned time.")
    if upcoming:
        made["upcoming"] = window("Network equipment is replaced in Frankfurt", ["Web application", "Website and documentation"], {"days": 3}, {"days": 3, "hours": 2},
                                  description="Short interruptions of up to 30 seconds, twice. Requests that fail can be repeated at once.")
        window("Quarterly failover exercise", ["Primary database", "Backups"], {"days": 12}, {"days": 12, "minutes": 30}, impact="degraded",
               description="We switch to the second site and back. You may see a few seconds of higher latency.")
    return made


def sql(server, *statement):
    with sqlite3.connect(f"{server.dir}/page.sqlite", timeout=20) as db:
        rows = db.execute(*statement).fetchall()
    db.close()
    return rows


def subscribe(server):
    """Of a page with NOBODY_LISTENS: subscribers of each kind, and what waits for them. {name: id}"""
    def add(kind, endpoint, services=()):
        answer = server.call("POST", "/subscribers", {"type": kind, "endpoint": endpoint, "services": list(services)})
        assert answer.status == 201, answer.text
        return answer.json["id"]

    services = [s["id"] for s in server.call("GET", "/services").json["services"]]
    made = {"pending": add("email", "ann@example.com"), "confirmed": add("email", "operations.and.infrastructure@subsidiary.of.a.large.customer.example.com", services[:6]),
            "hook": add("webhook", LONG_HOOK), "quiet": add("webhook", "https://hooks.example.com/maintenance", services[:1])}
    sql(server, "UPDATE subscriber SET confirmed_at = created_at WHERE id = ?", (made["confirmed"],))
    server.create(title="Mail gateway is replaced", service_ids=services[1:3])
    eventually("what cannot be sent waits", lambda: sql(server, "SELECT count(*) FROM subscriber WHERE trouble IS NOT NULL") > [(0,)])
    eventually("the mail server is missed", lambda: "mail cannot be sent" in server.logged())
    return made


def watch(server):
    """Of such a page, too: monitors in each state. Its port may be another one afterwards. {state: id}"""
    services = {s["name"]: s["id"] for s in server.call("GET", "/services").json["services"]}
    rows = (("unknown", "Checkout", "https://shop.example.com/checkout", None), ("up", "Webhooks", "https://hooks.example.com/health", "Webhooks"),
            ("degraded", "Search, from outside", "https://search.example.com/v2/indexes/products/query?q=health&timeout=1000&explain=false", "Search"),
            ("down", "Object storage", "https://storage.example.com/health", "Object storage"), ("paused", "Old shop", "https://old.example.com/", None))
    made = {}
    for state, name, url, service in rows:
        answer = server.call("POST", "/uptime-monitors", {"name": name, "url": url, "service_id": services.get(service), "interval_seconds": 86400, "enabled": False})
        assert answer.status == 201, answer.text
        made[state] = answer.json["id"]
    server.stop()
    for number, state in enumerate(("unknown", "up", "degraded", "down")):
        problem = {"unknown": "Could not resolve host: shop.example.com", "degraded": "it took 3.2s, more than half of the 5s it may take", "down": "Connection timed out after 10001 milliseconds"}.get(state, "")
        sql(server, "UPDATE monitor SET enabled = 1, state = ?, last = ?, checked_at = ?, latency = ?, problem = ? WHERE id = ?",
            (number, number, day(0, -3), 42_000 * number, problem, made[state]))
    server.start()
    return made
