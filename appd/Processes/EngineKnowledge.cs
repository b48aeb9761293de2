using Microsoft.Extensions.Logging;
using Weft.Core.Code;
using Weft.Core.Engines;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Appd.Processes;

/// <summary>
/// Which engine runtimes would use, as <c>weft-runtime --engine-facts</c> says. Asked once at start and again when the
/// library's file has changed; the way there is one look at the file.
/// </summary>
internal sealed partial class EngineKnowledge(RuntimeProgram program, TimeProvider time, ILogger<EngineKnowledge> logger)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private Task<Known>? _known; // guarded by _gate

    /// <summary>The library, or null where runtimes use an executable engine or have none.</summary>
    public async ValueTask<EngineFacts?> GetAsync(CancellationToken cancellationToken)
    {
        Task<Known> asked;
        lock (_gate)
        {
            if (_known is null || (_known.IsCompletedSuccessfully && !_known.Result.IsCurrent()))
            {
                _known = AskAsync();
            }

            asked = _known;
        }

        return (asked.IsCompletedSuccessfully ? asked.Result : await asked.WaitAsync(cancellationToken)).Facts;
    }

    /// <summary>What STATUS says of it.</summary>
    public StatusPart Part
    {
        get
        {
            lock (_gate)
            {
                return _known is { IsCompletedSuccessfully: true } known
                    ? known.Result.Part
                    : new StatusPart { Part = "engine", State = PartState.Present, Detail = "is being asked" };
            }
        }
    }

    private async Task<Known> AskAsync()
    {
        if (program.IsForeign || program.Problem is not null)
        {
            return new Known(null, program.Problem is { } problem
                ? EngineAnswer.Missing(problem)
                : new StatusPart { Part = "engine", State = PartState.Present, Detail = "a foreign runtime brings its own" }, null, null);
        }

        try
        {
            ProgramAnswer answer = await ProgramAnswer.AskAsync(program.Path, [.. program.User.Arguments, "--engine-facts"], program.EnvironmentWith(null), Deadline, time);
            return Read(answer);
        }
        catch (IOException e)
        {
            Log.NotAsked(logger, e.Message);
            return new Known(null, EngineAnswer.Missing(e.Message), null, null);
        }
    }

    private Known Read(ProgramAnswer answer)
    {
        try
        {
            var engine = EngineAnswer.Parse(answer.Output);
            EngineFacts? facts = engine is { IsLibrary: true, Sha256: { } sha256 }
                ? new EngineFacts { LibraryPath = engine.Path, Sha256 = sha256, Major = new EngineRelease(engine.Version).Major, Settings = engine.Settings }
                : null;
            return new Known(facts, engine.Judge(time), engine.Path, Files.TryStat(engine.Path));
        }
        catch (FormatException e)
        {
            string said = answer.Error.Trim();
            string problem = said.Length > 0 ? said.StartsWith("error: ", StringComparison.Ordinal) ? said["error: ".Length..] : said : $"{program.Path} {e.Message} ({answer.Status})";
            Log.NotAsked(logger, problem);
            return new Known(null, EngineAnswer.Missing(problem), null, null);
        }
    }

    private sealed record Known(EngineFacts? Facts, StatusPart Part, string? Path, FileFacts? File)
    {
        /// <summary>The file is the one that was asked about. Without an engine it is worth asking again: one may have been installed.</summary>
        public bool IsCurrent()
        {
            if (Path is null)
            {
                return Part.State != PartState.Missing;
            }

            FileFacts? now = Files.TryStat(Path);
            return File is null ? now is null : now is not null && now.Inode == File.Inode && now.Device == File.Device && now.ChangeTime == File.ChangeTime;
        }
    }

    // Event ids 1150 to 1159 belong to the engine.
    private static partial class Log
    {
        [LoggerMessage(1150, LogLevel.Warning, "No engine: {Problem}")]
        public static partial void NotAsked(ILogger logger, string problem);
    }
}
