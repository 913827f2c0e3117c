#pragma once
/*
 * Body: the keys that a manifest, its overrides and _defaults.yaml have in common
 *
 * One function reads each key, whoever's key it is; the three tables of keys say who may use it. Private to manifest/.
 */
#include "manifest/reader.h"

/* What read() functions get as their context. Overrides have a body alone, _defaults.yaml has what it may say in @m. */
typedef struct BodyReader {
        Reader *r;
        const Vocabulary *voc;  /* never NULL */
        Body *body;
        Manifest *m;            /* NULL in an override */
        Override *override;     /* NULL elsewhere */
        const Node *recurrence; /* read last, for overrides build on the body */
        const Node *id;
        bool has_timezone, has_targets, has_labels;
} BodyReader;

void read_title(void *context, const Node *v);
void read_description(void *context, const Node *v);
void read_start(void *context, const Node *v);
void read_end(void *context, const Node *v);
void read_duration(void *context, const Node *v);
void read_services(void *context, const Node *v);
void read_impact(void *context, const Node *v);
void read_notify(void *context, const Node *v);
void read_updates(void *context, const Node *v);
void read_state(void *context, const Node *v);
void read_message(void *context, const Node *v);

void read_timezone(void *context, const Node *v);
void read_monitors(void *context, const Node *v);
void read_targets(void *context, const Node *v);
void read_announce(void *context, const Node *v);
void read_labels(void *context, const Node *v);

/* `end` and `duration` exclude each other. */
void body_check(BodyReader *c);

/* recurrence.c: reads into c->m->recurrence; c->body is complete but for it. */
void read_recurrence(BodyReader *c, const Node *v);

Manifest *manifest_new(size_t more); /* an empty one in an arena with room for about @more bytes; NULL: out of memory */
/* manifest_parse() within other limits: canonical text is longer than what it was made from. */
int documents_parse(const char *file, const char *text, size_t n, const YamlLimits *limits, const Vocabulary *voc,
                    const Defaults *defaults, Diagnostics *diags, ParsedFile *ret);
/* What a manifest without any key and without _defaults.yaml would be. */
void manifest_plain(Manifest *m);
/* defaults.c: lays @d (NULL: nothing) under what is read next into c->m, and afterwards copies what is still borrowed from it. */
void defaults_begin(Manifest *m, const Defaults *d);
int defaults_end(const BodyReader *c);
/* content.c: hash of all but id, formerly, origin and marks; and of what _defaults.yaml can say. */
uint64_t manifest_content(const Manifest *m);
uint64_t manifest_shared_content(const Manifest *m);
