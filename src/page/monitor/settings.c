/*
 * Settings of uptime monitors
 */
#include "page/monitor/settings.h"

#include <string.h>

#include "page/subscribe/notices.h"

static const char *take_networks(Site *s, const char *text) {
        return setting_networks(text, &s->monitors.networks);
}

static const char *take_ca(Site *s, const char *text) {
        return setting_path(s, text, &s->monitors.ca);
}

static const char *take_interval(Site *s, const char *text) {
        Span span;

        if (span_parse(text, &span) < 0 || span_usec(span) < USEC_PER_SEC || span_usec(span) > PAGE_MONITOR_INTERVAL_MAX || span_usec(span) % USEC_PER_SEC != 0)
                return "this is a time span of whole seconds such as 30s or 1min, from 1s to 1d";
        s->monitors.interval_min = span_usec(span);
        return NULL;
}

static const struct {
        const char *name;
        const char *(*take)(Site *s, const char *text);
} keys[] = { { "monitor_networks", take_networks }, { "monitor_ca", take_ca }, { "monitor_interval_min", take_interval } };

const char *monitor_rules_take(Site *s, const char *key, const char *text) {
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
                if (strcmp(keys[i].name, key) == 0)
                        return keys[i].take(s, text);
        return "this is no setting of monitors";
}
