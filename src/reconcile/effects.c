/*
 * Effects: the worst of what runs
 */
#include "reconcile/effects.h"

#include <string.h>

static bool names(const Strv *services, const char *id) {
        for (size_t n = 0; n < services->n; n++)
                if (strcmp(services->items[n], id) == 0)
                        return true;
        return false;
}

bool services_meet(const Strv *a, const Strv *b) {
        for (size_t n = 0; n < a->n; n++)
                if (names(b, a->items[n]))
                        return true;
        return false;
}

int effects_of(const Strv *services, const Running *running, size_t n, Arena *a, Effect **ret) {
        Effect *effects = arena_array(a, MAX(services->n, (size_t) 1), sizeof(*effects));

        if (!effects)
                return -ENOMEM;
        for (size_t s = 0; s < services->n; s++) {
                effects[s] = (Effect) { .service_id = services->items[s], .impact = IMPACT_OPERATIONAL };
                for (size_t k = 0; k < n; k++)
                        if (names(running[k].services, services->items[s])) {
                                effects[s].under = true;
                                effects[s].impact = MAX(effects[s].impact, running[k].impact);
                        }
        }
        *ret = effects;
        return 0;
}
