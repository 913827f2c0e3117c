/*
 * Config: /etc/maintd/maintd.yaml, typed
 *
 * Read like a manifest, with every error in one go. Paths are made absolute against the config's folder; names are sorted, for that
 * is how they are looked up. What a target is asked for beyond the common keys is known by its driver, handed in as data.
 */
#include "manifest/config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/readfd.h"
#include "base/text.h"
#include "manifest/config-target.h"

#define PERCENT_DEFAULT_CANCEL 30u
#define PERCENT_DEFAULT_MOVE 50u

/* ── manifests ── */

/* @path seen from the config's folder; "." and a trailing "/" are dropped, so that equal paths look equal. */
static const char *from_folder(ConfigReader *c, const char *path) {
        const char *slash = strrchr(c->r.file, '/');
        size_t n = strlen(path);

        while (n > 1 && path[n - 1] == '/')
                n--;
        while (n > 2 && path[0] == '.' && path[1] == '/') {
                path += 2;
                n -= 2;
        }
        if (path[0] == '/' || !slash)
                return reader_got(&c->r, arena_strndup(c->r.arena, path, n));
        return reader_got(&c->r, arena_printf(c->r.arena, "%.*s/%.*s", (int) (slash - c->r.file), c->r.file, (int) n, path));
}

static void read_git(void *context, const Node *v) {
        ConfigReader *c = context;
        const char *s = reader_text(&c->r, v, PATH_BYTES_MAX, TEXT_BYTES);

        if (s && strstr(s, "://"))
                reader_error(&c->r, v->mark, "bad-value", "'git' must be the path of a repository on this machine: maintd does not fetch");
        else if (s)
                c->config->git = from_folder(c, s);
}

static void read_ref(void *context, const Node *v) {
        ConfigReader *c = context;
        const char *s = reader_text(&c->r, v, 255, TEXT_BYTES);

        if (s && (s[0] == '-' || strpbrk(s, " ~^:?*[\\") || strstr(s, "..")))
                reader_error(&c->r, v->mark, "bad-value", "'ref' must be a branch, a tag or a commit, such as main");
        else if (s)
                c->config->git_ref = s;
}

/* A path inside a repository: relative, and never upwards. */
static bool stays_inside(const char *s) {
        for (const char *p = s; *p; p += strspn(p, "/")) {
                size_t n = strcspn(p, "/");

                if (n == 2 && p[0] == '.' && p[1] == '.')
                        return false;
                p += n;
        }
        return s[0] != '/';
}

static void read_git_path(void *context, const Node *v) {
        ConfigReader *c = context;
        const char *s = reader_text(&c->r, v, PATH_BYTES_MAX, TEXT_BYTES);
        size_t n = s ? strlen(s) : 0;

        if (!s)
                return;
        if (!stays_inside(s)) {
                reader_error(&c->r, v->mark, "bad-value", "'path' must be relative and stay inside the repository");
                return;
        }
        while (n > 0 && s[n - 1] == '/')
                n--;
        c->config->git_path = reader_got(&c->r, arena_strndup(c->r.arena, strcmp(s, ".") == 0 ? "" : s, n));
}

static void read_manifests(void *context, const Node *v) {
        static const Key keys[] = { { "git", read_git }, { "ref", read_ref }, { "path", read_git_path } };
        ConfigReader *c = context;
        Config *config = c->config;
        const char *s;

        if (v->kind == NODE_TEXT) {
                s = reader_text(&c->r, v, PATH_BYTES_MAX, TEXT_BYTES);
                config->manifests = s ? from_folder(c, s) : NULL;
                return;
        }
        config->manifests = NULL;
        config->git_ref = "HEAD";
        config->git_path = "";
        if (reader_map(&c->r, v, keys, ARRAY_SIZE(keys), c) && !node_get(v, "git"))
                reader_error(&c->r, v->mark, "missing-key", "missing key 'git': the path of a repository");
}

/* ── Scalars ── */

static void read_timezone(void *context, const Node *v) {
        ConfigReader *c = context;

        c->config->timezone = reader_timezone(&c->r, v);
}

static void read_instance(void *context, const Node *v) {
        ConfigReader *c = context;

        c->config->instance = config_name(&c->r, v, INSTANCE_MAX);
}

static void span_between(ConfigReader *c, const Node *v, usec_t min, usec_t max, usec_t *ret) {
        char low[SPAN_SIZE], high[SPAN_SIZE];
        Span span;

        if (!reader_span(&c->r, v, min == 0, &span))
                return;
        *ret = span_usec(span);
        if (*ret < min || *ret > max)
                reader_error(&c->r, v->mark, "bad-span", "'%s' must be from %s to %s", node_name(v), span_format(min, true, low),
                             span_format(max, true, high));
}

