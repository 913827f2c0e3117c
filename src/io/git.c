/*
 * Git: the manifests of one commit, read from the object database
 *
 * The repository is opened anew for each listing, so that one which was replaced or repacked is seen as it is now. An object's
 * name is a hash of its content, which makes the perfect stamp. Sizes are asked for before anything is unpacked.
 */
#include "io/git.h"

#include <assert.h>
#include <git2.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/text.h"

typedef struct GitTree {
        Tree tree;
        char *path, *ref, *folder;      /* owned */
        git_repository *repo;           /* of the last listing, as what follows; NULL: none yet */
        git_tree *root;                 /* the folder */
        char commit[GIT_OID_HEXSZ + 1];
} GitTree;

static void git_object_freep(git_object **o) {
        git_object_free(*o);
}

static void git_tree_freep(git_tree **t) {
        git_tree_free(*t);
}

static void git_entry_freep(git_tree_entry **e) {
        git_tree_entry_free(*e);
}

static void git_blob_freep(git_blob **b) {
        git_blob_free(*b);
}

/* --- errors --- */

static const char *git_words(void) {
        const git_error *e = git_error_last();

        return e && e->message ? e->message : "no reason given";
}

/* Takes @line. */
static int fail(int error, char *line, char **reterr) {
        auto_(free) char *raw = line;
        char *shown = raw ? text_printable(raw, 500) : NULL;

        if (!shown)
                return -ENOMEM;
        *reterr = shown;
        return error;
}

/* libgit2 1.5 says "not found" of its own setting where it means "not the owner". */
static bool not_owner(int e) {
        return e == GIT_EOWNER || (e == GIT_ENOTFOUND && strstr(git_words(), "safe.directory"));
}

static int fail_open(const GitTree *t, int e, char **reterr) {
        if (not_owner(e))
                return fail(-EACCES, textf("the repository %s belongs to another user; if that is meant: git config --system --add "
                                           "safe.directory %s", t->path, t->path), reterr);
        if (e == GIT_ENOTFOUND)
                return fail(-ENOENT, textf("there is no Git repository at %s: %s", t->path, git_words()), reterr);
        return fail(-EIO, textf("the repository %s cannot be opened: %s", t->path, git_words()), reterr);
}

static int fail_object(const GitTree *t, int e, char **reterr) {
        return fail(-EIO, textf("the repository %s lacks a part of commit %s, or it is damaged (a partial clone? git -C %s fsck): %s",
                                t->path, t->commit, t->path, git_words()), reterr);
}

/* --- finding the folder --- */

static void forget(GitTree *t) {
        git_tree_free(STEAL(t->root));
        git_repository_free(STEAL(t->repo));
        t->commit[0] = 0;
}

static int find_commit(GitTree *t, git_object **ret, char **reterr) {
        __attribute__((cleanup(git_object_freep))) git_object *found = NULL;
        int e = git_revparse_single(&found, t->repo, t->ref);

        if (e == GIT_ENOTFOUND || e == GIT_EINVALIDSPEC || e == GIT_EUNBORNBRANCH)
                return fail(-ENOENT, textf("%s has no branch, tag or commit '%s'", t->path, t->ref), reterr);
        if (e == GIT_EAMBIGUOUS)
                return fail(-ENOENT, textf("'%s' is ambiguous in %s; write refs/heads/…, refs/tags/… or more of the commit",
                                           t->ref, t->path), reterr);
        if (e >= 0)
                e = git_object_peel(ret, found, GIT_OBJECT_COMMIT);
        return e < 0 ? fail(-EIO, textf("'%s' in %s leads to no commit: %s", t->ref, t->path, git_words()), reterr) : 0;
}

static int find_folder(GitTree *t, const git_object *commit, char **reterr) {
        __attribute__((cleanup(git_tree_freep))) git_tree *all = NULL;
        __attribute__((cleanup(git_entry_freep))) git_tree_entry *entry = NULL;
        int e = git_commit_tree(&all, (const git_commit *) commit);

        if (e < 0)
                return fail_object(t, e, reterr);
        if (!*t->folder) {
                t->root = STEAL(all);
                return 0;
        }
        e = git_tree_entry_bypath(&entry, all, t->folder);
        if (e == GIT_ENOTFOUND)
                return fail(-ENOENT, textf("commit %.12s ('%s' of %s) has no folder '%s'", t->commit, t->ref, t->path, t->folder), reterr);
        if (e >= 0 && git_tree_entry_type(entry) != GIT_OBJECT_TREE)
                return fail(-ENOTDIR, textf("'%s' is no folder in commit %.12s ('%s' of %s)", t->folder, t->commit, t->ref, t->path), reterr);
        if (e >= 0)
                e = git_tree_lookup(&t->root, t->repo, git_tree_entry_id(entry));
        return e < 0 ? fail_object(t, e, reterr) : 0;
}

