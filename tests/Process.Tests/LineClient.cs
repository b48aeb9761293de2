using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>A client that is a program of another language: lines in, lines of JSON out.</summary>
internal sealed class LineClient(string program, params string[] arguments) : IDisposable
{
    private const string Python = "/usr/bin/python3"; // Debian's, which its packages belong to

    private readonly System.Diagnostics.Process _process = Commands.Start(program, arguments);
    private readonly List<JsonObject> _unread = [];

    /// <summary>The path of Python, where it has that module; else the test is skipped, naming the Debian package.</summary>
    public static async Task<string> PythonAsync(string module)
    {
        bool present = File.Exists(Python) && (await Commands.RunAsync(Python, ["-c", $"import {module}"])).ExitCode == 0;
        Prerequisite.Need(present, $"Python's {module} (apt-get install python3-{module})");
        return Python;
    }

    /// <summary>The path of a script of tests/clients/python.</summary>
    public static string Script(string name) => Path.Combine(Prerequisite.Root, "tests/clients/python", name);

    /// <summary>What was read on the way to something else, and nobody took.</summary>
    public IReadOnlyList<JsonObject> Unread => _unread;

    public Task SayAsync(JsonObject message) => SayAsync(message.ToJsonString());

    public async Task SayAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>The first message of that type that fits, now or when it comes; those before it are kept.</summary>
    public async Task<JsonObject> HearAsync(string type, Func<JsonObject, bool>? fits = null)
    {
        bool Wanted(JsonObject m) => (string?)m["type"] == type && (fits is null || fits(m));
        if (_unread.FirstOrDefault(Wanted) is { } kept)
        {
            _unread.Remove(kept);
            return kept;
        }

        using var deadline = new CancellationTokenSource(ControlPeer.Patience * 2);
        while (true)
        {
            string? line;
            try
            {
                line = await _process.StandardOutput.ReadLineAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new Xunit.Sdk.XunitException($"{type} did not come; unread: {string.Join(' ', _unread.TakeLast(20).Select(m => m.ToJsonString()))}");
            }

            if (line is null)
            {
                Assert.Fail($"the client ended before {type}: {await _process.StandardError.ReadToEndAsync()}");
            }

            JsonObject message = JsonNode.Parse(line)!.AsObject();
            if (Wanted(message))
            {
                return message;
            }

            _unread.Add(message);
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
