/*
 * The page's memory: its tables
 *
 * A version of the database is what the one before it was, and one text more; so an old file is brought up step by step, and a new one
 * goes the same way.
 */
#include "page/store/private.h"

/* Where a column holds a number of an enum, model.h says "stored: append only" or its order is the API's. */
static const char schema[] =
        "CREATE TABLE service (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, grp TEXT,"
        " manual INTEGER NOT NULL, display_order INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,"
        " deleted_at INTEGER NOT NULL DEFAULT 0, description TEXT NOT NULL) STRICT;"
        "CREATE UNIQUE INDEX service_name ON service (name) WHERE deleted_at = 0;"

        "CREATE TABLE maintenance (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, state INTEGER NOT NULL,"
        " scheduled_start INTEGER NOT NULL, scheduled_end INTEGER NOT NULL, started_at INTEGER NOT NULL,"
        " finished_at INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, version INTEGER NOT NULL,"
        " impact INTEGER NOT NULL, notify INTEGER NOT NULL, auto_transition INTEGER NOT NULL, pause_monitors INTEGER NOT NULL,"
        " external_id TEXT, owner TEXT, reminders TEXT NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL) STRICT;"
        "CREATE UNIQUE INDEX maintenance_external_id ON maintenance (external_id) WHERE external_id IS NOT NULL;"
        "CREATE INDEX maintenance_state ON maintenance (state);" /* and seq, which every index ends with */
        "CREATE INDEX maintenance_upcoming ON maintenance (scheduled_start) WHERE state < 2;"
        "CREATE INDEX maintenance_past ON maintenance (finished_at) WHERE state >= 2;"
        "CREATE INDEX maintenance_due_start ON maintenance (scheduled_start) WHERE state = 0 AND auto_transition = 1;"
        "CREATE INDEX maintenance_due_end ON maintenance (scheduled_end) WHERE state = 1 AND auto_transition = 1;"

        "CREATE TABLE maintenance_service (maintenance INTEGER NOT NULL REFERENCES maintenance (seq),"
        " service INTEGER NOT NULL REFERENCES service (seq), PRIMARY KEY (maintenance, service)) STRICT, WITHOUT ROWID;"
        "CREATE INDEX maintenance_service_of ON maintenance_service (service);"

        "CREATE TABLE maintenance_update (seq INTEGER PRIMARY KEY AUTOINCREMENT, maintenance INTEGER NOT NULL REFERENCES"
        " maintenance (seq), state INTEGER NOT NULL, created_at INTEGER NOT NULL, message TEXT NOT NULL) STRICT;"
        "CREATE INDEX maintenance_update_of ON maintenance_update (maintenance);"

        "CREATE TABLE reminder (maintenance INTEGER NOT NULL REFERENCES maintenance (seq), minutes INTEGER NOT NULL,"
        " due INTEGER NOT NULL, PRIMARY KEY (maintenance, minutes)) STRICT, WITHOUT ROWID;"
        "CREATE INDEX reminder_due ON reminder (due);"

        /* One row a message that subscribers are owed, in the order of the events. */
        "CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, maintenance INTEGER NOT NULL REFERENCES"
        " maintenance (seq), maintenance_id TEXT NOT NULL, text TEXT NOT NULL, message TEXT, created_at INTEGER NOT NULL) STRICT;"

        "CREATE TABLE key (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE,"
        " hash BLOB NOT NULL, scopes INTEGER NOT NULL, created_at INTEGER NOT NULL) STRICT;"

        "CREATE TABLE answer (key INTEGER NOT NULL, name TEXT NOT NULL, created_at INTEGER NOT NULL, status INTEGER NOT NULL,"
        " request BLOB NOT NULL, resource TEXT NOT NULL, body TEXT, PRIMARY KEY (key, name)) STRICT;"
        "CREATE INDEX answer_age ON answer (created_at);";

/* Since version 2: what each service has shown, a row for each change. What was before the first row is not known. */
static const char schema_states[] =
        "CREATE TABLE service_state (seq INTEGER PRIMARY KEY AUTOINCREMENT, service INTEGER NOT NULL REFERENCES service (seq),"
        " at INTEGER NOT NULL, state INTEGER NOT NULL) STRICT;"
        "CREATE INDEX service_state_of ON service_state (service);"
        "CREATE INDEX service_state_at ON service_state (at);"
        "CREATE INDEX maintenance_changed ON maintenance (updated_at);";

/* Since version 3: who is told, who has been asked, and what is owed to whom. Wishes have their `due` at 0 when nothing is to be sent;
 * their `counts`: 1 for a mail to this address, and 2 for the wish of a key. */
