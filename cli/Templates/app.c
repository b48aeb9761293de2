// An app of Weft without any library: JSON-RPC 2.0, one object a line, on stdin and stdout.
// It says that it is ready, and sends every message back. Larger apps use wasi-libc, or any other WASI language.
// Build: clang --target=wasm32 -O2 -nostdlib -fno-builtin -fvisibility=hidden -Wl,--strip-all src/app.c -o app.wasm

typedef __SIZE_TYPE__ size;
typedef struct { const char *bytes; size length; } slice;

__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_read")))
int fd_read(int fd, const slice *into, size count, size *read);
__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write")))
int fd_write(int fd, const slice *from, size count, size *written);

static void print(const char *text, size length) {
    while (length > 0) {
        slice rest = {text, length};
        size written = 0;
        if (fd_write(1, &rest, 1, &written) != 0 || written == 0) {
            return;
        }

        text += written;
        length -= written;
    }
}

#define PRINT(literal) print(literal, sizeof(literal) - 1)

// The JSON string after a key, quotes and escapes as they are; 0 where the line has none.
static size find(const char *line, size length, const char *key, size key_length, const char **found) {
    for (size at = 0; at + key_length < length; at++) {
        size same = 0;
        while (same < key_length && line[at + same] == key[same]) {
            same++;
        }

        if (same == key_length) {
            size start = at + same;
            while (start < length && line[start] == ' ') {
                start++;
            }

            size end = start + 1;
            while (end < length && line[end] != '"') {
                end += line[end] == '\\' ? 2 : 1;
            }

            *found = line + start;
            return end < length ? end + 1 - start : 0;
        }
    }

    return 0;
}

#define FIND(line, length, key, found) find(line, length, key, sizeof(key) - 1, found)

// Answers one line; 0 where the session is about to end: save here, and leave.
static int handle(const char *line, size length) {
    const char *text;
    size size = FIND(line, length, "\"method\":", &text);
    if (size > 1 && text[1] == 'c') {
        return 0; // "closing", the only method to a guest that begins so
    }

    size = FIND(line, length, "\"payload\":", &text);
    if (size > 0) {
        PRINT("{\"jsonrpc\":\"2.0\",\"method\":\"send\",\"params\":{\"payload\":");
        print(text, size);
        PRINT("}}\n");
    }

    return 1;
}

__attribute__((visibility("default")))
void _start(void) {
    // A payload has at most 64 KiB; escaped, a line can be six times as long.
    static char buffer[512 * 1024];
    size held = 0;
    PRINT("{\"jsonrpc\":\"2.0\",\"method\":\"ready\"}\n");
    while (held < sizeof buffer) {
        slice free = {buffer + held, sizeof buffer - held};
        size read = 0;
        if (fd_read(0, &free, 1, &read) != 0 || read == 0) {
            return; // The host closed: the session ends.
        }

        held += read;
        size from = 0;
        for (size at = held - read; at < held; at++) {
            if (buffer[at] == '\n') {
                if (!handle(buffer + from, at - from)) {
                    return;
                }

                from = at + 1;
            }
        }

        for (size at = from; at < held; at++) {
            buffer[at - from] = buffer[at];
        }

        held -= from;
    }
}
