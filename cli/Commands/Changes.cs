using Weft.Cli.Output;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary>The requests that change the store: progress while they run, one line when they are done.</summary>
internal static class Changes
{
    /// <summary>Sends the request and shows its progress; the reply is the app as it is now.</summary>
    public static async Task<AppsChanged> RunAsync(Surroundings surroundings, ControlRequest request, CancellationToken cancellationToken)
    {
        await using ControlClient client = await surroundings.ConnectAsync(cancellationToken);
        await using ProgressLines progress = ProgressLines.Start(surroundings);
        return (await client.AskAsync<AppsChanged>(request, progress.Report, cancellationToken)).Reply;
    }

    /// <summary>Installs; a relative path is made whole, since the daemon has another working folder.</summary>
    public static async Task<AppsChanged> InstallAsync(Surroundings surroundings, string reference, bool development, bool approve, CancellationToken cancellationToken)
    {
        string whole = reference.StartsWith("oci:", StringComparison.Ordinal) ? reference : Path.GetFullPath(reference);
        if (whole[0] == '/' && !Path.Exists(whole))
        {
            throw CliException.Failed($"install {whole}: there is no such folder or archive; name a package's folder or a .wapp file");
        }

        return await RunAsync(surroundings, new Install { Ref = whole, Dev = development, Approve = approve }, cancellationToken);
    }
}