static const char schema_subscribers[] =
        "CREATE TABLE subscriber (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind INTEGER NOT NULL, endpoint TEXT NOT NULL,"
        " created_at INTEGER NOT NULL, confirmed_at INTEGER NOT NULL, secret TEXT, leave TEXT NOT NULL UNIQUE, due INTEGER,"
        " failures INTEGER NOT NULL DEFAULT 0, UNIQUE (kind, endpoint)) STRICT;"
        "CREATE INDEX subscriber_due ON subscriber (kind, due) WHERE due IS NOT NULL;"

        "CREATE TABLE subscriber_service (subscriber INTEGER NOT NULL REFERENCES subscriber (seq) ON DELETE CASCADE,"
        " service INTEGER NOT NULL REFERENCES service (seq), PRIMARY KEY (subscriber, service)) STRICT, WITHOUT ROWID;"

        "CREATE TABLE delivery (subscriber INTEGER NOT NULL REFERENCES subscriber (seq) ON DELETE CASCADE,"
        " event INTEGER NOT NULL REFERENCES outbox (seq), PRIMARY KEY (subscriber, event)) STRICT, WITHOUT ROWID;"

        "CREATE TABLE wish (seq INTEGER PRIMARY KEY AUTOINCREMENT, endpoint TEXT NOT NULL, services TEXT NOT NULL, created_at INTEGER NOT NULL,"
        " due INTEGER NOT NULL, counts INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0) STRICT;"
        "CREATE INDEX wish_endpoint ON wish (endpoint);"
        "CREATE INDEX wish_age ON wish (created_at);"
        "CREATE INDEX wish_due ON wish (due) WHERE due > 0;"
        "CREATE TABLE wish_token (hash BLOB PRIMARY KEY, wish INTEGER NOT NULL REFERENCES wish (seq) ON DELETE CASCADE) STRICT, WITHOUT ROWID;"
        "CREATE INDEX wish_token_of ON wish_token (wish);";

/* Since version 4: who is signed in at the dashboard. */
static const char schema_sessions[] =
        "CREATE TABLE session (hash BLOB PRIMARY KEY, key INTEGER NOT NULL REFERENCES key (seq) ON DELETE CASCADE,"
        " created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
        "CREATE INDEX session_of ON session (key);";

/* Since version 5: what stood against the last attempt, and the ways to what can be forgotten. */
static const char schema_attempts[] =
        "ALTER TABLE subscriber ADD COLUMN trouble TEXT;"
        "ALTER TABLE wish ADD COLUMN trouble TEXT;"
        "CREATE INDEX subscriber_pending ON subscriber (created_at) WHERE confirmed_at = 0;"
        "CREATE INDEX outbox_age ON outbox (created_at);"
        "CREATE INDEX delivery_of ON delivery (event);";

/* Since version 6: uptime monitors, and how many checks went how in an hour (span 0) or a day (1). Their state is stored: append only. */
static const char schema_monitors[] =
        "CREATE TABLE monitor (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, url TEXT NOT NULL,"
        " interval INTEGER NOT NULL, timeout INTEGER NOT NULL, expected INTEGER NOT NULL, service INTEGER REFERENCES service (seq), enabled INTEGER NOT NULL,"
        " state INTEGER NOT NULL DEFAULT 0, last INTEGER NOT NULL DEFAULT 0, checked_at INTEGER NOT NULL DEFAULT 0, latency INTEGER NOT NULL DEFAULT 0,"
        " problem TEXT NOT NULL DEFAULT '', created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;"
        "CREATE INDEX monitor_of ON monitor (service);"
        "CREATE INDEX monitor_trouble ON monitor (service, state) WHERE state > 1;"

        "CREATE TABLE monitor_tally (monitor INTEGER NOT NULL REFERENCES monitor (seq) ON DELETE CASCADE, span INTEGER NOT NULL, at INTEGER NOT NULL,"
        " up INTEGER NOT NULL, degraded INTEGER NOT NULL, down INTEGER NOT NULL, answers INTEGER NOT NULL, sum INTEGER NOT NULL, least INTEGER NOT NULL,"
        " most INTEGER NOT NULL, PRIMARY KEY (monitor, span, at)) STRICT, WITHOUT ROWID;"
        "CREATE INDEX monitor_tally_age ON monitor_tally (span, at);";

const char *const store_schemas[STORE_VERSION] = { schema, schema_states, schema_subscribers, schema_sessions, schema_attempts, schema_monitors };
