#pragma once
/*
 * Edit: what is to be read when an edit is done
 *
 * The change once more, made to the tree instead of the text; and whether two files say the same. Private to edit.c.
 */
#include "manifest/edit.h"
#include "manifest/node.h"

/* Makes one pair of @e (of an append: all) in @doc, whose nodes it changes. 0 or -ENOMEM. */
int expect_edit(Arena *a, Node *doc, const Edit *e, const EditPair *pair);
/* The same documents; the order of keys in a map is no difference. */
bool expect_same(const Node *documents, const Node *others);
/* The map or list at the end of @e's path, NULL: there is none. Of a missing list to append to: its map comes in *ret_map. */
const Node *edit_place(const Node *doc, const Edit *e, const Node **ret_map);
