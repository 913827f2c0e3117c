/*
 * Secrets: a name becomes a credential
 *
 * Looked up in the order an operator would expect: what systemd handed to this service, then the environment, then a file
 * beside the config. A name is no path, a file that others can read is no secret, and a text that could not stand in one
 * header line is refused here, where the operator can still be told which file to mend. Errors never hold a byte of the
 * content.
 */
#include "base/secret.h"

#include <assert.h>
#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/readfd.h"
#include "base/text.h"

void secret_free(char *s) {
        if (!s)
                return;
        explicit_bzero(s, strlen(s));
        free(s);
}

/* Letters, digits, "-", "_" and ".", not at the front: safe in a path, and an environment variable can be made of it. */
static bool name_fit(const char *name) {
        size_t n = strlen(name);

        for (size_t i = 0; i < n; i++)
                if (!isalnum((unsigned char) name[i]) && !(i > 0 && strchr("-_.", name[i])))
                        return false;
        return n > 0 && n <= SECRET_NAME_MAX;
}

static int refuse(char **reterr, int error, char *line) {
        if (!line)
                return -ENOMEM;
        *reterr = line;
        return error;
}

/* Judges @text (n bytes, maybe with NULs inside) and copies it without its last newline. */
static int accept_text(const char *origin, const char *text, size_t n, char **ret, char **reterr) {
        char *s;

        if (n > 0 && text[n - 1] == '\n')
                n--;
        if (n == 0)
                return refuse(reterr, -EINVAL, textf("%s: the credential is empty", origin));
        for (size_t i = 0; i < n; i++)
                if ((unsigned char) text[i] < 0x20 || text[i] == 0x7f)
                        return refuse(reterr, -EINVAL, textf("%s: the credential holds a control character or a second line; "
                                                             "it must be one line of text", origin));
        s = strndup(text, n);
        if (!s)
                return -ENOMEM;
        *ret = s;
        return 0;
}

static int read_text(int fd, const char *origin, char **ret, char **reterr) {
        size_t size = SECRET_BYTES_MAX + 1, n = 0;
        auto_(free) char *buf = malloc(size);
        int r;

        if (!buf)
                return -ENOMEM;
        r = read_up_to(fd, buf, size, &n);
        if (r < 0)
                r = refuse(reterr, r, textf("%s: cannot be read: %s", origin, strerror(-r)));
        else if (n > SECRET_BYTES_MAX)
                r = refuse(reterr, -EINVAL, textf("%s: larger than %u KiB, that is no credential", origin, SECRET_BYTES_MAX / 1024));
        else
                r = accept_text(origin, buf, n, ret, reterr);
        explicit_bzero(buf, n);
        return r;
}

static int judge_file(const struct stat *st, const char *origin, bool strict, char **reterr) {
        if (!S_ISREG(st->st_mode))
                return refuse(reterr, -EINVAL, textf("%s: not a regular file", origin));
        if (strict && (st->st_mode & (S_IRWXO | S_IWGRP)))
                return refuse(reterr, -EACCES, textf("%s: its mode is %04o, but others must have no access and the group must not write; "
                                                     "chmod 0640 it (or 0600)", origin, (unsigned) (st->st_mode & 07777)));
        return 0;
}

/* @strict: judge the permissions, which systemd has done for its own credentials. Return: -ENOENT without *reterr: not there. */
static int read_file(const char *dir, const char *name, bool strict, char **ret, char **reterr) {
        auto_(free) char *path = textf("%s/%s", dir, name);
        auto_(free) char *origin = path ? text_printable(path, 0) : NULL;
        auto_(close) int fd = -1;
        struct stat st;
        int r;

        if (!origin)
                return -ENOMEM;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a FIFO must not make us wait */
        if (fd < 0 && errno == ENOENT)
                return -ENOENT;
        if (fd < 0 || fstat(fd, &st) < 0) {
                r = -errno;
                return refuse(reterr, r, textf("%s: cannot be opened: %s", origin, strerror(-r)));
        }
        r = judge_file(&st, origin, strict, reterr);
        return r < 0 ? r : read_text(fd, origin, ret, reterr);
}

/* "kodo-token" → "MAINTD_KODO_TOKEN". NULL: out of memory. */
static char *variable_of(const char *name) {
        char *variable = textf("MAINTD_%s", name);

        for (char *s = variable; s && *s; s++)
                *s = isalnum((unsigned char) *s) ? (char) toupper((unsigned char) *s) : '_';
        return variable;
}

static int read_environment(const char *name, char **ret, char **reterr) {
        auto_(free) char *variable = variable_of(name), *origin = NULL;
        const char *text;

        if (!variable)
                return -ENOMEM;
        text = getenv(variable);
        if (!text)
                return -ENOENT;
        origin = textf("$%s", variable);
        if (!origin)
                return -ENOMEM;
        if (strlen(text) > SECRET_BYTES_MAX)
                return refuse(reterr, -EINVAL, textf("%s: larger than %u KiB, that is no credential", origin, SECRET_BYTES_MAX / 1024));
        return accept_text(origin, text, strlen(text), ret, reterr);
}

int secret_read(const char *config_dir, const char *name, char **ret, char **reterr) {
        const char *credentials = getenv("CREDENTIALS_DIRECTORY");
        auto_(free) char *shown = text_printable(name, 80), *variable = variable_of(name);
        int r = -ENOENT;

        assert(config_dir && ret && reterr);
        if (!shown || !variable)
                return -ENOMEM;
        if (!name_fit(name))
                return refuse(reterr, -EINVAL, textf("credential '%s': a name has 1 to %u letters, digits, '-', '_', '.', "
                                                     "a letter or digit first", shown, SECRET_NAME_MAX));
        if (credentials && *credentials)
                r = read_file(credentials, name, false, ret, reterr);
        if (r == -ENOENT)
                r = read_environment(name, ret, reterr);
        if (r == -ENOENT)
                r = read_file(config_dir, name, true, ret, reterr);
        if (r == -ENOENT)
                return refuse(reterr, r, textf("credential '%s' not found: no systemd credential (LoadCredential=%s:…), "
                                               "no environment variable %s, no file %s/%s", shown, shown, variable, config_dir, shown));
        return r;
}
