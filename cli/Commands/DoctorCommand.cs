using System.CommandLine;
using Weft.Cli.Doctor;
using Weft.Cli.Output;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary><c>weft doctor</c>: one line per part, with or without a daemon.</summary>
internal static class DoctorCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Option<bool> asJson = Inputs.Json();
        var command = new Command("doctor", "Show each part of this machine: present, degraded or missing, and what mends it") { asJson };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            List<StatusPart> parts = await Examination.RunAsync(surroundings, cancellationToken);
            if (parsed.GetValue(asJson))
            {
                WriteJson(surroundings, parts);
            }
            else
            {
                PartLines.Write(surroundings.Out, parts);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void WriteJson(Surroundings surroundings, List<StatusPart> parts) => Json.Write(surroundings.Out, json =>
    {
        json.WriteStartArray();
        foreach (StatusPart part in parts)
        {
            json.WriteStartObject();
            json.WriteString("part", part.Part);
            json.WriteString("state", part.State.Wire());
            json.WriteString("detail", part.Detail);
            if (part.Remedy is { } remedy)
            {
                json.WriteString("remedy", remedy);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
