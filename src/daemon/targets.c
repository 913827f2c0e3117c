/*
 * Targets: what the config says about remote systems, in the words of the drivers
 *
 * A target is its type, url and page, not its name: that is the identity rows of the ledger belong to, so renaming a target
 * in the config costs nothing, and pointing an old name at another page does not carry ownership over.
 */
#include "daemon/targets.h"

#include <string.h>

#include "base/text.h"

static const ConfigTargetService *config_service(const ConfigTarget *c, const char *name) {
        for (size_t i = 0; i < c->n_services; i++)
                if (strcmp(c->services[i].service, name) == 0)
                        return &c->services[i];
        return NULL;
}

/* Every service of the catalogue: as this target's entry has it, else by its own name and title. */
static int target_map_services(Arena *a, const Config *config, const ConfigTarget *c, Target *t) {
        ServiceMap *map = arena_array(a, config->n_services + 1, sizeof(ServiceMap));

        if (!map)
                return -ENOMEM;
        for (size_t i = 0; i < config->n_services; i++) {
                const ConfigService *s = &config->services[i];
                const ConfigTargetService *own = config_service(c, s->name);

                map[i] = (ServiceMap) { .service = s->name, .title = s->title };
                if (own) {
                        map[i].name = own->name;
                        map[i].id = own->id;
                        map[i].matchers = own->matchers;
                }
        }
        t->services = map;
        t->n_services = config->n_services;
        return 0;
}

static int target_from_config(Arena *a, const Config *config, const ConfigTarget *c, const char *ledger_id, Target *t) {
        *t = (Target) {
                .name = c->name,
                .type = c->type,
                .url = c->url,
                .token = c->token,
                .instance = config->instance,
                .ledger_id = ledger_id,
                .page = c->page,
                .insecure_http = c->insecure_http,
                .retire = c->retire,
                .reads_per_min = c->reads_per_min,
                .writes_per_min = c->writes_per_min,
                .timeout = c->timeout,
                .options = c->options,
                .driver = driver_find(c->type),
        };
        if (!t->driver)
                return -EINVAL;
        t->identity = c->page ? arena_printf(a, "%s %s %s", c->type, c->url, c->page) : arena_printf(a, "%s %s", c->type, c->url);
        if (!t->identity)
                return -ENOMEM;
        return target_map_services(a, config, c, t);
}

TargetSet *targetset_free(TargetSet *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->n; i++)
                target_done(s->items[i]);
        arena_free(s->arena); /* holds the set itself */
        return NULL;
}

int targetset_new(const Config *config, const char *ledger_id, TargetSet **ret) {
        auto_(arena_free) Arena *a = arena_new();
        TargetSet *s = a ? arena_new0(a, TargetSet) : NULL;
        Target **items = a ? arena_array(a, config->n_targets + 1, sizeof(Target *)) : NULL;
        char *ledger = a ? arena_strdup(a, ledger_id) : NULL;

        if (!s || !items || !ledger)
                return -ENOMEM;
        for (size_t i = 0; i < config->n_targets; i++) {
                int r;

                items[i] = arena_new0(a, Target);
                if (!items[i])
                        return -ENOMEM;
                r = target_from_config(a, config, &config->targets[i], ledger, items[i]);
                if (r < 0)
                        return r;
        }
        s->items = items;
        s->n = config->n_targets;
        s->arena = STEAL(a);
        *ret = s;
        return 0;
}

const Target *targetset_find(const TargetSet *s, const char *name) {
        for (size_t i = 0; s && i < s->n; i++)
                if (text_equal(s->items[i]->name, name))
                        return s->items[i];
        return NULL;
}

const ConfigDriver *config_drivers(Arena *a) {
        ConfigDriver *list;
        size_t n = 0;

        while (drivers[n])
                n++;
        list = arena_array(a, n + 1, sizeof(ConfigDriver));
        if (!list)
                return NULL;
        for (size_t i = 0; i < n; i++)
                list[i] = (ConfigDriver) { .name = drivers[i]->name, .options = drivers[i]->options, .matchers = drivers[i]->matchers };
        return list;
}
