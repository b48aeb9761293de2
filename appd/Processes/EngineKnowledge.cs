using System.Text.Json;
using Microsoft.Extensions.Logging;
using Weft.Core.Code;
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

    /// <summary>What is known of the engine, for people; null while it is being asked.</summary>
    public string? Description
    {
        get
        {
            lock (_gate)
            {
                return _known is { IsCompletedSuccessfully: true } known ? known.Result.Description : null;
            }
        }
    }

    /// <summary>True where there is an engine; null while it is being asked.</summary>
    public bool? IsThere
    {
        get
        {
            lock (_gate)
            {
                return _known is { IsCompletedSuccessfully: true } known ? known.Result.IsThere : null;
            }
        }
    }

    private async Task<Known> AskAsync()
    {
        if (program.IsForeign || program.Problem is not null)
        {
            return new Known(null, program.Problem ?? "a foreign runtime brings its own", program.Problem is null, null, null);
        }

        try
        {
            ProgramAnswer answer = await ProgramAnswer.AskAsync(program.Path, ["--engine-facts"], program.EnvironmentWith(null), Deadline, time);
            return Read(answer);
        }
        catch (IOException e)
        {
            Log.NotAsked(logger, e.Message);
            return new Known(null, e.Message, false, null, null);
        }
    }

    private Known Read(ProgramAnswer answer)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer.Output);
            JsonElement said = document.RootElement;
            string kind = said.GetProperty("engine").GetString() ?? "";
            string version = said.GetProperty("version").GetString() ?? "";
            string? path = said.GetProperty("path").GetString();
            string description = $"{kind}, Wasmtime {version}, {path}";
            string? sha256 = said.TryGetProperty("sha256", out JsonElement digest) ? digest.GetString() : null;
            if (kind != "lib" || path is null || sha256 is null)
            {
                return new Known(null, description, true, path, path is null ? null : Files.TryStat(path));
            }

            var facts = new EngineFacts
            {
                LibraryPath = path,
                Sha256 = sha256,
                Major = said.GetProperty("major").GetInt32(),
                Settings = said.TryGetProperty("settings", out JsonElement settings) ? settings.GetString() ?? "" : "",
            };
            return new Known(facts, description, true, path, Files.TryStat(path));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            string problem = answer.Error.Length > 0 ? answer.Error : $"weft-runtime --engine-facts gave no answer ({answer.Status})";
            Log.NotAsked(logger, problem);
            return new Known(null, problem, false, null, null);
        }
    }

    private sealed record Known(EngineFacts? Facts, string Description, bool IsThere, string? Path, FileFacts? File)
    {
        /// <summary>The file is the one that was asked about. Without an engine it is worth asking again: one may have been installed.</summary>
        public bool IsCurrent()
        {
            if (Path is null)
            {
                return IsThere;
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
