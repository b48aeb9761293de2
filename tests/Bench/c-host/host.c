/* The floor that a host in C reaches: precompiled module in, WASI, _start; the guest's stdout is this process's. For ./dev bench launch.
   host MODULE.cwasm, or host MODULE.wasm MODULE.cwasm to compile: the command line compiles for another collector than this API's default. */
#include <stdio.h>
#include <stdlib.h>
#include <wasi.h>
#include <wasm.h>
#include <wasmtime.h>

static void check(const char *what, wasmtime_error_t *error, wasm_trap_t *trap) {
    if (!error && !trap) return;
    wasm_byte_vec_t text;
    if (error) wasmtime_error_message(error, &text);
    else wasm_trap_message(trap, &text);
    fprintf(stderr, "%s: %.*s\n", what, (int)text.size, text.data);
    exit(1);
}

static int compile(wasm_engine_t *engine, const char *from, const char *to) {
    static uint8_t bytes[16 << 20];
    FILE *file = fopen(from, "rb");
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    wasmtime_module_t *module = NULL;
    check("compile", wasmtime_module_new(engine, bytes, size, &module), NULL);
    wasm_byte_vec_t code;
    check("serialize", wasmtime_module_serialize(module, &code), NULL);
    file = fopen(to, "wb");
    return file && fwrite(code.data, 1, code.size, file) == code.size && fclose(file) == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    wasm_engine_t *engine = wasm_engine_new();
    if (argc == 3) return compile(engine, argv[1], argv[2]);
    if (argc != 2) return 2;
    wasmtime_module_t *module = NULL;
    check("deserialize", wasmtime_module_deserialize_file(engine, argv[1], &module), NULL);
    wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
    wasmtime_context_t *context = wasmtime_store_context(store);
    wasi_config_t *wasi = wasi_config_new();
    wasi_config_inherit_stdin(wasi);
    wasi_config_inherit_stdout(wasi);
    wasi_config_inherit_stderr(wasi);
    check("wasi", wasmtime_context_set_wasi(context, wasi), NULL);
    wasmtime_linker_t *linker = wasmtime_linker_new(engine);
    check("link", wasmtime_linker_define_wasi(linker), NULL);
    wasm_trap_t *trap = NULL;
    wasmtime_instance_t instance;
    check("instantiate", wasmtime_linker_instantiate(linker, context, module, &instance, &trap), trap);
    wasmtime_extern_t start;
    if (!wasmtime_instance_export_get(context, &instance, "_start", 6, &start)) return 1;
    check("run", wasmtime_func_call(context, &start.of.func, NULL, 0, NULL, 0, &trap), trap);
    return 0;
}
