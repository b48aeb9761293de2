using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Text;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Cli.Commands;

/// <summary><c>weft ui [--open]</c>: the system UI's URL with a code that works once, within 60 s.</summary>
internal static class UiCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var open = new Option<bool>("--open") { Description = "Open it in the browser" };
        var command = new Command("ui", "Print the system UI's address, good for one use within 60 s") { open };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            (TokenReply reply, _) = await surroundings.AskAsync<TokenReply>(new MintToken { Role = ClientRole.System, Once = true }, cancellationToken);
            string url = reply.Url ?? throw CliException.Failed("ui: the daemon serves no system UI; see weft status");
            if (parsed.GetValue(open))
            {
                Open(surroundings, url);
            }
            else
            {
                surroundings.Out.WriteLine(url);
            }

            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>The code goes through a file that only this user reads: argument lists can be read by everybody.</summary>
    private static void Open(Surroundings surroundings, string url)
    {
        string page = Path.Combine(surroundings.Paths.RuntimeFolder, "ui-open.html");
        string attribute = WebUtility.HtmlEncode(url);
        Files.WriteAtomically(page, Encoding.UTF8.GetBytes(
            $"<!doctype html><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0;url={attribute}\"><title>Weft</title><a href=\"{attribute}\">Weft</a>\n"));
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("xdg-open", ["file://" + page]))!;
        }
        catch (Win32Exception)
        {
            throw CliException.Failed($"ui: xdg-open is not installed; open file://{page} in a browser within 60 s");
        }
    }
}
