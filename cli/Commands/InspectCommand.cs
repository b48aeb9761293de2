using System.CommandLine;
using System.Text.Json;
using Weft.Cli.Output;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary><c>weft inspect SID</c>: all that is known of one session.</summary>
internal static class InspectCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<SessionId> session = Inputs.Session();
        Option<bool> asJson = Inputs.Json();
        var command = new Command("inspect", "Show all of one session: limits, receipt, grants, use, and how it ended") { session, asJson };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new QuerySession { SessionId = parsed.GetRequiredValue(session) };
            (SessionDetails details, ReadOnlyMemory<byte> json) = await surroundings.AskAsync<SessionDetails>(request, cancellationToken);
            if (parsed.GetValue(asJson))
            {
                Json.WriteReply(surroundings.Out, json);
            }
            else
            {
                Write(surroundings, details);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(Surroundings surroundings, SessionDetails details)
    {
        TextWriter to = surroundings.Out;
        Line("session", $"{details.SessionId}{(details.Development ? " (development)" : "")}");
        Line("app", $"{details.AppId} {details.Version} ({details.Name})");
        Line("state", details.State.Wire());
        Line("started", $"{Show.Time(details.StartedAt)} ({Show.Since(details.StartedAt, surroundings.Time)} ago)");
        Line("pid", details.Pid == 0 ? "-" : details.Pid.ToString());
        Line("runtime", $"{details.RuntimeVersion} on {details.Backend}");
        Line("controller", details.Controller is { } controller ? $"{controller.Name} (client {controller.ClientId})" : "free");
        LimitValues limits = details.Limits;
        Line("limits", $"cpu {limits.Cpu ?? "-"}, memory {limits.Memory ?? "-"}, tasks {limits.Tasks?.ToString() ?? "-"}, linear memory {limits.LinearMemory ?? "-"}");
        SessionUsage usage = details.Usage;
        Line("usage", $"cpu {(usage.CpuMs is { } ms ? $"{ms} ms" : "-")}, memory {Show.Bytes(usage.Memory)}, tasks {usage.Tasks?.ToString() ?? "-"}, linear memory {Show.Bytes(usage.LinearMemory)}");
        foreach (Grant grant in details.Grants)
        {
            Line("grant", $"{grant.Name}{(grant.Path is { } path ? $" {path}" : "")}{(grant.Mode is { } mode ? $" {mode}" : "")}, used {grant.Used} times");
        }

        if (details.Receipt.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in details.Receipt.EnumerateObject())
            {
                Line("receipt", $"{property.Name}: {(property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString() : property.Value.GetRawText())}");
            }
        }

        if (details.End is { } end)
        {
            string code = end switch
            {
                { ExitCode: { } number } => $" (exit code {number})",
                { Signal: { } number } => $" (signal {number})",
                _ => "",
            };
            Line("end", Show.End(end) + code);
            foreach (Fact fact in end.Facts)
            {
                Line("", $"{Show.Time(fact.At)} {fact.Source}: {fact.What}");
            }
        }

        void Line(string name, string? text) => to.WriteLine($"{name,-11} {Show.Line(text ?? "")}");
    }
}
