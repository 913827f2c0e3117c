"""A page as a company might have it: services, history, windows of each state. For pictures, and for all who look at a full page."""
import sqlite3

from page_server import at, now

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
