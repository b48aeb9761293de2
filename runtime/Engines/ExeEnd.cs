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
    /// <summary>Bytes of standard error that are kept for this: a message with its backtrace is some 3 KB.</summary>
    public const int TailSize = 16 << 10;

    private const int AbortedExit = 134;
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
        int at = code is 1 or AbortedExit ? LastLine(tail, marker) : -1;
        if (at >= 0)
        {
            return ReadCauses(tail[(at + marker.Length)..], code);
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

    /// <summary>Reads "N: cause" lines, the backtrace between them, and takes the last cause.</summary>
    private static GuestEnd ReadCauses(string text, int code)
    {
        List<string> backtrace = [];
        string cause = "";
        bool instantiated = true;
        foreach (string line in text.Split('\n'))
        {
            string trimmed = line.Trim();
            int colon = trimmed.IndexOf(": ", StringComparison.Ordinal);
            if (colon <= 0 || !trimmed.AsSpan(0, colon).ContainsOnlyDigits())
            {
                continue;
            }

            string rest = trimmed[(colon + 2)..].Trim();
            if (rest.StartsWith("0x", StringComparison.Ordinal))
            {
                backtrace.Add(rest);
            }
            else
            {
                cause = rest;
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

        return GuestEnd.Broke(cause.Length > 0 ? cause : $"the engine ended with exit code {code}", backtrace);
    }

    private static bool ContainsOnlyDigits(this ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') < 0;

    private static int LastLine(string text, string begin)
    {
        int at = text.LastIndexOf(begin, StringComparison.Ordinal);
        return at <= 0 || text[at - 1] == '\n' ? at : -1;
    }
}
