using System.CommandLine;
using System.Text;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary><c>weft send SID TEXT</c>: what the app's page would send.</summary>
internal static class SendCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<SessionId> session = Inputs.Session();
        var text = new Argument<string>("text") { Description = "The message, one UTF-8 text of at most 65536 bytes", HelpName = "TEXT" };
        var command = new Command("send", "Send a message to an app, as its page would") { session, text };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string payload = parsed.GetRequiredValue(text);
            int bytes = Encoding.UTF8.GetByteCount(payload);
            if (bytes > IpcForward.LargestPayload)
            {
                throw CliException.Failed($"send: the message has {bytes} bytes and may have {IpcForward.LargestPayload}; send it in parts");
            }

            await surroundings.AskAsync<AppState>(new IpcForward { SessionId = parsed.GetRequiredValue(session), Payload = payload }, cancellationToken);
            return ExitCode.Done;
        });
        return command;
    }
}
