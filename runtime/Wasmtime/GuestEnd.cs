namespace Weft.Runtime.Wasmtime;

/// <summary>How a guest ended: with an exit code, by a trap, or by an error that is neither.</summary>
internal sealed record GuestEnd
{
    /// <summary>The guest's own exit code; null where it did not get that far.</summary>
    public int? ExitCode { get; private init; }

    /// <summary>Name of the trap (see <see cref="TrapNames"/>); null where there was none.</summary>
    public string? Trap { get; private init; }

    /// <summary>What happened, in words; empty for an exit.</summary>
    public string Message { get; private init; } = "";

    /// <summary>The guest's stack, innermost first.</summary>
    public IReadOnlyList<string> Backtrace { get; private init; } = [];

    /// <summary>True where it never ran: no module, no engine, an import that nobody offers.</summary>
    public bool Refused { get; private init; }

    public static GuestEnd Exit(int code) => new() { ExitCode = code };

    public static GuestEnd Trapped(string trap, string message, IReadOnlyList<string> backtrace) => new() { Trap = trap, Message = message, Backtrace = backtrace };

    public static GuestEnd Refuse(string message) => new() { Message = message, Refused = true };

    public static GuestEnd Broke(string message, IReadOnlyList<string> backtrace) => new() { Message = message, Backtrace = backtrace };
}
