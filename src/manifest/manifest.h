#pragma once
/*
 * Manifest: one YAML document, typed
 *
 * What a person wrote, checked for everything that can be known without a clock, a time zone database or a rule engine:
 * those are schedule/'s. All strings are valid UTF-8 without NUL and live in the manifest's arena.
 */
#include "base/arena.h"
#include "manifest/waiver.h"
#include "model/model.h"

typedef struct Mark { unsigned line, column; } Mark; /* 1-based; 0: not in the file (a default) */

/* `start: 2027-02-01T02:00` is local; with an offset or Z it is an instant. */
typedef struct When {
        enum { WHEN_NONE, WHEN_LOCAL, WHEN_INSTANT } kind;
        Local local;            /* WHEN_INSTANT: the wall clock as written */
        usec_t instant;         /* WHEN_INSTANT alone */
        Mark mark;
} When;

/* An entry of `except`: a whole local date, or one time. */
typedef struct Except { bool whole_day; When when; } Except;

typedef struct UpdateSpec {
        bool from_start;
        Span offset;            /* from_start */
        When when;              /* else */
        const char *message;
        Mark mark;
} UpdateSpec;

/* What may be said of a whole manifest and of one occurrence alike; `has` tells which keys are there. */
enum {
        HAS_START = 1 << 0, HAS_END = 1 << 1, HAS_DURATION = 1 << 2, HAS_TITLE = 1 << 3, HAS_DESCRIPTION = 1 << 4,
        HAS_SERVICES = 1 << 5, HAS_IMPACT = 1 << 6, HAS_NOTIFY = 1 << 7, HAS_UPDATES = 1 << 8, HAS_STATE = 1 << 9,
        HAS_MESSAGE = 1 << 10,
};
typedef struct Body {
        unsigned has;
        When start, end;
        Span duration;
        Mark title_mark, description_mark, duration_mark, state_mark;
        const char *title, *description, *message;
        Strv services;          /* sorted, unique */
        Impact impact;
        Notify notify;          /* an override's map is merged over the manifest's key by key; windows borrow it */
        UpdateSpec *updates;
        size_t n_updates;
        State state;
        bool no_reminders, no_updates; /* an empty list says so; for advice alone, and no content. An override begins with the manifest's */
} Body;

typedef struct Override {
        When occurrence;        /* local: the original start */
        Body body;
        Mark mark;
} Override;

typedef struct Recurrence {
        const char *rule;       /* RRULE text as written, without "RRULE:"; syntax is checked by schedule/ */
        Mark rule_mark;
        Except *except;
        size_t n_except;
        When *extra;
        size_t n_extra;
        Override *overrides;
        size_t n_overrides;
        Mark mark;
} Recurrence;

typedef struct Manifest {
        Arena *arena;           /* owned; holds the manifest itself */
        unsigned refs;          /* owners beyond the first: windows borrow its strings and may outlive the file */
        const char *id, *formerly; /* formerly: NULL when absent */
        Body body;              /* title, start and one of end, duration are there; defaults filled in */
        const char *timezone;   /* never NULL: own, the directory's, the config's, "UTC" */
        Mark timezone_mark;
        bool mute;              /* monitors: pause */
        bool auto_start, auto_complete, suspend;
        bool has_announce;
        Span announce;
        Strv targets;           /* empty: all */
        const char *const *labels; /* key, value, …, NULL; sorted by key */
        Recurrence *recurrence; /* NULL: a one-off */
        uint64_t content;       /* hash of everything above but id and formerly, marks excluded */
        Origin origin;          /* file relative to the manifest directory; line of the document's first key */
} Manifest;

static inline Manifest *manifest_ref(Manifest *m) { m->refs++; return m; }
Manifest *manifest_free(Manifest *m); /* drops one owner, frees with the last; NULL is fine */
DEFINE_AUTO(Manifest *, manifest_free)
/* Of a series' occurrence, named by its original start as in a WindowKey; NULL: none. */
const Override *manifest_override(const Manifest *m, const char *occurrence);

/* Names a manifest may use; NULL fields: not checked. */
typedef struct Vocabulary {
        const Strv *services;   /* the config's catalogue */
        const Strv *targets;
        const char *timezone;   /* the config's default, NULL: "UTC" */
        /* Reports an unknown zone of a document that is refused for something else, so that all its errors come in one go. A
         * document that is otherwise good is checked by schedule_check(), again at each load. */
        void (*check_zone)(void *userdata, const Manifest *m, Diagnostics *diags);
        void *userdata;
} Vocabulary;

/* What _defaults.yaml files above a manifest supply, merged, nearest wins. Opaque; NULL: none. */
typedef struct Defaults Defaults;
Defaults *defaults_ref(Defaults *d);
Defaults *defaults_unref(Defaults *d);
uint64_t defaults_hash(const Defaults *d); /* of what it supplies: 0 for NULL */
/* Does a comment of its own switch the warning off for all below it? @d may be NULL. */
bool defaults_waives(const Defaults *d, const char *code);
/* Reads one _defaults.yaml over @parent (borrowed; may be NULL). Errors as manifest_parse(). */
int defaults_parse(const char *file, const char *text, size_t n, const Vocabulary *voc, const Defaults *parent, Diagnostics *diags,
                   Defaults **ret);

typedef struct ParsedFile {
        Manifest **manifests;   /* those that are good; owned */
        size_t n;
        char **broken;          /* ids of documents that have errors but whose id is known; owned */
        size_t n_broken;
        bool unattributable;    /* some document's id could not be known: withdraw nothing */
        Waivers waivers;        /* owned */
} ParsedFile;
void parsed_file_done(ParsedFile *f);

/**
 * manifest_parse() - read one file of manifests
 * @file: its path below the manifest directory: for messages, and for the default id
 *
 * Reports everything that is wrong, not only the first: each with line, column and what to do.
 * Return: 0 also when documents were refused (see *ret and @diags); -ENOMEM.
 */
int manifest_parse(const char *file, const char *text, size_t n, const Vocabulary *voc, const Defaults *defaults,
                   Diagnostics *diags, ParsedFile *ret);

/**
 * manifest_to_doc() - canonical text of a manifest with all defaults resolved
 *
 * YAML that manifest_from_doc() reads back into an equal manifest, also after defaults, catalogue or config have changed:
 * what the ledger keeps as last good version. A new string owned by the caller.
 */
int manifest_to_doc(const Manifest *m, char **ret);
int manifest_from_doc(const char *doc, Manifest **ret);
