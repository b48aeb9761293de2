using System.Globalization;
using System.Text;
using Weft.Linux;
using Weft.Runtime.Wasmtime;

namespace Weft.Runtime.Engines;

/// <summary>
/// How a guest ended, read from the executable's exit code and the last of its standard error, where it writes after the guest is gone.
/// A guest that writes such lines itself deceives only about itself.
/// </summary>
internal static class ExeEnd
{
    /// <summary>Bytes of standard error that are kept for this: a message has up to 20 frames and some lines more.</summary>
    public const int TailSize = 16 << 10;

    /// <summary>Bytes that are kept of a line: a guest's functions may have names of any length, and its message must be kept whole.</summary>
    public const int LongestLine = TailSize / 32;

    /// <summary>Of a guest that trapped, and of none that left: Wasmtime takes exit codes up to 125 only.</summary>
    private const int AbortedExit = 134;
    private const string AnyError = "Error: ";
    private const string BacktraceEnd = "wasm backtrace:";
    private const string WasmTrap = "wasm trap: ";
    private const string WizerExit = "Exited with i32 exit status ";

    // How Wasmtime's own errors begin before a guest has run.
    private static readonly string[] BeforeTheGuest =
        ["Error: failed to parse", "Error: failed to compile", "Error: failed to open", "Error: failed to read", "Error: No such file or directory", "Error: unknown import", "Error: invalid"];

    public static GuestEnd Read(ExeForm form, ExitStatus status, ReadOnlySpan<byte> errorTail)
    {
        if (status.Signal is { } signal)
        {
            return GuestEnd.Broke($"the engine's process was killed by {Signals.Name(signal)}", []);
        }

        int code = status.Code ?? 0;
        string tail = Encoding.UTF8.GetString(errorTail);
        string marker = form == ExeForm.Wizer ? "Error: the `_start` function trapped" : $"Error: failed to run main module `{ExeCommand.ModulePath}`";
        int at = code switch
        {
            1 => LastLine(tail, marker),
            AbortedExit => Math.Max(0, LastLine(tail, AnyError)), // another Wasmtime may word it otherwise
            _ => -1,
        };
        if (at >= 0)
        {
            return ReadCauses(tail[at..]);
        }

        return code == 1 && IsSetup(form, tail)
            ? GuestEnd.Refuse(tail.Trim().Replace("Error: ", "", StringComparison.Ordinal))
            : GuestEnd.Exit(code);
    }

    private static bool IsSetup(ExeForm form, string tail)
    {
        if (form == ExeForm.Wizer)
        {
            // Here every exit of a guest's own with a code has the marker.
            return true;
        }

        foreach (string begin in BeforeTheGuest)
        {
            if (tail.StartsWith(begin, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads "N: cause" lines, the backtrace between them, and takes the last cause; the first line where there is none.</summary>
    private static GuestEnd ReadCauses(string text)
    {
        List<string> backtrace = [];
        string[] lines = text.Split('\n');
        string cause = lines[0].Replace(AnyError, "", StringComparison.Ordinal).Trim();
        bool instantiated = true;
        bool inBacktrace = false;
        foreach (string line in lines)
        {
            string trimmed = line.Trim();
            int colon = trimmed.IndexOf(": ", StringComparison.Ordinal);
            if (colon <= 0 || !int.TryParse(trimmed.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                continue;
            }

            // "0:  0x47f - module!function", or "0: module!function" where the place in it is not known.
            string rest = trimmed[(colon + 2)..].Trim();
            if (inBacktrace && number == backtrace.Count && (rest.StartsWith("0x", StringComparison.Ordinal) || rest.Contains('!', StringComparison.Ordinal)))
            {
                backtrace.Add(rest);
            }
            else
            {
                cause = rest;
                inBacktrace = rest.EndsWith(BacktraceEnd, StringComparison.Ordinal);
                instantiated &= !rest.StartsWith("failed to instantiate", StringComparison.Ordinal);
            }
        }

        if (!instantiated && !cause.StartsWith(WasmTrap, StringComparison.Ordinal))
        {
            return GuestEnd.Refuse(cause);
        }

        if (cause.StartsWith(WizerExit, StringComparison.Ordinal) && int.TryParse(cause.AsSpan(WizerExit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int exit))
        {
            return GuestEnd.Exit(exit);
        }

        if (cause.StartsWith(WasmTrap, StringComparison.Ordinal))
        {
            cause = cause[WasmTrap.Length..];
            return TrapNames.ByText(cause) is { } name ? GuestEnd.Trapped(name, cause, backtrace) : GuestEnd.Broke(cause, backtrace);
        }

        return GuestEnd.Broke(cause, backtrace);
    }

    private static int LastLine(string text, string begin)
    {
        int at = text.LastIndexOf(begin, StringComparison.Ordinal);
        return at <= 0 || text[at - 1] == '\n' ? at : -1;
    }
}
