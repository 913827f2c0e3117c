#pragma once
/*
 * Cache: public answers, kept until something changes
 *
 * An incident brings everybody at once, and they all ask for the same few pages. An answer is made once for a generation of the
 * database, and then handed out; whoever names it by its tag gets 304 without a query or a copy. What shows the passing of time (today's
 * bar) may be a minute old.
 */
#include "base/instant.h"

#define CACHE_ENTRIES 64u
#define CACHE_BYTES (4u * 1024 * 1024)  /* of all bodies; the last one made is kept whatever its size */
#define CACHE_FRESH USEC_PER_MINUTE

typedef struct Kept {
        char *body;                     /* owned by the cache, until the next call of it */
        size_t size;
        const char *type;               /* static */
        char tag[24];                   /* "\"0123456789abcdef\"" */
        usec_t modified;                /* CLOCK_REALTIME: when this body was first made */
} Kept;

typedef struct Cache Cache;
Cache *cache_new(void);
Cache *cache_free(Cache *c);
DEFINE_AUTO(Cache *, cache_free)

/* What was kept under @key for this generation, at most a minute ago, or NULL. */
const Kept *cache_find(Cache *c, const char *key, uint64_t generation, Now now);
/**
 * cache_put() - keep an answer, in place of what was there or of the one that has not been asked for longest
 * @body: taken, also on failure; one that equals what was there before keeps its time
 *
 * Return: the entry, NULL when memory is out.
 */
const Kept *cache_put(Cache *c, const char *key, uint64_t generation, const char *type, char *body, size_t size, Now now);

/* What a request says of what it has: true when that is what would be sent. Either may be NULL; a tag outweighs a date. */
bool kept_is_known(const Kept *k, const char *if_none_match, const char *if_modified_since);

#define HTTP_DATE_SIZE 32u
/* "Mon, 01 Feb 2027 02:00:00 GMT", RFC 9110 §5.6.7. Returns @buf. */
const char *http_date_format(usec_t t, char buf[static HTTP_DATE_SIZE]);
/* That form alone, which is what we send; -EINVAL otherwise. */
int http_date_parse(const char *text, usec_t *ret);
