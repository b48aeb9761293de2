using System.CommandLine;
using Weft.Cli.Output;
using Weft.Core.Apps;
using Weft.Core.Protocol;
using Weft.Core.Settings;
using Weft.Core.Store;

namespace Weft.Cli.Commands;

/// <summary>
/// <c>weft pack install|uninstall|rollback|list</c>: the store, with or without a daemon. Where one answers and no store of
/// its own is named (<c>WEFT_APP_STORE</c>) the daemon does it: it compiles ahead and tells its clients.
/// </summary>
internal static class PackStoreCommands
{
    public static Command CreateInstall(Surroundings surroundings)
    {
        var package = new Argument<string>("package") { Description = "A package's folder or a .wapp archive", HelpName = "DIR" };
        var development = new Option<bool>("--dev") { Description = "Without a trusted signature, marked as development everywhere" };
        var approve = new Option<bool>("--approve") { Description = "Agree to the capabilities it declares" };
        var command = new Command("install", "Install a package into the store") { package, development, approve };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string path = parsed.GetRequiredValue(package);
            if (await DaemonAnswersAsync(surroundings, cancellationToken))
            {
                AppsChanged changed = await Changes.InstallAsync(surroundings, path, parsed.GetValue(development), parsed.GetValue(approve), cancellationToken);
                surroundings.Out.WriteLine($"installed {changed.AppId} {changed.Version}");
                return ExitCode.Done;
            }

            await using ProgressLines progress = ProgressLines.Start(surroundings);
            using PackageStore store = Open(surroundings);
            InstallResult result = await store.InstallAsync(
                new InstallRequest
                {
                    Path = Path.GetFullPath(path),
                    Development = parsed.GetValue(development),
                    Approve = parsed.GetValue(approve),
                    Progress = progress.Report,
                },
                cancellationToken);
            surroundings.Out.WriteLine($"installed {result.Package.AppId} {result.Package.Manifest.Version}");
            if (result.Package.NeedsApproval.Count > 0)
            {
                surroundings.Error.WriteLine($"it asks for {result.Package.NeedsApproval}; to agree: weft approve {result.Package.AppId}");
            }

            return ExitCode.Done;
        });
        return command;
    }

    public static Command CreateUninstall(Surroundings surroundings)
    {
        Argument<AppId> app = Inputs.App();
        var purge = new Option<bool>("--purge-data") { Description = "Delete the app's own data too; it cannot be brought back" };
        var command = new Command("uninstall", "Take an app out of the store") { app, purge };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            AppId id = parsed.GetRequiredValue(app);
            if (await DaemonAnswersAsync(surroundings, cancellationToken))
            {
                await Changes.RunAsync(surroundings, new Uninstall { AppId = id.Value, PurgeData = parsed.GetValue(purge) }, cancellationToken);
            }
            else
            {
                using PackageStore store = Open(surroundings);
                await store.UninstallAsync(id, parsed.GetValue(purge), cancellationToken);
            }

            surroundings.Out.WriteLine(parsed.GetValue(purge) ? $"uninstalled {id} and deleted its data" : $"uninstalled {id}; its data is kept");
            return ExitCode.Done;
        });
        return command;
    }

    public static Command CreateRollback(Surroundings surroundings)
    {
        Argument<AppId> app = Inputs.App();
        var command = new Command("rollback", "Go back to the revision of an app before this one") { app };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            AppId id = parsed.GetRequiredValue(app);
            string? version;
            if (await DaemonAnswersAsync(surroundings, cancellationToken))
            {
                version = (await Changes.RunAsync(surroundings, new Rollback { AppId = id.Value }, cancellationToken)).Version;
            }
            else
            {
                using PackageStore store = Open(surroundings);
                version = (await store.RollbackAsync(id, cancellationToken)).Manifest.Version.ToFullString();
            }

            surroundings.Out.WriteLine($"rolled back {id} to {version}");
            return ExitCode.Done;
        });
        return command;
    }

    public static Command CreateList(Surroundings surroundings)
    {
        Option<bool> asJson = Inputs.Json();
        var command = new Command("list", "List what is in the stores") { asJson };
        command.SetAction(parsed =>
        {
            using PackageStore store = Open(surroundings);
            StoreListing listing = store.List();
            if (parsed.GetValue(asJson))
            {
                WriteJson(surroundings, listing);
            }
            else
            {
                var table = new Table("APP", "VERSION", "BEFORE", "NAME", "SOURCE", "NOTE");
                foreach (InstalledPackage package in listing.Packages)
                {
                    string source = package.FromSystemStore ? "system" : SourceName(package.Source);
                    string? note = package.Problem ?? (package.NeedsApproval.Count > 0 ? $"asks for {package.NeedsApproval}: weft approve {package.AppId}" : null);
                    table.Add(package.AppId.Value, package.Manifest.Version.ToFullString(), package.RollbackTo, package.Manifest.Name, source, note);
                }

                table.Write(surroundings.Out);
            }

            foreach (StoreProblem problem in listing.Problems)
            {
                surroundings.Error.WriteLine($"{problem.AppId}: {Show.Line(problem.Message)}");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static string SourceName(PackageSource source) => source switch
    {
        PackageSource.Image => "image",
        PackageSource.Development => "development",
        _ => "directory",
    };

    private static void WriteJson(Surroundings surroundings, StoreListing listing) => Json.Write(surroundings.Out, json =>
    {
        json.WriteStartArray();
        foreach (InstalledPackage package in listing.Packages)
        {
            json.WriteStartObject();
            json.WriteString("app_id", package.AppId.Value);
            json.WriteString("version", package.Manifest.Version.ToFullString());
            json.WriteString("name", package.Manifest.Name);
            json.WriteString("source", SourceName(package.Source));
            json.WriteBoolean("system", package.FromSystemStore);
            json.WriteBoolean("trusted", package.Trusted);
            json.WriteString("digest", package.Digest.ToString());
            if (package.RollbackTo is { } rollbackTo)
            {
                json.WriteString("rollback_to", rollbackTo);
            }

            if (package.Problem is { } problem)
            {
                json.WriteString("problem", problem);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static async Task<bool> DaemonAnswersAsync(Surroundings surroundings, CancellationToken cancellationToken)
    {
        if (surroundings.Paths.Variable("WEFT_APP_STORE") is not null)
        {
            return false;
        }

        try
        {
            await using ControlClient client = await surroundings.ConnectAsync(cancellationToken);
            return true;
        }
        catch (CliException e) when (e.ExitCode == ExitCode.NoDaemon)
        {
            return false;
        }
    }

    private static PackageStore Open(Surroundings surroundings)
    {
        WeftSettings settings = SettingsStore.Load(surroundings.Paths).Current;
        PackageStoreOptions options = PackageStoreOptions.From(surroundings.Paths) with { ApproveAll = settings.ApproveAll, Machine = settings.Limits };
        return new PackageStore(options, surroundings.Time);
    }
}
