using System.Buffers;
using System.Text;
using System.Text.Json;
using Weft.Runtime.Guest;

namespace Weft.Runtime.Host;

/// <summary>Interface <c>jsonrpc</c>: JSON-RPC 2.0, one object a line, on the guest's standard input and output.</summary>
internal sealed class JsonRpcHost(AppHost host, GuestPipe pipe, IGuestOutput log)
{
    /// <summary>Longest line that is understood: a fetch with a body of 16 MiB in base64, and some.</summary>
    public const int MaximumLine = 24 << 20;

    private long _dropped; // notifications that did not fit and were not told yet

    /// <summary>Takes one line of the guest; false where it is log.</summary>
    public bool Take(ReadOnlySpan<byte> line)
    {
        if (!JsonRpcRequest.TryRead(line, out JsonRpcRequest request))
        {
            return false;
        }

        if (request.Method.Length == 0)
        {
            // The host asks nothing, so an answer answers nothing.
            if (!request.IsAnswer)
            {
                Fail(request.Id.IsEmpty ? "null"u8 : request.Id, new HostError(HostError.InvalidRequest, "method is missing"));
            }

            return true;
        }

        try
        {
            Call(request);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            Answer(request, new HostError(HostError.InvalidParameters, $"{request.Method}: {e.Message}"));
        }

        return true;
    }

    /// <summary>Passes a message on; false where the guest's queue is full.</summary>
    public bool TryMessage(string payload) => pipe.TryMessage(Notification("message", writer => writer.WriteString("payload", payload)));

    /// <summary>Tells the guest that its session is about to end.</summary>
    public void Closing(uint graceMilliseconds) => pipe.Tell(Notification("closing", writer => writer.WriteNumber("grace_ms", graceMilliseconds)));

    /// <summary>Tells the guest that a file grant is gone.</summary>
    public void Revoked(string grant) => pipe.Tell(Notification("revoked", writer => writer.WriteString("grant", grant)));

    /// <summary>Asks the guest to give memory back.</summary>
    public void MemoryPressure(string level) => pipe.Tell(Notification("memory_pressure", writer => writer.WriteString("level", level)));

    /// <summary>Tells how many notifications were dropped, once there is room again.</summary>
    public void TellDropped()
    {
        long dropped = Interlocked.Exchange(ref _dropped, 0);
        if (dropped > 0)
        {
            pipe.Tell(Notification("overflow", writer => writer.WriteNumber("dropped", dropped)));
        }
    }

    private void Call(in JsonRpcRequest request)
    {
        string?[] values;
        switch (request.Method)
        {
            case "ready":
                host.Ready();
                Answer(request, null);
                break;
            case "send":
                values = JsonRpcParameters.Strings(request.Parameters, "payload");
                HostError? error = host.Send(values[0] ?? throw new FormatException("payload is missing"));
                if (error is { Code: HostError.QueueFull } && request.Id.IsEmpty)
                {
                    Interlocked.Increment(ref _dropped);
                    TellDropped();
                    break;
                }

                Answer(request, error);
                break;
            case "notify":
                values = JsonRpcParameters.Strings(request.Parameters, "title", "body", "icon");
                Answer(request, host.Notify(values[0] ?? throw new FormatException("title is missing"), values[1] ?? "", values[2]));
                break;
            case "clipboard.read":
                host.ReadClipboard(Later(request, static (writer, text) => writer.WriteString("text", text ?? "")));
                break;
            case "clipboard.write":
                values = JsonRpcParameters.Strings(request.Parameters, "text");
                host.WriteClipboard(values[0] ?? throw new FormatException("text is missing"), Later(request, content: null));
                break;
            case "fetch":
                Fetch(request);
                break;
            case "files.list" or "files.read" or "files.write" or "files.stat" or "files.mkdir" or "files.remove" or "files.rename" or "files.choose":
                Answer(request, host.Files());
                break;
            default:
                Answer(request, new HostError(HostError.MethodNotFound, $"no method {Shortened(request.Method)}"));
                break;
        }
    }

    private void Fetch(in JsonRpcRequest request)
    {
        byte[] id = request.Id.ToArray();
        host.BeginFetch(JsonRpcParameters.Fetch(request.Parameters), outcome =>
        {
            if (outcome.Reply is { } reply)
            {
                Succeed(id, reply.Body.Length, writer => WriteReply(writer, reply));
            }
            else
            {
                Fail(id, outcome.Error!);
            }
        });
    }

    private static void WriteReply(Utf8JsonWriter writer, FetchResponse reply)
    {
        writer.WriteNumber("status", reply.Status);
        writer.WriteStartArray("headers");
        foreach ((string name, string value) in reply.Headers)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(name);
            writer.WriteStringValue(value);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteBase64String("body_b64", reply.Body);
    }

    private Action<string?, HostError?> Later(in JsonRpcRequest request, Action<Utf8JsonWriter, string?>? content)
    {
        byte[] id = request.Id.ToArray();
        return (text, error) =>
        {
            if (error is not null)
            {
                Fail(id, error);
            }
            else
            {
                Succeed(id, text?.Length ?? 0, content is null ? null : writer => content(writer, text));
            }
        };
    }

    private void Answer(in JsonRpcRequest request, HostError? error)
    {
        if (error is null)
        {
            Succeed(request.Id, 0, content: null);
        }
        else if (request.Id.IsEmpty)
        {
            // Nobody waits for the answer of a notification; the log has it, so that nothing is lost in silence.
            log.Write(Encoding.UTF8.GetBytes($"weft: {Shortened(request.Method)}: {error.Message}\n"));
        }
        else
        {
            Fail(request.Id, error);
        }
    }

    private void Succeed(ReadOnlySpan<byte> id, int size, Action<Utf8JsonWriter>? content)
    {
        if (id.IsEmpty)
        {
            return;
        }

        byte[] line = Object(size + (size / 2) + 256, id, writer =>
        {
            if (content is null)
            {
                writer.WriteNull("result");
                return;
            }

            writer.WriteStartObject("result");
            content(writer);
            writer.WriteEndObject();
        });
        pipe.Tell(line);
    }

    private void Fail(ReadOnlySpan<byte> id, HostError error)
    {
        if (id.IsEmpty)
        {
            return;
        }

        pipe.Tell(Object(256, id, writer =>
        {
            writer.WriteStartObject("error");
            writer.WriteNumber("code", error.Code);
            writer.WriteString("message", error.Message);
            writer.WriteEndObject();
        }));
    }

    private static byte[] Notification(string method, Action<Utf8JsonWriter> parameters) => Object(256, id: default, writer =>
    {
        writer.WriteString("method", method);
        writer.WriteStartObject("params");
        parameters(writer);
        writer.WriteEndObject();
    });

    private static byte[] Object(int size, ReadOnlySpan<byte> id, Action<Utf8JsonWriter> members)
    {
        var content = new ArrayBufferWriter<byte>(size);
        using (var writer = new Utf8JsonWriter(content, JsonText.Options))
        {
            writer.WriteStartObject();
            writer.WriteString("jsonrpc", "2.0");
            if (!id.IsEmpty)
            {
                writer.WritePropertyName("id");
                writer.WriteRawValue(id, skipInputValidation: true);
            }

            members(writer);
            writer.WriteEndObject();
        }

        content.Write("\n"u8);
        return content.WrittenSpan.ToArray();
    }

    private static string Shortened(string text) => text.Length > 64 ? text[..64] + "…" : text;
}
