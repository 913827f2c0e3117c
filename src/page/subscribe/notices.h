#pragma once
/*
 * Settings of how subscribers are told
 */
#include "page/site.h"

#define NOTICES_RETRY USEC_PER_MINUTE
#define NOTICES_GIVE_UP USEC_PER_DAY

/* One setting. NULL, or what is wrong with it, without its name, in the site's arena. */
const char *notices_take(Site *s, const char *key, const char *text);
/* A path and a list of networks, for whichever setting takes one. They return what notices_take() does. */
const char *setting_path(Site *s, const char *text, const char **ret);
const char *setting_networks(const char *text, Networks *ret);
/* What is wrong with all of them together, or NULL; fills in what was not said. */
const char *notices_complete(Site *s);
