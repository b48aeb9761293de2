// Says everything that is wrong on its side of the jsonrpc interface, then is ready, and echoes as if nothing had been.
#define WEFT_IMPLEMENTATION
#include "weft.h"

static void line(const char *text) {
    write(1, text, strlen(text));
    write(1, "\n", 1);
}

int main(void) {
    static char deep[200000], wide[600000];
    static const char *const lines[] = {
        "", "{", "}", "[]", "null", "0", "\"text\"", "{}", "{\"jsonrpc\":2.0}", "{\"jsonrpc\":\"1.0\",\"method\":\"ready\"}",
        "{\"jsonrpc\":\"2.0\"}", "{\"jsonrpc\":\"2.0\",\"method\":7}", "{\"jsonrpc\":\"2.0\",\"method\":null,\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"no.such.method\"}", "{\"jsonrpc\":\"2.0\",\"method\":\"no.such.method\",\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"send\"}", "{\"jsonrpc\":\"2.0\",\"method\":\"send\",\"params\":[]}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"send\",\"params\":{\"payload\":7},\"id\":2}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"send\",\"params\":{\"payload\":\"\\ud800\"},\"id\":3}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"send\",\"params\":{\"payload\":\"\xff\xfe\"},\"id\":4}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"send\",\"params\":{\"payload\":\"x\",\"payload\":\"y\"},\"id\":{\"a\":[1,2,3]}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notify\",\"params\":{\"title\":1,\"body\":[]},\"id\":5}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"fetch\",\"params\":{\"url\":\"http://\\u0000/\",\"method\":\"G T\",\"headers\":[[\"a\"],7,[1,2]]},\"id\":6}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"fetch\",\"params\":{\"url\":\"http://x/\",\"method\":\"GET\",\"headers\":[],\"body_b64\":\"***\"},\"id\":7}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"clipboard.write\",\"params\":null,\"id\":8}",
        "{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":{}}", "{\"jsonrpc\":\"2.0\",\"id\":99,\"error\":7}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"files.read\",\"params\":{\"path\":\"/etc/passwd\"},\"id\":9}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"ready\",\"id\":\"\\u0000\"}garbage",
        "[{\"jsonrpc\":\"2.0\",\"method\":\"send\",\"params\":{\"payload\":\"batch\"}}]",
        "{\"jsonrpc\":\"2.0\",\"method\":\"send\",\"id\":1e400,\"params\":{\"payload\":\"id\"}}",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) line(lines[i]);
    write(1, "\0\0\0\n", 4);

    // 100,000 arrays deep, and a payload over the limit.
    strcpy(deep, "{\"jsonrpc\":\"2.0\",\"method\":\"send\",\"id\":10,\"params\":");
    memset(deep + strlen(deep), '[', 100000);
    line(deep);
    strcpy(wide, "{\"jsonrpc\":\"2.0\",\"method\":\"send\",\"id\":11,\"params\":{\"payload\":\"");
    memset(wide + strlen(wide), 'p', 500000);
    strcat(wide, "\"}}");
    line(wide);

    weft_event event;
    weft_ready();
    weft_ready(); // once is enough; twice is nothing
    while (weft_next_event(&event, -1) == WEFT_OK && event.kind != WEFT_CLOSING)
        if (event.kind == WEFT_MESSAGE) weft_send(event.text);
    return 0;
}
