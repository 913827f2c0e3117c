#pragma once
/*
 * Edit: changes to a file of manifests that leave every other byte alone
 *
 * A change is made as a reviewer would make it by hand: the value is replaced where it stands, a new key gets a line of its own in
 * the map's indentation, a new item the form of the items before it. Comments, quoting, line ends and layout stay. Whatever comes
 * out is read again and compared with what was asked for before anybody gets it: a layout in which that fails is refused.
 */
#include "manifest/manifest.h"

#define EDIT_PATH_MAX 4u

/* The way to a map or a list: by key, or with a NULL key by position in a list, from 0. */
typedef struct EditStep { const char *key; unsigned item; } EditStep;

typedef struct EditPair {
        const char *key, *value; /* value: as it is to be read; "" is no value */
        bool text;              /* a person's words: quoted where another YAML reader could take them for something else */
        const char *after;      /* a new key stands behind this one, NULL or absent: behind the last */
} EditPair;

typedef struct Edit {
        EditStep path[EDIT_PATH_MAX]; /* from the document's root */
        unsigned n_path;
        bool append;            /* false: @pairs are set in the map at @path. true: they become one new item of the list there, which is
                                 * made when its map lacks it */
        const EditPair *pairs;
        size_t n_pairs;
} Edit;

/**
 * edit_apply() - change one document of a file
 * @text: UTF-8 that manifest_parse() takes without a syntax error
 * @line: of the document's first key (Origin.line)
 * @ret, @ret_n: the new text, in @a
 * @ret_why: on -ENOTSUP what stands in the way, one line, in @a
 *
 * Return: 0; -ENOTSUP this layout cannot be changed so, or the file has syntax errors; -ENOMEM.
 */
int edit_apply(Arena *a, const char *text, size_t n, unsigned line, const Edit *edits, size_t n_edits, const char **ret, size_t *ret_n,
               const char **ret_why);

/* As it stands after "key: ". @like: the first character of the value it replaces, which says how that was quoted; 0: none. @flow: in
 * brackets. Never more than one line. NULL: no memory. */
const char *edit_scalar(Arena *a, const char *value, bool text, char like, bool flow);
