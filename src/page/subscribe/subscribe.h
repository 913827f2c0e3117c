#pragma once
/*
 * Subscribing and unsubscribing, for people: the form, the link that confirms, the link that leaves
 */
#include "page/http.h"
#include "page/page.h"

/* Is this path ours? */
bool subscribe_knows(const Page *page, const char *path);
void subscribe_answer(Page *page, Request *q, Response *a);
