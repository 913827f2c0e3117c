/*
 * Settings of uptime monitors
 */
#include "page/monitor/settings.h"

#include <string.h>

static const char *take_networks(Site *s, const char *text) {
        int r = networks_parse(text, &s->monitors.networks);

        if (r == -E2BIG)
                return "there are too many networks";
        return r < 0 ? "monitor_networks are such as 10.0.0.0/8, fd00::/8 or one address, separated by blanks, without bits behind the prefix" : NULL;
}

/* A path given relative to the settings would be relative to nothing that the operator sees. */
static const char *take_ca(Site *s, const char *text) {
        if (*text != '/' || strlen(text) > PATH_BYTES_MAX)
                return "monitor_ca is the absolute path of a file with certificates";
        s->monitors.ca = arena_strdup(s->arena, text);
        return s->monitors.ca ? NULL : "memory is out";
}

static const char *take_interval(Site *s, const char *text) {
        Span span;

        if (span_parse(text, &span) < 0 || span_usec(span) < USEC_PER_SEC || span_usec(span) > PAGE_MONITOR_INTERVAL_MAX || span_usec(span) % USEC_PER_SEC != 0)
                return "monitor_interval_min is a time span of whole seconds such as 30s or 1min, from 1s to 1d";
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
