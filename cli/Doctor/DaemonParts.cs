using System.Text.Json;
using Weft.Cli.Output;
using Weft.Core.Folders;
using Weft.Core.Protocol;

namespace Weft.Cli.Doctor;

/// <summary>The daemon, and who holds its state root.</summary>
internal static class DaemonParts
{
    private const string Start = "systemctl --user start weft-appd";
    private const int MaximumLockBytes = 4096;

    /// <summary>Adds what is known of it.</summary>
    /// <returns>What it says of itself; null where it does not answer.</returns>
    public static async Task<StatusReply?> AskAsync(Surroundings surroundings, List<StatusPart> parts, CancellationToken cancellationToken)
    {
        try
        {
            (StatusReply status, _) = await surroundings.AskAsync<StatusReply>(new Status(), cancellationToken);
            parts.Add(new StatusPart
            {
                Part = "daemon",
                State = PartState.Present,
                Detail = $"weft-appd {status.Version}, up {Show.Since(status.StartedAt, surroundings.Time)}, on {surroundings.Paths.ControlSocket}",
            });
            return status;
        }
        catch (CliException e)
        {
            int cut = e.Message.IndexOf(';');
            string holder = Holder(surroundings.Paths) is { } found ? $"; the state root was last held by {found}" : "";
            parts.Add(new StatusPart { Part = "daemon", State = PartState.Missing, Detail = (cut < 0 ? e.Message : e.Message[..cut]) + holder, Remedy = Start });
        }
        catch (Exception e) when (e is IOException or ControlException or FormatException)
        {
            parts.Add(new StatusPart { Part = "daemon", State = PartState.Degraded, Detail = $"it answers with an error: {e.Message}", Remedy = "systemctl --user restart weft-appd" });
        }

        return null;
    }

    /// <summary>Who the lock file of the state root names: pid, version and start of that daemon.</summary>
    private static string? Holder(WeftPaths paths)
    {
        try
        {
            using FileStream file = File.OpenRead(paths.StateLock);
            if (file.Length is 0 or > MaximumLockBytes)
            {
                return null;
            }

            using JsonDocument document = JsonDocument.Parse(file);
            JsonElement root = document.RootElement;
            return $"pid {root.GetProperty("pid").GetInt32()}, weft-appd {root.GetProperty("version").GetString()}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or FoldersException)
        {
            return null;
        }
    }
}
