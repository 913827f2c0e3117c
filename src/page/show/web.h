#pragma once
/*
 * What everybody may read: pages, feeds, the calendar, /api/v2, and what pages load
 */
#include "page/http.h"
#include "page/page.h"

/* A text that changes with what pages load beside their HTML. Returns @buf. */
const char *web_version(const Site *site, char buf[static WEB_VERSION_SIZE]);
void web_answer(Page *page, Request *q, Response *a);
