using System.Globalization;

namespace Weft.Runtime.Wasmtime;

/// <summary>Names of traps: those of <c>wasmtime/trap.h</c> in lower case, and the texts that the engine prints for them.</summary>
internal static class TrapNames
{
    /// <summary>What a guest that was told to end traps with.</summary>
    public const string Interrupt = "interrupt";

    // In the order of enum wasmtime_trap_code_enum; 50 to 53 are new in 50 and come out as trap_50 and so on.
    private static readonly string[] Names =
    [
        "stack_overflow", "memory_out_of_bounds", "heap_misaligned", "table_out_of_bounds", "indirect_call_to_null", "bad_signature",
        "integer_overflow", "integer_division_by_zero", "bad_conversion_to_integer", "unreachable_code_reached", Interrupt, "out_of_fuel",
        "atomic_wait_non_shared_memory", "null_reference", "array_out_of_bounds", "allocation_too_large", "cast_failure",
        "cannot_enter_component", "no_async_result", "unhandled_tag", "continuation_already_consumed", "disabled_opcode", "async_deadlock",
        "cannot_leave_component", "cannot_block_sync_task", "invalid_char", "debug_assert_string_encoding_finished",
        "debug_assert_equal_code_units", "debug_assert_pointer_aligned", "debug_assert_upper_bits_unset", "string_out_of_bounds",
        "list_out_of_bounds", "invalid_discriminant", "unaligned_pointer", "task_cancel_not_cancelled", "task_cancel_or_return_twice",
        "subtask_cancel_after_terminal", "task_return_invalid", "waitable_set_drop_has_waiters", "subtask_drop_not_resolved",
        "thread_new_indirect_invalid_type", "thread_new_indirect_uninitialized", "backpressure_overflow", "unsupported_callback_code",
        "cannot_resume_thread", "concurrent_future_stream_op", "reference_count_overflow", "stream_op_too_big", "waitable_sync_and_async",
        "uncaught_exception",
    ];

    // A component's trap reaches the C API as an error of which only the text can be read.
    private static readonly (string Text, string Name)[] Texts =
    [
        ("call stack exhausted", "stack_overflow"),
        ("out of bounds memory access", "memory_out_of_bounds"),
        ("misaligned memory access", "heap_misaligned"),
        ("undefined element: out of bounds table access", "table_out_of_bounds"),
        ("uninitialized element", "indirect_call_to_null"),
        ("indirect call type mismatch", "bad_signature"),
        ("integer overflow", "integer_overflow"),
        ("integer divide by zero", "integer_division_by_zero"),
        ("invalid conversion to integer", "bad_conversion_to_integer"),
        ("wasm `unreachable` instruction executed", "unreachable_code_reached"),
        (GuestInterruptedException.Ended, Interrupt),
        ("interrupt", Interrupt),
        ("null reference", "null_reference"),
        ("out of bounds array access", "array_out_of_bounds"),
        ("allocation size too large", "allocation_too_large"),
        ("cast failure", "cast_failure"),
        ("cannot enter component instance", "cannot_enter_component"),
        ("cannot leave component instance", "cannot_leave_component"),
    ];

    public static string ByCode(byte code) => code < Names.Length ? Names[code] : string.Create(CultureInfo.InvariantCulture, $"trap_{code}");

    public static string? ByText(string text)
    {
        foreach ((string known, string name) in Texts)
        {
            if (text.StartsWith(known, StringComparison.Ordinal))
            {
                return name;
            }
        }

        return null;
    }
}
