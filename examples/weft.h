/*
 * weft.h — talk to Weft from C. One header, no dependencies, no malloc.
 *
 * An app of interface "jsonrpc" speaks JSON-RPC 2.0 over its stdin and stdout, one object a line. This header does
 * that for you. A whole app:
 *
 *     #define WEFT_IMPLEMENTATION            // in exactly one .c file
 *     #include "weft.h"
 *
 *     int main(void) {
 *         weft_ready();                      // Weft shows the app from here on
 *         weft_event event;
 *         while (weft_next_event(&event, -1) == WEFT_OK) {
 *             if (event.kind == WEFT_MESSAGE) weft_send(event.text);   // to the app's page
 *             if (event.kind == WEFT_CLOSING) break;                   // save what must last, and return
 *         }
 *         return 0;
 *     }
 *
 *     clang --target=wasm32-wasi -O2 -Wl,--stack-first -o app.wasm main.c
 *
 * What to know:
 *  - Text is UTF-8. Bytes that are no UTF-8 are sent as U+FFFD. Text you get is NUL-terminated; `length` counts the
 *    bytes before that NUL, so a NUL inside the text is not lost.
 *  - The text of an event is yours until the next weft_next_event; what a request returned (a body, the clipboard)
 *    until the next request or weft_next_event. Both may be passed to any function here.
 *  - Events that arrive while a request waits for its answer are kept and come from weft_next_event afterwards.
 *  - All memory is static: about WEFT_LINE_MAX + WEFT_QUEUE_BYTES, of which only what is used is ever touched.
 *  - printf goes to the session's log (lines on stdout that are no JSON-RPC), as does everything on stderr.
 *  - Requests return WEFT_OK or a negative code; weft_error() is that failure in words.
 */
#ifndef WEFT_H
#define WEFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest line that can be read, in bytes. A message (64 KiB, each byte escaped at worst) fits by far; an app that
   fetches big bodies defines more: a body of N bytes needs 4/3 N and its headers. The host stops at 16 MiB of body. */
#ifndef WEFT_LINE_MAX
#define WEFT_LINE_MAX (512u * 1024)
#endif

/* What may arrive while a request waits. More is counted and told as WEFT_LOST, never dropped in silence. */
#ifndef WEFT_QUEUE_BYTES
#define WEFT_QUEUE_BYTES (256u * 1024)
#endif

#define WEFT_PAYLOAD_MAX 65536u /* of one message, either way; more is refused */

enum {
    WEFT_OK = 0,
    WEFT_TIMEOUT = 1,       /* weft_next_event: the time has passed */
    WEFT_CLOSED = -1,       /* stdin has ended: the session is over */
    WEFT_TOO_LARGE = -2,    /* an answer longer than WEFT_LINE_MAX */
    WEFT_MALFORMED = -3,    /* an answer that is not what its method returns */
    WEFT_DENIED = -32001,   /* the manifest does not declare the capability; weft_error() names it */
    WEFT_FULL = -32002,     /* the queue towards the page is full: slow down */
    /* other negative numbers: JSON-RPC error codes as the host sent them */
};

typedef enum {
    WEFT_MESSAGE = 1,       /* text: what the page (or `weft send`) said */
    WEFT_CLOSING,           /* the session ends in grace_ms: save and return from main */
    WEFT_REVOKED,           /* text: the file grant that is gone */
    WEFT_MEMORY_PRESSURE,   /* text: "some" or "full"; give back what you can */
    WEFT_OVERFLOW,          /* count: so many of your weft_send were dropped, because nobody reads that fast */
    WEFT_LOST,              /* count: so many events did not fit WEFT_QUEUE_BYTES during a request */
} weft_event_kind;

typedef struct {
    weft_event_kind kind;
    const char *text;       /* never NULL */
    size_t length;
    uint32_t grace_ms;
    uint64_t count;
} weft_event;

typedef struct {
    int status;             /* 200, 404, … */
    const char *headers;    /* name, NUL, value, NUL, …, and one NUL more at the end; see weft_header */
    const uint8_t *body;
    size_t body_length;
} weft_response;

/* Says that the app is up. Until then Weft shows a splash; without it the session is ended after 30 s. */
void weft_ready(void);

/* Waits for the next event: WEFT_OK, WEFT_TIMEOUT or WEFT_CLOSED. timeout_ms < 0 waits for ever, 0 does not wait.
   Waiting costs no CPU. */