static void read_horizon(void *context, const Node *v) {
        span_between(context, v, USEC_PER_HOUR, 3660 * USEC_PER_DAY, &((ConfigReader *) context)->config->horizon);
}

static void read_resync(void *context, const Node *v) {
        span_between(context, v, 10 * USEC_PER_SEC, USEC_PER_DAY, &((ConfigReader *) context)->config->resync);
}

static void read_withdraw_after(void *context, const Node *v) {
        span_between(context, v, 0, 30 * USEC_PER_DAY, &((ConfigReader *) context)->config->withdraw_after);
}

static void read_retention(void *context, const Node *v) {
        span_between(context, v, USEC_PER_DAY, SPAN_DAYS_MAX * USEC_PER_DAY, &((ConfigReader *) context)->config->retention);
}

static void read_watch(void *context, const Node *v) {
        ConfigReader *c = context;

        (void) reader_boolean(&c->r, v, &c->config->watch);
}

static void read_percent(ConfigReader *c, const Node *v, unsigned *ret) {
        const char *s = reader_scalar(&c->r, v);
        size_t n = s ? strspn(s, "0123456789") : 0;

        if (!s)
                return;
        if (n == 0 || n > 3 || strcmp(s + n, "%") != 0 || strtoul(s, NULL, 10) > 100)
                reader_error(&c->r, v->mark, "bad-percent", "'%s' must be a percentage from 0%% to 100%%, such as 30%%", node_name(v));
        else
                *ret = (unsigned) strtoul(s, NULL, 10);
}

static void read_max_cancel(void *context, const Node *v) {
        read_percent(context, v, &((ConfigReader *) context)->config->max_cancel);
}

static void read_max_move(void *context, const Node *v) {
        read_percent(context, v, &((ConfigReader *) context)->config->max_move);
}

static void read_guard(void *context, const Node *v) {
        static const Key keys[] = { { "max_cancel", read_max_cancel }, { "max_move", read_max_move } };
        ConfigReader *c = context;

        (void) reader_map(&c->r, v, keys, ARRAY_SIZE(keys), c);
}

/* ── lint ── */

