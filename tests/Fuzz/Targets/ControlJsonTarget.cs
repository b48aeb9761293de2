using System.Text;
using Weft.Core.Protocol;

namespace Weft.Fuzz.Targets;

/// <summary>Control requests as they come from the WebSocket, and replies as clients read them.</summary>
internal sealed class ControlJsonTarget : IFuzzTarget
{
    public static readonly ControlRequest[] Requests =
    [
        new Hello { Role = ClientRole.System, Token = "t", ResumeKey = "r", Client = "é", SessionId = new SessionId(5) },
        new LaunchApp { AppId = "a.b.c", Args = ["x"], Env = new Dictionary<string, string> { ["K"] = "v" }, Limits = new LimitValues { Cpu = "50%", Tasks = 3 }, RequestId = "r", SurfaceId = 1, Console = true },
        new TerminateApp { SessionId = new SessionId(1), Force = true, Epoch = 2 },
        new PanelGesture { GestureType = 1, Fingers = 3, Dx = 0.5, Dy = -1e300 },
        new IpcForward { SessionId = new SessionId(1), Payload = "\"\\\n\u0001𐍈" },
        new Subscribe { Events = ["APP_STATE"] },
        new SetSetting { Key = "a.b" },
        new MintToken { Role = ClientRole.Observer, TtlS = 5 },
        new Status(),
    ];

    public string Name => "control-json";

    public IEnumerable<byte[]> Seeds =>
    [
        .. Requests.Select(request => ControlCodec.Encode(request, ControlEncoding.Json, 7)),
        ControlCodec.Encode(new AppState { SessionId = new SessionId(1), State = SessionState.Stopped, End = new SessionEnd { Cause = EndCause.Crashed, Message = "m", Facts = [new Fact { At = 1, Source = "s", What = "w" }] } }, ControlEncoding.Json, 7),
        """{"type":"SET_SETTING","key":"k","value":{"a":[1,null,true,"x"]}}"""u8.ToArray(),
    ];

    public IEnumerable<byte[]> Words => [.. ((string[])["\"type\":", "null", "\"\\ud800\"", "\\u0000", "1e999", "9007199254740992", "-1", "1.0", "{\"a\":", "[[[[[[[[", "true", "\"seq\":", "/*", "\ufeff"]).Select(Encoding.UTF8.GetBytes)];

    public void Run(ReadOnlySpan<byte> input)
    {
        Check(ControlCodec.ReadRequest(input, ControlEncoding.Json), Encoding.UTF8.GetString(input));
        try
        {
            ControlCodec.ReadReply(input, ControlEncoding.Json);
        }
        catch (FormatException)
        {
        }
    }

    /// <summary>There is a request or an error, and a request survives both encodings.</summary>
    public static void Check(ReceivedRequest received, string input)
    {
        if (received.Request is null == received.Error is null)
        {
            throw new FuzzFindingException("neither a request nor an error: " + input);
        }

        if (received.Request is not { } request)
        {
            return;
        }

        byte[] pack = ControlCodec.Encode(request, ControlEncoding.MessagePack, received.Seq);
        ReceivedRequest again = ControlCodec.ReadRequest(pack, ControlEncoding.MessagePack);
        if (again.Request is null || again.Seq != received.Seq || !ControlCodec.Encode(again.Request, ControlEncoding.MessagePack, again.Seq).AsSpan().SequenceEqual(pack))
        {
            throw new FuzzFindingException($"{Encoding.UTF8.GetString(ControlCodec.Encode(request, ControlEncoding.Json))} did not survive: {again.Error?.Message}");
        }
    }
}