int weft_next_event(weft_event *event, int timeout_ms);

/* Sends text to the page without waiting. What does not fit the queue comes back as WEFT_OVERFLOW. */
void weft_send(const char *text);
void weft_send_bytes(const char *text, size_t length);

/* The same, and waits until the host has taken it: WEFT_OK, or WEFT_FULL and nothing was sent. */
int weft_send_checked(const char *text);

/* Shows a notification. `icon` is a file of the package, or NULL. Needs sys:notifications. */
int weft_notify(const char *title, const char *body, const char *icon);

/* HTTP(S). Redirects are not followed. headers: "name", "value", …, NULL; or NULL. Needs net:fetch:<host>. */
int weft_fetch(const char *url, const char *method, const char *const *headers, const void *body, size_t body_length,
               weft_response *response);

/* The first header of that name (in any case), or NULL. */
const char *weft_header(const weft_response *response, const char *name);

/* The clipboard. Need sys:clipboard:read and sys:clipboard:write. */
int weft_clipboard_read(const char **text, size_t *length);
int weft_clipboard_write(const char *text);

/* The last failure of a request, in words; "" after a success. */
const char *weft_error(void);

/* JSON, for apps whose messages are JSON. A weft_json is a piece of the text it was read from. */
typedef struct {
    const char *at;         /* NULL: there is no such value */
    size_t length;
} weft_json;

/* The value of a member of an object. Takes any text, also one that is no JSON: then the result is no value. */
weft_json weft_json_member(weft_json object, const char *name);
/* The next element of an array: start with *position = 0; no value at the end. */
weft_json weft_json_element(weft_json array, size_t *position);
/* Decodes a string into out (NUL-terminated): its length, or -1 where it is no string or does not fit. out may be
   where the string itself lies. Lone surrogates become U+FFFD. */
long weft_json_string(weft_json value, char *out, size_t room);
/* A whole number within ±2^53, or `otherwise`. */
int64_t weft_json_integer(weft_json value, int64_t otherwise);
/* Writes text as a JSON string with its quotes: the length it needs, of which at most room - 1 bytes are written,
   as with snprintf. */
size_t weft_json_quote(const char *text, size_t length, char *out, size_t room);

#endif /* WEFT_H */

#if defined(WEFT_IMPLEMENTATION) && !defined(WEFT_IMPLEMENTED)
#define WEFT_IMPLEMENTED

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* --- writing: one line at a time through a small buffer, straight to descriptor 1 ------------------------------- */

static char weft__out[4096];
static size_t weft__out_used;

static void weft__flush(void) {
    for (size_t done = 0; done < weft__out_used;) {
        ssize_t n = write(STDOUT_FILENO, weft__out + done, weft__out_used - done);
        if (n < 0 && errno != EINTR && errno != EAGAIN) break; /* the host is gone: the next read says so */
        if (n > 0) done += (size_t)n;
    }
    weft__out_used = 0;
}

static void weft__put(const char *bytes, size_t length) {
    while (length > 0) {
        if (weft__out_used == sizeof weft__out) weft__flush();
        size_t n = sizeof weft__out - weft__out_used;
        if (n > length) n = length;
        memcpy(weft__out + weft__out_used, bytes, n);
        weft__out_used += n;
        bytes += n;
        length -= n;
    }
}

static void weft__puts(const char *text) { weft__put(text, strlen(text)); }

/* The length of the UTF-8 character at s, or 0 where there is none (overlong, surrogate, cut off, above U+10FFFF). */
static size_t weft__utf8(const unsigned char *s, size_t left) {
    if (s[0] < 0x80) return 1;
    size_t n = s[0] >= 0xC2 && s[0] < 0xE0 ? 2 : s[0] >= 0xE0 && s[0] < 0xF0 ? 3 : s[0] >= 0xF0 && s[0] < 0xF5 ? 4 : 0;
    if (n == 0 || n > left) return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80) return 0;
    if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) || (s[0] == 0xF0 && s[1] < 0x90) ||
        (s[0] == 0xF4 && s[1] > 0x8F)) return 0;
    return n;
}

