/*
 * Edit: what is to be read when an edit is done
 */
#include "manifest/edit-expect.h"

#include <string.h>

const Node *edit_place(const Node *doc, const Edit *e, const Node **ret_map) {
        const Node *at = doc;

        *ret_map = NULL;
        for (unsigned i = 0; at && i < e->n_path; i++) {
                const EditStep *step = &e->path[i];

                if (step->key) {
                        *ret_map = at;
                        at = node_get(at, step->key);
                } else {
                        unsigned left = step->item;

                        *ret_map = NULL;
                        at = at->kind == NODE_LIST ? at->first : NULL;
                        while (at && left-- > 0)
                                at = at->next;
                }
                if (!at && i + 1 < e->n_path)
                        *ret_map = NULL;
        }
        return at;
}

static Node *text_node(Arena *a, const char *text) {
        Node *v = arena_new0(a, Node);

        if (v)
                *v = (Node) { .kind = NODE_TEXT, .text = text, .plain = *text == '\0' };
        return v;
}

static int set(Arena *a, Node *map, const EditPair *pair) {
        Node *v = (Node *) node_get(map, pair->key), *key;

        if (!v) {
                key = text_node(a, pair->key);
                v = arena_new0(a, Node);
                if (!v || !key)
                        return -ENOMEM;
                v->key = key;
                (void) node_append(map, v);
        }
        *v = (Node) { .kind = NODE_TEXT, .text = pair->value, .plain = *pair->value == '\0', .key = v->key, .next = v->next };
        return 0;
}

int expect_edit(Arena *a, Node *doc, const Edit *e, const EditPair *pair) {
        const Node *map;
        Node *at = (Node *) edit_place(doc, e, &map), *item;

        if (!e->append)
                return at ? set(a, at, pair) : 0;
        if (!at || node_empty(at)) {
                EditPair list = { .key = e->path[e->n_path - 1].key, .value = "" };
                int r = map ? set(a, (Node *) map, &list) : 0;

                if (r < 0 || !map)
                        return r;
                at = (Node *) node_get(map, list.key);
                at->kind = NODE_LIST;
                at->text = NULL;
        }
        item = arena_new0(a, Node);
        if (!item)
                return -ENOMEM;
        item->kind = NODE_MAP;
        (void) node_append(at, item);
        for (size_t i = 0; i < e->n_pairs; i++)
                if (set(a, item, &e->pairs[i]) < 0)
                        return -ENOMEM;
        return 0;
}

static bool same(const Node *x, const Node *y) {
        const Node *w;

        if (x->kind != y->kind || x->n != y->n)
                return false;
        if (x->kind == NODE_TEXT)
                return strcmp(x->text, y->text) == 0 && node_empty(x) == node_empty(y);
        w = y->first;
        NODE_FOREACH(v, x) {
                if (x->kind == NODE_MAP)
                        w = node_get(y, v->key->text);
                if (!w || !same(v, w))
                        return false;
                w = w->next;
        }
        return true;
}

bool expect_same(const Node *documents, const Node *others) {
        const Node *x = documents, *y = others;

        for (; x && y; x = x->next, y = y->next)
                if (!same(x, y))
                        return false;
        return !x && !y;
}
