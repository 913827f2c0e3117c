/*
 * Targets of the config
 */
#include "manifest/config-target.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

typedef struct TargetReader {
        ConfigReader *c;
        Reader *r;
        ConfigTarget *t;
        const ConfigDriver *driver; /* NULL: not known, then its options are not judged */
        const Node *url;
        const char **options;   /* t->options, while it grows */
        size_t n_options;
} TargetReader;

bool config_entries(Reader *r, const Node *v, size_t max, const char *example) {
        if (v->kind != NODE_MAP) {
                reader_error(r, v->mark, node_empty(v) ? "empty-value" : "wrong-type", "'%s' must be a map, such as %s", node_name(v), example);
                return false;
        }
        if (v->n > max) {
                reader_error(r, v->mark, "too-many", "'%s' has %u entries: at most %zu are allowed", node_name(v), v->n, max);
                return false;
        }
        return true;
}

const char *config_name(Reader *r, const Node *v, size_t max) {
        static const char alphanumeric[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
        const char *s = reader_scalar(r, v);
        size_t n;

        if (!s)
                return NULL;
        n = strspn(s, alphanumeric);
        if (s[n] || n > max || strchr("._-", s[0])) {
                reader_error(r, v->mark, "bad-name", "'%s' is no name: only letters, digits . _ - are allowed, at most %zu bytes",
                             v->key ? node_name(v) : s, max);
                return NULL;
        }
        return reader_got(r, arena_strdup(r->arena, s));
}

/* ── services of a target ── */

typedef struct MapReader { Reader *r; const ConfigDriver *driver; ConfigTargetService *s; } MapReader;

static void read_name(void *context, const Node *v) {
        MapReader *c = context;

        c->s->name = reader_text(c->r, v, TITLE_MAX, 0);
}

static void read_service_id(void *context, const Node *v) {
        MapReader *c = context;

        c->s->id = reader_text(c->r, v, TITLE_MAX, 0);
}

static void read_matchers(void *context, const Node *v) {
        MapReader *c = context;

        if (c->driver && !c->driver->matchers)
                reader_error(c->r, v->key->mark, "unknown-key", "a target of type '%s' has no 'matchers': write a name, or {id: …}", c->driver->name);
        else
                c->s->matchers = config_matchers(c->r, v);
}

static int service_order(const void *a, const void *b) {
        return strcmp(((const ConfigTargetService *) a)->service, ((const ConfigTargetService *) b)->service);
}

static int name_order(const void *name, const void *service) {
        return strcmp(name, ((const ConfigService *) service)->name);
}

/* The name as the catalogue has it; NULL: it has none. */
static const char *catalogue_name(TargetReader *c, const Node *key) {
        const Config *config = c->c->config;
        const ConfigService *s = config->n_services ? bsearch(key->text, config->services, config->n_services, sizeof(*s), name_order) : NULL;
        const char **names;

        if (s)
                return s->name;
        names = reader_got(c->r, arena_array(c->r->arena, config->n_services, sizeof(*names)));
        if (!names)
                return NULL;
        for (size_t i = 0; i < config->n_services; i++)
                names[i] = config->services[i].name;
        reader_unknown(c->r, key->mark, "unknown-service", "service", key->text, names, config->n_services);
        return NULL;
}

static void read_target_service(TargetReader *c, const Node *v) {
        static const Key keys[] = { { "name", read_name }, { "id", read_service_id }, { "matchers", read_matchers } };
        ConfigTargetService *s = &c->t->services[c->t->n_services];
        MapReader m = { .r = c->r, .driver = c->driver, .s = s };

        *s = (ConfigTargetService) { .service = catalogue_name(c, v->key) }; /* perhaps where one without a good name stood */
        if (v->kind == NODE_TEXT)
                read_name(&m, v);
        else if (reader_map(c->r, v, keys, ARRAY_SIZE(keys), &m) && v->n != 1)
                reader_error(c->r, v->mark, v->n ? "exclusive-keys" : "missing-key", "write one of 'name', 'id' and 'matchers' for '%s'", v->key->text);
        c->t->n_services += s->service != NULL;
}

static void read_services(void *context, const Node *v) {
        TargetReader *c = context;

        if (!config_entries(c->r, v, CATALOGUE_MAX, "{api: API Gateway}"))
                return;
        c->t->services = reader_got(c->r, arena_array(c->r->arena, v->n, sizeof(*c->t->services)));
        if (!c->t->services)
                return;
        NODE_FOREACH(item, v)
                read_target_service(c, item);
        qsort(c->t->services, c->t->n_services, sizeof(*c->t->services), service_order);
}

/* ── Common keys ── */

static void read_type(void *context, const Node *v) {
        (void) context;
        (void) v; /* read before all others; see find_driver() */
}

static void read_url(void *context, const Node *v) {
        TargetReader *c = context;

        c->url = v; /* what it may be depends on insecure_http */
}

/* What looks like a secret is refused without being shown. */
static void read_token(void *context, const Node *v) {
        TargetReader *c = context;
        const char *s = reader_scalar(c->r, v);
        size_t n = s ? strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") : 0;

        if (!s)
                return;
        if (s[n] || n > NAME_BYTES_MAX || s[0] == '-')
                reader_error(c->r, v->mark, "bad-token", "'token' must be the name of a credential, such as kodo-token (a-z 0-9 -), never the secret itself");
        else
                c->t->token = reader_got(c->r, arena_strdup(c->r->arena, s));
}

static void read_page(void *context, const Node *v) {
        TargetReader *c = context;

        c->t->page = reader_text(c->r, v, TITLE_MAX, 0);
}

static void read_retire(void *context, const Node *v) {
        TargetReader *c = context;

        (void) reader_boolean(c->r, v, &c->t->retire);
}

static void read_insecure(void *context, const Node *v) {
        TargetReader *c = context;

        (void) reader_boolean(c->r, v, &c->t->insecure_http);
}

static void read_reads(void *context, const Node *v) {
        TargetReader *c = context;

        (void) reader_number(c->r, v, 1, 60000, &c->t->reads_per_min);
}

static void read_writes(void *context, const Node *v) {
        TargetReader *c = context;

        (void) reader_number(c->r, v, 1, 60000, &c->t->writes_per_min);
}

static void read_rate_limit(void *context, const Node *v) {
        static const Key keys[] = { { "reads", read_reads }, { "writes", read_writes } };
        TargetReader *c = context;

        (void) reader_map(c->r, v, keys, ARRAY_SIZE(keys), c);
}

static void read_timeout(void *context, const Node *v) {
        TargetReader *c = context;
        Span span;

        if (!reader_span(c->r, v, false, &span))
                return;
        c->t->timeout = span_usec(span);
        if (c->t->timeout < USEC_PER_SEC || c->t->timeout > 5 * USEC_PER_MINUTE)
                reader_error(c->r, v->mark, "bad-span", "'timeout' must be from 1s to 5min");
}

static const Key target_keys[] = {
        { "type", read_type }, { "url", read_url }, { "token", read_token }, { "services", read_services }, { "page", read_page },
        { "retire", read_retire }, { "insecure_http", read_insecure }, { "rate_limit", read_rate_limit }, { "timeout", read_timeout },
};

/* ── A driver's own keys ── */

static void read_option(void *context, const Node *v) {
        TargetReader *c = context;
        const char *value = reader_text(c->r, v, DESCRIPTION_MAX, TEXT_BYTES);

        c->options[c->n_options++] = reader_got(c->r, arena_strdup(c->r->arena, v->key->text));
        c->options[c->n_options++] = value;
}

/* The common keys and those of the driver in one table. */
static void read_keys(TargetReader *c, const Node *v) {
        Key keys[ARRAY_SIZE(target_keys) + OPTIONS_MAX];
        size_t n = ARRAY_SIZE(target_keys);

        memcpy(keys, target_keys, sizeof(target_keys));
        for (const char *const *o = c->driver ? c->driver->options : NULL; o && *o && n < ARRAY_SIZE(keys); o++)
                keys[n++] = (Key) { *o, read_option };
        if (!c->driver) { /* a misspelt type shall not make all its options look misspelt */
                for (size_t i = 0; i < ARRAY_SIZE(target_keys); i++) {
                        const Node *value = node_get(v, target_keys[i].name);

                        if (value)
                                target_keys[i].read(c, value);
                }
                return;
        }
        c->options = reader_got(c->r, arena_array(c->r->arena, 2 * OPTIONS_MAX + 1, sizeof(*c->options)));
        if (c->options && reader_map(c->r, v, keys, n, c))
                c->t->options = c->n_options ? c->options : NULL;
}

static const ConfigDriver *find_driver(TargetReader *c, const Node *target) {
        const Node *v = node_get(target, "type");
        const char *names[128], *s;
        size_t n = 0;

        if (!v) {
                reader_error(c->r, target->mark, "missing-key", "missing key 'type', such as kodo");
                return NULL;
        }
        s = reader_scalar(c->r, v);
        if (!s)
                return NULL;
        for (const ConfigDriver *d = c->c->drivers; d->name; d++) {
                if (strcmp(d->name, s) == 0) {
                        c->t->type = reader_got(c->r, arena_strdup(c->r->arena, s));
                        return d;
                }
                if (n < ARRAY_SIZE(names))
                        names[n++] = d->name;
        }
        reader_unknown(c->r, v->mark, "unknown-type", "type", s, names, n);
        return NULL;
}

static void read_target(ConfigReader *config, const Node *v, ConfigTarget *t) {
        TargetReader c = { .c = config, .r = &config->r, .t = t };

        /* Perhaps where one without a good name stood: nothing of that may be left. */
        *t = (ConfigTarget) { .mark = v->key->mark, .timeout = TARGET_TIMEOUT_DEFAULT, .name = config_name(c.r, v->key, NAME_BYTES_MAX) };
        if (!config_entries(c.r, v, 64, "{type: kodo, url: https://…}"))
                return;
        c.driver = find_driver(&c, v);
        read_keys(&c, v);
        if (c.url)
                t->url = config_url(c.r, c.url, t->insecure_http);
        else
                reader_error(c.r, v->mark, "missing-key", "missing key 'url'");
}

static int target_order(const void *a, const void *b) {
        return strcmp(((const ConfigTarget *) a)->name, ((const ConfigTarget *) b)->name);
}

void config_read_targets(ConfigReader *c, const Node *v) {
        Config *config = c->config;

        if (!config_entries(&c->r, v, TARGETS_MAX, "{public: {type: kodo, url: https://…}}"))
                return;
        config->targets = reader_got(&c->r, arena_array(c->r.arena, v->n, sizeof(*config->targets)));
        if (!config->targets)
                return;
        NODE_FOREACH(item, v) {
                read_target(c, item, &config->targets[config->n_targets]);
                config->n_targets += config->targets[config->n_targets].name != NULL;
        }
        qsort(config->targets, config->n_targets, sizeof(*config->targets), target_order);
}
