using System.Threading.Channels;
using Spectre.Console;

namespace Weft.Cli.Output;

/// <summary>A progress bar on a terminal, drawn by Spectre.Console, which is touched nowhere else: other verbs start faster without it.</summary>
internal sealed class TerminalProgress : IAsyncDisposable
{
    private readonly Channel<(string What, long Done, long Total)> _steps =
        Channel.CreateUnbounded<(string, long, long)>(new UnboundedChannelOptions { SingleReader = true });

    private readonly Task _drawing;

    public TerminalProgress()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        _drawing = DrawAsync(console);
    }

    public void Report(string what, long done, long total) => _steps.Writer.TryWrite((what, done, total));

    public async ValueTask DisposeAsync()
    {
        _steps.Writer.Complete();
        await _drawing;
    }

    private async Task DrawAsync(IAnsiConsole console)
    {
        await console.Progress().AutoClear(true).HideCompleted(false)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new SpinnerColumn())
            .StartAsync(async context =>
            {
                ProgressTask? task = null;
                string current = "";
                await foreach ((string what, long done, long total) in _steps.Reader.ReadAllAsync())
                {
                    if (task is null || what != current)
                    {
                        if (task is not null)
                        {
                            task.Value = task.MaxValue;
                        }

                        task = context.AddTask(Markup.Escape(what), autoStart: true, maxValue: Math.Max(1, total));
                        current = what;
                    }

                    task.IsIndeterminate = total <= 0;
                    task.MaxValue = Math.Max(1, total);
                    task.Value = done;
                }

                if (task is not null)
                {
                    task.Value = task.MaxValue;
                }
            });
    }
}
