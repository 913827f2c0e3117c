#pragma once
/*
 * Where a form was sent from
 */
#include "page/http.h"

/* True when the browser says that it was another page. One that says nothing is believed: what else it must know decides. */
bool request_from_elsewhere(const Request *q);