/* Text as the inside of a JSON string, piece by piece. */
static void weft__escape(const char *text, size_t length, void (*put)(void *to, const char *bytes, size_t n), void *to) {
    static const char hex[] = "0123456789abcdef";
    const unsigned char *s = (const unsigned char *)text;
    for (size_t i = 0; i < length;) {
        size_t n = weft__utf8(s + i, length - i);
        if (n == 0) {
            put(to, "\\ufffd", 6);
            n = 1;
        } else if (s[i] == '"' || s[i] == '\\') {
            char pair[2] = {'\\', (char)s[i]};
            put(to, pair, 2);
        } else if (s[i] == '\n') {
            put(to, "\\n", 2);
        } else if (s[i] < 0x20 || s[i] == 0x7F) {
            char code[6] = {'\\', 'u', '0', '0', hex[s[i] >> 4], hex[s[i] & 15]};
            put(to, code, 6);
        } else {
            put(to, text + i, n);
        }
        i += n;
    }
}

static void weft__put_out(void *to, const char *bytes, size_t n) {
    (void)to;
    weft__put(bytes, n);
}

static void weft__put_string(const char *text, size_t length) {
    weft__puts("\"");
    weft__escape(text, length, weft__put_out, NULL);
    weft__puts("\"");
}

/* Begins a call; id 0 is a notification. The caller writes the inside of params and then calls weft__end. */
static void weft__begin(const char *method, uint32_t id) {
    static bool prepared;
    if (!prepared) {
        setvbuf(stdout, NULL, _IOLBF, 0); /* the app's own printf: a line a write, not 1 KiB or the end of main */
        prepared = true;
    }
    fflush(stdout); /* what the app printed before comes before */
    weft__puts("{\"jsonrpc\":\"2.0\"");
    if (id != 0) {
        char number[24];
        snprintf(number, sizeof number, ",\"id\":%lu", (unsigned long)id);
        weft__puts(number);
    }
    weft__puts(",\"method\":\"");
    weft__puts(method);
    weft__puts("\",\"params\":{");
}

static void weft__end(void) {
    weft__puts("}}\n");
    weft__flush();
}

/* A member of params. The first one has no comma: every method here has a first member that is always there. */
static void weft__put_member(const char *name, const char *text, size_t length, bool first) {
    weft__puts(first ? "\"" : ",\"");
    weft__puts(name);
    weft__puts("\":");
    weft__put_string(text, length);
}

/* --- JSON ---------------------------------------------------------------------------------------------------------- */

static const char *weft__space(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) p++;
    return p;
}

/* One past the string that begins at p, or NULL. */
static const char *weft__skip_string(const char *p, const char *end) {
    for (p++; p < end; p++) {
        if (*p == '\\') p++;
        else if (*p == '"') return p + 1;
    }
    return NULL;
}

/* One past the value that begins at p, or NULL. Counts brackets instead of recursing, so depth costs no stack. */
static const char *weft__skip(const char *p, const char *end) {
    size_t depth = 0;
    while ((p = weft__space(p, end)) < end) {
        switch (*p) {
        case '"':
            if ((p = weft__skip_string(p, end)) == NULL) return NULL;
            break;
        case '{': case '[':
            depth++;
            p++;
            continue;
        case '}': case ']':
            if (depth == 0) return NULL;
            depth--;
            p++;
            break;
        case ',': case ':':
            if (depth == 0) return NULL;
            p++;
            continue;
        default: {
            const char *start = p;
            while (p < end && strchr(" \t\r\n,:{}[]\"", *p) == NULL) p++;
            if (p == start) return NULL; /* a NUL */
            break;
        }
        }
        if (depth == 0) return p;
    }
    return NULL;
}

weft_json weft_json_member(weft_json object, const char *name) {
    weft_json none = {NULL, 0};
    if (object.at == NULL) return none;
    const char *end = object.at + object.length;
    const char *p = weft__space(object.at, end);
    if (p == end || *p != '{') return none;
    for (p = weft__space(p + 1, end); p < end && *p == '"'; p = weft__space(p + 1, end)) {
        weft_json key = {p, 0};
        const char *after = weft__skip_string(p, end);
        if (after == NULL) return none;
        key.length = (size_t)(after - p);
        p = weft__space(after, end);
        if (p == end || *p != ':') return none;
        p = weft__space(p + 1, end);
        after = weft__skip(p, end);
        if (after == NULL) return none;
        char decoded[64];
        if (weft_json_string(key, decoded, sizeof decoded) == (long)strlen(name) && strcmp(decoded, name) == 0)
            return (weft_json){p, (size_t)(after - p)};
        p = weft__space(after, end);
        if (p == end || *p != ',') return none;
    }
    return none;
}

