/* Notes: keeps its data in /data (capability fs:rw:app-data), one note a line, newest last, as JSON strings.
 *
 *   list            all notes
 *   add TEXT        one more
 *   set N TEXT      note N becomes TEXT
 *   remove N        note N goes; those after it move up
 *
 * Every message is answered with {"notes":["…",…]} or {"error":"…"}. An answer is sent once the file is on disk. */
#define WEFT_IMPLEMENTATION
#include "../weft.h"

#include <fcntl.h>
#include <stdlib.h>

#define NOTES_MAX 200
#define NOTE_MAX 2000           /* bytes; 200 of these still fit the two buffers below */
#define FILE_PATH "/data/notes.jsonl"
#define TEMPORARY_PATH "/data/notes.jsonl.new"

static char notes[NOTES_MAX][NOTE_MAX + 1];
static int note_count;
static char buffer[512 * 1024];

static bool load(void) {
    int fd = open(FILE_PATH, O_RDONLY);
    if (fd < 0) return errno == ENOENT;
    size_t used = 0;
    ssize_t n;
    while (used < sizeof buffer && (n = read(fd, buffer + used, sizeof buffer - used)) > 0) used += (size_t)n;
    close(fd);
    for (size_t start = 0; start < used && note_count < NOTES_MAX;) {
        char *end = memchr(buffer + start, '\n', used - start);
        size_t length = end == NULL ? used - start : (size_t)(end - buffer) - start;
        if (weft_json_string((weft_json){buffer + start, length}, notes[note_count], sizeof notes[0]) >= 0) note_count++;
        else fprintf(stderr, "notes: line %d of " FILE_PATH " is no note and was left out\n", note_count + 1);
        start += length + 1;
    }
    return true;
}

/* The whole file to a temporary name, then renamed: a power cut leaves the old notes or the new ones. */
static bool save(void) {
    int fd = open(TEMPORARY_PATH, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0) return false;
    FILE *file = fdopen(fd, "w");
    if (file == NULL) {
        close(fd);
        return false;
    }
    for (int i = 0; i < note_count; i++) {
        size_t n = weft_json_quote(notes[i], strlen(notes[i]), buffer, sizeof buffer - 1);
        buffer[n] = '\n';
        fwrite(buffer, 1, n + 1, file);
    }
    bool ok = fflush(file) == 0 && fsync(fd) == 0;
    ok = fclose(file) == 0 && ok;
    return ok && rename(TEMPORARY_PATH, FILE_PATH) == 0;
}

static void answer_notes(void) {
    size_t used = (size_t)snprintf(buffer, sizeof buffer, "{\"notes\":[");
    for (int i = 0; i < note_count; i++) {
        if (i > 0) buffer[used++] = ',';
        used += weft_json_quote(notes[i], strlen(notes[i]), buffer + used, sizeof buffer - used);
        if (used > WEFT_PAYLOAD_MAX - 4) {
            weft_send("{\"error\":\"the notes are longer than one message; remove some\"}");
            return;
        }
    }
    memcpy(buffer + used, "]}", 3);
    weft_send(buffer);
}

static const char *change(const char *text) {
    char *rest;
    if (strncmp(text, "add ", 4) == 0) {
        if (note_count == NOTES_MAX) return "there are 200 notes already; remove one first";
        if (text[4] == '\0' || strlen(text + 4) > NOTE_MAX) return "a note has 1 to 2000 bytes";
        strcpy(notes[note_count++], text + 4);
    } else if (strncmp(text, "set ", 4) == 0 || strncmp(text, "remove ", 7) == 0) {
        bool removes = text[0] == 'r';
        long index = strtol(text + (removes ? 7 : 4), &rest, 10);
        if (index < 0 || index >= note_count) return "there is no such note";
        if (removes) {
            memmove(notes[index], notes[index + 1], (size_t)(note_count - index - 1) * sizeof notes[0]);
            note_count--;
        } else {
            if (*rest != ' ' || rest[1] == '\0' || strlen(rest + 1) > NOTE_MAX) return "a note has 1 to 2000 bytes";
            strcpy(notes[index], rest + 1);
        }
    } else {
        return "say list, add TEXT, set N TEXT or remove N";
    }
    return save() ? NULL : "the notes could not be written to disk";
}

int main(void) {
    weft_event event;
    char reply[256];
    if (!load()) {
        fprintf(stderr, "notes: " FILE_PATH ": %s\n", strerror(errno));
        return 1;
    }

    weft_ready();
    while (weft_next_event(&event, -1) == WEFT_OK && event.kind != WEFT_CLOSING) {
        if (event.kind != WEFT_MESSAGE) continue;
        const char *problem = strcmp(event.text, "list") == 0 ? NULL : change(event.text);
        if (problem == NULL) {
            answer_notes();
        } else {
            snprintf(reply, sizeof reply, "{\"error\":\"%s\"}", problem);
            weft_send(reply);
        }
    }
    return 0;
}
