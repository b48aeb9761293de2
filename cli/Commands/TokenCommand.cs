using System.CommandLine;
using Weft.Cli.Output;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary><c>weft token</c>: a read-only credential for the WebSocket, or the end of all of them.</summary>
internal static class TokenCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var observer = new Option<bool>("--observer") { Description = "Make a token that sees sessions and events and changes nothing" };
        var seconds = new Option<uint?>("--ttl") { Description = "How long the token lives unused (default a day)", HelpName = "SECONDS" };
        var revoke = new Option<bool>("--revoke-all") { Description = "End all credentials and codes; pages must be opened anew" };
        Option<bool> asJson = Inputs.Json();
        var command = new Command("token", "Make or end credentials of the WebSocket") { observer, seconds, revoke, asJson };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(observer) == parsed.GetValue(revoke))
            {
                throw CliException.Usage("token: say either --observer, for a new read-only token, or --revoke-all");
            }

            if (parsed.GetValue(revoke))
            {
                await surroundings.AskAsync<Ok>(new RevokeTokens(), cancellationToken);
                surroundings.Out.WriteLine("all credentials have ended");
                return ExitCode.Done;
            }

            (TokenReply reply, ReadOnlyMemory<byte> json) = await surroundings.AskAsync<TokenReply>(
                new MintToken { Role = ClientRole.Observer, TtlS = parsed.GetValue(seconds) }, cancellationToken);
            if (parsed.GetValue(asJson))
            {
                Json.WriteReply(surroundings.Out, json);
            }
            else
            {
                surroundings.Out.WriteLine(reply.Token);
            }

            return ExitCode.Done;
        });
        return command;
    }
}
