#pragma once
/*
 * Secrets: a name becomes a credential
 */
#include "base/base.h"

/* Looked up in $CREDENTIALS_DIRECTORY/NAME, $MAINTD_NAME, then the file NAME in @config_dir (no access for others, not group-writable).
 * At most 64 KiB, one trailing newline dropped, no control characters. -ENOENT, -EACCES, -EINVAL with *reterr, a line without content. */
int secret_read(const char *config_dir, const char *name, char **ret, char **reterr);
void secret_free(char *s);      /* wipes it first; NULL is fine */
static inline void secret_freep(char **s) {
        secret_free(*s);
}