static bool roots_own(const char *path) {
        struct stat st;

        return path && stat(path, &st) >= 0 && st.st_uid == 0;
}

/*
 * libgit2 wants a repository to be its reader's own, since what runs hooks and filters should. We run neither, are a user of our
 * own, and what root keeps on a machine is as good as its /etc: the ordinary case needs no safe.directory.
 */
static int open_repository(GitTree *t) {
        int e = git_repository_open_ext(&t->repo, t->path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);

        if (e >= 0 || !not_owner(e) || !roots_own(t->path))
                return e;
        (void) git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
        e = git_repository_open_ext(&t->repo, t->path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
        (void) git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 1);
        if (e < 0 || (roots_own(git_repository_path(t->repo)) && roots_own(git_repository_commondir(t->repo))))
                return e;
        git_repository_free(STEAL(t->repo));    /* a root's .git file that leads to somebody else's repository */
        return GIT_EOWNER;
}

static int open_folder(GitTree *t, char **reterr) {
        __attribute__((cleanup(git_object_freep))) git_object *commit = NULL;
        int r, e;

        forget(t);
        e = open_repository(t);
        if (e < 0)
                return fail_open(t, e, reterr);
        r = find_commit(t, &commit, reterr);
        if (r < 0)
                return r;
        (void) git_oid_tostr(t->commit, sizeof(t->commit), git_object_id(commit));
        return find_folder(t, commit, reterr);
}

/* --- listing --- */

typedef struct Listing {
        GitTree *t;
        Arena *arena;
        TreeFile *files;        /* owned */
        size_t n, size;
        int git_error;          /* of what made the walk fail with -EIO */
} Listing;

static int add(Listing *l, const char *folder, const git_tree_entry *e, const char *problem) {
        TreeFile *f;

        if (l->n == TREE_FILES_MAX)
                return -E2BIG;
        if (list_grow(&l->files, l->n, &l->size, sizeof(*f)) < 0)
                return -ENOMEM;
        f = &l->files[l->n++];
        *f = (TreeFile) { .path = arena_printf(l->arena, "%s%s", folder, git_tree_entry_name(e)), .problem = problem };
        _Static_assert(GIT_OID_RAWSZ <= sizeof(f->stamp), "an object's name fits a stamp");
        memcpy(f->stamp, git_tree_entry_id(e)->id, GIT_OID_RAWSZ);
        return f->path ? 0 : -ENOMEM;
}

static bool manifest_name(const char *name) {
        size_t n = strlen(name);

        return (n > 5 && strcmp(name + n - 5, ".yaml") == 0) || (n > 4 && strcmp(name + n - 4, ".yml") == 0);
}

static int walk(Listing *l, const git_tree *tree, const char *folder, unsigned depth);

static int walk_sub(Listing *l, const git_tree_entry *e, const char *folder, unsigned depth) {
        __attribute__((cleanup(git_tree_freep))) git_tree *sub = NULL;
        const char *path = arena_printf(l->arena, "%s%s/", folder, git_tree_entry_name(e));

        if (!path)
                return -ENOMEM;
        if (depth >= TREE_DEPTH_MAX)
                return add(l, folder, e, "nested too deeply: at most 32 folders are read");
        l->git_error = git_tree_lookup(&sub, l->t->repo, git_tree_entry_id(e));
        return l->git_error < 0 ? -EIO : walk(l, sub, path, depth + 1);
}

static int walk_entry(Listing *l, const git_tree_entry *e, const char *folder, unsigned depth) {
        const char *name = git_tree_entry_name(e);
        git_filemode_t mode = git_tree_entry_filemode(e);

        if (name[0] == '.' || (name[0] == '_' && (strcmp(name, "_defaults.yaml") != 0 || mode == GIT_FILEMODE_TREE)))
                return 0;
        if (mode == GIT_FILEMODE_TREE)
                return walk_sub(l, e, folder, depth);
        if (mode == GIT_FILEMODE_COMMIT)
                return add(l, folder, e, "a submodule is not read: move the files here");
        if (!manifest_name(name))
                return 0;
        return add(l, folder, e, mode == GIT_FILEMODE_LINK ? "a symbolic link is not followed in a Git repository: replace it by the file" : NULL);
}

static int walk(Listing *l, const git_tree *tree, const char *folder, unsigned depth) {
        size_t n = git_tree_entrycount(tree);
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i++)
                r = walk_entry(l, git_tree_entry_byindex(tree, i), folder, depth);
        return r;
}

static int path_order(const void *a, const void *b) {
        return strcmp(((const TreeFile *) a)->path, ((const TreeFile *) b)->path);
}

