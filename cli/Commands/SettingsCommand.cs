using System.CommandLine;
using System.Text.Json;
using Weft.Cli.Output;
using Weft.Core.Protocol;
using Weft.Core.Settings;

namespace Weft.Cli.Commands;

/// <summary><c>weft settings</c>: every setting with its value and where that comes from; <c>set</c> and <c>unset</c> change one.</summary>
internal static class SettingsCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Option<bool> asJson = Inputs.Json();
        var command = new Command("settings", "Show the settings, or change one") { asJson };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            (Settings reply, ReadOnlyMemory<byte> json) = await surroundings.AskAsync<Settings>(new QuerySettings(), cancellationToken);
            if (parsed.GetValue(asJson))
            {
                Json.WriteMember(surroundings.Out, json, "values");
                return ExitCode.Done;
            }

            var table = new Table("SETTING", "VALUE", "DEFAULT", "FROM");
            foreach (SettingValue value in reply.Values)
            {
                table.Add(value.Key, Text(value.Value), Text(value.Default), value.Locked ? $"{value.Source} (locked)" : value.Source);
            }

            table.Write(surroundings.Out);
            return ExitCode.Done;
        });
        command.Subcommands.Add(Set(surroundings));
        command.Subcommands.Add(Unset(surroundings));
        return command;
    }

    private static Command Set(Surroundings surroundings)
    {
        Argument<string> key = Key();
        var value = new Argument<string>("value") { Description = "The new value", HelpName = "VALUE" };
        var command = new Command("set", "Change a setting") { key, value };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string name = parsed.GetRequiredValue(key);
            object accepted = parsed.GetRequiredValue(value);
            if (SettingTable.ByKey.TryGetValue(name, out Setting? setting) && !setting.TryReadText((string)accepted, out accepted, out string problem))
            {
                throw CliException.Failed($"set {name}: {problem}");
            }

            await surroundings.AskAsync<Settings>(new SetSetting { Key = name, Value = ToJson(accepted) }, cancellationToken);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Unset(Surroundings surroundings)
    {
        Argument<string> key = Key();
        var command = new Command("unset", "Take a change of a setting back") { key };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await surroundings.AskAsync<Settings>(new SetSetting { Key = parsed.GetRequiredValue(key) }, cancellationToken);
            return ExitCode.Done;
        });
        return command;
    }

    private static Argument<string> Key() => new("key") { Description = "Name of the setting, such as sessions.grace", HelpName = "KEY" };

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();

    private static JsonElement ToJson(object value)
    {
        string text = value switch
        {
            string s => $"\"{JsonEncodedText.Encode(s)}\"",
            bool b => b ? "true" : "false",
            _ => value.ToString()!,
        };
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
