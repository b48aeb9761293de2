/* A small component that makes the call a message names, of every import but files. Built twice: against weft:app@0.1.0
 * as existing apps import it (-DWEFT_APP=1), and against 0.2.0 (-DWEFT_APP=2). The declarations are the canonical ABI
 * of examples/wit, by hand: more than one flat result goes to an area whose address is the last argument.
 *
 *   ping                    "pong"
 *   notify                  notifications.notify("Title", "Body", none)
 *   notify.icon ICON        … with some(ICON)
 *   clipboard.read · clipboard.write TEXT
 *   fetch URL · post URL    with the header x-weft: test, and a body of five bytes
 *   quit · fail · trap      ends with 0, with 1, with a trap
 *
 * Anything else comes back as it is. Answers: "<call> ok …" or "<call> error <text>". */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if WEFT_APP == 1
#define INTERFACE(name) "weft:app/" name "@0.1.0"
#else
#define INTERFACE(name) "weft:app/" name "@0.2.0"
#endif
#define IMPORT(interface, function) __attribute__((import_module(INTERFACE(interface)), import_name(function)))

typedef struct { char *at; size_t length; } text;
typedef struct { text name, value; } header;
typedef struct { uint8_t error; text value; } result;       /* result<string, string>; result<_, string> uses value on error only */

IMPORT("notify", "ready") void ready(void);
IMPORT("ipc", "send") void ipc_send(const char *at, size_t length, result *area);
IMPORT("notifications", "notify") void notify(const char *title, size_t title_length, const char *body, size_t body_length,
                                              int32_t has_icon, const char *icon, size_t icon_length, result *area);
IMPORT("clipboard", "read") void clipboard_read(result *area);
IMPORT("clipboard", "write") void clipboard_write(const char *at, size_t length, result *area);

typedef struct {
    uint8_t error;
    union {
        struct {
            uint16_t status;
#if WEFT_APP == 1
            text content_type;
#else
            struct { header *at; size_t length; } headers;
#endif
            text body;
        } ok;
        text why;
    };
} fetched;

IMPORT("fetch", "fetch") void fetch(const char *url, size_t url_length, const char *method, size_t method_length,
                                    const header *headers, size_t header_count, int32_t has_body, const char *body, size_t body_length,
                                    fetched *area);

#if WEFT_APP == 1
typedef struct { uint8_t some; text value; } option;
IMPORT("ipc", "recv") void ipc_recv(option *area);
#else
typedef struct { uint8_t some; struct { uint8_t kind; union { text value; uint32_t grace_ms; uint8_t pressure; }; } event; } option;
IMPORT("ipc", "wait") void ipc_wait(uint32_t timeout_ms, option *area);
#endif

/* Where the host puts what it returns. */
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
    (void)old_size;
    void *made = size == 0 ? (void *)align : realloc(old, size);
    if (made == NULL) __builtin_trap();
    return made;
}

static void send(const char *at, size_t length) {
    result area = {0};
    ipc_send(at, length, &area);
    if (area.error) fprintf(stderr, "send: %.*s\n", (int)area.value.length, area.value.at);
}

static void say(const char *call, int error, const char *at, size_t length) {
    static char reply[70000];
    int n = snprintf(reply, sizeof reply, "%s %s%s", call, error ? "error" : "ok", length > 0 ? " " : "");
    if (length > sizeof reply - (size_t)n) length = sizeof reply - (size_t)n;
    memcpy(reply + n, at, length);
    send(reply, (size_t)n + length);
}

static void ask(const char *method, const char *url, size_t url_length, int has_body) {
    static const header headers[] = {{{"x-weft", 6}, {"test", 4}}};
    char facts[512];
    fetched area = {0};
    fetch(url, url_length, method, strlen(method), headers, 1, has_body, "hello", has_body ? 5 : 0, &area);
    if (area.error) {
        say("fetch", 1, area.why.at, area.why.length);
        return;
    }
#if WEFT_APP == 1
    text type = area.ok.content_type;
#else
    text type = {"", 0};
    for (size_t i = 0; i < area.ok.headers.length; i++) {
        header h = area.ok.headers.at[i];
        if (h.name.length == 12 && strncasecmp(h.name.at, "content-type", 12) == 0) type = h.value;
    }
#endif
    int shown = area.ok.body.length > 100 ? 100 : (int)area.ok.body.length;
    int n = snprintf(facts, sizeof facts, "%d %.*s %zu %.*s", area.ok.status, (int)type.length, type.at, area.ok.body.length, shown, area.ok.body.at);
    say("fetch", 0, facts, (size_t)n);
}

static int begins(text line, const char *word) { return line.length >= strlen(word) && memcmp(line.at, word, strlen(word)) == 0; }
static int is(text line, const char *word) { return line.length == strlen(word) && begins(line, word); }

static void answer(text line) {
    result area = {0};
    if (is(line, "quit")) exit(0);
    if (is(line, "fail")) exit(1);
    if (is(line, "trap")) __builtin_trap();
    if (is(line, "ping")) send("pong", 4);
    else if (is(line, "notify")) {
        notify("Title", 5, "Body", 4, 0, NULL, 0, &area);
        say("notify", area.error, area.value.at, area.error ? area.value.length : 0);
    } else if (begins(line, "notify.icon ")) {
        notify("Title", 5, "Body", 4, 1, line.at + 12, line.length - 12, &area);
        say("notify", area.error, area.value.at, area.error ? area.value.length : 0);
    } else if (is(line, "clipboard.read")) {
        clipboard_read(&area);
        say("clipboard.read", area.error, area.value.at, area.value.length);
    } else if (begins(line, "clipboard.write ")) {
        clipboard_write(line.at + 16, line.length - 16, &area);
        say("clipboard.write", area.error, area.value.at, area.error ? area.value.length : 0);
    } else if (begins(line, "fetch ")) ask("GET", line.at + 6, line.length - 6, 0);
    else if (begins(line, "post ")) ask("POST", line.at + 5, line.length - 5, 1);
    else send(line.at, line.length);
}

int main(void) {
    ready();
    for (;;) {
        option area = {0};
#if WEFT_APP == 1
        ipc_recv(&area);
        if (!area.some) {
            nanosleep(&(struct timespec){0, 5000000}, NULL); /* recv does not wait */
            continue;
        }
        answer(area.value);
        free(area.value.at);
#else
        ipc_wait(60000, &area);
        if (!area.some) continue;
        if (area.event.kind == 1) return 0; /* closing */
        if (area.event.kind == 0) answer(area.event.value);
        if (area.event.kind == 0 || area.event.kind == 2) free(area.event.value.at);
#endif
    }
}
