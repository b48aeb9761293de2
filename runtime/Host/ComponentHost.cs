using Weft.Runtime.Engines;
using Weft.Runtime.Wasmtime;

namespace Weft.Runtime.Host;

/// <summary>
/// Interface <c>component</c>: the imports of <c>weft:app</c> 0.1.0, as apps of the Rust implementation have them, and of 0.2.0. All run on the
/// guest's thread; those that wait are let go when the guest is to end.
/// </summary>
internal sealed unsafe class ComponentHost(AppHost host, Inbox inbox, CancellationToken interrupted)
{
    /// <summary>A component that imports it hears <c>closing</c>.</summary>
    public const string IpcThatHears = "weft:app/ipc@0.2.0";

    private static readonly string[] Versions = ["0.1.0", "0.2.0"];

    /// <summary>All interfaces, both versions.</summary>
    public IReadOnlyList<HostInterface> Interfaces()
    {
        var offered = new List<HostInterface>();
        foreach (string version in Versions)
        {
            bool first = version == Versions[0];
            offered.Add(new($"weft:app/notify@{version}", [("ready", Ready)]));
            offered.Add(new($"weft:app/ipc@{version}", [("send", Send), first ? ("recv", Receive) : ("wait", Wait)]));
            offered.Add(new($"weft:app/fetch@{version}", [("fetch", first ? FetchWithContentType : FetchWithHeaders)]));
            offered.Add(new($"weft:app/notifications@{version}", [("notify", Notify)]));
            offered.Add(new($"weft:app/clipboard@{version}", [("read", ReadClipboard), ("write", WriteClipboard)]));
        }

        return offered;
    }

    private void Ready(ComponentValue* arguments, ComponentValue* result)
    {
        CheckInterrupted();
        host.Ready();
    }

    private void Send(ComponentValue* arguments, ComponentValue* result)
    {
        CheckInterrupted();
        *result = Outcome(host.Send(arguments[0].Text));
    }

    private void Receive(ComponentValue* arguments, ComponentValue* result) =>
        *result = inbox.TakeMessage() is { } payload ? ComponentValue.Some(ComponentValue.Of(payload)) : ComponentValue.None;

    private void Wait(ComponentValue* arguments, ComponentValue* result)
    {
        *result = inbox.Take(arguments[0].U32) switch
        {
            HostEvent.Message message => ComponentValue.Some(ComponentValue.Variant("message", ComponentValue.Of(message.Payload))),
            HostEvent.Closing closing => ComponentValue.Some(ComponentValue.Variant("closing", ComponentValue.Of(closing.GraceMilliseconds))),
            HostEvent.Revoked revoked => ComponentValue.Some(ComponentValue.Variant("revoked", ComponentValue.Of(revoked.Grant))),
            HostEvent.MemoryPressure pressure => ComponentValue.Some(ComponentValue.Variant("memory-pressure", ComponentValue.EnumOf(pressure.Level == "full" ? "full" : "some"))),
            _ => ComponentValue.None,
        };
    }

    private void Notify(ComponentValue* arguments, ComponentValue* result)
    {
        CheckInterrupted();
        string? icon = arguments[2].Option is not null ? arguments[2].Option->Text : null;
        *result = Outcome(host.Notify(arguments[0].Text, arguments[1].Text, icon));
    }

    private void ReadClipboard(ComponentValue* arguments, ComponentValue* result)
    {
        (string? text, HostError? error) = Await(host.ReadClipboard);
        *result = error is null ? ComponentValue.Ok(ComponentValue.Of(text ?? "")) : Failed(error);
    }

    private void WriteClipboard(ComponentValue* arguments, ComponentValue* result)
    {
        string text = arguments[0].Text;
        (_, HostError? error) = Await(done => host.WriteClipboard(text, done));
        *result = Outcome(error);
    }

    private void FetchWithContentType(ComponentValue* arguments, ComponentValue* result) => *result = Fetch(arguments, static reply => ComponentValue.RecordOf(
        ("status", ComponentValue.Of((ushort)reply.Status)),
        ("content-type", ComponentValue.Of(reply.Header("content-type"))),
        ("body", ComponentValue.ListOf(reply.Body))));

    private void FetchWithHeaders(ComponentValue* arguments, ComponentValue* result) => *result = Fetch(arguments, static reply =>
    {
        var headers = new ComponentValue[reply.Headers.Count];
        for (int i = 0; i < headers.Length; i++)
        {
            headers[i] = ComponentValue.Tuple(ComponentValue.Of(reply.Headers[i].Key), ComponentValue.Of(reply.Headers[i].Value));
        }

        return ComponentValue.RecordOf(
            ("status", ComponentValue.Of((ushort)reply.Status)),
            ("headers", ComponentValue.ListOf(headers)),
            ("body", ComponentValue.ListOf(reply.Body)));
    });

    private ComponentValue Fetch(ComponentValue* arguments, Func<FetchResponse, ComponentValue> make)
    {
        CheckInterrupted();
        var headers = new List<KeyValuePair<string, string>>();
        foreach (ComponentValue pair in arguments[2].List.Span)
        {
            headers.Add(new(pair.List.Data[0].Text, pair.List.Data[1].Text));
        }

        byte[]? body = arguments[3].Option is not null ? arguments[3].Option->Bytes() : null;
        FetchOutcome outcome = host.Fetch(new FetchRequest(arguments[0].Text, arguments[1].Text, headers, body));
        CheckInterrupted();
        return outcome.Reply is { } reply ? ComponentValue.Ok(make(reply)) : Failed(outcome.Error!);
    }

    /// <summary>Waits for an answer that comes on another thread.</summary>
    private (string? Text, HostError? Error) Await(Action<Action<string?, HostError?>> ask)
    {
        CheckInterrupted();
        object gate = new();
        bool answered = false;
        string? text = null;
        HostError? error = null;
        ask((given, failed) =>
        {
            lock (gate)
            {
                text = given;
                error = failed;
                answered = true;
                Monitor.Pulse(gate);
            }
        });

        using CancellationTokenRegistration registration = interrupted.UnsafeRegister(
            static state =>
            {
                lock (state!)
                {
                    Monitor.Pulse(state);
                }
            },
            gate);
        lock (gate)
        {
            while (!answered)
            {
                CheckInterrupted();
                Monitor.Wait(gate);
            }

            return (text, error);
        }
    }

    private void CheckInterrupted()
    {
        if (interrupted.IsCancellationRequested)
        {
            throw new GuestInterruptedException(GuestInterruptedException.Ended);
        }
    }

    private static ComponentValue Outcome(HostError? error) => error is null ? ComponentValue.Ok() : Failed(error);

    private static ComponentValue Failed(HostError error) => ComponentValue.Error(ComponentValue.Of(error.Message));
}
