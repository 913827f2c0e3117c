#pragma once
/*
 * What people see: /, /maintenance/{id} and the style sheet
 */
#include "page/page-http.h"
#include "page/page.h"

void web_answer(Page *page, Request *q, Response *a);

extern const char web_style[];
