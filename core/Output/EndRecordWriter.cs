using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Core.Output;

/// <summary>Writes the end record: a JSON line per event, each with one write, so that a kill in between leaves whole lines.</summary>
/// <param name="file">Opened by appd, for appending; it stays the caller's.</param>
public sealed class EndRecordWriter(Descriptor file, TimeProvider time)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly Lock _gate = new();
    private bool _ended; // guarded by _gate

    /// <summary>The guest is let go. From here on the session counts as begun, whoever asks.</summary>
    public void Began()
    {
        // By hand: this stands between every start and its guest, and the first use of a JSON writer costs a tenth of a millisecond.
        string line = string.Create(CultureInfo.InvariantCulture, $"{{\"event\":\"began\",\"at\":{time.GetUtcNow().ToUnixTimeMilliseconds()}}}\n");
        lock (_gate)
        {
            Files.Write(file, Encoding.ASCII.GetBytes(line));
        }
    }

    /// <summary>Something worth knowing when the end is explained.</summary>
    public void Fact(string what)
    {
        using var line = new PooledBuffer(512);
        using (Utf8JsonWriter json = Start(line, "fact"))
        {
            json.WriteString("what"u8, Cut(what, EndRecordReader.MaxText));
            json.WriteEndObject();
        }

        Append(line);
    }

    /// <summary>The end; the first one counts, a later call writes nothing.</summary>
    public void Ended(GuestEnd kind, string? message, int? exitCode = null, string? trap = null, IReadOnlyList<string>? backtrace = null)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
        }

        using var line = new PooledBuffer(1024);
        using (Utf8JsonWriter json = Start(line, "ended"))
        {
            json.WriteString("kind"u8, EndRecordReader.Name(kind));
            if (exitCode is { } code)
            {
                json.WriteNumber("exit_code"u8, code);
            }

            if (trap is not null)
            {
                json.WriteString("trap"u8, Cut(trap, EndRecordReader.MaxText));
            }

            if (message is not null)
            {
                json.WriteString("message"u8, Cut(message, EndRecordReader.MaxText));
            }

            if (backtrace is { Count: > 0 })
            {
                json.WriteStartArray("backtrace"u8);
                foreach (string frame in backtrace.Take(EndRecordReader.MaxFrames))
                {
                    json.WriteStringValue(Cut(frame, EndRecordReader.MaxFrame));
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        Append(line);
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];

    private Utf8JsonWriter Start(PooledBuffer line, string name)
    {
        var json = new Utf8JsonWriter(line, Options);
        json.WriteStartObject();
        json.WriteString("event"u8, name);
        json.WriteNumber("at"u8, time.GetUtcNow().ToUnixTimeMilliseconds());
        return json;
    }

    private void Append(PooledBuffer line)
    {
        line.GetSpan(1)[0] = (byte)'\n';
        line.Advance(1);
        lock (_gate)
        {
            Files.Write(file, line.Written);
        }
    }
}