/* Git sorts a folder as if its name ended in a slash, we sort whole paths. */
static int hand_over(const Listing *l, TreeFile **ret, size_t *ret_n) {
        TreeFile *files = arena_array(l->arena, l->n ? l->n : 1, sizeof(*files));

        if (!files)
                return -ENOMEM;
        if (l->n > 0) {
                qsort(l->files, l->n, sizeof(*l->files), path_order);
                memcpy(files, l->files, l->n * sizeof(*files));
        }
        *ret = files;
        *ret_n = l->n;
        return 0;
}

static int list_folder(GitTree *t, Arena *a, TreeFile **ret, size_t *ret_n, char **reterr) {
        Listing l = { .t = t, .arena = a };
        int r = walk(&l, t->root, "", 0);

        if (r >= 0)
                r = hand_over(&l, ret, ret_n);
        free(l.files);
        if (r == -EIO)
                return fail_object(t, l.git_error, reterr);
        if (r == -E2BIG)
                return fail(r, textf("'%s' of %s holds more than %u manifests", t->ref, t->path, TREE_FILES_MAX), reterr);
        return r;
}

static int git_list(Tree *tree, Arena *a, TreeFile **ret, size_t *ret_n, char **reterr) {
        GitTree *t = (GitTree *) tree;
        int r = open_folder(t, reterr);

        if (r >= 0)
                r = list_folder(t, a, ret, ret_n, reterr);
        if (r < 0)
                forget(t);
        return r;
}

/* --- reading --- */

/* The size stands in the object's header: a bomb is not even unpacked. */
static int check_size(GitTree *t, const git_oid *id, size_t max) {
        git_object_t type = GIT_OBJECT_INVALID;
        git_odb *odb = NULL;
        size_t n = 0;
        int e = git_repository_odb(&odb, t->repo);

        if (e >= 0)
                e = git_odb_read_header(&n, &type, odb, id);
        git_odb_free(odb);
        if (e < 0 || type != GIT_OBJECT_BLOB)
                return -EIO;
        return n > max ? -EFBIG : 0;
}

static int read_blob(GitTree *t, const git_oid *id, size_t max, char **ret, size_t *ret_n) {
        __attribute__((cleanup(git_blob_freep))) git_blob *blob = NULL;
        int r = check_size(t, id, max);
        size_t n;
        char *text;

        if (r < 0)
                return r;
        if (git_blob_lookup(&blob, t->repo, id) < 0)
                return -EIO;
        n = (size_t) git_blob_rawsize(blob);
        text = malloc(n + 1);
        if (!text)
                return -ENOMEM;
        if (n > 0)
                memcpy(text, git_blob_rawcontent(blob), n);
        text[n] = 0;
        *ret = text;
        *ret_n = n;
        return 0;
}

static int git_read(Tree *tree, const char *path, size_t max, char **ret, size_t *ret_n) {
        __attribute__((cleanup(git_entry_freep))) git_tree_entry *entry = NULL;
        GitTree *t = (GitTree *) tree;
        int e = t->root ? git_tree_entry_bypath(&entry, t->root, path) : GIT_ENOTFOUND;

        if (e < 0)
                return e == GIT_ENOTFOUND ? -ENOENT : -EIO;
        return read_blob(t, git_tree_entry_id(entry), max, ret, ret_n);
}

static const char *git_commit_of(Tree *tree) {
        return ((GitTree *) tree)->commit;
}

static Tree *git_free(Tree *tree) {
        GitTree *t = (GitTree *) tree;

        if (!t)
                return NULL;
        forget(t);
        free(t->path);
        free(t->ref);
        free(t->folder);
        free(t);
        (void) git_libgit2_shutdown();
        return NULL;
}

/* "", ".", "./a/", "/a" → "", "", "a", "a" */
static char *plain_folder(const char *path) {
        size_t n;

        while (path[0] == '/' || (path[0] == '.' && (path[1] == '/' || path[1] == 0)))
                path++;
        n = strlen(path);
        while (n > 0 && path[n - 1] == '/')
                n--;
        return strndup(path, n);
}

int tree_git(const char *repo, const char *ref, const char *path, Tree **ret) {
        static const TreeOps ops = { git_list, git_read, git_commit_of, git_free };
        GitTree *t = calloc(1, sizeof(*t));

        assert(repo && ret);
        if (!t)
                return -ENOMEM;
        if (git_libgit2_init() < 0) {
                free(t);
                return -ENOMEM;
        }
        t->tree.ops = &ops;
        t->path = strdup(repo);
        t->ref = strdup(text_or(ref, "HEAD"));
        t->folder = plain_folder(path ? path : "");
        if (!t->path || !t->ref || !t->folder) {
                (void) git_free(&t->tree);
                return -ENOMEM;
        }
        *ret = &t->tree;
        return 0;
}
