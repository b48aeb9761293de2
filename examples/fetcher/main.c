/* Fetcher: a message is a URL, or a method, a space and a URL. The answer is one JSON object:
 *
 *   {"url":…, "status":200, "content_type":"text/html", "location":…, "length":1256, "milliseconds":42, "text":"<!doctype…"}
 *   {"url":…, "error":-32001, "message":"…"}
 *
 * "text" is the beginning of the body, as text. */
#define WEFT_LINE_MAX (24u * 1024 * 1024)    /* 16 MiB of body as base64, and the headers */
#define WEFT_IMPLEMENTATION
#include "../weft.h"

#include <time.h>

#define SHOWN_MAX 2000

static char reply[64 * 1024];

/* Appends "name":"text" after a comma; what does not fit is left out, for the reply is one message. */
static size_t put(size_t used, const char *name, const char *text, size_t length) {
    if (length * 6 + strlen(name) + 8 > sizeof reply - used) return used;
    used += (size_t)snprintf(reply + used, sizeof reply - used, "%s\"%s\":", used == 1 ? "" : ",", name);
    return used + weft_json_quote(text, length, reply + used, sizeof reply - used);
}

static void fetch(const char *message) {
    char method[16] = "GET";
    const char *space = strchr(message, ' '), *url = message;
    if (space != NULL && (size_t)(space - message) < sizeof method) {
        memcpy(method, message, (size_t)(space - message));
        method[space - message] = '\0';
        url = space + 1;
    }

    struct timespec began, ended;
    weft_response response;
    clock_gettime(CLOCK_MONOTONIC, &began);
    int code = weft_fetch(url, method, NULL, NULL, 0, &response);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    long milliseconds = (long)((ended.tv_sec - began.tv_sec) * 1000 + (ended.tv_nsec - began.tv_nsec) / 1000000);

    size_t used = 1;
    reply[0] = '{';
    size_t url_length = strlen(url);
    used = put(used, "url", url, url_length > SHOWN_MAX ? SHOWN_MAX : url_length);
    if (code != WEFT_OK) {
        used += (size_t)snprintf(reply + used, sizeof reply - used, ",\"error\":%d", code);
        used = put(used, "message", weft_error(), strlen(weft_error()));
    } else {
        const char *type = weft_header(&response, "content-type"), *location = weft_header(&response, "location");
        used += (size_t)snprintf(reply + used, sizeof reply - used, ",\"status\":%d,\"length\":%lu,\"milliseconds\":%ld",
                                 response.status, (unsigned long)response.body_length, milliseconds);
        if (type != NULL) used = put(used, "content_type", type, strlen(type));
        if (location != NULL) used = put(used, "location", location, strlen(location));
        size_t shown = response.body_length > SHOWN_MAX ? SHOWN_MAX : response.body_length;
        /* Not in the middle of a character. */
        while (shown < response.body_length && shown > 0 && (response.body[shown] & 0xC0) == 0x80) shown--;
        used = put(used, "text", (const char *)response.body, shown);
    }
    reply[used++] = '}';
    weft_send_bytes(reply, used);
}

int main(void) {
    weft_event event;
    weft_ready();
    while (weft_next_event(&event, -1) == WEFT_OK && event.kind != WEFT_CLOSING)
        if (event.kind == WEFT_MESSAGE) fetch(event.text);
    return 0;
}
