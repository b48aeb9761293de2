using System.Globalization;

namespace Weft.Runtime.Wasmtime;

/// <summary>Names of traps: those of <c>wasmtime/trap.h</c> in lower case, and the texts that the engine prints for them.</summary>
internal static class TrapNames
{
    /// <summary>What a guest that was told to end traps with.</summary>
    public const string Interrupt = "interrupt";

    // In the order of enum wasmtime_trap_code_enum; 50 to 53 are new in 50 and come out as trap_50 and so on. The texts are needed
    // where nothing else can be had: of an executable, and of a component, whose trap reaches the C API as an error.
    private static readonly (string Name, string Text)[] Traps =
    [
        ("stack_overflow", "call stack exhausted"),
        ("memory_out_of_bounds", "out of bounds memory access"),
        ("heap_misaligned", "unaligned atomic"),
        ("table_out_of_bounds", "undefined element: out of bounds table access"),
        ("indirect_call_to_null", "uninitialized element"),
        ("bad_signature", "indirect call type mismatch"),
        ("integer_overflow", "integer overflow"),
        ("integer_division_by_zero", "integer divide by zero"),
        ("bad_conversion_to_integer", "invalid conversion to integer"),
        ("unreachable_code_reached", "wasm `unreachable` instruction executed"),
        (Interrupt, "interrupt"), // also of GuestInterruptedException.Ended
        ("out_of_fuel", "all fuel consumed by WebAssembly"),
        ("atomic_wait_non_shared_memory", "atomic wait on non-shared memory"),
        ("null_reference", "null reference"),
        ("array_out_of_bounds", "out of bounds array access"),
        ("allocation_too_large", "allocation size too large"),
        ("cast_failure", "cast failure"),
        ("cannot_enter_component", "cannot enter component instance"),
        ("no_async_result", "async-lifted export failed to produce a result"),
        ("unhandled_tag", "unhandled tag"),
        ("continuation_already_consumed", "continuation already consumed"),
        ("disabled_opcode", "pulley opcode disabled at compile time was executed"),
        ("async_deadlock", "deadlock detected: event loop cannot make further progress"),
        ("cannot_leave_component", "cannot leave component instance"),
        ("cannot_block_sync_task", "cannot block a synchronous task before returning"),
        ("invalid_char", "invalid `char` bit pattern"),
        ("debug_assert_string_encoding_finished", "should have finished string encoding"),
        ("debug_assert_equal_code_units", "code units should be equal"),
        ("debug_assert_pointer_aligned", "pointer should be aligned"),
        ("debug_assert_upper_bits_unset", "upper bits should be unset"),
        ("string_out_of_bounds", "string content out-of-bounds"),
        ("list_out_of_bounds", "list content out-of-bounds"),
        ("invalid_discriminant", "invalid variant discriminant"),
        ("unaligned_pointer", "unaligned pointer"),
        ("task_cancel_not_cancelled", "`task.cancel` called by task which has not been cancelled"),
        ("task_cancel_or_return_twice", "`task.return` or `task.cancel` called more than once for current task"),
        ("subtask_cancel_after_terminal", "`subtask.cancel` called after terminal status delivered"),
        ("task_return_invalid", "invalid `task.return` signature and/or options for current task"),
        ("waitable_set_drop_has_waiters", "cannot drop waitable set with waiters"),
        ("subtask_drop_not_resolved", "cannot drop a subtask which has not yet resolved"),
        ("thread_new_indirect_invalid_type", "start function does not match expected type"),
        ("thread_new_indirect_uninitialized", "the start function index points to an uninitialized function"),
        ("backpressure_overflow", "backpressure counter overflow"),
        ("unsupported_callback_code", "unsupported callback code"),
        ("cannot_resume_thread", "cannot resume thread which is not suspended"),
        ("concurrent_future_stream_op", "cannot have concurrent operations active on a future/stream"),
        ("reference_count_overflow", "reference count overflow"),
        ("stream_op_too_big", "stream read/write count too large"),
        ("waitable_sync_and_async", "waitable cannot be used synchronously while added to a waitable set"),
        ("uncaught_exception", "uncaught exception propagated out of component"),
    ];

    public static string ByCode(byte code) => code < Traps.Length ? Traps[code].Name : string.Create(CultureInfo.InvariantCulture, $"trap_{code}");

    public static string? ByText(string text)
    {
        foreach ((string name, string known) in Traps)
        {
            if (text.StartsWith(known, StringComparison.Ordinal))
            {
                return name;
            }
        }

        return null;
    }
}
