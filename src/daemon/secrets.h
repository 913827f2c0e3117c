#pragma once
/*
 * Secrets: the credentials of this process, read when first needed
 *
 * A token is read once and kept until a reload, or until a target has refused it: rotating a file secret needs a reload at
 * most, and often not even that. Contents never leave this file but to io/, and are wiped when dropped.
 */
#include "base/base.h"

typedef struct Secrets Secrets;

/* @config_dir: where a file NAME may lie beside the config; copied. From here on this process can be neither dumped nor traced
 * by its own user, and its /proc/PID/environ belongs to root. -ENOMEM. */
int secrets_new(const char *config_dir, Secrets **ret);
Secrets *secrets_free(Secrets *s);
DEFINE_AUTO(Secrets *, secrets_free)

/* A secret_fn (io/http.h): @userdata is the Secrets. */
int secrets_get(void *userdata, const char *token, char **ret, char **reterr);

/**
 * secrets_refresh() - read one token again
 *
 * Return: 1 its content (or whether it can be read at all) has changed since it was last handed out; 0 it has not, or nobody
 * has asked for it yet; -ENOMEM.
 */
int secrets_refresh(Secrets *s, const char *token);
void secrets_forget(Secrets *s); /* all: the next use of each reads it again */
