using System.Globalization;
using System.Runtime.InteropServices;

namespace Weft.Runtime.Wasmtime;

/// <summary>What the library's errors and traps say. Both are the library's memory; every method here frees what it is given.</summary>
internal static unsafe partial class EngineError
{
    /// <summary>Frames of a guest backtrace that are kept; a stack overflow has hundreds of thousands.</summary>
    private const int MaximumFrames = 32;

    /// <summary>Throws where there is an error.</summary>
    /// <exception cref="EngineException">There is one; its message begins with the operation.</exception>
    public static void Throw(nint error, EngineFailure failure, string operation)
    {
        if (error != 0)
        {
            throw new EngineException(failure, $"{operation}: {TakeMessage(error)}");
        }
    }

    /// <summary>An error that a host function returns to end the guest with that message.</summary>
    public static nint New(string message) => wasmtime_error_new(message);

    /// <summary>How a call of the guest ended.</summary>
    /// <param name="error">What the call returned, or 0.</param>
    /// <param name="trap">The trap it wrote, or 0.</param>
    public static GuestEnd Take(nint error, nint trap)
    {
        if (trap != 0)
        {
            return TakeTrap(trap);
        }

        if (error == 0)
        {
            return GuestEnd.Exit(0);
        }

        int status;
        if (wasmtime_error_exit_status(error, &status) != 0)
        {
            wasmtime_error_delete(error);
            return GuestEnd.Exit(status);
        }

        // A component's traps come as errors: the code is not in the C API, its text is.
        FrameVector frames;
        wasmtime_error_wasm_trace(error, &frames);
        IReadOnlyList<string> backtrace = TakeFrames(&frames);
        string message = TakeMessage(error);
        string cause = LastCause(message);
        return TrapNames.ByText(cause) is { } name ? GuestEnd.Trapped(name, cause, backtrace) : GuestEnd.Broke(cause, backtrace);
    }

    private static GuestEnd TakeTrap(nint trap)
    {
        ByteVector text;
        wasm_trap_message(trap, &text);
        string cause = LastCause(text.Text.TrimEnd('\0'));
        text.Delete();

        byte code;
        bool known = wasmtime_trap_code(trap, &code) != 0;
        FrameVector frames;
        wasm_trap_trace(trap, &frames);
        IReadOnlyList<string> backtrace = TakeFrames(&frames);
        wasm_trap_delete(trap);
        return known ? GuestEnd.Trapped(TrapNames.ByCode(code), cause, backtrace) : GuestEnd.Broke(cause, backtrace);
    }

    private static string TakeMessage(nint error)
    {
        ByteVector text;
        wasmtime_error_message(error, &text);
        string message = text.Text.TrimEnd('\0');
        text.Delete();
        wasmtime_error_delete(error);
        return message;
    }

    /// <summary>The library prints a chain of causes, the backtrace among them; the last one is what happened.</summary>
    private static string LastCause(string message)
    {
        const string Header = "Caused by:";
        int at = message.LastIndexOf(Header, StringComparison.Ordinal);
        string last = (at < 0 ? message : message[(at + Header.Length)..]).Trim();
        int line = last.LastIndexOf('\n');
        if (at >= 0 && line >= 0)
        {
            last = last[(line + 1)..].Trim();
        }

        // Causes are numbered where there are several.
        int colon = last.IndexOf(": ", StringComparison.Ordinal);
        if (at >= 0 && colon > 0 && last.AsSpan(0, colon).IndexOfAnyExceptInRange('0', '9') < 0)
        {
            last = last[(colon + 2)..];
        }

        const string Prefix = "wasm trap: ";
        return last.StartsWith(Prefix, StringComparison.Ordinal) ? last[Prefix.Length..] : last;
    }

    private static List<string> TakeFrames(FrameVector* frames)
    {
        int count = (int)Math.Min(frames->Size, MaximumFrames);
        var lines = new List<string>(count);
        for (int i = 0; i < count; i++)
        {
            nint frame = frames->Data[i];
            ByteVector* function = wasmtime_frame_func_name(frame);
            ByteVector* module = wasmtime_frame_module_name(frame);
            string name = function != null ? function->Text : string.Create(CultureInfo.InvariantCulture, $"function {wasm_frame_func_index(frame)}");
            string place = module != null && module->Size > 0 ? $"{module->Text}!{name}" : name;
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{place} at 0x{wasm_frame_module_offset(frame):x}"));
        }

        if (frames->Size > MaximumFrames)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"and {frames->Size - MaximumFrames} more"));
        }

        wasm_frame_vec_delete(frames);
        return lines;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct FrameVector
    {
        public nuint Size;
        public nint* Data;
    }

    [LibraryImport(EngineLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint wasmtime_error_new(string message);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_error_delete(nint error);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_error_message(nint error, ByteVector* message);

    [LibraryImport(EngineLibrary.Name)]
    private static partial byte wasmtime_error_exit_status(nint error, int* status);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_error_wasm_trace(nint error, FrameVector* frames);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasm_trap_message(nint trap, ByteVector* message);

    [LibraryImport(EngineLibrary.Name)]
    private static partial byte wasmtime_trap_code(nint trap, byte* code);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasm_trap_trace(nint trap, FrameVector* frames);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasm_trap_delete(nint trap);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasm_frame_vec_delete(FrameVector* frames);

    [LibraryImport(EngineLibrary.Name)]
    private static partial ByteVector* wasmtime_frame_func_name(nint frame);

    [LibraryImport(EngineLibrary.Name)]
    private static partial ByteVector* wasmtime_frame_module_name(nint frame);

    [LibraryImport(EngineLibrary.Name)]
    private static partial uint wasm_frame_func_index(nint frame);

    [LibraryImport(EngineLibrary.Name)]
    private static partial nuint wasm_frame_module_offset(nint frame);
}
