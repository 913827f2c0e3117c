#pragma once
/*
 * Settings of uptime monitors
 */
#include "page/site.h"

/* One setting. NULL, or what is wrong with it, without its name. */
const char *monitor_rules_take(Site *s, const char *key, const char *text);
