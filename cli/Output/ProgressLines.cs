using System.Globalization;
using Weft.Core.Protocol;

namespace Weft.Cli.Output;

/// <summary>
/// Progress of long work on standard error: one line that moves on a terminal, one plain line for each new step elsewhere.
/// </summary>
internal sealed class ProgressLines : IAsyncDisposable
{
    private readonly Surroundings _surroundings;
    private readonly TerminalProgress? _terminal;
    private string _last = "";

    private ProgressLines(Surroundings surroundings)
    {
        _surroundings = surroundings;
        _terminal = surroundings.ErrorIsTerminal ? new TerminalProgress() : null;
    }

    public static ProgressLines Start(Surroundings surroundings) => new(surroundings);

    /// <summary>Shows one step.</summary>
    public void Report(Progress step) => Report(step.What, (long)step.Done, (long)step.Total);

    /// <inheritdoc cref="Report(Progress)"/>
    /// <param name="total">0 where it is not known.</param>
    public void Report(string what, long done, long total)
    {
        string shown = Show.Line(what);
        if (_terminal is not null)
        {
            _terminal.Report(shown, done, total);
        }
        else if (shown != _last)
        {
            _surroundings.Error.WriteLine(total > 0 ? string.Create(CultureInfo.InvariantCulture, $"{shown} ({total})") : shown);
        }

        _last = shown;
    }

    public ValueTask DisposeAsync() => _terminal?.DisposeAsync() ?? ValueTask.CompletedTask;
}
