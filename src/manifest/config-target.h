#pragma once
/*
 * Targets of the config. Private to manifest/.
 */
#include "manifest/config.h"
#include "manifest/reader.h"

#define OPTIONS_MAX 16u         /* a driver's own keys */
#define TARGET_TIMEOUT_DEFAULT (30 * USEC_PER_SEC)

typedef struct ConfigReader {
        Reader r;
        Config *config;
        const ConfigDriver *drivers;
        const Node *targets;
} ConfigReader;

/* Into config->targets; the catalogue has been read. */
void config_read_targets(ConfigReader *c, const Node *v);

/* A map whose keys are names; @example for the message. */
bool config_entries(Reader *r, const Node *v, size_t max, const char *example);
/* [A-Za-z0-9][A-Za-z0-9._-]*, at most @max bytes; NULL: refused. */
const char *config_name(Reader *r, const Node *v, size_t max);

/* url.c: @v's text without a trailing slash; NULL: refused. */
const char *config_url(Reader *r, const Node *v, bool insecure);
/* matchers.c: name, op, value, …, NULL; NULL: refused. */
const char *const *config_matchers(Reader *r, const Node *v);