static int code_order(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* A name that this version does not know is a warning: it must not keep a configuration from coming into force. */
static void read_disable(void *context, const Node *v) {
        ConfigReader *c = context;
        Strv *quiet = &c->config->quiet;

        if (!reader_list(&c->r, v, DISABLED_MAX, "[vague-title]"))
                return;
        quiet->items = reader_got(&c->r, arena_array(c->r.arena, v->n, sizeof(*quiet->items)));
        NODE_FOREACH(item, v) {
                const char *word = reader_scalar(&c->r, item);
                int r = word && quiet->items
                        ? waiver_code(word, c->r.file, item->mark.line, item->mark.column, c->r.diags, &quiet->items[quiet->n]) : 0;

                if (r < 0)
                        c->r.error = r;
                quiet->n += r > 0;
        }
        if (quiet->items && quiet->n)
                qsort(quiet->items, quiet->n, sizeof(*quiet->items), code_order);
}

static void read_lint(void *context, const Node *v) {
        static const Key keys[] = { { "disable", read_disable } };
        ConfigReader *c = context;

        (void) reader_map(&c->r, v, keys, ARRAY_SIZE(keys), c);
}

/* ── services ── */

typedef struct ServiceReader { Reader *r; ConfigService *service; } ServiceReader;

static void read_service_title(void *context, const Node *v) {
        ServiceReader *c = context;

        c->service->title = reader_text(c->r, v, TITLE_MAX, 0);
}

static int service_order(const void *a, const void *b) {
        return strcmp(((const ConfigService *) a)->name, ((const ConfigService *) b)->name);
}

static void read_services(void *context, const Node *v) {
        static const Key keys[] = { { "title", read_service_title } };
        ConfigReader *c = context;
        Config *config = c->config;

        if (!config_entries(&c->r, v, CATALOGUE_MAX, "{api: {title: API}}"))
                return;
        config->services = reader_got(&c->r, arena_array(c->r.arena, v->n, sizeof(*config->services)));
        if (!config->services)
                return;
        NODE_FOREACH(item, v) {
                ServiceReader s = { &c->r, &config->services[config->n_services] };

                *s.service = (ConfigService) { .name = reader_text(&c->r, item->key, SERVICE_NAME_MAX, TEXT_BYTES) };
                if (!node_empty(item))
                        (void) reader_map(&c->r, item, keys, ARRAY_SIZE(keys), &s);
                config->n_services += s.service->name != NULL;
        }
        qsort(config->services, config->n_services, sizeof(*config->services), service_order);
}

static void read_targets(void *context, const Node *v) {
        ConfigReader *c = context;

        c->targets = v; /* read last: they name services of the catalogue */
}

static const Key keys[] = {
        { "manifests", read_manifests }, { "timezone", read_timezone }, { "instance", read_instance }, { "horizon", read_horizon },
        { "resync", read_resync }, { "withdraw_after", read_withdraw_after }, { "guard", read_guard }, { "watch", read_watch },
        { "retention", read_retention }, { "lint", read_lint }, { "services", read_services }, { "targets", read_targets },
};

/* ── The whole ── */

static int collect_names(ConfigReader *c) {
        Config *config = c->config;
        Strv *s = &config->service_names, *t = &config->target_names;

        s->items = arena_array(config->arena, config->n_services, sizeof(*s->items));
        t->items = arena_array(config->arena, config->n_targets, sizeof(*t->items));
        if (!s->items || !t->items)
                return -ENOMEM;
        for (; s->n < config->n_services; s->n++)
                s->items[s->n] = config->services[s->n].name;
        for (; t->n < config->n_targets; t->n++)
                t->items[t->n] = config->targets[t->n].name;
        return 0;
}

static Config *config_new(const char *file) {
        Arena *a = arena_new();
        Config *c = a ? arena_new0(a, Config) : NULL;

        if (!c)
                return (void) arena_free(a), NULL;
        *c = (Config) {
                .arena = a, .file = arena_strdup(a, file), .timezone = "UTC", .instance = "maintd", .horizon = 30 * USEC_PER_DAY,
                .resync = 5 * USEC_PER_MINUTE, .withdraw_after = 5 * USEC_PER_MINUTE, .retention = 730 * USEC_PER_DAY,
                .max_cancel = PERCENT_DEFAULT_CANCEL, .max_move = PERCENT_DEFAULT_MOVE, .watch = true,
        };
        return c->file ? c : config_free(c);
}

static int config_read(ConfigReader *c, const Node *root) {
        c->config->manifests = from_folder(c, "manifests");
        if (reader_map(&c->r, root, keys, ARRAY_SIZE(keys), c)) {
                if (c->targets)
                        config_read_targets(c, c->targets);
        }
        if (c->r.error < 0)
                return c->r.error;
        return c->r.n_errors > 0 ? -EINVAL : collect_names(c);
}

int config_parse(const char *file, const char *text, size_t n, const ConfigDriver *drivers, Diagnostics *diags, Config **ret) {
        static const YamlLimits limits = { CONFIG_BYTES_MAX, 1 };
        auto_(config_free) Config *config = config_new(file);
        auto_(arena_free) Arena *scratch = arena_new();
        ConfigReader c = { .config = config, .drivers = drivers };
        Yaml y;
        int r;

        if (!config || !scratch)
                return -ENOMEM;
        r = yaml_parse(scratch, file, text, n, &limits, diags, &y);
        if (r < 0)
                return r;
        if (y.complete && !y.documents) {
                r = diagnostics_add(diags, SEVERITY_ERROR, "empty-file", file, 0, 0, "the config is empty: name at least the targets");
                return r < 0 ? r : -EINVAL;
        }
        if (!y.complete)
                return -EINVAL;
        c.r = (Reader) { .file = config->file, .diags = diags, .arena = config->arena, .n_errors = y.n_errors };
        r = config_read(&c, y.documents);
        if (r < 0)
                return r;
        *ret = STEAL(config);
        return 0;
}

/* At most CONFIG_BYTES_MAX and one more, by which config_parse() sees that it is too large. */
static int read_file(const char *file, char **ret, size_t *ret_n) {
        auto_(close) int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        auto_(free) char *text = NULL;
        struct stat st;
        int r;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
        text = malloc(CONFIG_BYTES_MAX + 1);
        if (!text)
                return -ENOMEM;
        r = read_up_to(fd, text, CONFIG_BYTES_MAX + 1, ret_n);
        if (r >= 0)
                *ret = STEAL(text);
        return r;
}

int config_load(const char *file, const ConfigDriver *drivers, Diagnostics *diags, Config **ret) {
        auto_(free) char *text = NULL;
        size_t n = 0;
        int r, k;

        r = read_file(file, &text, &n);
        if (r >= 0)
                return config_parse(file, text, n, drivers, diags, ret);
        if (r == -ENOMEM)
                return r;
        k = diagnostics_add(diags, SEVERITY_ERROR, "unreadable", file, 0, 0, "cannot be read: %s",
                            r == -EINVAL ? "it is no regular file" : strerror(-r));
        return k < 0 ? k : -EINVAL;
}

Config *config_free(Config *c) {
        if (c)
                (void) arena_free(c->arena);
        return NULL;
}
