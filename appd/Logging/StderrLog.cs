using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Weft.Appd.Logging;

/// <summary>
/// The daemon's log: one line an entry on standard error, written by whoever logs. Under systemd a line begins with the
/// journal's priority (<c>&lt;4&gt;</c>), by hand with the time.
/// </summary>
internal sealed class StderrLog(LogLevel least, bool journal) : ILoggerFactory
{
    private readonly Lock _gate = new();
    private readonly Stream _stderr = Console.OpenStandardError();

    /// <summary>For this process: the journal's form where systemd says that standard error is the journal.</summary>
    public static StderrLog ForThisProcess()
    {
        string? level = Environment.GetEnvironmentVariable("WEFT_LOG");
        return new StderrLog(
            Enum.TryParse(level, ignoreCase: true, out LogLevel least) ? least : LogLevel.Information,
            Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 });
    }

    public ILogger CreateLogger(string categoryName) => new Entry(this);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("the daemon's log goes to standard error alone");

    public void Dispose() => _stderr.Dispose();

    private void Write(LogLevel level, string message, Exception? exception)
    {
        var line = new StringBuilder(message.Length + 40);
        if (journal)
        {
            line.Append('<').Append(Priority(level)).Append('>');
        }
        else
        {
            line.Append(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.fff} {Name(level)} ");
        }

        // One entry is one line: nothing that an app put into a message can pass for another entry.
        line.Append(message);
        if (exception is not null)
        {
            line.Append(": ").Append(exception);
        }

        line.Replace('\r', ' ').Replace("\n", " | ").Append('\n');
        byte[] bytes = Encoding.UTF8.GetBytes(line.ToString());
        lock (_gate)
        {
            try
            {
                _stderr.Write(bytes);
            }
            catch (IOException)
            {
                // Nobody reads it any more (a closed terminal): the kiosk goes on.
            }
        }
    }

    private static int Priority(LogLevel level) => level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Critical => "crit",
        LogLevel.Error => "error",
        LogLevel.Warning => "warn",
        LogLevel.Information => "info",
        _ => "debug",
    };

    private sealed class Entry(StderrLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= log.Least && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                log.Write(logLevel, formatter(state, exception), exception);
            }
        }
    }

    private LogLevel Least => least;
}