weft_json weft_json_element(weft_json array, size_t *position) {
    weft_json none = {NULL, 0};
    if (array.at == NULL) return none;
    const char *end = array.at + array.length;
    const char *p = weft__space(array.at + *position, end);
    if (p == end || *p != (*position == 0 ? '[' : ',')) return none;
    p = weft__space(p + 1, end);
    if (p == end || *p == ']') return none;
    const char *after = weft__skip(p, end);
    if (after == NULL) return none;
    *position = (size_t)(after - array.at);
    return (weft_json){p, (size_t)(after - p)};
}

static int weft__hex4(const char *p, const char *end) {
    int value = 0;
    if (end - p < 4) return -1;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

long weft_json_string(weft_json value, char *out, size_t room) {
    if (value.at == NULL || value.length < 2 || value.at[0] != '"' || value.at[value.length - 1] != '"') return -1;
    const char *p = value.at + 1, *end = value.at + value.length - 1;
    size_t n = 0;
    while (p < end) {
        char piece[4];
        size_t size = 1;
        if (*p != '\\') {
            piece[0] = *p++;
        } else {
            if (++p == end) return -1;
            char c = *p++;
            if (c != 'u') {
                static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
                const char *at = c == '\0' ? NULL : strchr(from, c);
                if (at == NULL) return -1;
                piece[0] = to[at - from];
            } else {
                int unit = weft__hex4(p, end);
                if (unit < 0) return -1;
                p += 4;
                uint32_t code = (uint32_t)unit;
                if (unit >= 0xD800 && unit < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
                    int low = weft__hex4(p + 2, end);
                    if (low >= 0xDC00 && low < 0xE000) {
                        code = 0x10000 + ((uint32_t)(unit - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
                        p += 6;
                    }
                }
                if (code >= 0xD800 && code < 0xE000) code = 0xFFFD;
                size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
                if (size == 1) piece[0] = (char)code;
                else {
                    for (size_t i = size - 1; i > 0; i--, code >>= 6) piece[i] = (char)(0x80 | (code & 0x3F));
                    piece[0] = (char)((size == 2 ? 0xC0 : size == 3 ? 0xE0 : 0xF0) | code);
                }
            }
        }
        if (n + size >= room) return -1;
        memcpy(out + n, piece, size); /* never ahead of p: an escape is longer than what it stands for */
        n += size;
    }
    if (n >= room) return -1;
    out[n] = '\0';
    return (long)n;
}

int64_t weft_json_integer(weft_json value, int64_t otherwise) {
    if (value.at == NULL || value.length == 0) return otherwise;
    size_t i = value.at[0] == '-' ? 1 : 0;
    int64_t number = 0;
    if (i == value.length) return otherwise;
    for (; i < value.length; i++) {
        if (value.at[i] < '0' || value.at[i] > '9') return otherwise;
        number = number * 10 + (value.at[i] - '0');
        if (number > ((int64_t)1 << 53)) return otherwise;
    }
    return value.at[0] == '-' ? -number : number;
}

struct weft__room { char *at; size_t room, used; };

static void weft__put_room(void *to, const char *bytes, size_t n) {
    struct weft__room *r = to;
    for (size_t i = 0; i < n; i++, r->used++)
        if (r->used + 1 < r->room) r->at[r->used] = bytes[i];
}

size_t weft_json_quote(const char *text, size_t length, char *out, size_t room) {
    struct weft__room r = {out, room, 0};
    weft__put_room(&r, "\"", 1);
    weft__escape(text, length, weft__put_room, &r);
    weft__put_room(&r, "\"", 1);
    if (room > 0) out[r.used < room ? r.used : room - 1] = '\0';
    return r.used;
}

/* --- reading: lines, and the events that came while a request waited ---------------------------------------------- */

static char weft__in[WEFT_LINE_MAX];
static size_t weft__in_start, weft__in_end;

/* The next line: WEFT_OK, WEFT_TIMEOUT, WEFT_CLOSED, or WEFT_TOO_LARGE for one that was thrown away. */
static int weft__read_line(char **line, size_t *length, int timeout_ms) {
    bool dropping = false;
    size_t scanned = weft__in_start;
    for (;;) {
        char *newline = scanned < weft__in_end ? memchr(weft__in + scanned, '\n', weft__in_end - scanned) : NULL;
        if (newline != NULL) {
            *line = weft__in + weft__in_start;
            *length = (size_t)(newline - *line);
            weft__in_start = (size_t)(newline - weft__in) + 1;
            if (dropping) return WEFT_TOO_LARGE;
            return WEFT_OK;
        }
        scanned = weft__in_end;
        if (weft__in_start > 0) {
            memmove(weft__in, weft__in + weft__in_start, weft__in_end - weft__in_start);
            weft__in_end -= weft__in_start;
            scanned -= weft__in_start;
            weft__in_start = 0;
        }
        if (weft__in_end == sizeof weft__in) {
            dropping = true;
            weft__in_end = scanned = 0;
        }
        /* A line that has begun is read to its end: its writer is a host, and the rest is on its way. */
        if (timeout_ms >= 0 && weft__in_end == 0 && !dropping) {
            struct pollfd readable = {.fd = STDIN_FILENO, .events = POLLIN};
            int n = poll(&readable, 1, timeout_ms);
            if (n == 0) return WEFT_TIMEOUT;
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return WEFT_CLOSED;
        }
        ssize_t n = read(STDIN_FILENO, weft__in + weft__in_end, sizeof weft__in - weft__in_end);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return WEFT_CLOSED;
        weft__in_end += (size_t)n;
    }
}

/* One kept event: its facts, then its text and a NUL. */
struct weft__kept { weft_event_kind kind; uint32_t length; uint32_t grace_ms; uint64_t count; };

static char weft__queue[WEFT_QUEUE_BYTES];
static size_t weft__queue_used;
static uint64_t weft__lost;
static char weft__text[WEFT_PAYLOAD_MAX + 1];

/* Reads an event out of a line. `room` gets its text; false: the line is none (an answer, or something newer). */
static bool weft__parse_event(weft_json line, struct weft__kept *kept, char *room, size_t size) {
    char method[32];
    if (weft_json_string(weft_json_member(line, "method"), method, sizeof method) < 0) return false;
    weft_json params = weft_json_member(line, "params");
    weft_json text = {NULL, 0};
    *kept = (struct weft__kept){0};
    if (strcmp(method, "message") == 0) {
        kept->kind = WEFT_MESSAGE;
        text = weft_json_member(params, "payload");
    } else if (strcmp(method, "closing") == 0) {
        kept->kind = WEFT_CLOSING;
        kept->grace_ms = (uint32_t)weft_json_integer(weft_json_member(params, "grace_ms"), 0);
    } else if (strcmp(method, "revoked") == 0) {
        kept->kind = WEFT_REVOKED;
        text = weft_json_member(params, "grant");
    } else if (strcmp(method, "memory_pressure") == 0) {
        kept->kind = WEFT_MEMORY_PRESSURE;
        text = weft_json_member(params, "level");
    } else if (strcmp(method, "overflow") == 0) {
        kept->kind = WEFT_OVERFLOW;
        kept->count = (uint64_t)weft_json_integer(weft_json_member(params, "dropped"), 0);
    } else {
        return false;
    }
    long n = 0;
    room[0] = '\0';
    if (text.at != NULL && (n = weft_json_string(text, room, size)) < 0) {
        if (text.at[0] == '"' || text.length >= size) { /* does not fit */
            weft__lost++;
            return false;
        }
        memcpy(room, text.at, text.length); /* a number or object: as it is written */
        room[n = (long)text.length] = '\0';
    }
    kept->length = (uint32_t)n;
    return true;
}

static void weft__keep(weft_json line) {
    struct weft__kept kept;
    if (sizeof weft__queue - weft__queue_used < sizeof kept + 1) {
        weft__lost++;
        return;
    }
    char *room = weft__queue + weft__queue_used + sizeof kept;
    if (!weft__parse_event(line, &kept, room, sizeof weft__queue - weft__queue_used - sizeof kept)) return;
    memcpy(weft__queue + weft__queue_used, &kept, sizeof kept);
    weft__queue_used += sizeof kept + kept.length + 1;
}

static void weft__deliver(weft_event *event, const struct weft__kept *kept) {
    *event = (weft_event){kept->kind, weft__text, kept->length, kept->grace_ms, kept->count};
}

int weft_next_event(weft_event *event, int timeout_ms) {
    struct weft__kept kept;
    if (weft__queue_used > 0) {
        memcpy(&kept, weft__queue, sizeof kept);
        size_t size = sizeof kept + kept.length + 1;
        memcpy(weft__text, weft__queue + sizeof kept, kept.length + 1);
        memmove(weft__queue, weft__queue + size, weft__queue_used -= size);
        weft__deliver(event, &kept);
        return WEFT_OK;
    }
    for (;;) {
        if (weft__lost > 0) {
            weft__text[0] = '\0';
            kept = (struct weft__kept){.kind = WEFT_LOST, .count = weft__lost};
            weft__lost = 0;
            weft__deliver(event, &kept);
            return WEFT_OK;
        }
        char *line;
        size_t length;
        int result = weft__read_line(&line, &length, timeout_ms);
        if (result == WEFT_TOO_LARGE) weft__lost++;
        else if (result != WEFT_OK) return result;
        else if (weft__parse_event((weft_json){line, length}, &kept, weft__text, sizeof weft__text)) {
            weft__deliver(event, &kept);
            return WEFT_OK;
        }
    }
}

/* --- requests -------------------------------------------------------------------------------------------------------- */

static char weft__failure[512];
static uint32_t weft__last_id;

static int weft__fail(int code, const char *why) {
    snprintf(weft__failure, sizeof weft__failure, "%s", why);
    return code;
}

const char *weft_error(void) { return weft__failure; }

/* Waits for the answer to the request just written. */
static int weft__answer(uint32_t id, weft_json *result) {
    weft__failure[0] = '\0';
    for (;;) {
        char *at;
        size_t length;
        int read = weft__read_line(&at, &length, -1);
        if (read == WEFT_CLOSED) return weft__fail(read, "the session is over");
        if (read == WEFT_TOO_LARGE) return weft__fail(read, "the answer is longer than WEFT_LINE_MAX");
        weft_json line = {at, length};
        if (weft_json_member(line, "method").at != NULL) {
            weft__keep(line);
            continue;
        }
        if (weft_json_integer(weft_json_member(line, "id"), -1) != (int64_t)id) continue;
        weft_json error = weft_json_member(line, "error");
        if (error.at != NULL) {
            int code = (int)weft_json_integer(weft_json_member(error, "code"), WEFT_MALFORMED);
            if (weft_json_string(weft_json_member(error, "message"), weft__failure, sizeof weft__failure) < 0)
                snprintf(weft__failure, sizeof weft__failure, "error %d", code);
            return code < 0 ? code : WEFT_MALFORMED;
        }
        *result = weft_json_member(line, "result");
        return WEFT_OK;
    }
}

void weft_ready(void) {
    weft__begin("ready", 0);
    weft__end();
}

void weft_send_bytes(const char *text, size_t length) {
    weft__begin("send", 0);
    weft__put_member("payload", text, length, true);
    weft__end();
}

void weft_send(const char *text) { weft_send_bytes(text, strlen(text)); }

int weft_send_checked(const char *text) {
    weft_json result;
    weft__begin("send", ++weft__last_id);
    weft__put_member("payload", text, strlen(text), true);
    weft__end();
    return weft__answer(weft__last_id, &result);
}

int weft_notify(const char *title, const char *body, const char *icon) {
    weft_json result;
    weft__begin("notify", ++weft__last_id);
    weft__put_member("title", title, strlen(title), true);
    weft__put_member("body", body, strlen(body), false);
    if (icon != NULL) weft__put_member("icon", icon, strlen(icon), false);
    weft__end();
    return weft__answer(weft__last_id, &result);
}

int weft_clipboard_read(const char **text, size_t *length) {
    weft_json result;
    weft__begin("clipboard.read", ++weft__last_id);
    weft__end();
    int code = weft__answer(weft__last_id, &result);
    if (code != WEFT_OK) return code;
    weft_json member = weft_json_member(result, "text");
    if (member.at == NULL) member = result;
    char *room = (char *)member.at; /* decoded where it lies, in weft__in */
    long n = weft_json_string(member, room, member.length);
    if (n < 0) return weft__fail(WEFT_MALFORMED, "clipboard.read returned no text");
    *text = room;
    *length = (size_t)n;
    return WEFT_OK;
}

int weft_clipboard_write(const char *text) {
    weft_json result;
    weft__begin("clipboard.write", ++weft__last_id);
    weft__put_member("text", text, strlen(text), true);
    weft__end();
    return weft__answer(weft__last_id, &result);
}

static void weft__put_base64(const uint8_t *bytes, size_t length) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < length; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (i + 1 < length) group |= (uint32_t)bytes[i + 1] << 8;
        if (i + 2 < length) group |= bytes[i + 2];
        char four[4] = {digits[group >> 18], digits[group >> 12 & 63],
                        i + 1 < length ? digits[group >> 6 & 63] : '=', i + 2 < length ? digits[group & 63] : '='};
        weft__put(four, 4);
    }
}

/* Decodes base64 where it lies; -1 where it is none. */
static long weft__base64(char *text, long length) {
    uint32_t group = 0;
    long n = 0, digits = 0;
    for (long i = 0; i < length && text[i] != '='; i++) {
        char c = text[i];
        int digit = c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52
                    : c == '+' ? 62 : c == '/' ? 63 : -1;
        if (digit < 0) return -1;
        group = group << 6 | (uint32_t)digit;
        if (++digits % 4 == 0) {
            text[n++] = (char)(group >> 16);
            text[n++] = (char)(group >> 8);
            text[n++] = (char)group;
        }
    }
    if (digits % 4 == 1) return -1;
    if (digits % 4 >= 2) text[n++] = (char)(digits % 4 == 2 ? group >> 4 : group >> 10);
    if (digits % 4 == 3) text[n++] = (char)(group >> 2);
    return n;
}

int weft_fetch(const char *url, const char *method, const char *const *headers, const void *body, size_t body_length,
               weft_response *response) {
    weft_json result;
    *response = (weft_response){0, "\0", (const uint8_t *)"", 0};
    weft__begin("fetch", ++weft__last_id);
    weft__put_member("url", url, strlen(url), true);
    weft__put_member("method", method, strlen(method), false);
    weft__puts(",\"headers\":[");
    for (size_t i = 0; headers != NULL && headers[i] != NULL && headers[i + 1] != NULL; i += 2) {
        weft__puts(i == 0 ? "[" : ",[");
        weft__put_string(headers[i], strlen(headers[i]));
        weft__puts(",");
        weft__put_string(headers[i + 1], strlen(headers[i + 1]));
        weft__puts("]");
    }
    weft__puts("]");
    if (body != NULL) {
        weft__puts(",\"body_b64\":\"");
        weft__put_base64(body, body_length);
        weft__puts("\"");
    }
    weft__end();
    int code = weft__answer(weft__last_id, &result);
    if (code != WEFT_OK) return code;
    response->status = (int)weft_json_integer(weft_json_member(result, "status"), 0);
    weft_json list = weft_json_member(result, "headers"), bytes = weft_json_member(result, "body_b64");
    if (response->status == 0) return weft__fail(WEFT_MALFORMED, "fetch returned no status");
    if (bytes.at != NULL) {
        char *room = (char *)bytes.at;
        long n = weft_json_string(bytes, room, bytes.length);
        if (n >= 0) n = weft__base64(room, n);
        if (n < 0) return weft__fail(WEFT_MALFORMED, "fetch returned a body that is no base64");
        response->body = (const uint8_t *)room;
        response->body_length = (size_t)n;
    }
    /* "name\0value\0" takes less room than ["name","value"], so the pairs move to the front of their own list. */
    if (list.at != NULL) {
        char *to = (char *)list.at;
        size_t position = 0, used = 0;
        for (weft_json pair; (pair = weft_json_element(list, &position)).at != NULL;) {
            size_t inside = 0;
            weft_json name = weft_json_element(pair, &inside), value = weft_json_element(pair, &inside);
            long n = weft_json_string(name, to + used, name.length);
            long v = n < 0 ? -1 : weft_json_string(value, to + used + n + 1, value.length);
            if (v < 0) continue;
            used += (size_t)n + (size_t)v + 2;
        }
        to[used] = '\0';
        response->headers = to;
    }
    return WEFT_OK;
}

const char *weft_header(const weft_response *response, const char *name) {
    for (const char *at = response->headers; *at != '\0';) {
        const char *value = at + strlen(at) + 1;
        if (strcasecmp(at, name) == 0) return value;
        at = value + strlen(value) + 1;
    }
    return NULL;
}

#endif /* WEFT_IMPLEMENTATION */
