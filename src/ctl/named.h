#pragma once
/*
 * Named: what an id on the command line means
 *
 * The whole of a name, or the beginning of it that only one has: of a manifest, and behind an "@" of its occurrence.
 */
#include "ctl/ctl.h"

/**
 * named_find() - the one of @known that @id means
 * @known: names of windows, ID or ID@OCCURRENCE, or of manifests; in any order, repeated or not
 * @ret: the name in full; with an occurrence where @id has an "@"
 *
 * Return: 1; 0 none; -ENOTUNIQ several.
 */
int named_find(const char *id, const char *const *known, size_t n, char ret[static KEY_SIZE]);

/* Says on stderr why nothing was found, @found as named_find() has it: what was meant, or what there is to choose from. @what: "there is no manifest". */
void named_say(const char *what, const char *id, const char *const *known, size_t n, int found);

typedef struct NamedKind {
        const char *what;               /* of named_say() */
        const char *list;               /* member of the document; its items have a "window" */
        int (*document)(const Ctl *ctl, const char *id, bool labels, bool quiet, json_t **ret);
} NamedKind;
extern const NamedKind named_status, named_history;

/**
 * named_document() - the document about what @id means
 * @id: NULL: everything
 * @labels: only what the command line's labels select
 * @ret_key: the name in full; "" for NULL; may be NULL
 *
 * Return: 1; 0: nothing is selected, which is no failure and has been said; -ENOENT unknown, or negative: said.
 */
int named_document(const Ctl *ctl, const NamedKind *k, const char *id, bool labels, char ret_key[KEY_SIZE], json_t **ret);
