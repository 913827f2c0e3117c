#pragma once
/*
 * Node: from bytes to a small tree in which every node knows its line
 *
 * The subset of YAML that manifests and config are written in: maps, lists and text. Nothing is retyped: `no`, `1.10` and `12:30`
 * are text, and it is the reader of a field who decides what the text means. Anchors, aliases, tags, duplicate keys and deep
 * nesting are refused as their event comes, so that a hostile file costs no more than its size. Private to manifest/.
 */
#include "manifest/manifest.h"

typedef enum NodeKind { NODE_TEXT, NODE_LIST, NODE_MAP } NodeKind;

typedef struct Node Node;
struct Node {
        NodeKind kind;
        bool plain;             /* NODE_TEXT: without quotes, and no block */
        bool again;             /* its key stands in this map before: refused, and not to be read */
        bool broken;            /* a root: something in this document was refused already */
        bool flow;              /* NODE_LIST, NODE_MAP: in brackets */
        Mark mark;
        unsigned begin, end;    /* characters from the start of the text, a byte order mark not counted; end: not of a block list or map */
        const char *text;       /* NODE_TEXT: no NUL inside; else NULL */
        const Node *key;        /* of a map's value: its key; of a list's item: the list's key; NULL at the root */
        Node *first, *last;     /* values of a map, items of a list */
        Node *next;             /* sibling; of a root: the next document */
        unsigned n;             /* children */
};

typedef struct YamlLimits { size_t bytes; unsigned documents; } YamlLimits;

typedef struct Yaml {
        Node *documents;        /* chained by next; roots of any kind */
        unsigned n_documents;
        Node *partial;          /* what was read of the document in which reading stopped, NULL: nothing */
        bool complete;          /* false: reading stopped at an error; what follows is unknown */
        unsigned n_errors;
} Yaml;

#define NODE_FOREACH(child, node) for (const Node *child = (node)->first; child; child = child->next)

/* The tree lives in @a. Errors go to @diags. Return: 0, also for a file that is refused; -ENOMEM. */
int yaml_parse(Arena *a, const char *file, const char *text, size_t n, const YamlLimits *limits, Diagnostics *diags, Yaml *ret);

/* @v becomes the last child of @parent, and is returned. */
Node *node_append(Node *parent, Node *v);
/* The value of @key in a map; NULL: absent, or @map is no map. */
const Node *node_get(const Node *map, const char *key);
/* The key this value stands under, for messages; "document" at the root. */
const char *node_name(const Node *v);
/* Nothing after the colon, or a plain ~ or null. */
bool node_empty(const Node *v);
